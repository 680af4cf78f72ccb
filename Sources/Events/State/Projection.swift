/// State of all sessions, folded from the events themselves: what a new client has to know.
public struct Projection: Sendable {
    private var sessions: [String: Snapshot.Session] = [:]
    private var order: [String] = []
    /// The last role of everybody who ever joined, by session and speaker; empty where there was none.
    private var roles: [String: [String: String]] = [:]
    /// Sources that have ended are kept, so that one can see why, but not without end.
    private static let endedSourcesKept = 16

    /// Cues that stand in a session are kept, so that a page that is loaded anew has them; the newest where they are
    /// many.
    private static let cuesKept = 16

    /// Without sessions.
    public init() {}

    /// A session as it was told by somebody who had all of its events, without anybody's ticks.
    public init(_ session: Snapshot.Session) {
        sessions[session.id] = session
        order = [session.id]
        for speaker in session.speakers { roles[session.id, default: [:]][speaker.name] = speaker.joined.role ?? "" }
    }

    /// Running sessions in the order they started.
    public var snapshot: [Snapshot.Session] { order.compactMap { sessions[$0] } }

    /// One of them; nil where it does not run.
    public func session(_ id: String) -> Snapshot.Session? { sessions[id] }

    /// How many run.
    public var count: Int { order.count }

    /// Takes in one event; what concerns an unknown session or speaker changes nothing.
    ///
    /// - Parameter encoded: the event as it goes out; nil where last ticks are not wanted.
    /// - Returns: whether its speaker is in another role than before, in which the policy may allow less than was
    ///   published.
    public mutating func apply(_ event: Event, _ encoded: EncodedEvent?) -> Bool {
        guard let id = event.session else { return false }
        switch event.body {
        case .sessionStarted(let started):
            if sessions.updateValue(Snapshot.Session(id: id, started: started), forKey: id) == nil {
                order.append(id)
            }
        case .sessionEnded:
            if sessions.removeValue(forKey: id) != nil { order.removeAll { $0 == id } }
            roles[id] = nil
        case .sourceConnecting(let source), .sourceConnected(let source), .sourceStalled(let source),
            .sourceReconnecting(let source), .sourceEnded(let source):
            sessions[id]?.set(source, endedKept: Self.endedSourcesKept)
        case .speakerJoined(let joined):
            guard let name = event.speaker, sessions[id] != nil else { return false }
            let role = joined.role ?? ""
            let former = roles[id, default: [:]].updateValue(role, forKey: name)
            let hasOtherRole = former != nil && former != role
            sessions[id]?.join(name, joined, keepsTick: !hasOtherRole)
            return hasOtherRole
        case .consent(let change):
            guard let name = event.speaker else { return false }
            sessions[id]?.setConsent(of: name, change)
        case .speakerLeft:
            sessions[id]?.speakers.removeAll { $0.name == event.speaker }
        case .tick(let tick):
            guard let encoded, let index = sessions[id]?.speakers.firstIndex(where: { $0.name == event.speaker })
            else { break }
            sessions[id]?.speakers[index].setLastTick(tick, timeSeconds: event.timeSeconds, encoded)
        case .degraded(let degraded): sessions[id]?.set(degraded)
        case .recovered(let recovered): sessions[id]?.degraded.removeAll { $0.what == recovered.what }
        case .cueRaised(let raised):
            let cue = Snapshot.Cue(raised: raised, speaker: event.speaker, timeSeconds: event.timeSeconds)
            sessions[id]?.add(cue, kept: Self.cuesKept)
        case .cueChanged(let change): sessions[id]?.change(change)
        case .cueCleared(let cleared): sessions[id]?.cues.removeAll { $0.raised.id == cleared.id }
        case .voicesCounted(let count):
            guard let index = sessions[id]?.speakers.firstIndex(where: { $0.name == event.speaker }) else { break }
            sessions[id]?.speakers[index].counted = count
        case .hello, .snapshot, .gap, .voiceFound, .voiceMerged, .voiceNamed, .speechStarted, .speechEnded,
            .speechRevised, .turn, .overlap, .overlapStarted, .video, .facePoints, .quality,
            .words, .tracker, .lagged, .heartbeat, .error:
            break
        }
        return false
    }
}

extension Snapshot.Session {
    /// Adds or changes a speaker; one who takes the consent back or is in another role keeps no values.
    fileprivate mutating func join(_ name: String, _ joined: SpeakerJoined, keepsTick: Bool) {
        guard let index = speakers.firstIndex(where: { $0.name == name }) else {
            speakers.append(Snapshot.Speaker(name: name, joined: joined))
            return
        }
        speakers[index].joined = joined
        if !keepsTick || joined.consent != .granted { forgetTick(of: index) }
    }

    fileprivate mutating func setConsent(of name: String, _ change: ConsentChange) {
        guard let index = speakers.firstIndex(where: { $0.name == name }) else { return }
        speakers[index].joined.consent = change.state
        speakers[index].joined.lanes = change.lanes
        if change.takesBack { forgetTick(of: index) }
    }

    fileprivate mutating func add(_ cue: Snapshot.Cue, kept: Int) {
        cues.append(cue)
        if cues.count > kept { cues.removeFirst() }
    }

    /// A cue that people say something of; without a number, what they say is of the rule's cues to come, too.
    fileprivate mutating func change(_ change: CueChange) {
        for index in cues.indices
        where change.id.map({ $0 == cues[index].raised.id }) ?? (change.cue == cues[index].raised.cue) {
            cues[index].state = change.state
        }
    }

    private mutating func forgetTick(of index: Int) {
        cues.removeAll { $0.speaker == speakers[index].name }
        speakers[index].lastTick = nil
        speakers[index].lastTickSeconds = nil
    }

    fileprivate mutating func set(_ degraded: Degraded) {
        self.degraded.removeAll { $0.what == degraded.what }
        self.degraded.append(degraded)
    }

    fileprivate mutating func set(_ source: SourceState, endedKept: Int) {
        if let index = sources.firstIndex(where: { $0.source == source.source }) {
            sources[index] = source
        } else {
            sources.append(source)
        }
        let ended = sources.count { $0.state == .ended }
        if ended > endedKept, let oldest = sources.firstIndex(where: { $0.state == .ended }) {
            sources.remove(at: oldest)
        }
    }
}
