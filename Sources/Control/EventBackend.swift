public import ControlAPI

/// Which events a client of `/v1/events` wants, and what it has received before.
public struct EventQuery: Sendable, Equatable {
    /// Names to let through; empty lets everything through.
    public var sessions: Set<String> = [], speakers: Set<String> = [], types: Set<String> = []
    /// The members of ticks that are wanted, by their paths; empty for all.
    public var fields: Set<String> = []
    /// At most one tick of a speaker per so much media time.
    public var tickIntervalSeconds: Double?
    /// Epoch and number of the last event that was received.
    public var last: (epoch: String, sequence: Int)? {
        get { lastEpoch.map { ($0, lastSequence) } }
        set { (lastEpoch, lastSequence) = (newValue?.epoch, newValue?.sequence ?? 0) }
    }
    private var lastEpoch: String?
    private var lastSequence = 0
}

/// Where the events of `/v1/events` come from.
public protocol EventBackend: Sendable {
    /// The events that a client wants.
    func events(_ query: EventQuery) async throws(Problem) -> any EventFeed
    /// What is kept of the ticks of a session, as a JSON object.
    func history(_ request: HistoryRequest) async throws(Problem) -> [UInt8]
}

/// What a page that was loaded anew wants to know.
public struct HistoryRequest: Sendable, Equatable {
    /// The session.
    public var session: String
    /// Nothing older than this, seconds of media time.
    public var sinceSeconds = 300.0
    /// Paths of the values; none for all that are kept.
    public var fields: [String] = []
    /// Speakers; empty for all.
    public var speakers: Set<String> = []
}

/// The events of one client.
public protocol EventFeed: Sendable {
    /// The next lines; empty after a while in which there was nothing; nil at the end.
    func next() async -> [EventFeedLine]?
    /// Nothing comes any more; a waiting `next` returns at once.
    func end()
}

/// One event for a client.
public struct EventFeedLine: Sendable {
    /// The event as JSON.
    public var json: [UInt8]
    /// Identifies the place in the order of events after it; nil where it is none to come back to.
    public var id: String?

    /// A line.
    public init(json: [UInt8], id: String?) {
        self.json = json
        self.id = id
    }
}
