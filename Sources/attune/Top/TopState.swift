import ControlAPI
import Events
import Kit

/// What `attune top` knows of the running sessions; every part of it is bounded.
struct TopState: Sendable {
    /// A speaker of a running session.
    struct Speaker: Sendable {
        var id: SpeakerID
        var name: String
        var role: String?
        var consent: ConsentState
        var tick: Tick?
        /// The engagement scores of the last ticks, the newest last; nil where there was none.
        var scores: [Double?] = []
        /// Cues that are raised, by their number.
        var cues: [Int: CueRaised] = [:]
    }

    /// A speaker by session and name within it.
    struct SpeakerID: Sendable, Hashable {
        var session: String
        var speaker: String
    }

    /// A running session.
    struct Session: Sendable {
        var id: String
        var seconds: Double?
        var sources: [SourceState] = []
        var speakers: [Speaker] = []
        var degraded: [Degraded.What: Degraded] = [:]
        /// Cues that are raised of nobody alone, by their number.
        var cues: [Int: CueRaised] = [:]
    }

    /// How many are kept of each; what a terminal could show is less.
    static let maxSpeakers = 256, maxSessions = 256, maxSources = 64, maxCues = 16, maxScores = 240
    private static let maxNotes = 8

    private(set) var sessions: [Session] = []
    /// The last events that are no ticks.
    private(set) var notes: [String] = []
    /// Lines that this version could not read, and why the last one was refused.
    private(set) var refused = 0, refusal = ""
    /// How long events take from the packet that decides them to a subscriber.
    var latency: EventLatencySummary?

    var speakerCount: Int { sessions.reduce(0) { $0 + $1.speakers.count } }
    /// Whether there were more speakers than are kept.
    private(set) var isFull = false

    /// Takes in an event.
    ///
    /// - Returns: whether something has changed that could be shown.
    mutating func take(_ line: EventLine) -> Bool {
        guard let event = line.event else {
            refused += 1
            refusal = line.refusal ?? ""
            return true
        }
        switch event.body {
        case .snapshot(let snapshot):
            for session in snapshot.sessions { take(session) }
            return true
        case .heartbeat, .hello, .lagged, .error, .speechStarted, .speechEnded: return false
        case .sessionEnded: sessions.removeAll { $0.id == event.session }
        default:
            guard let session = event.session, let index = sessionIndex(session) else { return false }
            if let seconds = event.timeSeconds { sessions[index].seconds = seconds }
            sessions[index].take(event, hasRoom: speakerCount < Self.maxSpeakers, isFull: &isFull)
        }
        if event.isNotable { notes = (notes + [line.summary]).suffix(Self.maxNotes) }
        return true
    }

    private mutating func take(_ snapshot: Snapshot.Session) {
        guard let index = sessionIndex(snapshot.id) else { return }
        for source in snapshot.sources { sessions[index].take(source) }
        for degraded in snapshot.degraded { sessions[index].degraded[degraded.what] = degraded }
        for cue in snapshot.cues where cue.speaker == nil { sessions[index].raise(cue.raised) }
        for speaker in snapshot.speakers {
            guard speakerCount < Self.maxSpeakers else {
                isFull = true
                return
            }
            sessions[index].join(speaker.name, speaker.joined)
            for cue in snapshot.cues where cue.speaker == speaker.name {
                sessions[index].update(speaker.name) { $0.raise(cue.raised) }
            }
            guard let tick = speaker.lastTick else { continue }
            sessions[index].update(speaker.name) { $0.take(tick) }
            sessions[index].seconds = max(sessions[index].seconds ?? 0, speaker.lastTickSeconds ?? 0)
        }
    }

    /// Where a session stands, which is made where it is new and there is room.
    private mutating func sessionIndex(_ id: String) -> Int? {
        if let index = sessions.firstIndex(where: { $0.id == id }) { return index }
        guard sessions.count < Self.maxSessions else { return nil }
        sessions.append(Session(id: id))
        return sessions.count - 1
    }
}

extension TopState.Session {
    mutating func take(_ event: Event, hasRoom: Bool, isFull: inout Bool) {
        switch event.body {
        case .sourceConnecting(let source), .sourceConnected(let source), .sourceStalled(let source),
            .sourceReconnecting(let source), .sourceEnded(let source):
            take(source)
        case .degraded(let degraded): self.degraded[degraded.what] = degraded
        case .recovered(let recovered): degraded[recovered.what] = nil
        case .cueRaised(let cue) where event.speaker == nil: raise(cue)
        case .cueCleared(let cue) where event.speaker == nil: cues[cue.id] = nil
        default:
            guard let name = event.speaker else { return }
            if case .speakerJoined(let joined) = event.body {
                let isThere = speakers.contains { $0.id.speaker == name }
                if isThere || hasRoom { join(name, joined) } else { isFull = true }
            } else if case .speakerLeft = event.body {
                speakers.removeAll { $0.id.speaker == name }
            } else {
                update(name) { $0.take(event.body) }
            }
        }
    }

    mutating func raise(_ cue: CueRaised) {
        if cues.count < TopState.maxCues { cues[cue.id] = cue }
    }

    mutating func take(_ source: SourceState) {
        sources.removeAll { $0.source == source.source }
        if source.state != .ended, sources.count < TopState.maxSources { sources.append(source) }
    }

    mutating func join(_ name: String, _ joined: SpeakerJoined) {
        if let index = speakers.firstIndex(where: { $0.id.speaker == name }), speakers[index].consent == joined.consent
        {
            speakers[index].name = joined.displayName ?? name
            speakers[index].role = joined.role
            return
        }
        speakers.removeAll { $0.id.speaker == name }
        speakers.append(
            TopState.Speaker(
                id: .init(session: id, speaker: name), name: joined.displayName ?? name, role: joined.role,
                consent: joined.consent))
    }

    mutating func update(_ name: String, _ change: (inout TopState.Speaker) -> Void) {
        guard let index = speakers.firstIndex(where: { $0.id.speaker == name }) else { return }
        change(&speakers[index])
    }
}

extension TopState.Speaker {
    mutating func take(_ body: EventBody) {
        switch body {
        case .tick(let tick): take(tick)
        case .consent(let change):
            consent = change.state
            (tick, scores, cues) = (nil, [], [:])
        case .cueRaised(let cue): raise(cue)
        case .cueCleared(let cue): cues[cue.id] = nil
        default: break
        }
    }

    mutating func raise(_ cue: CueRaised) {
        if cues.count < TopState.maxCues { cues[cue.id] = cue }
    }

    mutating func take(_ tick: Tick) {
        self.tick = tick
        if case .scored(let scored) = tick.engagement { scores.append(scored.score) } else { scores.append(nil) }
        if scores.count > TopState.maxScores { scores.removeFirst() }
    }
}

extension Event {
    /// Whether a person wants to read it as a line.
    var isNotable: Bool {
        switch body {
        case .sourceConnecting, .sourceConnected, .sourceStalled, .sourceReconnecting, .sourceEnded, .gap, .turn,
            .overlap, .quality, .degraded, .recovered, .cueRaised, .cueCleared, .speakerJoined, .speakerLeft, .consent,
            .sessionStarted, .sessionEnded:
            true
        default: false
        }
    }
}
