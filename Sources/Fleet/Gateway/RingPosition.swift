public import Events

/// What a client wants of a session.
public struct RingFilter: Sendable {
    /// Speakers and types to let through; empty lets everything through.
    public var speakers: Set<String> = [], types: Set<EventKind> = []
    /// At most one tick of a speaker per so much media time, seconds.
    public var tickIntervalSeconds: Double?
    /// The members of ticks that are wanted; nil for all.
    public var fields: TickFields?

    /// Everything.
    public init() {}

    func wants(_ kind: EventKind?, of speaker: String?) -> Bool {
        if let speaker, !speakers.isEmpty, !speakers.contains(speaker) { return false }
        guard !types.isEmpty else { return true }
        return kind.map(types.contains) ?? false
    }
}

/// Where one client stands in a session: what it was told, and what it is owed.
public struct RingPosition: Sendable {
    /// What it has received before, from whichever gateway.
    let resume: (epoch: String, sequence: Int)?
    /// The entry that comes next; nil where it was told nothing yet.
    var next: Int?
    /// The run of the node that the numbers are of, and up to which of them everything was told.
    var epoch: String?
    var told = 0
    var missing: Lagged?
    var owesSnapshot = false
    /// The newest tick that was told, by its place among all ticks of the session.
    var tick = 0
    /// Media time of the last tick of each speaker, where they are thinned out.
    var tickSeconds: [String: Double] = [:]

    /// A client that is new, or has received everything up to an event before.
    public init(after resume: (epoch: String, sequence: Int)? = nil) { self.resume = resume }

    mutating func miss(_ range: ClosedRange<Int>, count: Int) {
        missing = Lagged(
            from: missing?.from ?? range.lowerBound, to: max(range.upperBound, missing?.to ?? 0),
            count: (missing?.count ?? 0) + count, coalesced: 0)
    }
}

/// A line for a client.
public struct RingLine: Sendable, Equatable {
    /// The event as JSON, without line feed.
    public var json: [UInt8]
    /// Where to come back to after it, at any gateway: `EPOCH:SEQ`; nil where that is nowhere.
    public var id: String?
}
