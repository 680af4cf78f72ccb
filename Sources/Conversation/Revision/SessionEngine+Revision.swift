public import Events
public import MediaTypes

/// Where it turns out that others spoke than was told: talk, turns and lags are found anew, and it is told whom that is
/// about. What was measured in a voice (pitch, level, pace), interruptions, backchannels and scores that were told stay
/// as they are.
extension SessionEngine {
    /// Speech of voices of a track, in hops that are settled, turns out to have been otherwise.
    ///
    /// - Parameters:
    ///   - range: which hops it is about; those that nobody remembers any more are left as they are.
    ///   - speech: of whom it is otherwise, with all hops of the range in which that voice speaks.
    public mutating func reviseSpeech(in range: Range<Int64>, _ speech: [(speaker: Int, hops: HopRuns)]) {
        guard let log = talkLog, log.start < log.end else { return }
        let range = range.clamped(to: log.start..<log.end)
        let since = speakers.map { $0.isMeasured ? $0.measures.since : .max }
        guard let before = log.course(from: range.lowerBound, bucketHops: bucketHops, since: since) else { return }
        var concerned: [Int: Range<Int64>] = [:]
        for (speaker, hops) in speech where speakers.indices.contains(speaker) && speakers[speaker].kind == .voice {
            concerned[speaker] = talkLog?.replace(speaker, in: range, with: hops).bounds
        }
        guard !concerned.isEmpty,
            let after = talkLog?.course(from: range.lowerBound, bucketHops: bucketHops, since: since)
        else { return }
        talkLog?.adopt(after)
        correctCounts(before, after)
        for turn in correctTurns(before, after) where isMeasured(turn.speaker, from: turn.startHop) {
            let known = concerned[turn.speaker] ?? turn.startHop..<turn.endHop
            concerned[turn.speaker] =
                min(known.lowerBound, turn.startHop)..<max(known.upperBound, turn.endHop)
        }
        for (speaker, hops) in concerned.sorted(by: { $0.key < $1.key }) { tellRevision(of: speaker, in: hops) }
    }

    /// What was said by a voice that turned out to be another one was said by that.
    mutating func giveSpeech(of index: Int, to other: Int) {
        guard let log = talkLog, log.start < log.end else { return }
        let range = log.start..<log.end
        let both = log.speech(of: index, in: range).combined(with: log.speech(of: other, in: range)) { $0 || $1 }
        reviseSpeech(in: range, [(index, HopRuns()), (other, both)])
    }

    private mutating func correctCounts(_ before: TalkLog.Course, _ after: TalkLog.Course) {
        for place in after.common.indices {
            let bucket = Int(after.firstBucket) + place
            common.correct(bucket: bucket, from: before.common[place], to: after.common[place])
            talk.correct(bucket: bucket, from: before.talk[place], to: after.talk[place])
            for index in speakers.indices {
                let first = Int(speakers[index].measures.since / bucketHops)
                speakers[index].measures.counts.correct(
                    bucket: bucket - first, from: before.speakers[index][place], to: after.speakers[index][place])
            }
        }
        for index in speakers.indices {
            guard let end = talkLog?.end else { continue }
            speaks[index] = talkLog?.speech(of: index, in: end - 1..<end).bounds != nil
        }
    }

    /// Takes back turns that were none, and takes in those that were.
    ///
    /// - Returns: both.
    private mutating func correctTurns(_ before: TalkLog.Course, _ after: TalkLog.Course) -> [Floor.Turn] {
        floor = after.floor
        for change in before.begun where !after.begun.contains(change) { takeBack(change.turn, at: change.hop) }
        for change in after.begun where !before.begun.contains(change) { takeIn(change.turn, at: change.hop) }
        let wrong = before.finished.filter { !after.finished.contains($0) }
        let right = after.finished.filter { !before.finished.contains($0) }
        history.replace(wrong, with: right)
        return wrong + right
    }

    private mutating func takeBack(_ turn: Floor.Turn, at hop: Int64) {
        guard let previous = turn.previousSpeaker else { return }
        transfers.remove(from: previous, to: turn.speaker)
        guard let offset = turn.ftoHops, isMeasured(turn.speaker, from: hop) else { return }
        speakers[turn.speaker].measures.offsets.remove(offsetHops: offset, at: hop)
        speakers[turn.speaker].measures.engagement.takeBackLag(at: hop)
        guard let side = speakers[turn.speaker].side, let other = speakers[previous].side, side != other else { return }
        speakers[turn.speaker].measures.answers.remove(offsetHops: offset, at: hop)
        if offset < Int64(configuration.hastyHops) { countHasty(-1, by: turn.speaker, at: hop) }
        sideOffsets[side]?.remove(offsetHops: offset, at: hop)
    }

    private mutating func takeIn(_ turn: Floor.Turn, at hop: Int64) {
        guard let previous = turn.previousSpeaker else { return }
        transfers.add(from: previous, to: turn.speaker)
        if noteOffset(of: turn, after: previous, at: hop) { countHasty(1, by: turn.speaker, at: hop) }
    }

    private mutating func countHasty(_ change: Int32, by speaker: Int, at hop: Int64) {
        var counts = RollingCounts.Counts()
        counts.hastyAnswers = change
        let bucket = Int(hop / bucketHops - speakers[speaker].measures.since / bucketHops)
        speakers[speaker].measures.counts.correct(bucket: bucket, from: .init(), to: counts)
    }

    private mutating func tellRevision(of speaker: Int, in range: Range<Int64>) {
        guard tellsSpeech(of: speaker), let log = talkLog else { return }
        // Whole stretches: those that reach into the range begin before it.
        let speech = log.speech(of: speaker, in: log.start..<log.end).runs.filter { $0.overlaps(range) }
        let turns = history.turns(of: speaker, in: range).filter { isMeasured(speaker, from: $0.startHop) }
        emit(
            .speechRevised(
                SpeechRevised(
                    fromSeconds: seconds(range.lowerBound), toSeconds: seconds(range.upperBound),
                    speech: speech.map {
                        SpeechEnded(startSeconds: seconds($0.lowerBound), endSeconds: seconds($0.upperBound))
                    },
                    turns: turns.map { turn in
                        // A line of one person alone is taken back with the consent of that person alone.
                        var turn = told(turn)
                        turn.previousSpeaker = nil
                        return turn
                    })),
            speaker: speaker, at: settledHops)
    }
}
