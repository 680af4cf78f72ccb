public import Events
import MediaTypes

/// Metrics per window and of the whole session.
extension SessionEngine {
    /// What the speakers of a window have in common.
    struct SharedMetrics {
        var name: String
        /// Place in the list of counted windows; nil means since the start.
        var window: Int?
        var windowHops: Int64?
        var all: RollingCounts.Counts
        /// Hops when at least one spoke.
        var talkHops: Int32
        /// Seconds that the window covers.
        var covered: Double
        /// Speech of a side in hops, where all who are on it are measured.
        var sides: [Side: Int32] = [:]
        var balance: Balance?
        var freedom: Double?
    }

    /// Shared metrics of the windows that are shown, and of the session.
    func sharedMetrics() -> [SharedMetrics] {
        configuration.windowsSeconds.map { shared(windowSeconds: $0) } + [sharedOfSession()]
    }

    private func shared(windowSeconds: Int) -> SharedMetrics {
        let window = configuration.countedIndex(seconds: windowSeconds)
        let hops = Int64(windowSeconds * AudioGrid.hopsPerSecond)
        return together(
            SharedMetrics(
                name: "\(windowSeconds)s", window: window, windowHops: hops, all: common.windows[window],
                talkHops: talk.windows[window].speech, covered: common.coveredSeconds(lengthSeconds: windowSeconds)),
            transfers: participants.count > 2
                ? history.transfers(current: floor.current, before: settledHops, windowHops: hops) : Transfers())
    }

    private func sharedOfSession() -> SharedMetrics {
        together(
            SharedMetrics(
                name: "session", all: total(of: common), talkHops: total(of: talk).speech,
                covered: seconds(settledHops)),
            transfers: transfers)
    }

    private func together(_ shared: SharedMetrics, transfers: Transfers) -> SharedMetrics {
        var shared = shared
        func speech(_ speaker: SpeakerState) -> Int32 {
            counts(of: speaker.measures, window: shared.window).speech
        }
        for side in Side.allCases {
            let members = speakers.filter { $0.side == side }
            guard !members.isEmpty, members.allSatisfy(\.isMeasured) else { continue }
            shared.sides[side] = members.reduce(0) { $0 + speech($1) }
        }
        let participants = participants
        if participants.allSatisfy({ speakers[$0].isMeasured }) {
            shared.balance = Balance(talk: participants.map { speech(speakers[$0]) })
            shared.freedom = transfers.freedom(speakers: participants.count)
        }
        return shared
    }

    /// Metrics of one speaker in all windows that are shown, the session last.
    func windowMetrics(of index: Int, shared: [SharedMetrics]) -> [WindowMetrics] {
        shared.map { metrics(of: index, in: $0) }
    }

    private func metrics(of index: Int, in shared: SharedMetrics) -> WindowMetrics {
        let measures = speakers[index].measures
        let own = counts(of: measures, window: shared.window)
        let offsets = measures.offsets.summary(before: settledHops, windowHops: shared.windowHops)
        let voice = measures.voice.summary(window: shared.window)
        var metrics = WindowMetrics(name: shared.name)
        metrics.speechSeconds = hopSeconds(own.speech)
        metrics.talkRatio = ratio(own.speech, shared.all.speech)
        metrics.pauseRatio = ratio(own.pause, own.pause &+ own.speech)
        metrics.pauses = Int(own.pauses)
        metrics.articulationRate = rate(own.nuclei, own.alone)
        metrics.speechRate = rate(own.nuclei, own.alone &+ own.pause)
        metrics.turns = Int(own.turns)
        metrics.ftoMedianMilliseconds = offsets.medianMilliseconds
        metrics.ftoRangeMilliseconds = offsets.rangeMilliseconds
        metrics.responseLagMedianMilliseconds = offsets.lagMedianMilliseconds
        metrics.responseLags = offsets.count
        metrics.longestMonologueSeconds = seconds(
            history.longestMonologue(
                of: index, current: floor.current, before: settledHops, windowHops: shared.windowHops))
        metrics.backchannels = Int(own.backchannels)
        metrics.interruptions = Int(own.interruptions)
        metrics.voicedSeconds = seconds(Int64(voice.voicedHops))
        metrics.pitchLevelSemitones = voice.pitchLevelSemitones
        metrics.pitchRangeSemitones = voice.pitchRangeSemitones
        metrics.relativeLevelDb = voice.relativeLevelDb
        metrics.loudnessVariationDb = voice.loudnessVariationDb
        metrics.intonationSlope = own.slopes > 0 ? Double(own.slope) / 100 / Double(own.slopes) : nil
        metrics.intonationSlopes = Int(own.slopes)
        metrics.speakerChangesPerMinute =
            shared.covered >= 1 ? Double(shared.all.turns) * 60 / shared.covered : nil
        metrics.overlapRatio = ratio(shared.all.overlap, shared.talkHops)
        if let side = speakers[index].side {
            metrics.sideTalkRatio = shared.sides[side].flatMap { ratio($0, shared.all.speech) }
            if side == .host {
                let answers = measures.answers.summary(before: settledHops, windowHops: shared.windowHops)
                metrics.patienceMedianMilliseconds = answers.medianMilliseconds
                metrics.patienceCount = answers.count
            }
        }
        metrics.balance = shared.balance.map { .init(entropy: $0.entropy, gini: $0.gini) }
        metrics.freedom = shared.freedom
        if !measures.captions.isEmpty {
            let said = measures.captions.counts(before: settledHops, windowHops: shared.windowHops)
            metrics.captions = .init(
                words: said.words, wordsPerMinute: said.wordsPerMinute, fillerWords: said.fillers,
                questions: said.questions, trackers: trackerCounts(said.mentions))
        }
        return metrics
    }

    /// What was measured so far.
    public func totals() -> SessionTotals {
        let shared = sharedOfSession()
        return SessionTotals(
            session: id, durationSeconds: seconds(settledHops), speakerChanges: Int(shared.all.turns),
            overlapRatio: ratio(shared.all.overlap, shared.talkHops),
            balance: shared.balance.map { .init(entropy: $0.entropy, gini: $0.gini) }, freedom: shared.freedom,
            sides: Side.allCases.compactMap { side in
                shared.sides[side].map { sideTotals(side, speech: $0, shared: shared) }
            },
            entrainment: entrainment.summaries { speakers[$0].name },
            speakers: speakers.indices.map { index in
                let speaker = speakers[index]
                guard speaker.isMeasured else {
                    return SessionTotals.Speaker(name: speaker.name, role: speaker.role, consent: speaker.consent)
                }
                let measures = speaker.measures
                return SessionTotals.Speaker(
                    name: speaker.name, role: speaker.role, consent: speaker.consent,
                    metrics: metrics(of: index, in: shared), engagement: measures.lastEngagement,
                    meanEngagement: measures.scored > 0 ? measures.scoreSum / Double(measures.scored) : nil,
                    scoredSeconds: measures.scored,
                    sentiment: measures.sentiment == nil ? nil : measures.lastSentiment,
                    meanSentiment: measures.sentimentMean, sentimentSeconds: measures.sentimentScored,
                    audio: measures.channel.overall(lossPercent: lossPercent(of: measures, windowSeconds: nil)))
            })
    }

    private func sideTotals(_ side: Side, speech: Int32, shared: SharedMetrics) -> SessionTotals.Side {
        let members = speakers.filter { $0.side == side }
        let offsets = sideOffsets[side]?.summary(before: settledHops, windowHops: nil)
        return SessionTotals.Side(
            name: side.rawValue, speakers: members.map(\.name), speechSeconds: hopSeconds(speech),
            talkRatio: ratio(speech, shared.all.speech),
            turns: members.reduce(0) { $0 + Int(total(of: $1.measures.counts).turns) },
            responseLagMedianMilliseconds: offsets?.lagMedianMilliseconds, responseLags: offsets?.count ?? 0)
    }

    func baseline(of measures: SpeakerMeasures) -> Events.Baseline {
        let settings = configuration.engagement
        let (speech, turns) = basis(of: measures)
        return Events.Baseline(
            speechSeconds: speech, turns: turns,
            isReady: speech >= settings.settledSpeechSeconds || turns >= settings.settledTurns,
            levelDb: measures.voice.usualLevelDb, f0Hz: measures.voice.usualHz,
            articulationRate: measures.engagement.usual(.rateChange),
            responseLagMilliseconds: measures.engagement.usual(.responseLag))
    }

    /// Media lost within the last `windowSeconds`, or since the start, percent.
    func lossPercent(of measures: SpeakerMeasures, windowSeconds: Int?) -> Double {
        let lost =
            windowSeconds.map { measures.counts.windows[configuration.countedIndex(seconds: $0)].lost }
            ?? measures.counts.total.lost
        let covered = measures.counts.coveredSeconds(lengthSeconds: windowSeconds)
        return covered > 0 ? min(100, hopSeconds(lost) / covered * 100) : 0
    }

    // MARK: Arithmetic

    private func counts(of measures: SpeakerMeasures, window: Int?) -> RollingCounts.Counts {
        window.map { measures.counts.windows[$0] } ?? total(of: measures.counts)
    }

    /// Counts since the start, the open bucket included.
    func total(of counts: RollingCounts) -> RollingCounts.Counts {
        var sum = counts.total
        sum += counts.open
        return sum
    }

    func ratio(_ part: Int32, _ whole: Int32) -> Double? {
        whole > 0 ? Double(part) / Double(whole) : nil
    }

    /// Syllables per second; nil below `minSeconds`, which says too little about a tempo.
    func rate(_ nuclei: Int32, _ hops: Int32, minSeconds: Int = 1) -> Double? {
        hops >= Int32(minSeconds * AudioGrid.hopsPerSecond) ? Double(nuclei) / hopSeconds(hops) : nil
    }

    func hopSeconds(_ hops: Int32) -> Double {
        Double(hops) / Double(AudioGrid.hopsPerSecond)
    }
}
