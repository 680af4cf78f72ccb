public import Events
import MediaTypes

/// Scores, ticks and cues.
extension SessionEngine {
    /// Scores everybody who may be scored.
    mutating func score() {
        let horizon = Int64(configuration.horizonSeconds * AudioGrid.hopsPerSecond)
        for index in speakers.indices where speakers[index].isPresent && speakers[index].isMeasured {
            let seen = observation(of: speakers[index].measures, seenBackchannels: seenBackchannels(of: index))
            speakers[index].measures.observation = seen
            let score = speakers[index].measures.engagement.score(seen, oldestHop: settledHops - horizon)
            speakers[index].measures.note(score)
            if speakers[index].permits.sentiment {
                speakers[index].measures.scoreSentiment(affect(of: speakers[index].measures))
            }
        }
    }

    /// Publishes a tick of everybody who may be measured.
    mutating func tick() {
        let shared = sharedMetrics()
        settleEvidence()
        for index in speakers.indices where isShown(index) {
            let audio = audio(of: index)
            let speaker = speakers[index]
            let tick = Tick(
                windows: windowMetrics(of: index, shared: shared),
                voice: speaker.measures.recent.metrics(isSpeaking: speaker.isSpeaking),
                engagement: speaker.measures.lastEngagement,
                sentiment: speaker.measures.sentiment == nil ? nil : speaker.measures.lastSentiment,
                activation: speaker.measures.sentiment == nil ? nil : speaker.measures.lastActivation,
                baseline: baseline(of: speaker.measures), audio: audio, lagsWithheld: lagsWithheld(of: speaker),
                lanes: speaker.evidence.values.compactMap { $0.fields(at: settledHops) }.sorted { $0.name < $1.name })
            emit(.tick(tick), speaker: index, at: settledHops)
            let speech = total(of: speaker.measures.counts).speech
            let change = speakers[index].measures.channel.change(
                audio, drift: speaker.driftPartsPerMillion, speechHops: speech, foreign: speaker.foreign,
                isSeveral: speaker.measures.mixture.isSeveral, at: settledHops)
            if var change {
                change.leaks = leaks(into: index)
                emit(.quality(change), speaker: index, at: settledHops)
            }
        }
    }

    /// Whether there are ticks of a speaker: of whom media never came, nothing is known.
    private func isShown(_ index: Int) -> Bool {
        speakers[index].isPresent && speakers[index].isMeasured && speakers[index].lane.state != .idle
    }

    /// Why lags of a speaker are missing in the windows, if one of them is.
    private func lagsWithheld(of speaker: SpeakerState) -> LagsWithheld? {
        guard let withheld = speaker.withheld else { return nil }
        let horizon = Int64(configuration.horizonSeconds * AudioGrid.hopsPerSecond)
        return settledHops - withheld.hop <= horizon ? withheld.why : nil
    }

    /// What the channel of a speaker does now.
    private mutating func audio(of index: Int) -> AudioQuality {
        speakers[index].measures.channel.settle(until: settledHops)
        let measures = speakers[index].measures
        return measures.channel.recent(
            lossPercent: lossPercent(of: measures, windowSeconds: configuration.engagement.windowSeconds))
    }

    /// Ends a second: baselines learn, and cues are raised and cleared.
    mutating func closeSecond() {
        if hasDoubtful { reconsider() }
        for index in speakers.indices where speakers[index].isPresent && speakers[index].isMeasured {
            speakers[index].measures.closeSecond()
            speakers[index].foreign.closeSecond()
            let values = cues.rules.indices.map { cueValue(at: $0, speaker: index) }
            for body in cues.look(at: index, hop: settledHops, values: values) {
                emit(body, speaker: index, at: settledHops)
            }
        }
        let silence = configuration.hasNotice ? lastHeard.map { seconds(settledHops - 1 - $0) } : nil
        let values = cues.rules.map { $0.about == .session && $0.metric == .silence ? silence : nil }
        for body in cues.look(at: nil, hop: settledHops, values: values) { emit(body, speaker: nil, at: settledHops) }
        for (speaker, body) in cues.raise(at: settledHops) { emit(body, speaker: speaker, at: settledHops) }
    }

    /// Takes in what people make of a raised cue.
    ///
    /// - Parameter seconds: for how long it is put off, where it is.
    /// - Returns: whether a cue of that number is raised.
    public mutating func setCue(_ id: Int, to state: CueChange.State, seconds: Double = 0) -> Bool {
        guard let (speaker, body) = cues.set(id, to: state, seconds: seconds, hop: settledHops) else { return false }
        if let body { emit(body, speaker: speaker, at: settledHops) }
        return true
    }

    /// Puts off the cues of a rule for everybody; with nil no longer.
    ///
    /// - Returns: whether there is such a rule in force.
    public mutating func snoozeCues(of rule: String, seconds: Double?) -> Bool {
        guard let body = cues.snooze(rule: rule, seconds: seconds, hop: settledHops) else { return false }
        emit(body, speaker: nil, at: settledHops)
        return true
    }

    /// The metric of a rule for one speaker; nil where it does not look at this one or there is nothing to measure.
    private func cueValue(at place: Int, speaker index: Int) -> Double? {
        let rule = cues.rules[place]
        guard rule.about.includes(speakers[index].side) else { return nil }
        let measures = speakers[index].measures
        let window = configuration.countedIndex(seconds: rule.windowSeconds)
        let counts = measures.counts.windows[window]
        let isFull = measures.counts.coveredSeconds(lengthSeconds: rule.windowSeconds) >= Double(rule.windowSeconds)
        switch rule.metric {
        case .talkRatio: return isFull ? ratio(counts.speech, common.windows[window].speech) : nil
        case .monologue:
            guard let turn = floor.current, turn.speaker == index else { return 0 }
            return seconds(turn.endHop - turn.startHop)
        case .interruptions: return Double(counts.interruptions)
        case .hastyAnswers: return Double(counts.hastyAnswers)
        case .rateChange:
            guard let rate = rate(counts.nuclei, counts.alone, minSeconds: 5),
                let usual = measures.engagement.usual(.rateChange)
            else { return nil }
            return rate / usual - 1
        case .silence: return nil
        case .unheard:
            // Who was never heard counts from the begin of the measuring: somebody may have joined late.
            return measures.lastHeard.map { seconds(settledHops - 1 - $0) }
                ?? measures.counts.coveredSeconds(lengthSeconds: nil)
        case .mutedSpeech: return mutedSpeechSeconds(of: index)
        case .engagementChange: return measures.scoreChange(seconds: rule.windowSeconds)
        case .mentions:
            guard let tracker = cues.trackers[place], !measures.captions.isEmpty else { return nil }
            let mentions = measures.captions.counts(
                before: settledHops, windowHops: Int64(rule.windowSeconds * AudioGrid.hopsPerSecond)
            ).mentions
            return mentions.indices.contains(tracker) ? Double(mentions[tracker]) : 0
        }
    }

    /// Own speech and turns of a speaker on which scores rest.
    func basis(of measures: SpeakerMeasures) -> (speechSeconds: Double, turns: Int) {
        let total = total(of: measures.counts)
        return (hopSeconds(total.speech) + measures.knownSpeechSeconds, Int(total.turns) + measures.knownTurns)
    }

    /// What the score of a speaker is made of.
    private func observation(of measures: SpeakerMeasures, seenBackchannels: Int) -> EngagementModel.Observation {
        let length = configuration.engagement.windowSeconds
        let window = configuration.countedIndex(seconds: length)
        let counts = measures.counts.windows[window]
        let covered = measures.counts.coveredSeconds(lengthSeconds: length)
        var seen = EngagementModel.Observation()
        seen.values[.talkRatio] = ratio(counts.speech, common.windows[window].speech)
        seen.values[.speakerChanges] = Double(common.windows[window].turns) * 60 / max(covered, 1)
        // Who nods says the same as who says "mhm".
        seen.values[.backchannels] = Double(Int(counts.backchannels) + seenBackchannels)
        seen.seenBackchannels = seenBackchannels
        let voice = measures.voice.summary(window: window)
        if voice.voicedHops >= 3 * AudioGrid.hopsPerSecond {
            seen.values[.pitchRange] = voice.pitchRangeSemitones
            seen.values[.loudnessVariation] = voice.loudnessVariationDb
        }
        seen.values[.rateChange] = rate(counts.nuclei, counts.alone, minSeconds: 5)
        (seen.speechSeconds, seen.turns) = basis(of: measures)
        seen.speakers = participants.count
        seen.isWindowFull = covered >= Double(length)
        return seen
    }

    /// What the sentiment of a speaker is made of.
    private func affect(of measures: SpeakerMeasures) -> SentimentModel.Observation {
        let length = configuration.engagement.windowSeconds
        let window = configuration.countedIndex(seconds: length)
        let counts = measures.counts.windows[window]
        var seen = SentimentModel.Observation()
        seen.values = AffectInput.values(measures.voice, window: window, counts: counts)
        seen.windowSpeechSeconds = hopSeconds(counts.speech)
        (seen.speechSeconds, seen.turns) = basis(of: measures)
        seen.lossPercent = lossPercent(of: measures, windowSeconds: length)
        seen.snrDb = measures.channel.recent(lossPercent: 0).snrDb
        seen.text = measures.captions.evidence(
            before: settledHops, windowHops: Int64(length * AudioGrid.hopsPerSecond))
        return seen
    }
}
