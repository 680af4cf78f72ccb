public import Events
public import MediaTypes

/// What comes in: the present, records of the lanes, and what is told beside them.
extension SessionEngine {
    /// Moves the session's present on to `hop`; it never goes back. In a live session the host's clock says so, in a
    /// recording its reader.
    public mutating func advance(to hop: Int64) {
        guard hop > presentHops else { return }
        presentHops = hop
        settle()
    }

    /// Takes in the record of a hop; `record.index` counts hops of the session.
    public mutating func push(speaker: Int, _ record: HopRecord) {
        push(speaker: speaker, record, hops: 1)
    }

    /// Takes in that a speaker was silent in the hops `from ..< to`, by the word of the sender: one step, however long.
    public mutating func pushSilence(speaker: Int, fromHop: Int64, toHop: Int64) {
        guard toHop > fromHop else { return }
        var record = HopRecord.lost(index: fromHop)
        record.isLost = false
        push(speaker: speaker, record, hops: toHop - fromHop)
    }

    private mutating func push(speaker: Int, _ record: HopRecord, hops: Int64) {
        guard speakers.indices.contains(speaker) else { return }
        speakers[speaker].lane.accept(record, hops: hops, settledHops: settledHops, horizon: horizon)
        settle()
    }

    /// Hops beyond this one are dropped: nobody may lie further ahead of the present.
    private var horizon: Int64 {
        // A reader of a recording decides itself what to read next.
        configuration.skewHops == nil ? .max : presentHops + Int64(configuration.maxAheadHops)
    }

    /// Media of a speaker has begun to flow, or does so again.
    public mutating func resume(speaker: Int) {
        guard speakers.indices.contains(speaker) else { return }
        speakers[speaker].lane.resume()
    }

    /// Media of a speaker is known not to come for now: speech that is open ends where media did, and nobody waits.
    public mutating func pause(speaker: Int) {
        guard speakers.indices.contains(speaker) else { return }
        speakers[speaker].lane.pause()
        settle()
    }

    /// Says why media of a speaker is missing in the hops `from ..< to` of the session. That it is missing shows by
    /// itself, when they are settled without a record.
    public mutating func explainGap(speaker: Int, fromHop: Int64, toHop: Int64, why: Gap.Why = .loss) {
        guard speakers.indices.contains(speaker), toHop > fromHop else { return }
        speakers[speaker].lane.explain(fromHop..<toHop, why: why)
    }

    /// Takes in what is known of a speaker's channel with the record that was pushed last.
    public mutating func note(speaker: Int, _ quality: VoiceQuality) {
        guard isMeasured(speaker: speaker) else { return }
        speakers[speaker].measures.channel.append(quality, at: speakers[speaker].lane.watermark)
    }

    /// Settles everything up to the present and ends the last turn. What lies ahead of the present never happened.
    ///
    /// - Returns: the totals of the session.
    public mutating func finish() -> SessionTotals {
        for index in speakers.indices where speakers[index].isPresent {
            leave(speaker: index, reason: "session ended")
        }
        settle(until: presentHops)
        for index in speakers.indices { tellGap(of: index, before: settledHops) }
        for index in speakers.indices { speakers[index].measures.channel.settle(until: settledHops) }
        for (speaker, body) in cues.withdraw(speaker: nil, hop: settledHops, reason: .sessionEnded) {
            emit(body, speaker: speaker, at: settledHops)
        }
        if let last = floor.current { publish(last) }
        return totals()
    }

    mutating func withdrawCues(of speaker: Int, reason: CueCleared.Reason) {
        for (_, body) in cues.withdraw(speaker: speaker, hop: settledHops, reason: reason) {
            emit(body, speaker: speaker, at: settledHops)
        }
    }

    /// Publishes that media was missing, once it is known up to when: all of a speaker's time is measured, or in a gap.
    mutating func tellGap(of speaker: Int, before hop: Int64) {
        let lost = speakers[speaker].lostRun
        guard lost > 0 else { return }
        let why = speakers[speaker].lane.reason(for: hop - lost..<hop)
        speakers[speaker].lostRun = 0
        emit(
            .gap(Gap(fromSeconds: seconds(hop - lost), toSeconds: seconds(hop), why: why)), speaker: speaker, at: hop)
    }

    /// Ends speech that is open where what is known of it ends.
    mutating func endSpeech(of speaker: Int) {
        endSpeech(of: speaker, at: min(speakers[speaker].lane.watermark, presentHops))
    }

    mutating func endSpeech(of speaker: Int, at hop: Int64) {
        if let change = speakers[speaker].bounds.end(at: hop) { tell(change, of: speaker) }
    }

    /// Publishes a boundary of the speech that counts.
    mutating func tell(_ change: SpeechBounds.Change, of speaker: Int) {
        switch change {
        case .started(let hop):
            emit(.speechStarted(SpeechStarted(startSeconds: seconds(hop))), speaker: speaker, at: hop)
        case .ended(let start, let end):
            emit(
                .speechEnded(SpeechEnded(startSeconds: seconds(start), endSeconds: seconds(end))), speaker: speaker,
                at: end)
        }
    }
}
