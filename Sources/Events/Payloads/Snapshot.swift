/// State of all sessions at the sequence number of its envelope.
public struct Snapshot: Sendable {
    /// A speaker within a session.
    public struct Speaker: Sendable {
        /// The description given when the speaker joined.
        public var joined: SpeakerJoined
        /// Name within the session.
        public var name: String
        /// How many voices a track with several has; nil for anybody else.
        public var counted: VoicesCounted?
        /// The last tick, if there was one.
        public var lastTick: Tick? {
            didSet { lastTickFields = nil }
        }
        /// Media time of the last tick in seconds.
        public var lastTickSeconds: Double?
        /// The fields of the last tick as they went out, so that a snapshot need not encode them again.
        private var lastTickFields: ArraySlice<UInt8>?

        /// A speaker without a tick yet.
        public init(name: String, joined: SpeakerJoined) {
            self.name = name
            self.joined = joined
        }

        /// Bytes that are known to be needed for the last tick in a snapshot.
        public var lastTickBytes: Int { lastTickFields?.count ?? 0 }

        /// Takes in a tick that went out.
        public mutating func setLastTick(_ tick: Tick, timeSeconds: Double?, _ encoded: EncodedEvent) {
            lastTick = tick
            lastTickSeconds = timeSeconds
            lastTickFields = encoded.payload
        }

        func write(to json: inout JSONWriter) {
            json.field("speaker", name)
            joined.write(to: &json)
            if let counted { json.object("counted") { counted.write(to: &$0) } }
            guard let lastTick else { return }
            json.object("last_tick") { json in
                json.field("t", lastTickSeconds, decimals: 3)
                if let lastTickFields { json.fields(encoded: lastTickFields) } else { lastTick.write(to: &json) }
            }
        }
    }

    /// A cue that stands.
    public struct Cue: Sendable {
        /// As it was raised.
        public var raised: CueRaised
        /// Whom it is about; nil where that is the session.
        public var speaker: String?
        /// Media time at which it was raised, seconds.
        public var timeSeconds: Double?
        /// What people have made of it.
        public var state: CueChange.State

        /// A cue.
        public init(
            raised: CueRaised, speaker: String?, timeSeconds: Double?, state: CueChange.State = .raised
        ) {
            self.raised = raised
            self.speaker = speaker
            self.timeSeconds = timeSeconds
            self.state = state
        }

        func write(to json: inout JSONWriter) {
            if let speaker { json.field("speaker", speaker) }
            if let timeSeconds { json.field("t", timeSeconds, decimals: 3) }
            raised.write(to: &json)
            json.field("state", state.rawValue)
        }
    }

    /// A running session.
    public struct Session: Sendable {
        /// Name of the session.
        public var id: String
        /// What was said when it started.
        public var started: SessionStarted
        /// Its speakers in the order they joined.
        public var speakers: [Speaker] = []
        /// State of its sources by their id.
        public var sources: [SourceState] = []
        /// What is given up of it for overload, one of each kind.
        public var degraded: [Degraded] = []
        /// Cues that stand, the oldest first; the newest of them where there are many.
        public var cues: [Cue] = []

        /// A session without speakers yet.
        public init(id: String, started: SessionStarted) {
            self.id = id
            self.started = started
        }
    }

    /// Running sessions in the order they started.
    public var sessions: [Session]
    /// Whether another snapshot line follows: what does not fit into one line is spread over several.
    public var more: Bool

    /// A snapshot of `sessions`, or a part of one.
    public init(sessions: [Session] = [], more: Bool = false) {
        self.sessions = sessions
        self.more = more
    }

    func write(to json: inout JSONWriter) {
        json.field("more", more)
        json.array("sessions") { json in
            for session in sessions { json.object { session.write(to: &$0) } }
        }
    }
}

extension Snapshot.Session {
    func write(to json: inout JSONWriter) {
        json.field("session", id)
        started.write(to: &json)
        json.array("sources") { json in
            for source in sources { json.object { source.write(to: &$0) } }
        }
        if !degraded.isEmpty {
            json.array("degraded") { json in
                for degraded in degraded { json.object { degraded.write(to: &$0) } }
            }
        }
        if !cues.isEmpty {
            json.array("cues") { json in
                for cue in cues { json.object { cue.write(to: &$0) } }
            }
        }
        json.array("speakers") { json in
            for speaker in speakers { json.object { speaker.write(to: &$0) } }
        }
    }
}
