// The payloads read back: each the counterpart of its `write(to:)`.

extension Hello {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            daemonVersion: try fields.text("daemon"), epoch: try fields.text("epoch"),
            policy: try fields.text("policy"), noticeID: try fields.optionalText("notice_id"))
    }
}

extension Snapshot {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        var sessions: [Session] = []
        for session in try fields.objects("sessions") { sessions.append(try Session(session)) }
        self.init(sessions: sessions, more: try fields.flag("more"))
    }
}

extension Snapshot.Session {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(id: try fields.text("session"), started: try SessionStarted(fields))
        for source in try fields.objects("sources") { sources.append(try SourceState(source)) }
        for degraded in try fields.objects("degraded") { self.degraded.append(try Degraded(degraded)) }
        for cue in try fields.objects("cues") { cues.append(try Snapshot.Cue(cue)) }
        for speaker in try fields.objects("speakers") { speakers.append(try Snapshot.Speaker(speaker)) }
    }
}

extension Snapshot.Cue {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            raised: try CueRaised(fields), speaker: try fields.optionalText("speaker"),
            timeSeconds: try fields.optionalNumber("t"), state: try fields.choice("state"))
    }
}

extension Snapshot.Speaker {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(name: try fields.text("speaker"), joined: try SpeakerJoined(fields))
        counted = try fields.optionalObject("counted").map { fields throws(UnreadableEvent) in try VoicesCounted(fields)
        }
        guard let tick = try fields.optionalObject("last_tick") else { return }
        lastTick = try Tick(tick)
        lastTickSeconds = try tick.optionalNumber("t")
    }
}

extension SessionStarted {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(noticeID: try fields.optionalText("notice_id"), policy: try fields.text("policy"))
    }
}

extension SourceState {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            source: try fields.text("source"), url: try fields.text("url"), state: try fields.choice("state"),
            reason: try fields.optionalText("reason"))
    }
}

extension Gap {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            fromSeconds: try fields.number("from_s"), toSeconds: try fields.number("to_s"),
            why: try fields.choice("why"))
    }
}

extension SpeakerJoined {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            displayName: try fields.optionalText("name"), role: try fields.optionalText("role"),
            consent: try fields.choice("consent"), lanes: try fields.lanes("lanes"))
    }
}

extension JSONFields {
    /// Lanes by name; none where they are left out. A lane that is not known by name is left out too: more may come.
    fileprivate func lanes(_ name: String) throws(UnreadableEvent) -> ConsentLanes {
        guard has(name) else { return [] }
        return ConsentLanes(try texts(name).compactMap(ConsentLanes.init(named:)))
    }
}

extension ConsentChange {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            state: try fields.choice("consent"), previous: try fields.choice("previous"),
            lanes: try fields.lanes("lanes"), previousLanes: try fields.lanes("previous_lanes"))
    }
}

extension SpeechEnded {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(startSeconds: try fields.number("start_s"), endSeconds: try fields.number("end_s"))
    }
}

extension Turn {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            startSeconds: try fields.number("start_s"), endSeconds: try fields.number("end_s"),
            ftoMilliseconds: try fields.optionalInteger("fto_ms"),
            previousSpeaker: try fields.optionalText("previous_speaker"))
    }
}

extension Overlap {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            id: try fields.integer("id"), revision: try fields.integer("revision"), kind: try fields.choice("kind"),
            startSeconds: try fields.number("start_s"), endSeconds: try fields.number("end_s"),
            sharedSeconds: try fields.number("shared_s"), holder: try fields.text("holder"))
    }
}

extension OverlapStarted {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            id: try fields.integer("id"), startSeconds: try fields.number("start_s"),
            holder: try fields.text("holder"), likely: try fields.choice("likely"),
            probability: try fields.number("probability", in: 0...1))
    }
}

extension CueRaised {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            id: try fields.integer("id"), cue: try fields.text("cue"), severity: try fields.text("severity"),
            metric: try fields.text("metric"), value: try fields.number("value"), limit: try fields.number("limit"),
            windowSeconds: try fields.optionalInteger("window_s"))
    }
}

extension CueChange {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            id: try fields.optionalInteger("id"), cue: try fields.text("cue"), state: try fields.choice("state"),
            forSeconds: try fields.optionalNumber("for_s"))
    }
}

extension CueCleared {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            id: try fields.integer("id"), cue: try fields.text("cue"), reason: try fields.choice("reason"),
            value: try fields.optionalNumber("value"), afterSeconds: try fields.number("after_s"))
    }
}

extension AudioQuality {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(lossPercent: try fields.number("loss_pct"))
        snrDb = try fields.optionalNumber("snr_db")
        clippingPercent = try fields.optionalNumber("clipping_pct")
        bandwidthHz = try fields.optionalNumber("bandwidth_hz")
    }
}

extension QualityChange {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        // An issue that a later version adds says nothing to this one.
        self.init(
            issues: try fields.texts("issues").compactMap(Issue.init), audio: try AudioQuality(fields.object("audio")),
            driftPartsPerMillion: try fields.optionalNumber("drift_ppm"))
        guard fields.has("leaks") else { return }
        for leak in try fields.objects("leaks") {
            leaks.append(
                Leak(
                    from: try leak.text("from"), levelDb: try leak.number("level_db"),
                    delayMilliseconds: try leak.integer("delay_ms")))
        }
    }
}

extension Lagged {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            from: try fields.integer("from"), to: try fields.integer("to"), count: try fields.integer("count"),
            coalesced: try fields.integer("coalesced"))
    }
}

extension Heartbeat {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(sessions: try fields.integer("sessions"), subscribers: try fields.integer("subscribers"))
    }
}

extension ErrorLine {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(code: try fields.text("code"), message: try fields.text("message"))
    }
}
