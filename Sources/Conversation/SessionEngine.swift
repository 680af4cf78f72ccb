public import Events
public import MediaTypes

/// One conversation: joins the tracks of its speakers on one time line and turns them into events.
///
/// Pure: no clock, no I/O. Time is that of the session, in hops since its start; the same records give the
/// same events, live or from a recording. Records of different speakers may arrive in any interleaving: a
/// hop is settled once every present speaker has delivered it, or once another is `skewHops` ahead.
public struct SessionEngine: Sendable {
    /// Name of the session.
    public let id: String
    /// Events that have not been taken yet, in order.
    public private(set) var events: [Event] = []
    /// Records that came too late and were dropped.
    public private(set) var lateRecords = 0
    /// Hops settled so far: the present of the session.
    public private(set) var settledHops: Int64 = 0

    private let configuration: ConversationConfiguration
    private var speakers: [SpeakerState] = []
    private var floor: Floor
    private var incursions: Incursions
    private var history: FloorHistory
    /// Whether each speaker speaks in the hop that is being settled; kept, so that a hop allocates nothing.
    private var speaks: [Bool] = []
    private var common: RollingCounts
    /// Hops when at least one spoke, counted like the others.
    private var talk: RollingCounts

    /// A session without speakers.
    public init(id: String, configuration: ConversationConfiguration = .init()) {
        self.id = id
        self.configuration = configuration
        floor = Floor(
            backchannelHops: configuration.backchannelHops, holdHops: configuration.floorHoldHops)
        incursions = Incursions(
            rules: Incursions.Rules(
                backchannelHops: Int64(configuration.backchannelHops), holdHops: Int64(configuration.floorHoldHops),
                interruptionHops: Int64(configuration.interruptionHops)))
        history = FloorHistory(horizonSeconds: configuration.horizonSeconds)
        common = RollingCounts(windowsSeconds: configuration.countedSeconds)
        talk = RollingCounts(windowsSeconds: configuration.countedSeconds)
    }

    /// Takes the events that have come up since the last call.
    public mutating func takeEvents() -> [Event] {
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    // MARK: Speakers

    /// A speaker joins, or comes back, at `hop` of the session.
    ///
    /// - Returns: the number by which the speaker's records are pushed.
    public mutating func join(name: String, role: String?, consent: ConsentState, at hop: Int64) -> Int {
        let joinHop = max(hop, settledHops)
        let joined = Event(
            .speakerJoined(SpeakerJoined(role: role, consent: consent)), session: id, speaker: name,
            timeSeconds: seconds(joinHop))
        events.append(joined)
        if let index = speakers.firstIndex(where: { $0.name == name }) {
            speakers[index].comeBack(role: role, consent: consent, at: joinHop)
            return index
        }
        speakers.append(
            SpeakerState(name: name, role: role, consent: consent, joinHop: joinHop, configuration: configuration))
        floor.addSpeaker()
        speaks.append(false)
        return speakers.count - 1
    }

    /// A speaker leaves; what has been pushed is still settled.
    public mutating func leave(speaker: Int, reason: String) {
        guard speakers.indices.contains(speaker), speakers[speaker].isPresent else { return }
        speakers[speaker].isPresent = false
        settle()
        events.append(
            Event(
                .speakerLeft(SpeakerLeft(reason: reason)), session: id, speaker: speakers[speaker].name,
                timeSeconds: seconds(settledHops)))
    }

    /// A speaker gives consent or takes it back; in either case everything measured so far is forgotten.
    ///
    /// - Returns: false where there is no such speaker.
    public mutating func setConsent(name: String, to state: ConsentState) -> Bool {
        guard let index = speakers.firstIndex(where: { $0.name == name }) else { return false }
        let previous = speakers[index].consent
        guard previous != state else { return true }
        speakers[index].setConsent(state, configuration: configuration)
        history.forget(speaker: index)
        events.append(
            Event(
                .consent(ConsentChange(state: state, previous: previous)), session: id, speaker: name,
                timeSeconds: seconds(settledHops)))
        return true
    }

    /// Consent of a speaker, present or not; nil where there was none of that name.
    public func consent(of name: String) -> ConsentState? {
        speakers.first { $0.name == name }?.consent
    }

    /// Whether a speaker of that name has joined and not left.
    public func isPresent(_ name: String) -> Bool {
        speakers.contains { $0.name == name && $0.isPresent }
    }

    /// Says how far a speaker's media may be off those of others, in ms. Where two speakers may be off each other by
    /// more than `ConversationConfiguration.mostUncertainMilliseconds`, lags between them are not measured.
    public mutating func setTimingUncertainty(of name: String, milliseconds: Double) {
        guard let index = speakers.firstIndex(where: { $0.name == name }) else { return }
        speakers[index].timingUncertaintyMilliseconds = milliseconds
    }

    /// Whether values of a speaker may be computed.
    public func isMeasured(speaker: Int) -> Bool {
        speakers.indices.contains(speaker) && speakers[speaker].isMeasured
    }

    // MARK: Records

    /// Takes in the record of a hop; `record.index` counts hops of the session.
    public mutating func push(speaker: Int, _ record: HopRecord) {
        guard speakers.indices.contains(speaker) else { return }
        guard speakers[speaker].accept(record, settledHops: settledHops) else {
            lateRecords += 1
            return
        }
        settle()
    }

    /// Publishes an IPU boundary at once, before its hops are settled; hops count from the session's start.
    public mutating func announce(speaker: Int, _ change: SpeechChange) {
        guard speakers.indices.contains(speaker), speakers[speaker].isMeasured else { return }
        let name = speakers[speaker].name
        switch change {
        case .started(let hop):
            speakers[speaker].speechStart = hop
            events.append(
                Event(
                    .speechStarted(SpeechStarted(startSeconds: seconds(hop))), session: id, speaker: name,
                    timeSeconds: seconds(hop)))
        case .ended(let hop):
            guard let start = speakers[speaker].speechStart else { return }
            speakers[speaker].speechStart = nil
            events.append(
                Event(
                    .speechEnded(SpeechEnded(startSeconds: seconds(start), endSeconds: seconds(hop))),
                    session: id, speaker: name, timeSeconds: seconds(hop)))
        }
    }

    /// Publishes that media of a speaker was lost; the hops count from the session's start.
    public mutating func announceGap(speaker: Int, fromHop: Int64, toHop: Int64) {
        guard speakers.indices.contains(speaker) else { return }
        events.append(
            Event(
                .gap(Gap(fromSeconds: seconds(fromHop), toSeconds: seconds(toHop), why: "loss")),
                session: id, speaker: speakers[speaker].name, timeSeconds: seconds(toHop)))
    }

    /// Settles everything that was pushed and ends the last turn.
    ///
    /// - Returns: the totals of the session.
    public mutating func finish() -> SessionTotals {
        for index in speakers.indices where speakers[index].isPresent {
            leave(speaker: index, reason: "session ended")
        }
        settle(until: speakers.map(\.frontier).max() ?? 0)
        if let last = floor.current { publish(last) }
        return totals()
    }

    /// What was measured so far.
    public func totals() -> SessionTotals {
        let overall = total(of: common)
        return SessionTotals(
            session: id, durationSeconds: seconds(settledHops), speakerChanges: Int(overall.turns),
            overlapRatio: ratio(overall.overlap, total(of: talk).speech),
            speakers: speakers.map { speaker in
                SessionTotals.Speaker(
                    name: speaker.name, role: speaker.role, consent: speaker.consent,
                    metrics: speaker.isMeasured ? sessionMetrics(of: speaker) : nil,
                    engagement: speaker.isMeasured ? speaker.lastEngagement : nil)
            })
    }

    // MARK: Settling

    private mutating func settle() {
        let present = speakers.lazy.filter(\.isPresent)
        let newest = speakers.lazy.map(\.frontier).max() ?? 0
        var until = present.map(\.frontier).min() ?? newest
        if let skew = configuration.skewHops { until = max(until, newest - Int64(skew)) }
        settle(until: until)
    }

    private mutating func settle(until end: Int64) {
        while settledHops < end { settleHop() }
    }

    private mutating func settleHop() {
        let hop = settledHops
        var speaking: Int32 = 0
        for index in speakers.indices {
            let record = speakers[index].next(hop)
            let speaksNow = record?.isSpeech ?? false
            if speaksNow { speaking += 1 }
            if speaksNow, !speaks[index] { incursions.begin(speaker: index, holder: floor.holder, hop: hop) }
            speaks[index] = speaksNow
            let pause = floor.note(speaker: index, speaks: speaksNow, isLost: record?.isLost ?? true, hop: hop)
            if let record { speakers[index].count(record, pauseHops: pause) }
        }
        if speaking > 0 { talk.open.speech += 1 }
        if speaking > 1 { common.open.overlap += 1 }
        common.open.speech += speaking
        let outcome = floor.settle(hop: hop)
        if let finished = outcome.finished {
            history.add(finished)
            publish(finished)
        }
        if let begun = outcome.begun { begin(begun, at: hop) }
        for incursion in incursions.settle(hop: hop, speaks: speaks, turnStart: outcome.begun?.startHop) {
            tell(incursion)
        }
        settledHops += 1
        if settledHops % Int64(RollingCounts.bucketHops) == 0 {
            common.closeBucket()
            talk.closeBucket()
            for index in speakers.indices { speakers[index].counts.closeBucket() }
        }
        if settledHops % Int64(configuration.tickHops) == 0 { tick() }
    }

    private mutating func begin(_ turn: Floor.Turn, at hop: Int64) {
        if speakers[turn.speaker].isMeasured { speakers[turn.speaker].counts.open.turns += 1 }
        if turn.previousSpeaker != nil { common.open.turns += 1 }
        if let fto = turn.ftoHops, isTimed(turn) { speakers[turn.speaker].addLag(hops: Int(max(0, fto)), at: hop) }
    }

    /// Whether the two speakers lie well enough in time for the floor-transfer offset between them to mean something.
    private func isTimed(_ turn: Floor.Turn) -> Bool {
        guard let previous = turn.previousSpeaker else { return true }
        let uncertainty =
            speakers[turn.speaker].timingUncertaintyMilliseconds + speakers[previous].timingUncertaintyMilliseconds
        return uncertainty <= configuration.mostUncertainMilliseconds
    }

    private mutating func publish(_ turn: Floor.Turn) {
        guard speakers[turn.speaker].isMeasured else { return }
        let previous = turn.previousSpeaker.map { speakers[$0] }
        events.append(
            Event(
                .turn(
                    Turn(
                        startSeconds: seconds(turn.startHop), endSeconds: seconds(turn.endHop),
                        ftoMilliseconds: isTimed(turn) ? turn.ftoHops.map { Int($0) * AudioGrid.hopMilliseconds } : nil,
                        previousSpeaker: previous?.isMeasured == true ? previous?.name : nil)),
                session: id, speaker: speakers[turn.speaker].name, timeSeconds: seconds(turn.endHop)))
    }

    /// Publishes and counts an incursion; what concerns somebody without consent is told nobody.
    private mutating func tell(_ incursion: Incursions.Incursion) {
        let speaker = incursion.speaker
        guard speakers[speaker].isMeasured else { return }
        switch incursion.kind {
        case .backchannel: speakers[speaker].counts.open.backchannels += 1
        case .interruption: speakers[speaker].counts.open.interruptions += 1
        case .overlap: break
        }
        guard speakers[incursion.holder].isMeasured else { return }
        events.append(
            Event(
                .overlap(
                    Overlap(
                        id: incursion.id, revision: incursion.revision, kind: Overlap.Kind(incursion.kind),
                        startSeconds: seconds(incursion.startHop), endSeconds: seconds(incursion.endHop),
                        sharedSeconds: seconds(incursion.sharedHops), holder: speakers[incursion.holder].name)),
                session: id, speaker: speakers[speaker].name, timeSeconds: seconds(incursion.endHop)))
    }

    // MARK: Ticks

    private mutating func tick() {
        for index in speakers.indices where speakers[index].isPresent && speakers[index].isMeasured {
            // Learning comes after scoring, so that a tick is never compared with itself.
            let inputs = engagementInputs(of: speakers[index])
            let engagement = speakers[index].engagement.score(inputs)
            speakers[index].engagement.learn(inputs)
            speakers[index].lastEngagement = engagement
            let speaker = speakers[index]
            let tick = Tick(
                windows: configuration.windowsSeconds.map { metrics(of: speaker, windowSeconds: $0) }
                    + [sessionMetrics(of: speaker)],
                voice: speaker.voice.metrics(isSpeaking: speaker.isSpeaking), engagement: engagement,
                sentiment: .abstained(reason: "not_supported"),
                baseline: speaker.baseline(configuration.engagement),
                lossPercent: lossPercent(of: speaker))
            events.append(
                Event(.tick(tick), session: id, speaker: speaker.name, timeSeconds: seconds(settledHops)))
        }
    }

    private func engagementInputs(of speaker: SpeakerState) -> EngagementModel.Inputs {
        let window = EngagementConfiguration.windowSeconds
        let counted = configuration.countedIndex(seconds: window)
        let horizon = Int64(configuration.horizonSeconds * AudioGrid.hopsPerSecond)
        let covered = speaker.counts.coveredSeconds(lengthSeconds: window)
        return EngagementModel.Inputs(
            talkRatio: ratio(speaker.counts.windows[counted].speech, common.windows[counted].speech),
            lagsMilliseconds: speaker.lags.newest(3, before: settledHops, windowHops: horizon)
                .map { Double($0 * AudioGrid.hopMilliseconds) },
            changesPerMinute: Double(common.windows[counted].turns) * 60 / max(covered, 1),
            speechSeconds: hopSeconds(total(of: speaker.counts).speech),
            turns: Int(total(of: speaker.counts).turns), speakers: speakers.count,
            isWindowFull: covered >= Double(window))
    }

    private func metrics(of speaker: SpeakerState, windowSeconds: Int) -> WindowMetrics {
        let index = configuration.countedIndex(seconds: windowSeconds)
        let lags = speaker.lags.median(
            before: settledHops, windowHops: Int64(windowSeconds * AudioGrid.hopsPerSecond))
        return metrics(
            name: "\(windowSeconds)s", own: speaker.counts.windows[index], all: common.windows[index],
            talk: talk.windows[index], covered: common.coveredSeconds(lengthSeconds: windowSeconds),
            lagMilliseconds: lags.milliseconds, lags: lags.count,
            monologueHops: monologue(of: speaker, windowSeconds: windowSeconds))
    }

    private func sessionMetrics(of speaker: SpeakerState) -> WindowMetrics {
        metrics(
            name: "session", own: total(of: speaker.counts), all: total(of: common), talk: total(of: talk),
            covered: seconds(settledHops), lagMilliseconds: speaker.lags.medianOfAll(),
            lags: speaker.lags.count, monologueHops: monologue(of: speaker, windowSeconds: nil))
    }

    private func monologue(of speaker: SpeakerState, windowSeconds: Int?) -> Int64 {
        guard let index = speakers.firstIndex(where: { $0.name == speaker.name }) else { return 0 }
        return history.longestMonologue(
            of: index, current: floor.current, before: settledHops,
            windowHops: windowSeconds.map { Int64($0 * AudioGrid.hopsPerSecond) })
    }

    private func metrics(
        name: String, own: RollingCounts.Counts, all: RollingCounts.Counts, talk: RollingCounts.Counts,
        covered: Double, lagMilliseconds: Double?, lags: Int, monologueHops: Int64
    ) -> WindowMetrics {
        var metrics = WindowMetrics(name: name)
        metrics.speechSeconds = hopSeconds(own.speech)
        metrics.talkRatio = ratio(own.speech, all.speech)
        metrics.pauseRatio = ratio(own.pause, own.pause &+ own.speech)
        metrics.articulationRate = rate(own.nuclei, own.speech)
        metrics.speechRate = rate(own.nuclei, own.speech &+ own.pause)
        metrics.turns = Int(own.turns)
        metrics.responseLagMedianMilliseconds = lagMilliseconds
        metrics.responseLags = lags
        metrics.longestMonologueSeconds = seconds(monologueHops)
        metrics.backchannels = Int(own.backchannels)
        metrics.interruptions = Int(own.interruptions)
        metrics.speakerChangesPerMinute = covered >= 1 ? Double(all.turns) * 60 / covered : nil
        metrics.overlapRatio = ratio(all.overlap, talk.speech)
        return metrics
    }

    private func lossPercent(of speaker: SpeakerState) -> Double {
        let window = EngagementConfiguration.windowSeconds
        let lost = speaker.counts.windows[configuration.countedIndex(seconds: window)].lost
        let covered = speaker.counts.coveredSeconds(lengthSeconds: window)
        return covered > 0 ? min(100, hopSeconds(lost) / covered * 100) : 0
    }

    /// Counts since the start, the open bucket included.
    private func total(of counts: RollingCounts) -> RollingCounts.Counts {
        var sum = counts.total
        sum += counts.open
        return sum
    }

    private func ratio(_ part: Int32, _ whole: Int32) -> Double? {
        whole > 0 ? Double(part) / Double(whole) : nil
    }

    /// Syllables per second; nil below a second, which says nothing about a tempo.
    private func rate(_ nuclei: Int32, _ hops: Int32) -> Double? {
        hops >= Int32(AudioGrid.hopsPerSecond) ? Double(nuclei) / hopSeconds(hops) : nil
    }

    private func hopSeconds(_ hops: Int32) -> Double {
        Double(hops) / Double(AudioGrid.hopsPerSecond)
    }

    private func seconds(_ hop: Int64) -> Double {
        Double(hop) / Double(AudioGrid.hopsPerSecond)
    }
}

extension ConversationConfiguration {
    /// Windows that are counted: those shown and that of the engagement score.
    var countedSeconds: [Int] {
        windowsSeconds.contains(EngagementConfiguration.windowSeconds)
            ? windowsSeconds : windowsSeconds + [EngagementConfiguration.windowSeconds]
    }

    /// The longest counted window in seconds.
    var horizonSeconds: Int { countedSeconds.max() ?? EngagementConfiguration.windowSeconds }

    func countedIndex(seconds: Int) -> Int {
        countedSeconds.firstIndex(of: seconds) ?? 0
    }
}

extension Overlap.Kind {
    init(_ kind: Incursions.Kind) {
        switch kind {
        case .backchannel: self = .backchannel
        case .overlap: self = .overlap
        case .interruption: self = .interruption
        }
    }
}
