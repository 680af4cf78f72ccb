import Events
import Glibc

/// Ticks on their way: a line that says whose they are, and behind it their lines, deflated together because they are
/// alike. Whoever waits for none of these sessions need not unpack them.
public struct TickParcel: Sendable {
    /// The node, and its run.
    public let node: String, epoch: String
    /// The sessions whose ticks are in it, each once.
    public let sessions: [String]
    private let packed: [UInt8]

    /// The longest first line: names of as many sessions as a batch may have.
    private static let maxHeadBytes = 128 << 10

    init(node: String, epoch: String, sessions: [String], packed: [UInt8]) {
        (self.node, self.epoch, self.sessions, self.packed) = (node, epoch, sessions, packed)
    }

    /// Bytes of it that are kept where it is.
    var keptBytes: Int { packed.count }

    /// As it travels.
    var bytes: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("v", wireVersion)
            json.field("node", node)
            json.field("epoch", epoch)
            json.array("sessions") { array in
                for session in sessions { array.string(session) }
            }
        }
        return json.bytes + [UInt8(ascii: "\n")] + packed
    }

    /// What has come; nil where its first line is damaged.
    public init?(_ bytes: some Collection<UInt8>) {
        guard let end = bytes.prefix(Self.maxHeadBytes).firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let head = Array(bytes[..<end])
        guard String(validating: head, as: UTF8.self) != nil, case .object(let members) = try? JSONReader.parse(head),
            members["v"] == .number(Double(wireVersion)), case .string(let node) = members["node"],
            case .string(let epoch) = members["epoch"], BusNames.isNodeName(node),
            case .array(let names) = members["sessions"], (1...TickBatch.maxTicks).contains(names.count)
        else { return nil }
        var sessions: [String] = []
        for name in names {
            guard case .string(let session) = name else { return nil }
            sessions.append(session)
        }
        let packed = bytes[bytes.index(after: end)...]
        // Nothing grows by being packed.
        guard packed.count <= TickBatch.maxBytes else { return nil }
        self.init(node: node, epoch: epoch, sessions: sessions, packed: Array(packed))
    }

    /// The ticks in it, and how many lines are none; nil where it is damaged.
    public func open() -> (batch: TickBatch, strange: Int)? {
        guard let text = inflated(packed, maxBytes: TickBatch.maxBytes) else { return nil }
        let ends = Self.lineEnds(text)
        guard ends.count <= TickBatch.maxTicks else { return nil }
        var batch = TickBatch(node: node, epoch: epoch)
        var strange = 0, start = 0
        for end in ends {
            if end - start <= maxLineBytes, let tick = TickBatch.Tick(Array(text[start..<end])) {
                batch.add(tick)
            } else {
                strange += 1
            }
            start = end + 1
        }
        return (batch, strange)
    }

    /// Where lines end: at each line feed, of one more than may be, and at the end.
    private static func lineEnds(_ text: [UInt8]) -> [Int] {
        text.withUnsafeBytes { bytes in
            var ends: [Int] = []
            var at = 0
            // What is searched lies within the bytes.
            while at < bytes.count, ends.count <= TickBatch.maxTicks, let start = bytes.baseAddress,
                let found = memchr(start + at, 0x0A, bytes.count - at)
            {
                ends.append(start.distance(to: UnsafeRawPointer(found)))
                at = start.distance(to: UnsafeRawPointer(found)) + 1
            }
            return ends + [bytes.count]
        }
    }
}
