public import Events
import Glibc

/// Ticks of one node that travel together: lines of the event socket behind a line that says whose they are, deflated.
/// Ticks are alike, so that a hundred of 2.3 kB each are some 30 kB.
public struct TickBatch: Sendable {
    /// A tick.
    public struct Tick: Sendable, Equatable {
        /// What stands at its begin.
        public var envelope: EventEnvelope
        /// The line, without line feed.
        public var line: [UInt8]

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

    /// As it travels; nil where there is no memory for it.
    public func packed() -> [UInt8]? {
        var json = JSONWriter()
        json.object { json in
            json.field("v", wireVersion)
            json.field("node", node)
            json.field("epoch", epoch)
        }
        var text = json.bytes
        text.reserveCapacity(bytes + text.count)
        for tick in ticks {
            text.append(UInt8(ascii: "\n"))
            text += tick.line
        }
        return deflated(text)
    }

    /// Reads what has come; nil where it is damaged. Lines in it that are no ticks are left out and counted.
    public static func unpack(_ packed: some Collection<UInt8>) -> (batch: TickBatch, strange: Int)? {
        guard let text = inflated(packed, maxBytes: maxBytes) else { return nil }
        let ends = lineEnds(text)
        let head = text[..<ends[0]]
        guard head.count <= 512, String(validating: head, as: UTF8.self) != nil,
            case .object(let members) = try? JSONReader.parse(Array(head)),
            members["v"] == .number(Double(wireVersion)), case .string(let node) = members["node"],
            case .string(let epoch) = members["epoch"], BusNames.isNodeName(node), ends.count <= maxTicks + 1
        else { return nil }
        var batch = TickBatch(node: node, epoch: epoch)
        var strange = 0
        for (before, end) in zip(ends, ends.dropFirst()) {
            if end - before <= maxLineBytes, let tick = Tick(Array(text[(before + 1)..<end])) {
                batch.add(tick)
            } else {
                strange += 1
            }
        }
        return (batch, strange)
    }

    /// Where lines end: at each line feed, of one more than may be, and at the end.
    private static func lineEnds(_ text: [UInt8]) -> [Int] {
        text.withUnsafeBytes { bytes in
            var ends: [Int] = []
            var at = 0
            // What is searched lies within the bytes.
            while at < bytes.count, ends.count <= maxTicks, let start = bytes.baseAddress,
                let found = memchr(start + at, 0x0A, bytes.count - at)
            {
                ends.append(start.distance(to: UnsafeRawPointer(found)))
                at = start.distance(to: UnsafeRawPointer(found)) + 1
            }
            return ends + [bytes.count]
        }
    }
}
