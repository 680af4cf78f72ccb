public import Events

/// Ticks of one node that are told together.
public struct TickBatch: Sendable {
    /// A tick.
    public struct Tick: Sendable, Equatable {
        /// What stands at its begin.
        public var envelope: EventEnvelope
        /// The line, without line feed.
        public var line: [UInt8]
        /// Whose it is.
        var session: String { envelope.session ?? "" }

        /// A tick; nil where the line is none.
        public init?(_ line: [UInt8]) {
            guard let envelope = EventEnvelope(line), envelope.kind == .tick, envelope.session != nil,
                envelope.speaker != nil
            else { return nil }
            (self.envelope, self.line) = (envelope, line)
        }
    }

    /// What a batch may hold: bytes, unpacked, and ticks.
    public static let maxBytes = 2 << 20, maxTicks = 512
    /// Fewer are packed badly; more would have to be unpacked for the few that somebody waits for.
    static let ticksPerParcel = 8
    /// How long a tick may wait for others, milliseconds.
    public static let patienceMilliseconds: Int64 = 100

    /// The node, and its run.
    public let node: String, epoch: String
    /// The ticks, in the order in which they were told.
    public private(set) var ticks: [Tick] = []
    private var bytes = 0

    /// An empty batch.
    public init(node: String, epoch: String) { (self.node, self.epoch) = (node, epoch) }

    /// Whether it has to go before another tick is added.
    public var isFull: Bool { ticks.count >= Self.maxTicks || bytes >= Self.maxBytes - maxLineBytes * 2 }

    /// Adds a tick.
    public mutating func add(_ tick: Tick) {
        bytes += tick.line.count + 1
        ticks.append(tick)
    }

    /// Forgets the ticks of somebody who does not consent any more.
    public mutating func forget(_ speaker: String, in session: String) {
        ticks.removeAll { $0.envelope.session == session && $0.envelope.speaker == speaker }
    }

    /// As they travel: parcels of `ticksPerParcel` ticks or more, those of a session in one. Nil where there is no
    /// memory for them.
    public func packed() -> [(bytes: [UInt8], ticks: Int)]? {
        // By session, in the order in which each one's came.
        let order = ticks.indices.sorted { (ticks[$0].session, $0) < (ticks[$1].session, $1) }
        var parcels: [(bytes: [UInt8], ticks: Int)] = []
        var rest = order[...]
        while !rest.isEmpty {
            var count = min(rest.count, Self.ticksPerParcel)
            while count < rest.count, ticks[rest[rest.startIndex + count]].session == session(rest, count - 1) {
                count += 1
            }
            guard let parcel = packed(rest.prefix(count)) else { return nil }
            parcels.append((parcel, count))
            rest = rest.dropFirst(count)
        }
        return parcels
    }

    private func session(_ part: ArraySlice<Int>, _ place: Int) -> String {
        ticks[part[part.startIndex + place]].session
    }

    private func packed(_ part: ArraySlice<Int>) -> [UInt8]? {
        var sessions: [String] = []
        var text: [UInt8] = []
        for index in part {
            if sessions.last != ticks[index].session { sessions.append(ticks[index].session) }
            if !text.isEmpty { text.append(UInt8(ascii: "\n")) }
            text += ticks[index].line
        }
        return deflated(text).map { TickParcel(node: node, epoch: epoch, sessions: sessions, packed: $0).bytes }
    }
}
