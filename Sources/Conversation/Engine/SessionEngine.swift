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
    public internal(set) var settledHops: Int64 = 0

    let configuration: ConversationConfiguration
    let bucketHops: Int64
    var speakers: [SpeakerState] = []
    var floor: Floor
    var incursions: Incursions
    var history: FloorHistory
    var transfers = Transfers()
    var entrainment = Entrainment()
    var cues: CueBoard
    /// Offsets with which a side took the floor from the other.
    var sideOffsets: [Side: TransferOffsets] = [:]
    /// Whether each speaker speaks in the hop that is being settled; kept, so that a hop allocates nothing.
    var speaks: [Bool] = []
    /// The last hop in which anybody was heard.
    var lastHeard: Int64?
    /// Of all speakers together: speech, floor transfers, overlap.
    var common: RollingCounts
    /// Hops when at least one spoke, counted like the others.
    var talk: RollingCounts

    /// A session without speakers.
    public init(id: String, configuration: ConversationConfiguration = .init()) {
        self.id = id
        self.configuration = configuration
        bucketHops = Int64(configuration.bucketHops)
        floor = Floor(
            backchannelHops: configuration.backchannelHops, holdHops: configuration.floorHoldHops,
            aloneHops: configuration.interruptionHops)
        incursions = Incursions(
            rules: Incursions.Rules(
                backchannelHops: Int64(configuration.backchannelHops), holdHops: Int64(configuration.floorHoldHops),
                interruptionHops: Int64(configuration.interruptionHops)))
        history = FloorHistory(horizonSeconds: configuration.horizonSeconds)
        cues = CueBoard(rules: configuration.cues)
        common = RollingCounts(configuration, at: 0)
        talk = RollingCounts(configuration, at: 0)
    }

    /// Takes the events that have come up since the last call.
    public mutating func takeEvents() -> [Event] {
        guard !events.isEmpty else { return [] }
        defer { events = [] }
        return events
    }

    /// Puts an event at the end of the queue; `at` is its place on the session's time line, in hops.
    mutating func emit(_ body: EventBody, speaker: Int?, at hop: Int64) {
        events.append(
            Event(body, session: id, speaker: speaker.map { speakers[$0].name }, timeSeconds: seconds(hop)))
    }

    // MARK: Speakers

    /// A speaker joins, or comes back, at `hop` of the session.
    ///
    /// - Returns: the number by which the speaker's records are pushed.
    public mutating func join(name: String, role: String?, consent: ConsentState, at hop: Int64) -> Int {
        let joinHop = max(hop, settledHops)
        let index: Int
        if let known = speakers.firstIndex(where: { $0.name == name }) {
            index = known
            if speakers[index].comeBack(role: role, consent: consent, at: joinHop, configuration: configuration) {
                forget(speaker: index)
            }
        } else {
            index = speakers.count
            speakers.append(
                SpeakerState(
                    name: name, role: role, consent: consent, joinHop: joinHop, settledHops: settledHops,
                    configuration: configuration))
            floor.addSpeaker()
            speaks.append(false)
        }
        emit(.speakerJoined(speakers[index].joined), speaker: index, at: joinHop)
        return index
    }

    /// Says what to show instead of a speaker's name, and in which role the speaker is; nil leaves it as it is. What a
    /// role once forbade stays forbidden.
    ///
    /// - Returns: the speaker from now on; nil where nobody of that name is there.
    public mutating func describe(name: String, displayName: String?, role: String?) -> SpeakerJoined? {
        guard let index = speakers.firstIndex(where: { $0.name == name && $0.isPresent }) else { return nil }
        let former = speakers[index].joined
        if let displayName { speakers[index].displayName = displayName }
        if let role {
            if speakers[index].take(role: role, configuration: configuration) { forget(speaker: index) }
            // Who is on which side may have changed.
            sideOffsets = [:]
        }
        let joined = speakers[index].joined
        if joined != former { emit(.speakerJoined(joined), speaker: index, at: settledHops) }
        return joined
    }

    /// A speaker leaves; what has been pushed is still settled.
    public mutating func leave(speaker: Int, reason: String) {
        guard speakers.indices.contains(speaker), speakers[speaker].isPresent else { return }
        speakers[speaker].isPresent = false
        settle()
        withdrawCues(of: speaker, reason: "speaker_left")
        emit(.speakerLeft(SpeakerLeft(reason: reason)), speaker: speaker, at: settledHops)
    }

    /// A speaker gives consent or takes it back; in either case everything measured so far is forgotten.
    ///
    /// - Returns: false where there is no such speaker.
    public mutating func setConsent(name: String, to state: ConsentState) -> Bool {
        guard let index = speakers.firstIndex(where: { $0.name == name }) else { return false }
        let previous = speakers[index].consent
        guard previous != state else { return true }
        speakers[index].consent = state
        forget(speaker: index)
        emit(.consent(ConsentChange(state: state, previous: previous)), speaker: index, at: settledHops)
        return true
    }

    /// Forgets what was measured of a speaker, also where it is part of what two or more do together.
    private mutating func forget(speaker: Int) {
        withdrawCues(of: speaker, reason: "consent_changed")
        speakers[speaker].forget(configuration, at: settledHops)
        history.forget(speaker: speaker)
        entrainment.forget(speaker: speaker)
        // Whoever was answered has a part in the offsets of the other side too.
        sideOffsets = [:]
    }

    /// Consent of a speaker, present or not; nil where there was none of that name.
    public func consent(of name: String) -> ConsentState? {
        speakers.first { $0.name == name }?.consent
    }

    /// Whether a speaker of that name has joined and not left.
    public func isPresent(_ name: String) -> Bool {
        speakers.contains { $0.name == name && $0.isPresent }
    }

    /// Whether values of a speaker may be computed.
    public func isMeasured(speaker: Int) -> Bool {
        // Spelled out: `SpeakerState.isMeasured` would be asked of a copy of the whole state, with every block.
        speakers.indices.contains(speaker) && speakers[speaker].consent == .granted
            && speakers[speaker].permits.measured
    }

    /// Says how far a speaker's media may be off those of others, in ms. Where two speakers may be off each other by more
    /// than `ConversationConfiguration.mostTimingUncertaintyMilliseconds`, offsets between them are not measured.
    public mutating func setTimingUncertainty(of name: String, milliseconds: Double) {
        guard let index = speakers.firstIndex(where: { $0.name == name }) else { return }
        speakers[index].timingUncertaintyMilliseconds = milliseconds
    }

    /// Says how much faster (positive) the host's clock runs than that of a speaker's sender, in parts per million; nil
    /// where that is not known.
    public mutating func setClockDrift(of name: String, partsPerMillion: Double?) {
        guard let index = speakers.firstIndex(where: { $0.name == name }) else { return }
        speakers[index].driftPartsPerMillion = partsPerMillion
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
        switch change {
        case .started(let hop):
            speakers[speaker].speechStart = hop
            emit(.speechStarted(SpeechStarted(startSeconds: seconds(hop))), speaker: speaker, at: hop)
        case .ended(let hop):
            guard let start = speakers[speaker].speechStart else { return }
            speakers[speaker].speechStart = nil
            emit(
                .speechEnded(SpeechEnded(startSeconds: seconds(start), endSeconds: seconds(hop))), speaker: speaker,
                at: hop)
        }
    }

    /// Publishes that media of a speaker was lost; the hops count from the session's start.
    public mutating func announceGap(speaker: Int, fromHop: Int64, toHop: Int64, why: Gap.Why = .loss) {
        guard speakers.indices.contains(speaker) else { return }
        emit(
            .gap(Gap(fromSeconds: seconds(fromHop), toSeconds: seconds(toHop), why: why)), speaker: speaker,
            at: toHop)
    }

    /// Takes in what is known of a speaker's channel with the record that was pushed last.
    public mutating func note(speaker: Int, _ quality: VoiceQuality) {
        guard isMeasured(speaker: speaker) else { return }
        speakers[speaker].measures.channel.append(quality, at: speakers[speaker].frontier)
    }

    /// Settles everything that was pushed and ends the last turn.
    ///
    /// - Returns: the totals of the session.
    public mutating func finish() -> SessionTotals {
        for index in speakers.indices where speakers[index].isPresent {
            leave(speaker: index, reason: "session ended")
        }
        settle(until: speakers.map(\.frontier).max() ?? 0)
        for index in speakers.indices { speakers[index].measures.channel.settle(until: settledHops) }
        for (speaker, body) in cues.withdraw(speaker: nil, hop: settledHops, reason: "session_ended") {
            emit(body, speaker: speaker, at: settledHops)
        }
        if let last = floor.current { publish(last) }
        return totals()
    }

    private mutating func withdrawCues(of speaker: Int, reason: String) {
        for (_, body) in cues.withdraw(speaker: speaker, hop: settledHops, reason: reason) {
            emit(body, speaker: speaker, at: settledHops)
        }
    }

    // MARK: Settling

    private mutating func settle() {
        var newest: Int64 = 0
        var slowest: Int64?
        // By index: a speaker's state is large, and this runs with every record.
        for index in speakers.indices {
            let frontier = speakers[index].frontier
            newest = max(newest, frontier)
            if speakers[index].isPresent { slowest = min(slowest ?? frontier, frontier) }
        }
        var until = slowest ?? newest
        if let skew = configuration.skewHops { until = max(until, newest - Int64(skew)) }
        settle(until: until)
    }

    private mutating func settle(until end: Int64) {
        while settledHops < end { settleHop() }
    }

    func seconds(_ hop: Int64) -> Double {
        Double(hop) / Double(AudioGrid.hopsPerSecond)
    }
}
