public import Events
import MediaTypes

/// One conversation: joins the lanes of its speakers on one time line and turns them into events.
///
/// Pure: no clock, no I/O. Time is that of the session, in hops since its start; the same inputs give the same events,
/// live or from a recording. The session's present is one of these inputs (`advance(to:)`): the host's clock moves it
/// in a live session, the reader in a recording, and never a sender. Records of different speakers may arrive in any
/// interleaving: a hop is settled once every lane that is awaited has said what happened in it, and at the latest when
/// it lies the session's patience behind the present. What lies ahead of the present waits.
public struct SessionEngine: Sendable {
    /// Name of the session.
    public let id: String
    /// Events that have not been taken yet, in order.
    public private(set) var events: [Event] = []
    /// Permits that have changed and have not been taken yet, by the speaker's number.
    public private(set) var permits: [(speaker: Int, permit: Permit)] = []
    /// Hops since the start as the host, or the reader of a recording, says.
    public internal(set) var presentHops: Int64 = 0
    /// Speakers for whom there was no room any more.
    public private(set) var refusedSpeakers = 0
    /// Patience that voices of mixed tracks need beyond that of others, in hops.
    var voicesPatienceHops: Int64 = 0
    /// Decisions on consent so far.
    var decisions = 0
    /// What the gap of those says who were there before the session came here.
    var whyRestored = Gap.Why.restart
    /// Hops settled so far: the present of the session.
    public internal(set) var settledHops: Int64 = 0

    let configuration: ConversationConfiguration
    let bucketHops: Int64
    var speakers: [SpeakerState] = []
    var roster = Roster()
    /// Lanes beside those of the voices.
    var lanes: [LaneKey: any SettlingLane] = [:]
    /// Records and watermarks of lanes for which there was no room.
    public internal(set) var refusedLanes = 0
    var floor: Floor
    var incursions: Incursions
    var history: FloorHistory
    /// What can be told anew of who spoke when; nil where every track has one voice.
    var talkLog: TalkLog?
    var transfers = Transfers()
    var entrainment = Entrainment()
    var cues: CueBoard
    /// Offsets with which a side took the floor from the other.
    var sideOffsets: [Side: TransferOffsets] = [:]
    /// Whose voice the channels carry, and the records of the hop that is being settled; kept like `speaks`.
    var ownVoice = OwnVoice()
    var settling: [HopRecord?] = []
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
                interruptionHops: Int64(configuration.interruptionHops), verdictHops: Int64(configuration.verdictHops)))
        history = FloorHistory(horizonSeconds: configuration.horizonSeconds)
        cues = CueBoard(
            rules: configuration.cues, trackers: configuration.trackers, gapSeconds: configuration.cueGapSeconds)
        common = RollingCounts(configuration, at: 0)
        talk = RollingCounts(configuration, at: 0)
    }

    /// Takes the events that have come up since the last call.
    public mutating func takeEvents() -> [Event] {
        guard !events.isEmpty else { return [] }
        defer { events = [] }
        return events
    }

    /// Takes the permits that have changed since the last call, to push them to the lanes.
    public mutating func takePermits() -> [(speaker: Int, permit: Permit)] {
        guard !permits.isEmpty else { return [] }
        defer { permits = [] }
        return permits
    }

    /// Hops of records that came after their time, and of those too far ahead of the present; all were dropped.
    public var droppedHops: (late: Int, ahead: Int) {
        speakers.reduce((0, 0)) { ($0.0 + $1.lane.lateHops, $0.1 + $1.lane.aheadHops) }
    }

    /// Puts an event at the end of the queue; `at` is its place on the session's time line, in hops.
    mutating func emit(_ body: EventBody, speaker: Int?, at hop: Int64) {
        events.append(
            Event(body, session: id, speaker: speaker.map { speakers[$0].name }, timeSeconds: seconds(hop)))
    }

    // MARK: Speakers

    /// Joins a speaker, or lets one come back, at `hop` of the session; nil where the session holds as many people as
    /// it may (`ConversationConfiguration.maxSpeakers`), those who left included.
    ///
    /// - Returns: the number by which the speaker's records are pushed.
    public mutating func admit(
        name: String, role: String?, consent: ConsentState, lanes: ConsentLanes = [], origin: SpeakerOrigin? = nil,
        at hop: Int64
    ) -> Int? {
        guard speakers.count < configuration.maxSpeakers || speakers.contains(where: { $0.name == name }) else {
            refusedSpeakers += 1
            return nil
        }
        return join(name: name, role: role, consent: consent, lanes: lanes, origin: origin, at: hop)
    }

    /// A speaker joins, or comes back, at `hop` of the session, however many there are.
    ///
    /// - Parameter lanes: what is agreed to beside the voice, where `consent` is given.
    /// - Returns: the number by which the speaker's records are pushed.
    public mutating func join(
        name: String, role: String?, consent: ConsentState, lanes: ConsentLanes = [], origin: SpeakerOrigin? = nil,
        at hop: Int64
    ) -> Int {
        let joinHop = max(hop, settledHops)
        let isPresumed = consent == .granted && (origin?.isNamed == false || isInDoubt(name))
        let consent = isPresumed ? presumed(of: name, origin) : consent
        let index: Int
        if let known = speakers.firstIndex(where: { $0.name == name }) {
            index = known
            let forgets = speakers[index].comeBack(
                role: role, consent: consent, lanes: lanes, at: joinHop, configuration: configuration)
            if forgets { forget(speaker: index) }
        } else {
            index = add(
                SpeakerState(
                    name: name, role: role, consent: consent, lanes: lanes, joinHop: joinHop,
                    settledHops: settledHops, configuration: configuration))
        }
        speakers[index].identify(origin, isPresumed: isPresumed)
        settleLanes(of: index)
        emit(.speakerJoined(speakers[index].joined), speaker: index, at: joinHop)
        tellRestart(of: index, at: joinHop)
        pushPermit(of: index)
        reconsider()
        return index
    }

    /// Makes room for somebody who is not known yet, wherever something is kept of each speaker.
    ///
    /// - Returns: the speaker's number.
    @discardableResult
    mutating func add(_ speaker: SpeakerState) -> Int {
        let index = speakers.count
        speakers.append(speaker)
        floor.addSpeaker()
        talkLog?.addSpeaker()
        speaks.append(false)
        settling.append(nil)
        ownVoice.addChannel()
        // Most tracks have one voice, and who it is was said with the track.
        bind(VoiceLabel(track: index), to: index)
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
            settleLanes(of: index)
            // Who is on which side may have changed.
            sideOffsets = [:]
        }
        pushPermit(of: index)
        let joined = speakers[index].joined
        if joined != former { emit(.speakerJoined(joined), speaker: index, at: settledHops) }
        return joined
    }

    /// A speaker leaves; what has been pushed is still settled.
    public mutating func leave(speaker: Int, reason: String) {
        guard speakers.indices.contains(speaker), speakers[speaker].isPresent else { return }
        speakers[speaker].isPresent = false
        speakers[speaker].lane.leave(at: presentHops)
        settle()
        endSpeech(of: speaker)
        withdrawCues(of: speaker, reason: .speakerLeft)
        emit(.speakerLeft(SpeakerLeft(reason: reason)), speaker: speaker, at: settledHops)
    }

    mutating func pushPermit(of speaker: Int) {
        permits.append((speaker, speakers[speaker].permit))
    }

    /// Forgets what was measured of a speaker, also where it is part of what two or more do together.
    mutating func forget(speaker: Int) {
        withdrawCues(of: speaker, reason: .consentChanged)
        speakers[speaker].forget(configuration, at: settledHops)
        ownVoice.forget(channel: speaker)
        forgetEvidence { [roster] voice in roster.person(of: voice) == speaker }
        history.forget(speaker: speaker)
        talkLog?.restart(at: settledHops)
        entrainment.forget(speaker: speaker)
        // Whoever was answered has a part in the offsets of the other side too.
        sideOffsets = [:]
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

    /// Says how a speaker's times were found. Where two speakers may be off each other by more than
    /// `ConversationConfiguration.maxTimingUncertaintyMilliseconds`, offsets between them are not measured.
    public mutating func setTiming(of name: String, _ timing: SpeakerTiming) {
        guard let index = speakers.firstIndex(where: { $0.name == name }) else { return }
        speakers[index].timing = timing
    }

    /// Says how much faster (positive) the host's clock runs than that of a speaker's sender, in parts per million; nil
    /// where that is not known.
    public mutating func setClockDrift(of name: String, partsPerMillion: Double?) {
        guard let index = speakers.firstIndex(where: { $0.name == name }) else { return }
        speakers[index].driftPartsPerMillion = partsPerMillion
    }

    func seconds(_ hop: Int64) -> Double {
        Double(hop) / Double(AudioGrid.hopsPerSecond)
    }
}
