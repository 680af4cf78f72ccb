/// Lanes beside the voice, each of a voice on a track, and the people whose voices those are.
extension SessionEngine {
    /// One lane of one voice.
    struct LaneKey: Sendable, Hashable {
        var voice: VoiceLabel
        var kind: ObjectIdentifier
    }

    /// Says who a voice on a track is, or that it is somebody else after all: whoever it is when records become final
    /// takes them.
    ///
    /// - Returns: false where there is no such speaker, or no room for another label.
    @discardableResult
    public mutating func bind(_ voice: VoiceLabel, to speaker: Int) -> Bool {
        guard speakers.indices.contains(speaker), roster.bind(voice, to: speaker) else { return false }
        // What waits was said before anybody could ask for consent.
        if !isMeasured(speaker: speaker) { forgetEvidence { $0 == voice } }
        return true
    }

    /// Takes in a record of a lane beside the voice; another one of the same number replaces it as long as it is not
    /// final. Of somebody who may not be measured nothing is taken. Of whom nobody knows who it is everything waits,
    /// and is dropped if nobody has said so when the lane's patience is over.
    public mutating func push<Window: EvidenceWindow>(_ voice: VoiceLabel, _ record: Window.Record, to _: Window.Type) {
        change(voice, Window.self) { $0.push(record) }
    }

    /// A lane beside the voice has said everything before `hop`.
    public mutating func advance<Window: EvidenceWindow>(_ voice: VoiceLabel, _: Window.Type, watermark hop: Int64) {
        change(voice, Window.self) { $0.advance(watermark: hop) }
    }

    private mutating func change<Window: EvidenceWindow>(
        _ voice: VoiceLabel, _: Window.Type, _ body: (inout EvidenceLane<Window>) -> Void
    ) {
        guard roster.person(of: voice).map(isMeasured(speaker:)) ?? true else { return }
        let key = LaneKey(voice: voice, kind: ObjectIdentifier(Window.self))
        guard lanes[key] != nil || lanes.count < Roster.maxLabels else {
            refusedLanes += 1
            return
        }
        var lane = lanes[key] as? EvidenceLane<Window> ?? EvidenceLane<Window>()
        body(&lane)
        lanes[key] = lane
    }

    /// Brings what has become final to those whose it is.
    mutating func settleEvidence() {
        for key in lanes.keys {
            let person = roster.person(of: key.voice).flatMap { isMeasured(speaker: $0) ? $0 : nil }
            var evidence = person.map { speakers[$0].evidence }
            lanes[key]?.settle(present: presentHops, into: &evidence)
            if let person, let evidence { speakers[person].evidence = evidence }
        }
    }

    /// Forgets what waits of some voices.
    mutating func forgetEvidence(where isForgotten: (VoiceLabel) -> Bool) {
        for key in lanes.keys where isForgotten(key.voice) { lanes[key] = nil }
    }
}
