/// First line to every client.
public struct Hello: Sendable {
    /// Version of the daemon.
    public var daemonVersion: String
    /// Identifies this run of the daemon; sequence numbers start anew with each.
    public var epoch: String
    /// Name of the policy profile in force.
    public var policy: String
    /// Identifies the notice of sessions that name none of their own; nil where there is none.
    public var noticeID: String?

    /// A greeting.
    public init(daemonVersion: String, epoch: String, policy: String, noticeID: String?) {
        self.daemonVersion = daemonVersion
        self.epoch = epoch
        self.policy = policy
        self.noticeID = noticeID
    }

    func write(to json: inout JSONWriter) {
        json.field("daemon", daemonVersion)
        json.field("epoch", epoch)
        json.field("policy", policy)
        json.field("notice_id", noticeID)
    }
}

/// A session began.
public struct SessionStarted: Sendable {
    /// Identifies the notice that was given to the people in the call; nil where there was none, and then nobody is
    /// measured.
    public var noticeID: String?
    /// Name of the policy profile in force.
    public var policy: String

    /// A session start.
    public init(noticeID: String?, policy: String) {
        self.noticeID = noticeID
        self.policy = policy
    }

    func write(to json: inout JSONWriter) {
        json.field("notice_id", noticeID)
        json.field("policy", policy)
    }
}

/// A session ended, with its totals.
public struct SessionEnded: Sendable {
    /// What was measured over the whole session.
    public var totals: SessionTotals

    /// A session end.
    public init(totals: SessionTotals) {
        self.totals = totals
    }
}

/// What happened to a source.
public struct SourceState: Sendable {
    /// State of a source's connection.
    public enum State: String, Sendable {
        case connecting, live, stalled, reconnecting, ended
    }

    /// Identifies the source within the session.
    public var source: String
    /// The URL with credentials removed.
    public var url: String
    /// The state it is in now.
    public var state: State
    /// Why, where that is known.
    public var reason: String?

    /// A state of a source; `url` must already be free of credentials.
    public init(source: String, url: String, state: State, reason: String? = nil) {
        self.source = source
        self.url = url
        self.state = state
        self.reason = reason
    }

    func write(to json: inout JSONWriter) {
        json.field("source", source)
        json.field("url", url)
        json.field("state", state.rawValue)
        json.field("reason", reason)
    }
}

/// Media was lost.
public struct Gap: Sendable {
    /// Why media was lost.
    public enum Why: String, Sendable {
        /// It was lost on the way.
        case loss
        /// The source sent nothing.
        case stall
        /// The source had to be opened again.
        case reconnect
        /// A mixer sent it with the voices of others, so that it is not known who said what.
        case mixed
        /// The call is on hold, by the word of its sender.
        case hold
        /// The microphone is muted, by the word of its sender.
        case mute
        /// The sender pauses, by its own word.
        case pause
        /// There was more to do than this machine can; the track was given up for a while.
        case overload
        /// The daemon itself was not there: it was started anew.
        case restart
        /// The node of a fleet that had the session is lost, and another has it since.
        case node
    }

    /// Begin and end of the gap in session seconds.
    public var fromSeconds: Double, toSeconds: Double
    /// Why.
    public var why: Why

    /// A gap in session seconds.
    public init(fromSeconds: Double, toSeconds: Double, why: Why) {
        self.fromSeconds = fromSeconds
        self.toSeconds = toSeconds
        self.why = why
    }

    func write(to json: inout JSONWriter) {
        json.field("from_s", fromSeconds, decimals: 3)
        json.field("to_s", toSeconds, decimals: 3)
        json.field("why", why.rawValue)
    }
}

/// A speaker joined a session, or is called otherwise from now on.
public struct SpeakerJoined: Sendable, Equatable {
    /// What to show instead of the name within the session, if something was given.
    public var displayName: String?
    /// Role in the conversation (`rep`, `customer`, …), if given.
    public var role: String?
    /// Declared consent.
    public var consent: ConsentState
    /// What may be measured beside the voice.
    public var lanes: ConsentLanes

    /// A speaker.
    public init(displayName: String? = nil, role: String?, consent: ConsentState, lanes: ConsentLanes = []) {
        self.displayName = displayName
        self.role = role
        self.consent = consent
        self.lanes = lanes
    }

    func write(to json: inout JSONWriter) {
        json.field("name", displayName)
        json.field("role", role)
        json.field("consent", consent.rawValue)
        lanes.write("lanes", to: &json)
    }
}

/// A speaker left.
public struct SpeakerLeft: Sendable {
    /// Why: `source ended`, `detached`.
    public var reason: String

    /// A departure.
    public init(reason: String) {
        self.reason = reason
    }

    func write(to json: inout JSONWriter) {
        json.field("reason", reason)
    }
}

/// An IPU began.
public struct SpeechStarted: Sendable {
    /// Onset in session seconds.
    public var startSeconds: Double

    /// An onset in session seconds.
    public init(startSeconds: Double) {
        self.startSeconds = startSeconds
    }

    func write(to json: inout JSONWriter) {
        json.field("start_s", startSeconds, decimals: 3)
    }
}

/// An IPU ended.
public struct SpeechEnded: Sendable {
    /// Onset and end in session seconds.
    public var startSeconds: Double, endSeconds: Double

    /// An IPU in session seconds.
    public init(startSeconds: Double, endSeconds: Double) {
        self.startSeconds = startSeconds
        self.endSeconds = endSeconds
    }

    func write(to json: inout JSONWriter) {
        json.field("start_s", startSeconds, decimals: 3)
        json.field("end_s", endSeconds, decimals: 3)
    }
}

/// A speaker's turn is over: somebody else took the floor, or the session ended.
public struct Turn: Sendable {
    /// Begin and end of the turn in session seconds.
    public var startSeconds: Double, endSeconds: Double
    /// Floor-transfer offset with which the turn began, ms; positive = gap, negative = overlap; nil for the first.
    public var ftoMilliseconds: Int?
    /// Who held the floor before, if consented.
    public var previousSpeaker: String?

    /// A finished turn.
    public init(startSeconds: Double, endSeconds: Double, ftoMilliseconds: Int?, previousSpeaker: String?) {
        self.startSeconds = startSeconds
        self.endSeconds = endSeconds
        self.ftoMilliseconds = ftoMilliseconds
        self.previousSpeaker = previousSpeaker
    }

    func write(to json: inout JSONWriter) {
        json.field("start_s", startSeconds, decimals: 3)
        json.field("end_s", endSeconds, decimals: 3)
        json.field("fto_ms", ftoMilliseconds)
        json.field("previous_speaker", previousSpeaker)
    }
}

/// Events were lost for this client.
public struct Lagged: Sendable {
    /// First and last lost sequence number.
    public var from: Int, to: Int
    /// How many of them this client would have received.
    public var count: Int
    /// How many of these are ticks in whose place a newer one of the same speaker follows.
    public var coalesced: Int

    /// A loss of `count` events between two sequence numbers.
    public init(from: Int, to: Int, count: Int, coalesced: Int) {
        self.from = from
        self.to = to
        self.count = count
        self.coalesced = coalesced
    }

    func write(to json: inout JSONWriter) {
        json.field("from", from)
        json.field("to", to)
        json.field("count", count)
        json.field("coalesced", coalesced)
    }
}

/// The daemon lives.
public struct Heartbeat: Sendable {
    /// Running sessions and connected subscribers.
    public var sessions: Int, subscribers: Int

    /// A sign of life.
    public init(sessions: Int, subscribers: Int) {
        self.sessions = sessions
        self.subscribers = subscribers
    }

    func write(to json: inout JSONWriter) {
        json.field("sessions", sessions)
        json.field("subscribers", subscribers)
    }
}

/// What a client did wrong; the connection is closed after it.
public struct ErrorLine: Sendable {
    /// Short stable identifier.
    public var code: String
    /// What is wrong and what to do.
    public var message: String

    /// An error for one client.
    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    func write(to json: inout JSONWriter) {
        json.field("code", code)
        json.field("message", message)
    }
}
