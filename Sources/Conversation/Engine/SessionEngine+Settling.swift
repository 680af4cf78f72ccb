import Events
import MediaTypes

/// What one settled hop of all speakers means for the floor, the counts and the events.
extension SessionEngine {
    mutating func settleHop() {
        let hop = settledHops
        var speaking: Int32 = 0
        talkLog?.begin(hop, floor)
        for index in speakers.indices {
            settling[index] = speakers[index].lane.next(hop, isPresent: speakers[index].isPresent)
            ownVoice.push(settling[index], channel: index, hop: hop)
        }
        if configuration.comparesChannels { ownVoice.compare(hop: hop) }
        for index in speakers.indices {
            let record = withOwnVoice(settling[index], of: index, at: hop)
            if record?.isLost ?? false {
                speakers[index].lostRun += 1
            } else {
                tellGap(of: index, before: hop)
            }
            let speaksNow = record?.isSpeech ?? false
            if speaksNow { speaking += 1 }
            if speaksNow, !speaks[index] { incursions.begin(speaker: index, holder: floor.holder, hop: hop) }
            speaks[index] = speaksNow
            let isLost = record?.isLost ?? true
            let pause = floor.note(speaker: index, speaks: speaksNow, isLost: isLost, hop: hop)
            talkLog?.note(speaker: index, speaks: speaksNow, isLost: isLost)
            if let record { speakers[index].count(record, pauseHops: pause) }
        }
        if speaking > 0 {
            talk.open.speech += 1
            lastHeard = hop
        }
        if speaking > 1 { common.open.overlap += 1 }
        common.open.speech += speaking
        let outcome = floor.settle(hop: hop)
        if let finished = outcome.finished { end(finished) }
        if let begun = outcome.begun { begin(begun, at: hop) }
        if let holder = outcome.finished?.speaker, let returnHop = outcome.returnHop {
            incursions.begin(
                speaker: holder, holder: floor.holder, hop: returnHop, sharedHops: hop - returnHop)
        }
        let incursion = incursions.settle(hop: hop, speaks: speaks, turnStart: outcome.begun?.startHop)
        incursion.begun.forEach { announce($0, at: hop) }
        incursion.told.forEach { tell($0) }
        for decided in incursion.decided where isMeasured(decided.speaker, from: decided.startHop) {
            speakers[decided.speaker].measures.incursions.note(decided.kind)
        }
        settledHops += 1
        if settledHops % bucketHops == 0 {
            common.closeBucket()
            talk.closeBucket()
            for index in speakers.indices { speakers[index].measures.closeBucket() }
        }
        let isTick = settledHops % Int64(configuration.tickHops) == 0
        let isSecond = settledHops % Int64(AudioGrid.hopsPerSecond) == 0
        if isTick || isSecond { score() }
        if isTick { tick() }
        // Learning comes after scoring, so that a tick is never compared with itself.
        if isSecond { closeSecond() }
    }

    private mutating func begin(_ turn: Floor.Turn, at hop: Int64) {
        let speaker = turn.speaker
        if speakers[speaker].isMeasured { speakers[speaker].measures.counts.open.turns += 1 }
        guard let previous = turn.previousSpeaker else { return }
        common.open.turns += 1
        transfers.add(from: previous, to: speaker)
        if noteOffset(of: turn, after: previous, at: hop) { speakers[speaker].measures.counts.open.hastyAnswers += 1 }
    }

    /// Takes in the offset with which a turn began.
    ///
    /// - Returns: whether it is the hasty answer of one side to the other.
    mutating func noteOffset(of turn: Floor.Turn, after previous: Int, at hop: Int64) -> Bool {
        let speaker = turn.speaker
        guard speakers[speaker].isMeasured else { return false }
        guard let offset = turn.ftoHops, isTimed(turn) else {
            speakers[speaker].withheld = (turn.ftoHops == nil ? .loss : .timing, hop)
            return false
        }
        speakers[speaker].withheld = nil
        speakers[speaker].measures.offsets.add(offsetHops: offset, at: hop)
        speakers[speaker].measures.engagement.note(
            lagMilliseconds: Double(max(0, offset)) * Double(AudioGrid.hopMilliseconds), after: previous, at: hop)
        guard let side = speakers[speaker].side, let other = speakers[previous].side, side != other else {
            return false
        }
        if offset > 0 { speakers[speaker].measures.answers.add(offsetHops: offset, at: hop) }
        sideOffsets[side, default: TransferOffsets(horizonSeconds: configuration.horizonSeconds)]
            .add(offsetHops: offset, at: hop)
        return offset < Int64(configuration.hastyHops)
    }

    /// Whether the two speakers lie well enough in time for the floor-transfer offset between them to mean something.
    private func isTimed(_ turn: Floor.Turn) -> Bool {
        guard let previous = turn.previousSpeaker else { return true }
        let uncertainty = speakers[turn.speaker].timing.uncertaintyMilliseconds(with: speakers[previous].timing)
        return uncertainty <= configuration.maxTimingUncertaintyMilliseconds
    }

    private mutating func end(_ turn: Floor.Turn) {
        history.add(turn)
        publish(turn)
        let speaker = speakers[turn.speaker]
        let isCompared = speaker.isMeasured && speaker.permits.voiceScores
        let voice = isCompared ? speakers[turn.speaker].measures.turnVoice.take() : nil
        entrainment.add(speaker: turn.speaker, voice: voice)
    }

    mutating func publish(_ turn: Floor.Turn) {
        // What began before the speaker consented is not told afterwards.
        guard isMeasured(turn.speaker, from: turn.startHop) else { return }
        emit(.turn(told(turn)), speaker: turn.speaker, at: turn.endHop)
    }

    /// A turn as others are told.
    func told(_ turn: Floor.Turn) -> Turn {
        let previous = turn.previousSpeaker.map { speakers[$0] }
        return Turn(
            startSeconds: seconds(turn.startHop), endSeconds: seconds(turn.endHop),
            ftoMilliseconds: isTimed(turn) ? turn.ftoHops.map { Int($0) * AudioGrid.hopMilliseconds } : nil,
            previousSpeaker: previous?.isMeasured == true ? previous?.name : nil)
    }

    /// Whether a speaker may be measured, and might be from a hop on.
    func isMeasured(_ speaker: Int, from hop: Int64) -> Bool {
        speakers[speaker].isMeasured && speakers[speaker].measures.since <= hop
    }

    /// Says of an incursion that goes on what it will most likely be.
    private mutating func announce(_ incursion: Incursions.Incursion, at hop: Int64) {
        guard isMeasured(incursion.speaker, from: incursion.startHop),
            isMeasured(incursion.holder, from: incursion.startHop)
        else { return }
        let verdict = speakers[incursion.speaker].measures.incursions.verdict
        let started = OverlapStarted(
            id: incursion.id, startSeconds: seconds(incursion.startHop), holder: speakers[incursion.holder].name,
            likely: Overlap.Kind(verdict.kind), probability: verdict.probability)
        emit(.overlapStarted(started), speaker: incursion.speaker, at: hop + 1)
    }

    /// Publishes and counts an incursion; what concerns somebody without consent is told nobody.
    private mutating func tell(_ incursion: Incursions.Incursion) {
        let speaker = incursion.speaker
        guard speakers[speaker].isMeasured else { return }
        switch incursion.kind {
        case .backchannel: speakers[speaker].measures.counts.open.backchannels += 1
        case .interruption: speakers[speaker].measures.counts.open.interruptions += 1
        case .overlap: break
        }
        guard isMeasured(speaker, from: incursion.startHop), isMeasured(incursion.holder, from: incursion.startHop)
        else { return }
        emit(
            .overlap(
                Overlap(
                    id: incursion.id, revision: incursion.revision, kind: Overlap.Kind(incursion.kind),
                    startSeconds: seconds(incursion.startHop), endSeconds: seconds(incursion.endHop),
                    sharedSeconds: seconds(incursion.sharedHops), holder: speakers[incursion.holder].name)),
            speaker: speaker, at: incursion.endHop)
    }
}
