// What the page knows of one session, from the lines of docs/events.md. Everything in it has a bound.
const SPAN_S = 300, MOST_SPEAKERS = 160, MOST_CUES = 12, CUE_LINGERS_MS = 6000;
// Lines of what is said, how long each stays, and how much of one is shown.
const MOST_LINES = 4, LINE_LINGERS_MS = 12000, LONGEST_CAPTION = 300;
const HOST = ["rep", "host", "teacher", "employee", "agent", "self"], GUEST = ["customer", "guest", "student"];
// Columns of a series; an interval has two.
const ENGAGEMENT = 0, SENTIMENT = 3, TALK = 6, COLUMNS = 7;

/// Five minutes of a speaker, a row a second of stream time, in a ring: a later value of a second takes its row.
class Series {
  #seconds = new Int32Array(SPAN_S).fill(-1);
  #values = new Float32Array(SPAN_S * COLUMNS).fill(NaN);

  #row(t) {
    const second = Math.floor(t), row = ((second % SPAN_S) + SPAN_S) % SPAN_S;
    // What is older than the ring is no longer shown.
    if (second < this.#seconds[row]) return -1;
    if (second > this.#seconds[row]) this.#values.fill(NaN, row * COLUMNS, (row + 1) * COLUMNS);
    this.#seconds[row] = second;
    return row * COLUMNS;
  }

  putScore(t, column, score, interval) {
    const at = this.#row(t);
    if (at < 0) return;
    this.#values[at + column] = score ?? NaN;
    this.#values[at + column + 1] = interval?.[0] ?? NaN;
    this.#values[at + column + 2] = interval?.[1] ?? NaN;
  }

  putTalk(t, ratio) {
    const at = this.#row(t);
    if (at >= 0) this.#values[at + TALK] = ratio ?? NaN;
  }

  has(second) { return second >= 0 && this.#seconds[second % SPAN_S] === second; }

  /// NaN where there is no value.
  at(second, column) { return this.has(second) ? this.#values[(second % SPAN_S) * COLUMNS + column] : NaN; }

  clear() { this.#seconds.fill(-1); }
}

class Speaker {
  constructor(id) {
    this.id = id;
    this.name = id;
    this.role = this.joined = undefined;
    this.consent = undefined;
    this.series = new Series();
    this.forget();
  }

  /// Everything that was measured; what is left is a name.
  forget() {
    this.series.clear();
    this.tick = null;
    this.lastT = -1;
    this.seenAt = -Infinity;
    this.everyS = 1;
    this.speaking = false;
    this.bid = null;
    this.lastHeard = this.firstSeen = undefined;
    this.issues = [];
    this.points = null;
    this.wasHeard = false;
    this.version = (this.version ?? 0) + 1;
  }

  get isMeasured() { return this.consent === "granted" && this.tick !== null; }
  get side() { return HOST.includes(this.role) ? "host" : GUEST.includes(this.role) ? "guest" : null; }

  /// Ticks come once a second, unless the daemon says or shows otherwise.
  isStale(now) { return now - this.seenAt > 1600 * Math.max(1, this.everyS); }
}

class Model {
  constructor(changed) {
    this.changed = changed;
    this.connection = "connecting";
    this.epoch = null;
    this.seq = this.withdrawals = 0;
    this.begin(null);
  }

  /// A session (or none) from its begin.
  begin(session) {
    this.session = session;
    this.speakers = new Map();
    this.cues = new Map();
    this.said = new Map();
    this.sources = new Map();
    this.degraded = new Map();
    this.notice = this.policy = this.ended = undefined;
    this.present = 0;
    this.presentAt = performance.now();
    this.holder = null;
    this.holdsSince = 0;
    this.listedNow = null;
    this.isGone = false;
    // Nothing is said of the session before the daemon has said it.
    this.isKnown = false;
    this.changed();
  }

  /// Those who are here, in the order in which they came.
  get here() { return [...this.speakers.values()].filter((speaker) => !speaker.hasLeft); }
  get measured() { return this.here.filter((speaker) => speaker.isMeasured); }
  /// Whether the session has ended, or is not there any more.
  get isOver() { return Boolean(this.ended) || this.isGone; }
  get unmeasured() { return this.here.filter((speaker) => speaker.consent && speaker.consent !== "granted"); }

  /// Media time now, as far as the last line lets it be known.
  now(clockMs) {
    const since = (clockMs - this.presentAt) / 1000;
    return this.ended ? this.present : this.present + Math.min(2, Math.max(0, since));
  }

  /// Seconds that curves span: whole minutes, as many as the call has, and five in the end.
  get spanS() { return Math.min(SPAN_S, 60 * Math.max(1, Math.ceil(this.present / 60))); }

  /// For how long the speaker has had the floor; null for whoever has not.
  floorTime(speaker, clockMs) {
    if (this.holder !== speaker || this.ended) return null;
    const until = speaker.speaking ? this.now(clockMs) : speaker.lastHeard ?? this.holdsSince;
    return until - this.holdsSince;
  }

  speaker(id) {
    let speaker = this.speakers.get(id);
    if (!speaker) {
      for (const [key, other] of this.speakers) {
        if (this.speakers.size < MOST_SPEAKERS) break;
        if (other.hasLeft) this.speakers.delete(key);
      }
      speaker = new Speaker(id);
      if (this.speakers.size < MOST_SPEAKERS) this.speakers.set(id, speaker);
    }
    return speaker;
  }

  /// The answer of /v1/history; what is there already stays.
  takeHistory(answer) {
    if (this.epoch !== null && answer.epoch !== this.epoch) this.begin(this.session);
    this.epoch = answer.epoch;
    const column = (name) => (answer.fields ?? []).indexOf(name) + 1;
    const value = (point, at) => (at > 0 ? point[at] : null);
    const [score, range] = [column("engagement.score"), column("engagement.interval")];
    const [mood, moodRange] = [column("sentiment.score"), column("sentiment.interval")];
    const talk = column("windows.30s.talk_ratio");
    for (const { speaker: id, points } of answer.speakers) {
      const speaker = this.speaker(id);
      for (const point of points) {
        if (speaker.series.has(Math.floor(point[0]))) continue;
        speaker.firstSeen ??= point[0];
        speaker.series.putScore(point[0], ENGAGEMENT, value(point, score), value(point, range));
        speaker.series.putScore(point[0], SENTIMENT, value(point, mood), value(point, moodRange));
        speaker.series.putTalk(point[0], value(point, talk));
      }
      speaker.version += 1;
    }
    this.changed();
  }

  take(line) {
    this.seq = line.seq;
    if (line.type === "hello") return this.#hello(line);
    if (line.type === "snapshot") return this.#snapshot(line);
    if (line.session !== this.session) return;
    if (isNumber(line.t) && line.t > this.present) [this.present, this.presentAt] = [line.t, performance.now()];
    const handler = Model.handlers[line.type];
    if (!handler) return;
    const speaker = line.speaker === undefined ? null : this.speaker(line.speaker);
    handler.call(this, line, speaker);
    // Curves have nothing of a face.
    if (speaker && line.type !== "face.points") speaker.version += 1;
    this.changed();
  }

  #hello(line) {
    if (this.epoch !== null && line.epoch !== this.epoch) this.begin(this.session);
    this.epoch = line.epoch;
    this.policy ??= line.policy;
    this.notice ??= line.notice_id;
    this.changed();
  }

  #snapshot(line) {
    const state = line.sessions.find((one) => one.session === this.session);
    if (!this.listedNow) [this.listedNow, this.isGone] = [new Set(), true];
    if (state) {
      this.isGone = false;
      [this.notice, this.policy, this.ended] = [state.notice_id, state.policy, undefined];
      this.degraded = new Map((state.degraded ?? []).map((one) => [one.what, one]));
      for (const source of state.sources) this.sources.set(source.source, source.state);
      for (const entry of state.speakers) {
        this.listedNow.add(entry.speaker);
        const speaker = this.speaker(entry.speaker);
        Model.handlers["speaker.joined"].call(this, entry, speaker);
        const tick = entry.last_tick;
        if (tick && tick.t > speaker.lastT) {
          if (tick.t > this.present) [this.present, this.presentAt] = [tick.t, performance.now()];
          Model.handlers.tick.call(this, tick, speaker);
        }
      }
      // Those that stand, whenever they were raised; a later line of the same snapshot brings no more.
      for (const cue of state.cues ?? []) if (!this.cues.has(cue.id)) this.raise(cue);
    }
    if (!line.more) {
      for (const speaker of this.speakers.values()) speaker.hasLeft = !this.listedNow.has(speaker.id);
      this.listedNow = null;
      this.isKnown = true;
    }
    this.changed();
  }

  raise(line) {
    const speaker = line.speaker === undefined ? null : this.speaker(line.speaker);
    this.cues.set(line.id, { id: line.id, speaker: speaker?.id, name: speaker?.name, raised: line, cleared: null });
    if (this.cues.size > MOST_CUES) this.cues.delete(this.cues.keys().next().value);
  }

  /// A cue that has gone lingers a little, greyed.
  activeCues(clockMs) {
    return [...this.cues.values()].filter((cue) => !cue.cleared || clockMs - cue.clearedAt < CUE_LINGERS_MS);
  }

  /// What was said of late, where the address asks for it and the daemon tells it.
  lines(clockMs) { return [...this.said.values()].filter((line) => clockMs - line.at < LINE_LINGERS_MS); }

  /// Those whose face was told of late.
  faces(clockMs) {
    return this.ended || this.connection !== "live" ? []
      : this.here.filter((one) => one.points && clockMs - one.pointsAt < FACE_LINGERS_MS);
  }

  /// Forgets what somebody said.
  unsay(id) {
    for (const [key, line] of this.said) if (line.speaker === id) this.said.delete(key);
  }

  static handlers = {
    "session.started"(line) {
      this.begin(line.session);
      [this.notice, this.policy, this.isKnown] = [line.notice_id, line.policy, true];
    },
    "session.ended"(line) {
      this.ended = line;
      this.present = line.duration_s ?? this.present;
    },
    "speaker.joined"(line, speaker) {
      speaker.hasLeft = false;
      speaker.name = line.name ?? speaker.id;
      speaker.role = line.role;
      speaker.joined ??= line.t;
      Model.handlers.consent.call(this, line, speaker);
    },
    "speaker.left"(line, speaker) {
      speaker.hasLeft = true;
      if (this.holder === speaker) this.holder = null;
    },
    consent(line, speaker) {
      speaker.consent = line.consent;
      if (!line.lanes?.includes("words")) this.unsay(speaker.id);
      if (!line.lanes?.includes("face")) speaker.points = null;
      if (line.consent === "granted") return;
      if (speaker.tick) this.withdrawals += 1;
      speaker.forget();
      if (this.holder === speaker) this.holder = null;
      for (const [id, cue] of this.cues) if (cue.speaker === speaker.id) this.cues.delete(id);
    },
    words(line, speaker) {
      if (!options.captions || (speaker.consent && speaker.consent !== "granted")) return;
      const key = `${line.speaker}\n${line.id}`, known = this.said.get(key);
      if (known && known.revision > line.revision) return;
      if (!line.text) return void this.said.delete(key);
      const text = line.text.length > LONGEST_CAPTION ? `… ${line.text.slice(-LONGEST_CAPTION)}` : line.text;
      this.said.set(key, { key, speaker: speaker.id, name: speaker.name, text, isFinal: line.final,
        revision: line.revision, at: performance.now() });
      if (this.said.size > MOST_LINES) this.said.delete(this.said.keys().next().value);
    },
    "face.points"(line, speaker) {
      if (!options.points || (speaker.consent && speaker.consent !== "granted")) return;
      [speaker.points, speaker.pointsAt] = [line, performance.now()];
    },
    tick(line, speaker) {
      // Ticks are of those who consented; the line that says so may still be on its way.
      speaker.consent ??= "granted";
      if (speaker.consent !== "granted") return;
      if (speaker.lastT >= 0) speaker.everyS = Math.min(10, Math.max(0, line.t - speaker.lastT));
      [speaker.tick, speaker.lastT, speaker.seenAt] = [line, line.t, performance.now()];
      speaker.firstSeen ??= line.t;
      if (isNumber(line.windows?.session?.speech_s)) speaker.wasHeard ||= line.windows.session.speech_s > 0;
      speaker.series.putScore(line.t, ENGAGEMENT, line.engagement?.score, line.engagement?.interval);
      speaker.series.putScore(line.t, SENTIMENT, line.sentiment?.score, line.sentiment?.interval);
      speaker.series.putTalk(line.t, line.windows?.["30s"]?.talk_ratio);
    },
    "speech.started"(line, speaker) {
      if (speaker.consent && speaker.consent !== "granted") return;
      [speaker.speaking, speaker.wasHeard, speaker.lastHeard] = [true, true, line.start_s];
      if (!this.holder) [this.holder, this.holdsSince] = [speaker, line.start_s];
      else if (speaker !== this.holder) speaker.bid ??= line.start_s;
    },
    "speech.ended"(line, speaker) {
      if (speaker.consent && speaker.consent !== "granted") return;
      [speaker.speaking, speaker.wasHeard, speaker.lastHeard] = [false, true, line.end_s];
      // What ended under the holder's voice was no bid for the floor (Conversation's Floor decides alike).
      if (speaker !== this.holder && this.holder?.speaking) speaker.bid = null;
    },
    turn(line, speaker) {
      // A turn is told when it is over because another took the floor: whoever bid for it first.
      const bids = this.here.filter((other) => other !== speaker && other.bid !== null);
      const next = bids.sort((one, other) => one.bid - other.bid)[0] ?? null;
      [this.holder, this.holdsSince] = [next, next?.bid ?? 0];
      if (next) next.bid = null;
    },
    "cue.raised"(line) { this.raise(line); },
    "cue.cleared"(line) {
      const cue = this.cues.get(line.id);
      if (cue) [cue.cleared, cue.clearedAt] = [line, performance.now()];
    },
    quality(line, speaker) { speaker.issues = line.issues; },
    degraded(line) { this.degraded.set(line.what, line); },
    recovered(line) { this.degraded.delete(line.what); },
    "source.connecting"(line) { this.sources.set(line.source, line.state); },
    "source.connected"(line) { this.sources.set(line.source, line.state); },
    "source.stalled"(line) { this.sources.set(line.source, line.state); },
    "source.reconnecting"(line) { this.sources.set(line.source, line.state); },
    "source.ended"(line) { this.sources.delete(line.source); },
  };
}
