/// The types of events: their names on the wire, and in one table what holds of each.
public enum EventKind: String, Sendable, CaseIterable {
    case hello
    case snapshot
    case sessionStarted = "session.started"
    case sessionEnded = "session.ended"
    case sourceConnecting = "source.connecting"
    case sourceConnected = "source.connected"
    case sourceStalled = "source.stalled"
    case sourceReconnecting = "source.reconnecting"
    case sourceEnded = "source.ended"
    case gap
    case speakerJoined = "speaker.joined"
    case speakerLeft = "speaker.left"
    case consent
    case voiceFound = "voice.found"
    case voicesCounted = "voices.counted"
    case voiceMerged = "voice.merged"
    case voiceNamed = "voice.named"
    case speechStarted = "speech.started"
    case speechEnded = "speech.ended"
    case speechRevised = "speech.revised"
    case turn
    case overlap
    case overlapStarted = "overlap.started"
    case video
    case facePoints = "face.points"
    case tick
    case words
    case tracker
    case cueRaised = "cue.raised"
    case cueChanged = "cue.changed"
    case cueCleared = "cue.cleared"
    case quality
    case degraded
    case recovered
    case lagged
    case heartbeat
    case error

    /// What may hold of a type.
    public struct Traits: OptionSet, Sendable {
        /// One bit per trait.
        public let rawValue: UInt8

        /// Traits by their bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// A newer event of the same speaker may replace it in the queue of a slow client.
        public static let coalescible = Traits(rawValue: 1)
        /// It carries what was measured of somebody, so that it is taken back with their consent.
        public static let measurement = Traits(rawValue: 2)
        /// It goes into the store, where there is one.
        public static let stored = Traits(rawValue: 4)
        /// It tells one client how its own connection stands; nobody can filter it.
        public static let connection = Traits(rawValue: 8)
        /// It has no number and is kept nowhere: the newest of a speaker goes to those who asked for the type by name.
        public static let fleeting = Traits(rawValue: 16)
    }

    /// What holds of the events of this type.
    public var traits: Traits {
        switch self {
        case .hello, .snapshot, .lagged, .error: .connection
        case .tick: [.coalescible, .measurement, .stored]
        case .facePoints: [.fleeting, .measurement]
        case .words, .tracker, .speechEnded, .speechRevised, .turn, .overlap, .cueRaised, .cueChanged, .cueCleared:
            [.measurement, .stored]
        case .speechStarted, .overlapStarted, .video, .quality, .sessionEnded: .measurement
        case .sessionStarted, .sourceConnecting, .sourceConnected, .sourceStalled, .sourceReconnecting, .sourceEnded,
            .gap, .speakerJoined, .speakerLeft, .consent, .voiceFound, .voicesCounted, .voiceMerged, .voiceNamed,
            .degraded, .recovered, .heartbeat:
            []
        }
    }

    /// The types that clients can ask for.
    public static let filterable: [EventKind] = allCases.filter { !$0.traits.contains(.connection) }
}

extension EventBody {
    /// The type of the event.
    public var kind: EventKind {
        switch self {
        case .hello: .hello
        case .snapshot: .snapshot
        case .sessionStarted: .sessionStarted
        case .sessionEnded: .sessionEnded
        case .sourceConnecting: .sourceConnecting
        case .sourceConnected: .sourceConnected
        case .sourceStalled: .sourceStalled
        case .sourceReconnecting: .sourceReconnecting
        case .sourceEnded: .sourceEnded
        case .gap: .gap
        case .speakerJoined: .speakerJoined
        case .speakerLeft: .speakerLeft
        case .consent: .consent
        case .voiceFound: .voiceFound
        case .voicesCounted: .voicesCounted
        case .voiceMerged: .voiceMerged
        case .voiceNamed: .voiceNamed
        case .speechStarted: .speechStarted
        case .speechEnded: .speechEnded
        case .speechRevised: .speechRevised
        case .turn: .turn
        case .overlap: .overlap
        case .overlapStarted: .overlapStarted
        case .video: .video
        case .facePoints: .facePoints
        case .tick: .tick
        case .words: .words
        case .tracker: .tracker
        case .cueRaised: .cueRaised
        case .cueChanged: .cueChanged
        case .cueCleared: .cueCleared
        case .quality: .quality
        case .degraded: .degraded
        case .recovered: .recovered
        case .lagged: .lagged
        case .heartbeat: .heartbeat
        case .error: .error
        }
    }

    /// Name of the type on the wire.
    public var typeName: String { kind.rawValue }
}
