/// Which nodes are there, by when this process has heard of each last, on its own monotonic clock: no two clocks are
/// ever compared.
public struct NodeBook: Sendable {
    /// A node that has said nothing for so long is lost; how often it speaks. Milliseconds.
    public static let leaseMilliseconds: Int64 = 8_000, renewalMilliseconds: Int64 = 2_000

    /// What has become of a node.
    public enum Change: Sendable, Equatable {
        /// It is there, and was not before.
        case came(FleetNode)
        /// It is there as another run than before, which has ended.
        case restarted(FleetNode, formerEpoch: String)
        /// It is not there any more.
        case lost(FleetNode)
    }

    private var heard: [String: (node: FleetNode, milliseconds: Int64)] = [:]

    /// Nobody is there.
    public init() {}

    /// Nodes that are there, by name.
    public var alive: [FleetNode] { heard.values.map(\.node).sorted { $0.name < $1.name } }

    /// The node of that name, where it is there.
    public func node(_ name: String) -> FleetNode? { heard[name]?.node }

    /// A node renews its lease.
    public mutating func hear(_ node: FleetNode, nowMilliseconds: Int64) -> Change? {
        let former = heard.updateValue((node, nowMilliseconds), forKey: node.name)?.node
        guard let former else { return .came(node) }
        return former.epoch == node.epoch ? nil : .restarted(node, formerEpoch: former.epoch)
    }

    /// A node gives its lease back.
    public mutating func leave(_ name: String) -> Change? {
        heard.removeValue(forKey: name).map { .lost($0.node) }
    }

    /// Nothing could be heard for a while, by no fault of the nodes': each has its time anew.
    public mutating func resume(nowMilliseconds: Int64) {
        for name in heard.keys { heard[name]?.milliseconds = nowMilliseconds }
    }

    /// Those whose time is over.
    public mutating func expire(nowMilliseconds: Int64) -> [Change] {
        let over = heard.values.filter { nowMilliseconds - $0.milliseconds >= Self.leaseMilliseconds }
        for (node, _) in over { heard[node.name] = nil }
        return over.map { .lost($0.node) }.sorted { $0.name < $1.name }
    }
}

extension NodeBook.Change {
    fileprivate var name: String {
        switch self {
        case .came(let node), .restarted(let node, _), .lost(let node): node.name
        }
    }
}

/// A node's own lease, as far as it knows: whether it may believe that others count on it.
public struct Lease: Sendable {
    /// The revision under which it was written last.
    public private(set) var revision: UInt64
    private var renewedMilliseconds: Int64

    /// A lease that was asked for at a moment and given.
    public init(revision: UInt64, askedMilliseconds: Int64) {
        (self.revision, renewedMilliseconds) = (revision, askedMilliseconds)
    }

    /// It was renewed; what counts is when that was asked for, because others may have heard of it then.
    public mutating func renew(revision: UInt64, askedMilliseconds: Int64) {
        (self.revision, renewedMilliseconds) = (revision, askedMilliseconds)
    }

    /// Whether it may have been given up by others.
    public func isOver(nowMilliseconds: Int64) -> Bool {
        nowMilliseconds - renewedMilliseconds >= NodeBook.leaseMilliseconds
    }
}
