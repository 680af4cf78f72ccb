public import Events

/// Tracks on which several people speak, and the voices that are found on them. A track is a speaker of whom nothing is
/// measured and who never speaks: it keeps the time of its media. Each voice is a speaker of its own, anonymous until
/// somebody says whose it is.
extension SessionEngine {
    /// A track with several voices joins, or comes back; what they say is known so much later, in hops, and the session
    /// waits for it.
    ///
    /// - Returns: the number by which the track's records are pushed; nil where the session has no room.
    public mutating func admitMixture(name: String, patienceHops: Int64, at hop: Int64) -> Int? {
        guard let index = admit(name: name, role: nil, consent: .unknown, at: hop) else { return nil }
        speakers[index].kind = .mixture
        voicesPatienceHops = max(voicesPatienceHops, patienceHops)
        talkLog = talkLog ?? TalkLog(speakers: speakers.count, at: settledHops)
        return index
    }

    /// A voice is heard for the first time, which begins to speak at `hop`.
    ///
    /// - Parameter track: the number of the track's speaker.
    /// - Returns: the number by which its records are pushed; nil where the session has no room.
    public mutating func findVoice(on track: Int, at hop: Int64) -> Int? {
        guard speakers.indices.contains(track) else { return nil }
        // A name is never given again: whoever had it before a restart may be somebody else.
        var number = 1 + speakers.count { $0.kind == .voice }
        while speakers.contains(where: { $0.name == Self.voiceName(number) }) { number += 1 }
        let index = admit(name: Self.voiceName(number), role: nil, consent: .unknown, at: hop)
        guard let index else { return nil }
        speakers[index].kind = .voice
        pushPermit(of: index)
        emit(.voiceFound(VoiceFound(track: speakers[track].name)), speaker: index, at: max(hop, settledHops))
        return index
    }

    /// So many voices are heard on a track by now, as far as it is known.
    public mutating func countVoices(on track: Int, _ count: VoicesCounted) {
        guard speakers.indices.contains(track), speakers[track].isPresent else { return }
        emit(.voicesCounted(count), speaker: track, at: settledHops)
    }

    private static func voiceName(_ number: Int) -> String { "voice-\(number)" }

    /// A voice turned out to be another one: it leaves, and what it said in the last time was said by that.
    public mutating func mergeVoice(_ index: Int, into other: Int) {
        guard speakers.indices.contains(index), speakers.indices.contains(other), speakers[index].isPresent else {
            return
        }
        giveSpeech(of: index, to: other)
        speakers[index].isMerged = true
        emit(.voiceMerged(VoiceMerged(into: speakers[other].name)), speaker: index, at: settledHops)
        leave(speaker: index, reason: "merged")
    }

    /// Whether a speaker of that name is a voice that was found.
    public func isVoice(_ name: String) -> Bool { speakers.contains { $0.name == name && $0.kind == .voice } }

    /// Says whose voice it is, and what that person agreed to.
    ///
    /// - Parameter consent: nil leaves it as it is.
    /// - Returns: the speaker from now on; nil where there is no such voice.
    public mutating func nameVoice(
        _ name: String, displayName: String?, role: String?, consent: Consent?
    ) -> SpeakerJoined? {
        guard let index = speakers.firstIndex(where: { $0.name == name && $0.kind == .voice }),
            let joined = describe(name: name, displayName: displayName, role: role)
        else { return nil }
        if let displayName { emit(.voiceNamed(VoiceNamed(name: displayName)), speaker: index, at: settledHops) }
        guard let consent, setConsent(name: name, to: consent) else { return joined }
        return speakers[index].joined
    }

    /// Whether it is told when a speaker speaks: of who is measured, and of voices of whom nobody has said whose they
    /// are.
    func tellsSpeech(of index: Int) -> Bool {
        isMeasured(speaker: index)
            || speakers[index].kind == .voice && speakers[index].consent == .unknown && configuration.hasNotice
    }

    /// Those who take part in the conversation: no tracks, and nobody twice.
    var participants: [Int] { speakers.indices.filter { speakers[$0].kind != .mixture && !speakers[$0].isMerged } }
}
