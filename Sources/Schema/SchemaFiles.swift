// Made from docs/schema by scripts/embed-schemas.py (`make schemas`); a test compares. Not to be edited.
// swift-format-ignore-file

enum SchemaFiles {
    /// Text of each schema file by its path below docs/schema.
    static let texts: [String: String] = [
        "common.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Definitions that the event types share",
  "$defs": {
    "line": {
      "description": "What every line carries.",
      "type": "object",
      "properties": {
        "v": {"const": 1},
        "seq": {"$ref": "#/$defs/count", "description": "Number within the epoch, or up to which all has been told."},
        "at": {"type": "string", "format": "date-time", "description": "When it was published, UTC."}
      },
      "required": ["v", "type", "seq", "at"]
    },
    "session_line": {
      "description": "What a line about a session carries.",
      "$ref": "#/$defs/line",
      "properties": {
        "session": {"type": "string"},
        "t": {"$ref": "#/$defs/seconds", "description": "Media time since the start of the session."}
      },
      "required": ["session", "t"]
    },
    "speaker_line": {
      "description": "What a line about a speaker carries.",
      "$ref": "#/$defs/session_line",
      "properties": {"speaker": {"type": "string", "description": "Name within the session."}},
      "required": ["speaker"]
    },
    "degraded": {
      "description": "Something that is given up for overload.",
      "type": "object",
      "properties": {
        "what": {"enum": ["ticks", "tracks", "words", "voices"]},
        "level": {"type": "integer", "minimum": 1, "maximum": 4, "description": "1 to 3: ticks; 4: tracks too."},
        "tick_every": {"type": "integer", "minimum": 2, "description": "Of ticks: 2 where every second one is sent."},
        "tracks": {"type": "integer", "minimum": 1, "description": "Of tracks: how many."},
        "speakers": {"type": "array", "items": {"type": "string"}, "maxItems": 64, "description": "Whose; the first 64."},
        "reason": {"enum": ["loop_late", "analysis_behind", "recogniser_behind", "voices_behind"]},
        "load": {"type": "number", "minimum": 0, "description": "How much there is to do; 1 is as much as can be done."}
      },
      "required": ["what", "level", "reason", "load"]
    },
    "cue": {
      "description": "A metric beyond a limit of the configuration.",
      "properties": {
        "id": {"$ref": "#/$defs/count"},
        "cue": {"type": "string"},
        "severity": {"enum": ["info", "warning"]},
        "metric": {
          "enum": [
            "talk_ratio", "monologue_s", "interruptions", "hasty_answers", "rate_change", "silence_s", "unheard_s", "muted_speech_s",
            "engagement_change", "mentions"
          ]
        },
        "value": {"type": "number", "description": "In the unit of the metric."},
        "limit": {"type": "number", "description": "In the unit of the metric."},
        "window_s": {"$ref": "#/$defs/count"}
      },
      "required": ["id", "cue", "severity", "metric", "value", "limit"]
    },
    "count": {"type": "integer", "minimum": 0},
    "voice_count": {"type": ["integer", "null"], "minimum": 0, "description": "null: not sure, but within the bounds."},
    "seconds": {"type": "number", "minimum": 0},
    "ratio": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
    "measure": {"type": ["number", "null"], "description": "null: there is nothing to measure."},
    "score": {"type": "number", "minimum": 0, "maximum": 100},
    "consent": {"enum": ["unknown", "granted", "withheld"]},
    "consent_lanes": {
      "description": "What the speaker agreed to, where that is more than the voice.",
      "type": "array",
      "items": {"enum": ["voice", "words", "face"]},
      "minItems": 2
    },
    "policy": {"enum": ["standard", "behaviour-only", "eu-work", "us-work", "eu-education", "self"]},
    "name": {"type": "string", "description": "What to show instead of the speaker's name; left out where nothing was given."},
    "role": {"type": "string", "description": "Role in the conversation; left out where none was given."},
    "notice_id": {"type": "string", "description": "Notice given to the people in the call; left out without one."},
    "floor_input": {
      "description": "Inputs of a score that are behaviour on the floor.",
      "enum": ["neutral", "talk_ratio", "response_lag", "speaker_changes", "backchannels"]
    },
    "video_state": {
      "description": "What a picture is; off: no pictures come.",
      "enum": ["live", "off", "black", "covered", "frozen", "screen"]
    },
    "contour": {
      "description": "Points in the order in which a line goes through them.",
      "type": "array",
      "minItems": 5,
      "maxItems": 18,
      "items": {
        "description": "0 to 1 of the picture: from the left, from the top.",
        "type": "array",
        "minItems": 2,
        "maxItems": 2,
        "items": {"type": "number", "minimum": 0, "maximum": 1}
      }
    },
    "input": {
      "description": "Inputs of a score.",
      "anyOf": [
        {"$ref": "#/$defs/floor_input"},
        {"description": "Those of the voice.", "enum": ["pitch_range", "loudness_variation", "rate_change"]},
        {"description": "Those that a camera shows: backchannels that were seen.", "enum": ["nods"]}
      ]
    },
    "sentiment_input": {
      "description": "Inputs of a sentiment score: prosody of the voice, and words of the captions.",
      "enum": [
        "neutral", "pitch_level", "pitch_range", "loudness_variation", "spectral_tilt", "rate_change", "voiced_ratio",
        "text"
      ]
    },
    "source": {
      "description": "State of a source.",
      "type": "object",
      "properties": {
        "source": {"type": "string"},
        "url": {"type": "string", "description": "Without credentials."},
        "state": {"enum": ["connecting", "live", "stalled", "reconnecting", "ended"]},
        "reason": {"type": "string"}
      },
      "required": ["source", "url", "state"]
    }
  }
}

"""#,
        "consent.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "consent",
  "description": "A speaker gave consent or took it back.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "consent"},
    "consent": {"$ref": "common.schema.json#/$defs/consent"},
    "previous": {"$ref": "common.schema.json#/$defs/consent"},
    "lanes": {"$ref": "common.schema.json#/$defs/consent_lanes"},
    "previous_lanes": {"$ref": "common.schema.json#/$defs/consent_lanes"}
  },
  "required": ["consent", "previous"],
  "unevaluatedProperties": false
}

"""#,
        "cue.changed.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "cue.changed",
  "description": "What people have made of a raised cue, or of a rule.",
  "$ref": "common.schema.json#/$defs/session_line",
  "properties": {
    "type": {"const": "cue.changed"},
    "speaker": {"type": "string", "description": "Left out where it concerns the session."},
    "id": {"$ref": "common.schema.json#/$defs/count"},
    "cue": {"type": "string"},
    "state": {"enum": ["raised", "acknowledged", "snoozed"]},
    "for_s": {"$ref": "common.schema.json#/$defs/seconds"}
  },
  "required": ["cue", "state"],
  "unevaluatedProperties": false
}

"""#,
        "cue.cleared.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "cue.cleared",
  "description": "A cue is over.",
  "$ref": "common.schema.json#/$defs/session_line",
  "properties": {
    "type": {"const": "cue.cleared"},
    "speaker": {"type": "string", "description": "Left out where it concerns the session."},
    "id": {"$ref": "common.schema.json#/$defs/count"},
    "cue": {"type": "string"},
    "reason": {"enum": ["back_to_normal", "speaker_left", "consent_changed", "session_ended"]},
    "value": {"type": "number", "description": "Left out where it was cleared for another reason than its value."},
    "after_s": {"$ref": "common.schema.json#/$defs/seconds"}
  },
  "required": ["id", "cue", "reason", "after_s"],
  "unevaluatedProperties": false
}

"""#,
        "cue.raised.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "cue.raised",
  "description": "A metric went beyond a limit of the configuration.",
  "allOf": [{"$ref": "common.schema.json#/$defs/session_line"}, {"$ref": "common.schema.json#/$defs/cue"}],
  "properties": {
    "type": {"const": "cue.raised"},
    "speaker": {"type": "string", "description": "Left out where it concerns the session."}
  },
  "unevaluatedProperties": false
}

"""#,
        "degraded.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "degraded",
  "description": "There is more to do than this machine can: something of a session is given up for a while.",
  "allOf": [{"$ref": "common.schema.json#/$defs/session_line"}, {"$ref": "common.schema.json#/$defs/degraded"}],
  "properties": {"type": {"const": "degraded"}},
  "unevaluatedProperties": false
}

"""#,
        "error.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "error",
  "description": "What this client did wrong; the connection is closed after it.",
  "$ref": "common.schema.json#/$defs/line",
  "properties": {
    "type": {"const": "error"},
    "code": {"type": "string"},
    "message": {"type": "string"}
  },
  "required": ["code", "message"],
  "unevaluatedProperties": false
}

"""#,
        "face.points.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "face.points",
  "description": "Where the contours of a speaker's face lie in the picture; sent to who asks for it by name, kept nowhere.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "face.points"},
    "aspect_ratio": {"type": "number", "minimum": 0.01, "maximum": 100, "description": "Width of the picture by its height."},
    "oval": {"$ref": "common.schema.json#/$defs/contour", "description": "Outline of the face, closed."},
    "brow_right": {"$ref": "common.schema.json#/$defs/contour", "description": "Right and left are the person's."},
    "brow_left": {"$ref": "common.schema.json#/$defs/contour"},
    "nose": {"$ref": "common.schema.json#/$defs/contour", "description": "From between the eyes downwards."},
    "nostrils": {"$ref": "common.schema.json#/$defs/contour", "description": "From right to left."},
    "eye_right": {"$ref": "common.schema.json#/$defs/contour", "description": "Closed."},
    "eye_left": {"$ref": "common.schema.json#/$defs/contour", "description": "Closed."},
    "lips": {"$ref": "common.schema.json#/$defs/contour", "description": "Their outline, closed."},
    "mouth": {"$ref": "common.schema.json#/$defs/contour", "description": "Between the lips, closed."}
  },
  "required": [
    "aspect_ratio", "oval", "brow_right", "brow_left", "nose", "nostrils", "eye_right", "eye_left", "lips", "mouth"
  ],
  "unevaluatedProperties": false
}

"""#,
        "gap.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "gap",
  "description": "Media of a speaker was lost.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "gap"},
    "from_s": {"$ref": "common.schema.json#/$defs/seconds"},
    "to_s": {"$ref": "common.schema.json#/$defs/seconds"},
    "why": {"enum": ["loss", "stall", "reconnect", "mixed", "hold", "mute", "pause", "overload", "restart", "node"]}
  },
  "required": ["from_s", "to_s", "why"],
  "unevaluatedProperties": false
}

"""#,
        "heartbeat.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "heartbeat",
  "description": "The daemon lives.",
  "$ref": "common.schema.json#/$defs/line",
  "properties": {
    "type": {"const": "heartbeat"},
    "sessions": {"$ref": "common.schema.json#/$defs/count"},
    "subscribers": {"$ref": "common.schema.json#/$defs/count"}
  },
  "required": ["sessions", "subscribers"],
  "unevaluatedProperties": false
}

"""#,
        "hello.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "hello",
  "description": "First line to every client.",
  "$ref": "common.schema.json#/$defs/line",
  "properties": {
    "type": {"const": "hello"},
    "daemon": {"type": "string", "description": "Version of the daemon."},
    "epoch": {"type": "string", "description": "This run of the daemon; numbers start anew with each."},
    "policy": {"$ref": "common.schema.json#/$defs/policy"},
    "notice_id": {"$ref": "common.schema.json#/$defs/notice_id"}
  },
  "required": ["daemon", "epoch", "policy"],
  "unevaluatedProperties": false
}

"""#,
        "lagged.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "lagged",
  "description": "Events were lost for this client.",
  "$ref": "common.schema.json#/$defs/line",
  "properties": {
    "type": {"const": "lagged"},
    "from": {"$ref": "common.schema.json#/$defs/count"},
    "to": {"$ref": "common.schema.json#/$defs/count"},
    "count": {"$ref": "common.schema.json#/$defs/count"},
    "coalesced": {"$ref": "common.schema.json#/$defs/count"}
  },
  "required": ["from", "to", "count", "coalesced"],
  "unevaluatedProperties": false
}

"""#,
        "overlap.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "overlap",
  "description": "Speech inside the turn of the holder.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "overlap"},
    "id": {"$ref": "common.schema.json#/$defs/count"},
    "revision": {"$ref": "common.schema.json#/$defs/count"},
    "kind": {"enum": ["backchannel", "overlap", "interruption"]},
    "start_s": {"$ref": "common.schema.json#/$defs/seconds"},
    "end_s": {"$ref": "common.schema.json#/$defs/seconds"},
    "shared_s": {"$ref": "common.schema.json#/$defs/seconds"},
    "holder": {"type": "string"}
  },
  "required": ["id", "revision", "kind", "start_s", "end_s", "shared_s", "holder"],
  "unevaluatedProperties": false
}

"""#,
        "overlap.started.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "overlap.started",
  "description": "Speech inside the turn of the holder that goes on, and what it will most likely turn out to be.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "overlap.started"},
    "id": {"$ref": "common.schema.json#/$defs/count"},
    "start_s": {"$ref": "common.schema.json#/$defs/seconds"},
    "holder": {"type": "string"},
    "likely": {"enum": ["backchannel", "overlap", "interruption"]},
    "probability": {"type": "number", "minimum": 0, "maximum": 1}
  },
  "required": ["id", "start_s", "holder", "likely", "probability"],
  "unevaluatedProperties": false
}

"""#,
        "profiles/behaviour-only.face.points.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "face.points, behaviour-only",
  "description": "Contours of anybody's face: there are none.",
  "not": {}
}

"""#,
        "profiles/behaviour-only.snapshot.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "snapshot, behaviour-only",
  "$ref": "../snapshot.schema.json",
  "properties": {
    "sessions": {
      "items": {
        "properties": {
          "speakers": {
            "items": {"$ref": "common.schema.json#/$defs/behaviour_last_tick"}
          }
        }
      }
    }
  }
}

"""#,
        "profiles/behaviour-only.tick.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "tick, behaviour-only",
  "description": "The tick of every speaker.",
  "allOf": [{"$ref": "../tick.schema.json"}, {"$ref": "common.schema.json#/$defs/behaviour"}]
}

"""#,
        "profiles/behaviour-only.totals.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "totals, behaviour-only",
  "description": "Totals and session.ended.",
  "anyOf": [{"$ref": "../session.ended.schema.json"}, {"$ref": "../totals.schema.json"}],
  "properties": {
    "speakers": {
      "additionalProperties": {"$ref": "common.schema.json#/$defs/behaviour"}
    }
  }
}

"""#,
        "profiles/common.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "What the policy profiles forbid, and of whom",
  "$defs": {
    "behaviour": {
      "description": "Of an object with the fields of a tick or of a speaker's totals: no affect, scores of floor behaviour only.",
      "properties": {
        "sentiment": false,
        "activation": false,
        "sentiment_mean": false,
        "sentiment_scored_s": false,
        "engagement": {
          "properties": {
            "contributions": {
              "items": {"properties": {"input": {"$ref": "../common.schema.json#/$defs/floor_input"}}}
            }
          }
        }
      }
    },
    "behaviour_last_tick": {
      "description": "The same of a speaker in a snapshot.",
      "properties": {"last_tick": {"$ref": "#/$defs/behaviour"}}
    },
    "nothing": {
      "description": "Of a speaker: nothing but who it is.",
      "properties": {"speaker": true, "name": true, "role": true, "consent": true},
      "additionalProperties": false
    },
    "free_at_work": {"properties": {"role": {"enum": ["customer", "guest"]}}, "required": ["role"]},
    "free_in_education": {"properties": {"role": {"enum": ["guest"]}}, "required": ["role"]},
    "own_voice": {"properties": {"role": {"enum": ["self"]}}, "required": ["role"]}
  }
}

"""#,
        "profiles/eu-education.face.points.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "face.points, eu-education",
  "description": "Contours of the face of a speaker in a protected role (all but guest): there are none.",
  "not": {}
}

"""#,
        "profiles/eu-education.snapshot.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "snapshot, eu-education",
  "$ref": "../snapshot.schema.json",
  "properties": {
    "sessions": {
      "items": {
        "properties": {
          "speakers": {
            "items": {
              "if": {"$ref": "common.schema.json#/$defs/free_in_education"},
              "else": {"$ref": "common.schema.json#/$defs/behaviour_last_tick"}
            }
          }
        }
      }
    }
  }
}

"""#,
        "profiles/eu-education.tick.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "tick, eu-education",
  "description": "The tick of a speaker in a protected role: all but guest.",
  "allOf": [{"$ref": "../tick.schema.json"}, {"$ref": "common.schema.json#/$defs/behaviour"}]
}

"""#,
        "profiles/eu-education.totals.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "totals, eu-education",
  "description": "Totals and session.ended.",
  "anyOf": [{"$ref": "../session.ended.schema.json"}, {"$ref": "../totals.schema.json"}],
  "properties": {
    "speakers": {
      "additionalProperties": {
        "if": {"$ref": "common.schema.json#/$defs/free_in_education"},
        "else": {"$ref": "common.schema.json#/$defs/behaviour"}
      }
    }
  }
}

"""#,
        "profiles/eu-work.face.points.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "face.points, eu-work",
  "description": "Contours of the face of a speaker in a protected role (all but customer and guest): there are none.",
  "not": {}
}

"""#,
        "profiles/eu-work.snapshot.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "snapshot, eu-work",
  "$ref": "../snapshot.schema.json",
  "properties": {
    "sessions": {
      "items": {
        "properties": {
          "speakers": {
            "items": {
              "if": {"$ref": "common.schema.json#/$defs/free_at_work"},
              "else": {"$ref": "common.schema.json#/$defs/behaviour_last_tick"}
            }
          }
        }
      }
    }
  }
}

"""#,
        "profiles/eu-work.tick.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "tick, eu-work",
  "description": "The tick of a speaker in a protected role: all but customer and guest.",
  "allOf": [{"$ref": "../tick.schema.json"}, {"$ref": "common.schema.json#/$defs/behaviour"}]
}

"""#,
        "profiles/eu-work.totals.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "totals, eu-work",
  "description": "Totals and session.ended.",
  "anyOf": [{"$ref": "../session.ended.schema.json"}, {"$ref": "../totals.schema.json"}],
  "properties": {
    "speakers": {
      "additionalProperties": {
        "if": {"$ref": "common.schema.json#/$defs/free_at_work"},
        "else": {"$ref": "common.schema.json#/$defs/behaviour"}
      }
    }
  }
}

"""#,
        "profiles/self.face.points.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "face.points, self",
  "description": "Contours of the face of a speaker who is not the role self: there are none.",
  "not": {}
}

"""#,
        "profiles/self.snapshot.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "snapshot, self",
  "$ref": "../snapshot.schema.json",
  "properties": {
    "sessions": {
      "items": {
        "properties": {
          "speakers": {
            "items": {
              "if": {"$ref": "common.schema.json#/$defs/own_voice"},
              "else": {"$ref": "common.schema.json#/$defs/nothing"}
            }
          }
        }
      }
    }
  }
}

"""#,
        "profiles/self.tick.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "tick, self",
  "description": "The tick of a speaker who is not the role self: there is none.",
  "not": {}
}

"""#,
        "profiles/self.totals.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "totals, self",
  "description": "Totals and session.ended.",
  "anyOf": [{"$ref": "../session.ended.schema.json"}, {"$ref": "../totals.schema.json"}],
  "properties": {
    "speakers": {
      "additionalProperties": {
        "if": {"$ref": "common.schema.json#/$defs/own_voice"},
        "else": {"$ref": "common.schema.json#/$defs/nothing"}
      }
    }
  }
}

"""#,
        "profiles/us-work.face.points.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "face.points, us-work",
  "description": "Contours of the face of a speaker in a protected role (all but customer and guest): there are none.",
  "not": {}
}

"""#,
        "profiles/us-work.snapshot.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "snapshot, us-work",
  "$ref": "../snapshot.schema.json",
  "properties": {
    "sessions": {
      "items": {
        "properties": {
          "speakers": {
            "items": {
              "if": {"$ref": "common.schema.json#/$defs/free_at_work"},
              "else": {"$ref": "common.schema.json#/$defs/behaviour_last_tick"}
            }
          }
        }
      }
    }
  }
}

"""#,
        "profiles/us-work.tick.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "tick, us-work",
  "description": "The tick of a speaker in a protected role: all but customer and guest.",
  "allOf": [{"$ref": "../tick.schema.json"}, {"$ref": "common.schema.json#/$defs/behaviour"}]
}

"""#,
        "profiles/us-work.totals.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "totals, us-work",
  "description": "Totals and session.ended.",
  "anyOf": [{"$ref": "../session.ended.schema.json"}, {"$ref": "../totals.schema.json"}],
  "properties": {
    "speakers": {
      "additionalProperties": {
        "if": {"$ref": "common.schema.json#/$defs/free_at_work"},
        "else": {"$ref": "common.schema.json#/$defs/behaviour"}
      }
    }
  }
}

"""#,
        "profiles/us-work.words.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "words, us-work",
  "description": "What a speaker in a protected role said: counts, and no text.",
  "$ref": "../words.schema.json",
  "properties": {"text": false, "word_times": false}
}

"""#,
        "quality.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "quality",
  "description": "What disturbs a speaker's voice has changed.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "quality"},
    "issues": {"type": "array", "items": {"enum": ["clipping", "noise", "narrow_band", "crosstalk", "echo", "background_voice", "several_voices"]}},
    "audio": {"$ref": "tick.schema.json#/$defs/audio"},
    "leaks": {
      "type": "array",
      "description": "Channels that are heard in this one, the worst first.",
      "items": {
        "type": "object",
        "properties": {
          "from": {"type": "string"},
          "level_db": {"type": "number", "description": "Level here against that in its own channel."},
          "delay_ms": {"type": "integer", "minimum": 0}
        },
        "required": ["from", "level_db", "delay_ms"],
        "additionalProperties": false
      }
    },
    "drift_ppm": {"type": "number", "description": "How much faster this host's clock runs than the sender's."}
  },
  "required": ["issues", "audio"],
  "unevaluatedProperties": false
}

"""#,
        "recovered.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "recovered",
  "description": "What was given up of a session is back.",
  "$ref": "common.schema.json#/$defs/session_line",
  "properties": {
    "type": {"const": "recovered"},
    "what": {"enum": ["ticks", "tracks", "words", "voices"]},
    "after_s": {"$ref": "common.schema.json#/$defs/seconds", "description": "For how long it was given up."}
  },
  "required": ["what", "after_s"],
  "unevaluatedProperties": false
}

"""#,
        "session.ended.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "session.ended",
  "description": "A session ended, with its totals.",
  "allOf": [{"$ref": "common.schema.json#/$defs/session_line"}, {"$ref": "totals.schema.json#/$defs/totals"}],
  "properties": {"type": {"const": "session.ended"}},
  "unevaluatedProperties": false
}

"""#,
        "session.started.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "session.started",
  "description": "A session began.",
  "$ref": "common.schema.json#/$defs/session_line",
  "properties": {
    "type": {"const": "session.started"},
    "notice_id": {"$ref": "common.schema.json#/$defs/notice_id"},
    "policy": {"$ref": "common.schema.json#/$defs/policy"}
  },
  "required": ["policy"],
  "unevaluatedProperties": false
}

"""#,
        "snapshot.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "snapshot",
  "description": "State of all sessions at the sequence number of the line.",
  "$ref": "common.schema.json#/$defs/line",
  "properties": {
    "type": {"const": "snapshot"},
    "more": {"type": "boolean", "description": "Whether another snapshot line follows."},
    "sessions": {"type": "array", "items": {"$ref": "#/$defs/session"}}
  },
  "required": ["more", "sessions"],
  "unevaluatedProperties": false,
  "$defs": {
    "session": {
      "type": "object",
      "properties": {
        "session": {"type": "string"},
        "notice_id": {"$ref": "common.schema.json#/$defs/notice_id"},
        "policy": {"$ref": "common.schema.json#/$defs/policy"},
        "sources": {
          "type": "array",
          "items": {"$ref": "common.schema.json#/$defs/source", "unevaluatedProperties": false}
        },
        "degraded": {
          "description": "What is given up of it for overload; left out where nothing is.",
          "type": "array",
          "items": {"$ref": "common.schema.json#/$defs/degraded", "unevaluatedProperties": false}
        },
        "cues": {
          "description": "Cues that stand, the oldest first; left out where there are none.",
          "type": "array",
          "maxItems": 16,
          "items": {
            "$ref": "common.schema.json#/$defs/cue",
            "properties": {
              "speaker": {"type": "string", "description": "Left out where it concerns the session."},
              "t": {"$ref": "common.schema.json#/$defs/seconds"},
              "state": {"enum": ["raised", "acknowledged", "snoozed"]}
            },
            "required": ["state"],
            "unevaluatedProperties": false
          }
        },
        "speakers": {"type": "array", "items": {"$ref": "#/$defs/speaker"}}
      },
      "required": ["session", "policy", "sources", "speakers"],
      "additionalProperties": false
    },
    "speaker": {
      "type": "object",
      "properties": {
        "speaker": {"type": "string"},
        "name": {"$ref": "common.schema.json#/$defs/name"},
        "role": {"$ref": "common.schema.json#/$defs/role"},
        "consent": {"$ref": "common.schema.json#/$defs/consent"},
        "lanes": {"$ref": "common.schema.json#/$defs/consent_lanes"},
        "counted": {
          "type": "object",
          "description": "How many voices there are on a track with several.",
          "properties": {
            "voices": {"$ref": "common.schema.json#/$defs/voice_count"},
            "least": {"$ref": "common.schema.json#/$defs/count"},
            "most": {"$ref": "common.schema.json#/$defs/count"}
          },
          "required": ["voices", "least", "most"],
          "additionalProperties": false
        }
      },
      "required": ["speaker", "consent"],
      "if": {"properties": {"consent": {"const": "granted"}}},
      "then": {
        "properties": {
          "last_tick": {
            "$ref": "tick.schema.json#/$defs/tick",
            "properties": {"t": {"$ref": "common.schema.json#/$defs/seconds"}},
            "required": ["t"],
            "unevaluatedProperties": false
          }
        }
      },
      "unevaluatedProperties": false
    }
  }
}

"""#,
        "source.connected.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "source.connected",
  "description": "Media of a source flows.",
  "allOf": [{"$ref": "common.schema.json#/$defs/session_line"}, {"$ref": "common.schema.json#/$defs/source"}],
  "properties": {
    "type": {"const": "source.connected"},
    "state": {"const": "live"}
  },
  "unevaluatedProperties": false
}

"""#,
        "source.connecting.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "source.connecting",
  "description": "A source is there and waits for its first media.",
  "allOf": [{"$ref": "common.schema.json#/$defs/session_line"}, {"$ref": "common.schema.json#/$defs/source"}],
  "properties": {
    "type": {"const": "source.connecting"},
    "state": {"const": "connecting"}
  },
  "unevaluatedProperties": false
}

"""#,
        "source.ended.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "source.ended",
  "description": "A source is over.",
  "allOf": [{"$ref": "common.schema.json#/$defs/session_line"}, {"$ref": "common.schema.json#/$defs/source"}],
  "properties": {
    "type": {"const": "source.ended"},
    "state": {"const": "ended"}
  },
  "unevaluatedProperties": false
}

"""#,
        "source.reconnecting.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "source.reconnecting",
  "description": "A source is opened again.",
  "allOf": [{"$ref": "common.schema.json#/$defs/session_line"}, {"$ref": "common.schema.json#/$defs/source"}],
  "properties": {
    "type": {"const": "source.reconnecting"},
    "state": {"const": "reconnecting"}
  },
  "unevaluatedProperties": false
}

"""#,
        "source.stalled.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "source.stalled",
  "description": "A source sends nothing.",
  "allOf": [{"$ref": "common.schema.json#/$defs/session_line"}, {"$ref": "common.schema.json#/$defs/source"}],
  "properties": {
    "type": {"const": "source.stalled"},
    "state": {"const": "stalled"}
  },
  "unevaluatedProperties": false
}

"""#,
        "speaker.joined.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "speaker.joined",
  "description": "A speaker joined.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "speaker.joined"},
    "name": {"$ref": "common.schema.json#/$defs/name"},
    "role": {"$ref": "common.schema.json#/$defs/role"},
    "consent": {"$ref": "common.schema.json#/$defs/consent"},
    "lanes": {"$ref": "common.schema.json#/$defs/consent_lanes"}
  },
  "required": ["consent"],
  "unevaluatedProperties": false
}

"""#,
        "speaker.left.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "speaker.left",
  "description": "A speaker left.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "speaker.left"},
    "reason": {"type": "string"}
  },
  "required": ["reason"],
  "unevaluatedProperties": false
}

"""#,
        "speech.ended.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "speech.ended",
  "description": "An inter-pausal unit ended.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "speech.ended"},
    "start_s": {"$ref": "common.schema.json#/$defs/seconds"},
    "end_s": {"$ref": "common.schema.json#/$defs/seconds"}
  },
  "required": ["start_s", "end_s"],
  "unevaluatedProperties": false
}

"""#,
        "speech.revised.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "speech.revised",
  "description": "A voice of a track with several spoke otherwise than was told: what was told of its speech and turns, and reaches into this time, holds no more.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "speech.revised"},
    "from_s": {"$ref": "common.schema.json#/$defs/seconds"},
    "to_s": {"$ref": "common.schema.json#/$defs/seconds"},
    "speech": {
      "description": "The stretches of speech that reach into that time.",
      "type": "array",
      "items": {
        "type": "object",
        "properties": {
          "start_s": {"$ref": "common.schema.json#/$defs/seconds"},
          "end_s": {"$ref": "common.schema.json#/$defs/seconds"}
        },
        "required": ["start_s", "end_s"],
        "additionalProperties": false
      }
    },
    "turns": {
      "description": "The turns that do, as far as they are over and are told.",
      "type": "array",
      "items": {
        "type": "object",
        "properties": {
          "start_s": {"$ref": "common.schema.json#/$defs/seconds"},
          "end_s": {"$ref": "common.schema.json#/$defs/seconds"},
          "fto_ms": {"type": ["integer", "null"], "description": "Floor-transfer offset; null where it is not known."}
        },
        "required": ["start_s", "end_s", "fto_ms"],
        "additionalProperties": false
      }
    }
  },
  "required": ["from_s", "to_s", "speech", "turns"],
  "unevaluatedProperties": false
}

"""#,
        "speech.started.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "speech.started",
  "description": "An inter-pausal unit began.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "speech.started"},
    "start_s": {"$ref": "common.schema.json#/$defs/seconds"}
  },
  "required": ["start_s"],
  "unevaluatedProperties": false
}

"""#,
        "tick.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "tick",
  "description": "The state of one measured speaker, once a second of media time.",
  "allOf": [{"$ref": "common.schema.json#/$defs/speaker_line"}, {"$ref": "#/$defs/tick"}],
  "properties": {"type": {"const": "tick"}},
  "unevaluatedProperties": false,
  "$defs": {
    "tick": {
      "type": "object",
      "properties": {
        "engagement": {"$ref": "#/$defs/engagement"},
        "sentiment": {"$ref": "#/$defs/sentiment"},
        "activation": {"$ref": "#/$defs/activation"},
        "windows": {
          "description": "By name: 10s, 30s, 120s, session.",
          "type": "object",
          "additionalProperties": {"$ref": "#/$defs/window", "unevaluatedProperties": false}
        },
        "voice": {"$ref": "#/$defs/voice"},
        "baseline": {"$ref": "#/$defs/baseline"},
        "audio": {"$ref": "#/$defs/audio"},
        "lags_withheld": {
          "description": "Why a response lag of late is not told; absent where all are.",
          "enum": ["timing", "loss"]
        },
        "lanes": {
          "description": "Which lanes there were; absent where the voice alone.",
          "type": "array",
          "items": {"type": "string"}
        },
        "visible": {"$ref": "#/$defs/visible"}
      },
      "required": ["engagement", "windows", "voice", "baseline", "audio"]
    },
    "visible": {
      "description": "What the camera shows; absent where nothing was seen. Null where it can't be told.",
      "type": "object",
      "properties": {
        "state": {"$ref": "common.schema.json#/$defs/video_state"},
        "faces": {"type": ["number", "null"], "minimum": 0},
        "face_present_ratio": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "face_width_ratio": {"type": ["number", "null"], "minimum": 0},
        "head_yaw_deg": {"type": ["number", "null"]},
        "head_pitch_deg": {"type": ["number", "null"]},
        "head_roll_deg": {"type": ["number", "null"]},
        "facing_ratio": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "nods_per_min": {"type": ["number", "null"], "minimum": 0},
        "shakes_per_min": {"type": ["number", "null"], "minimum": 0},
        "head_motion_deg_per_s": {"type": ["number", "null"], "minimum": 0},
        "body_motion": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "distance_ratio": {"type": ["number", "null"], "minimum": 0},
        "visual_speech": {"type": ["number", "null"], "minimum": 0, "maximum": 1}
      },
      "required": ["state"],
      "additionalProperties": false
    },
    "engagement": {
      "description": "A score with what it is made of, or null and why there is none.",
      "type": "object",
      "properties": {
        "score": {"anyOf": [{"$ref": "common.schema.json#/$defs/score"}, {"type": "null"}]},
        "abstained": {"type": "string"},
        "interval": {
          "description": "80 % interval, low and high.",
          "type": "array",
          "items": {"$ref": "common.schema.json#/$defs/score"},
          "minItems": 2,
          "maxItems": 2
        },
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "provisional": {"type": "boolean"},
        "contributions": {"type": "array", "items": {"$ref": "#/$defs/contribution"}}
      },
      "required": ["score"],
      "if": {"properties": {"score": {"type": "null"}}},
      "then": {"required": ["abstained"]},
      "else": {"required": ["interval", "confidence", "provisional", "contributions"]},
      "additionalProperties": false
    },
    "contribution": {
      "description": "One summand of a score.",
      "type": "object",
      "properties": {
        "input": {"$ref": "common.schema.json#/$defs/input"},
        "value": {"type": "number", "description": "Value now, in the unit of the metric."},
        "usual": {"type": "number", "description": "The speaker's own usual value, same unit."},
        "z": {"type": "number", "description": "Deviation in spreads of the speaker's baseline."},
        "points": {"type": "number"}
      },
      "required": ["input", "points"],
      "additionalProperties": false
    },
    "sentiment": {
      "description": "A score with what it is made of, or null and why there is none. Absent where the policy forbids it.",
      "type": "object",
      "properties": {
        "score": {"anyOf": [{"$ref": "common.schema.json#/$defs/score"}, {"type": "null"}]},
        "abstained": {"type": "string"},
        "interval": {
          "description": "80 % interval, low and high.",
          "type": "array",
          "items": {"$ref": "common.schema.json#/$defs/score"},
          "minItems": 2,
          "maxItems": 2
        },
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "provisional": {"type": "boolean"},
        "activation": {
          "description": "Of the voice relative to the speaker's own; null where the voice says nothing.",
          "type": ["number", "null"],
          "minimum": -1,
          "maximum": 1
        },
        "valence": {"description": "The score from -1 to 1.", "type": "number", "minimum": -1, "maximum": 1},
        "basis": {"type": "array", "items": {"enum": ["voice", "text"]}, "minItems": 1, "maxItems": 2},
        "contributions": {"type": "array", "items": {"$ref": "#/$defs/sentiment_contribution"}}
      },
      "required": ["score"],
      "if": {"properties": {"score": {"type": "null"}}},
      "then": {"required": ["abstained"]},
      "else": {
        "required": ["interval", "confidence", "provisional", "activation", "valence", "basis", "contributions"]
      },
      "additionalProperties": false
    },
    "activation": {
      "description": "How activated the voice is compared with the speaker's own, or null and why that is not known. Absent where the policy forbids sentiment.",
      "type": "object",
      "properties": {
        "value": {"type": ["number", "null"], "minimum": -1, "maximum": 1},
        "abstained": {"type": "string"},
        "interval": {
          "description": "80 % interval, low and high.",
          "type": "array",
          "items": {"type": "number", "minimum": -1, "maximum": 1},
          "minItems": 2,
          "maxItems": 2
        }
      },
      "required": ["value"],
      "if": {"properties": {"value": {"type": "null"}}},
      "then": {"required": ["abstained"]},
      "else": {"required": ["interval"]},
      "additionalProperties": false
    },
    "sentiment_contribution": {
      "description": "One summand of a sentiment score.",
      "type": "object",
      "properties": {
        "input": {"$ref": "common.schema.json#/$defs/sentiment_input"},
        "value": {"type": "number", "description": "Value now, in the unit of the metric."},
        "usual": {"type": "number", "description": "The speaker's own usual value, same unit."},
        "z": {"type": "number", "description": "Deviation in spreads of the fit."},
        "points": {"type": "number"}
      },
      "required": ["input", "points"],
      "additionalProperties": false
    },
    "window": {
      "description": "What a speaker did in a window.",
      "type": "object",
      "properties": {
        "speech_s": {"$ref": "common.schema.json#/$defs/seconds"},
        "talk_ratio": {"$ref": "common.schema.json#/$defs/ratio"},
        "side_talk_ratio": {"$ref": "common.schema.json#/$defs/ratio"},
        "pause_ratio": {"$ref": "common.schema.json#/$defs/ratio"},
        "pauses": {"$ref": "common.schema.json#/$defs/count"},
        "articulation_rate_per_s": {"$ref": "common.schema.json#/$defs/measure"},
        "speech_rate_per_s": {"$ref": "common.schema.json#/$defs/measure"},
        "turns": {"$ref": "common.schema.json#/$defs/count"},
        "fto_median_ms": {"$ref": "common.schema.json#/$defs/measure"},
        "fto_iqr_ms": {"$ref": "common.schema.json#/$defs/measure"},
        "response_lag_median_ms": {"$ref": "common.schema.json#/$defs/measure"},
        "response_lag_n": {"$ref": "common.schema.json#/$defs/count"},
        "patience_median_ms": {"$ref": "common.schema.json#/$defs/measure"},
        "patience_n": {"$ref": "common.schema.json#/$defs/count"},
        "longest_monologue_s": {"$ref": "common.schema.json#/$defs/seconds"},
        "backchannels": {"$ref": "common.schema.json#/$defs/count"},
        "interruptions": {"$ref": "common.schema.json#/$defs/count"},
        "voiced_s": {"$ref": "common.schema.json#/$defs/seconds"},
        "pitch_level_st": {"$ref": "common.schema.json#/$defs/measure"},
        "pitch_range_st": {"$ref": "common.schema.json#/$defs/measure"},
        "relative_level_db": {"$ref": "common.schema.json#/$defs/measure"},
        "loudness_variation_db": {"$ref": "common.schema.json#/$defs/measure"},
        "intonation_slope_st_per_s": {"$ref": "common.schema.json#/$defs/measure"},
        "intonation_slope_n": {"$ref": "common.schema.json#/$defs/count"},
        "speaker_changes_per_min": {"$ref": "common.schema.json#/$defs/measure"},
        "overlap_ratio": {"$ref": "common.schema.json#/$defs/ratio"},
        "balance_entropy": {"$ref": "common.schema.json#/$defs/ratio"},
        "balance_gini": {"$ref": "common.schema.json#/$defs/ratio"},
        "freedom": {"$ref": "common.schema.json#/$defs/ratio"},
        "words": {"$ref": "common.schema.json#/$defs/count"},
        "words_per_min": {"$ref": "common.schema.json#/$defs/measure"},
        "filler_words": {"$ref": "common.schema.json#/$defs/count"},
        "questions": {"$ref": "common.schema.json#/$defs/count"},
        "trackers": {
          "description": "How often phrases of each tracker were said; those that were not are left out.",
          "type": "object",
          "additionalProperties": {"type": "integer", "minimum": 1}
        }
      },
      "required": [
        "speech_s", "talk_ratio", "pause_ratio", "articulation_rate_per_s", "speech_rate_per_s", "turns",
        "response_lag_median_ms", "response_lag_n", "longest_monologue_s", "backchannels", "interruptions",
        "speaker_changes_per_min", "overlap_ratio"
      ]
    },
    "voice": {
      "description": "The voice over the last second.",
      "type": "object",
      "properties": {
        "speaking": {"type": "boolean"},
        "level_db": {"$ref": "common.schema.json#/$defs/measure"},
        "relative_level_db": {"$ref": "common.schema.json#/$defs/measure"},
        "f0_hz": {"$ref": "common.schema.json#/$defs/measure"}
      },
      "required": ["speaking", "level_db", "f0_hz"],
      "additionalProperties": false
    },
    "baseline": {
      "description": "What is usual for the speaker, and what it rests on.",
      "type": "object",
      "properties": {
        "speech_s": {"$ref": "common.schema.json#/$defs/seconds"},
        "turns": {"$ref": "common.schema.json#/$defs/count"},
        "ready": {"type": "boolean"},
        "level_db": {"$ref": "common.schema.json#/$defs/measure"},
        "f0_hz": {"$ref": "common.schema.json#/$defs/measure"},
        "articulation_rate_per_s": {"$ref": "common.schema.json#/$defs/measure"},
        "response_lag_ms": {"$ref": "common.schema.json#/$defs/measure"}
      },
      "required": ["speech_s", "turns", "ready"],
      "additionalProperties": false
    },
    "audio": {
      "description": "The medium that carries the voice.",
      "type": "object",
      "properties": {
        "snr_db": {"$ref": "common.schema.json#/$defs/measure"},
        "loss_pct": {"type": "number", "minimum": 0, "maximum": 100},
        "clipping_pct": {"type": ["number", "null"], "minimum": 0, "maximum": 100},
        "bandwidth_hz": {"$ref": "common.schema.json#/$defs/measure"}
      },
      "required": ["loss_pct"],
      "additionalProperties": false
    }
  }
}

"""#,
        "totals.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Totals of a session",
  "description": "What `attune analyze --json` prints and the end of a session answers.",
  "$ref": "#/$defs/totals",
  "properties": {"session": {"type": "string"}},
  "required": ["session"],
  "unevaluatedProperties": false,
  "$defs": {
    "totals": {
      "type": "object",
      "properties": {
        "duration_s": {"$ref": "common.schema.json#/$defs/seconds"},
        "speaker_changes": {"$ref": "common.schema.json#/$defs/count"},
        "overlap_ratio": {"$ref": "common.schema.json#/$defs/ratio"},
        "balance_entropy": {"$ref": "common.schema.json#/$defs/ratio"},
        "balance_gini": {"$ref": "common.schema.json#/$defs/ratio"},
        "freedom": {"$ref": "common.schema.json#/$defs/ratio"},
        "sides": {
          "description": "Those on whose side everybody is measured.",
          "type": "object",
          "properties": {"host": {"$ref": "#/$defs/side"}, "guest": {"$ref": "#/$defs/side"}},
          "additionalProperties": false
        },
        "entrainment": {"type": "array", "items": {"$ref": "#/$defs/entrainment"}},
        "speakers": {"type": "object", "additionalProperties": {"$ref": "#/$defs/speaker"}}
      },
      "required": ["duration_s", "speaker_changes", "overlap_ratio", "speakers"]
    },
    "side": {
      "description": "What the speakers of a side did together.",
      "type": "object",
      "properties": {
        "speakers": {"type": "array", "items": {"type": "string"}},
        "speech_s": {"$ref": "common.schema.json#/$defs/seconds"},
        "talk_ratio": {"$ref": "common.schema.json#/$defs/ratio"},
        "turns": {"$ref": "common.schema.json#/$defs/count"},
        "response_lag_median_ms": {"$ref": "common.schema.json#/$defs/measure"},
        "response_lag_n": {"$ref": "common.schema.json#/$defs/count"}
      },
      "required": ["speakers", "speech_s", "talk_ratio", "turns", "response_lag_median_ms", "response_lag_n"],
      "additionalProperties": false
    },
    "entrainment": {
      "description": "Whether two speakers became alike in a feature.",
      "type": "object",
      "properties": {
        "speakers": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
        "feature": {"enum": ["pitch", "loudness", "rate"]},
        "exchanges": {"$ref": "common.schema.json#/$defs/count"},
        "proximity_t": {"type": "number"},
        "convergence": {"type": "number", "minimum": -1, "maximum": 1},
        "synchrony": {"type": "number", "minimum": -1, "maximum": 1},
        "sham_synchrony": {"type": "number", "minimum": 0, "maximum": 1}
      },
      "required": ["speakers", "feature", "exchanges", "proximity_t", "convergence", "synchrony", "sham_synchrony"],
      "additionalProperties": false
    },
    "speaker": {
      "description": "Metrics over the whole session and the last scores; without consent only role and consent.",
      "type": "object",
      "properties": {
        "role": {"$ref": "common.schema.json#/$defs/role"},
        "consent": {"$ref": "common.schema.json#/$defs/consent"}
      },
      "required": ["consent"],
      "if": {"properties": {"consent": {"const": "granted"}}, "required": ["speech_s"]},
      "then": {
        "$ref": "tick.schema.json#/$defs/window",
        "properties": {
          "engagement": {"$ref": "tick.schema.json#/$defs/engagement"},
          "engagement_mean": {"type": ["number", "null"], "minimum": 0, "maximum": 100},
          "engagement_scored_s": {"$ref": "common.schema.json#/$defs/count"},
          "sentiment": {"$ref": "tick.schema.json#/$defs/sentiment"},
          "sentiment_mean": {"type": ["number", "null"], "minimum": 0, "maximum": 100},
          "sentiment_scored_s": {"$ref": "common.schema.json#/$defs/count"},
          "audio": {"$ref": "tick.schema.json#/$defs/audio"}
        },
        "required": ["engagement"]
      },
      "unevaluatedProperties": false
    }
  }
}

"""#,
        "tracker.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "tracker",
  "description": "Phrases of a tracker of the configuration were said.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "tracker"},
    "tracker": {"type": "string", "description": "Name of the tracker."},
    "mentions": {"type": "integer", "minimum": 1, "description": "How often one of its phrases was said."},
    "start_s": {"$ref": "common.schema.json#/$defs/seconds", "description": "The stretch of speech they were said in."},
    "end_s": {"$ref": "common.schema.json#/$defs/seconds"},
    "by": {"enum": ["recogniser", "captions"], "description": "Who wrote it down."}
  },
  "required": ["tracker", "mentions", "start_s", "end_s", "by"],
  "unevaluatedProperties": false
}

"""#,
        "turn.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "turn",
  "description": "A turn is over.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "turn"},
    "start_s": {"$ref": "common.schema.json#/$defs/seconds"},
    "end_s": {"$ref": "common.schema.json#/$defs/seconds"},
    "fto_ms": {"type": ["integer", "null"], "description": "Floor-transfer offset; null for the first turn."},
    "previous_speaker": {"type": "string"}
  },
  "required": ["start_s", "end_s", "fto_ms"],
  "unevaluatedProperties": false
}

"""#,
        "video.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "video",
  "description": "What the picture of a speaker is from now on.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "video"},
    "state": {"$ref": "common.schema.json#/$defs/video_state"},
    "previous": {
      "description": "What it was; absent where that was not known.",
      "$ref": "common.schema.json#/$defs/video_state"
    }
  },
  "required": ["state"],
  "unevaluatedProperties": false
}

"""#,
        "voice.found.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "voice.found",
  "description": "A voice of a track with several was heard for the first time.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "voice.found"},
    "track": {"type": "string", "description": "The speaker that the track was attached as."}
  },
  "required": ["track"],
  "unevaluatedProperties": false
}

"""#,
        "voice.merged.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "voice.merged",
  "description": "A voice of a track turned out to be another one, and is none any more.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "voice.merged"},
    "into": {"type": "string", "description": "The voice that it is, by its name in the session."}
  },
  "required": ["into"],
  "unevaluatedProperties": false
}

"""#,
        "voice.named.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "voice.named",
  "description": "Somebody has said whose voice it is.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "voice.named"},
    "name": {"type": "string", "description": "What to show instead of the voice's name in the session."}
  },
  "required": ["name"],
  "unevaluatedProperties": false
}

"""#,
        "voices.counted.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "voices.counted",
  "description": "How many voices a track with several has by now, as far as it is known.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "voices.counted"},
    "voices": {"$ref": "common.schema.json#/$defs/voice_count"},
    "least": {"$ref": "common.schema.json#/$defs/count"},
    "most": {"$ref": "common.schema.json#/$defs/count"}
  },
  "required": ["voices", "least", "most"],
  "unevaluatedProperties": false
}

"""#,
        "words.schema.json": #"""
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "words",
  "description": "What somebody said who agreed to its being written down.",
  "$ref": "common.schema.json#/$defs/speaker_line",
  "properties": {
    "type": {"const": "words"},
    "id": {"type": "string", "description": "Names the span within the speaker's."},
    "revision": {"$ref": "common.schema.json#/$defs/count", "description": "How often it was told before."},
    "final": {"type": "boolean", "description": "Whether it will not change any more."},
    "start_s": {"$ref": "common.schema.json#/$defs/seconds"},
    "end_s": {"$ref": "common.schema.json#/$defs/seconds"},
    "by": {"enum": ["recogniser", "captions"], "description": "Who wrote it down."},
    "words": {"$ref": "common.schema.json#/$defs/count"},
    "fillers": {"$ref": "common.schema.json#/$defs/count", "description": "Those that were written down: a lower bound."},
    "questions": {"$ref": "common.schema.json#/$defs/count"},
    "text": {"type": "string", "description": "Long numbers and addresses masked; absent unless words.text tells it."},
    "word_times": {
      "description": "When each word of the text was said, one per word at white space.",
      "type": "object",
      "properties": {
        "method": {"enum": ["spread"], "description": "spread: laid over the speech by the length of the words."},
        "start_s": {"type": "array", "items": {"$ref": "common.schema.json#/$defs/seconds"}},
        "end_s": {"type": "array", "items": {"$ref": "common.schema.json#/$defs/seconds"}}
      },
      "required": ["method", "start_s", "end_s"],
      "unevaluatedProperties": false
    }
  },
  "required": ["id", "revision", "final", "start_s", "end_s", "by", "words", "fillers", "questions"],
  "unevaluatedProperties": false
}

"""#,
    ]
}
