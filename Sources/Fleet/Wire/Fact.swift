public import Events

/// An event of a session, other than a tick, as it comes over the bus.
public struct Fact: Sendable {
    /// The node that tells it, and its run.
    public var node: String, epoch: String
    /// The term in which the node has the session (`Place.term`).
    public var term: Int
    /// Its number in the run of the node, and that after which nothing of the session lies before it.
    public var sequence: Int, after: Int
    /// The line of the event socket, without line feed.
    public var line: [UInt8]
    /// What stands at the begin of the line.
    public var envelope: EventEnvelope

    /// A fact.
    ///
    /// - Returns: nil where the line has no envelope, or is of another number, or of no session.
    public init?(node: String, epoch: String, term: Int, after: Int, line: [UInt8]) {
        guard let envelope = EventEnvelope(line), envelope.session != nil, envelope.kind != .tick,
            (0..<envelope.sequence).contains(after)
        else { return nil }
        (self.node, self.epoch, self.term, self.after) = (node, epoch, term, after)
        (self.line, self.envelope, sequence) = (line, envelope, envelope.sequence)
    }

    /// What identifies it on the bus, which drops a second one of the same.
    public static func messageID(node: String, epoch: String, sequence: Int) -> String {
        "\(node):\(epoch):\(sequence)"
    }

    /// Node and epoch of such an id; nil where it is none.
    public static func origin(ofMessageID id: String) -> (node: String, epoch: String)? {
        let parts = id.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 3, (1...64).contains(parts[1].count), let node = String(parts[0]),
            let epoch = String(parts[1]), BusNames.isNodeName(node)
        else { return nil }
        return (node, epoch)
    }
}
