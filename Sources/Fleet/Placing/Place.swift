/// Where a session is. It changes by compare-and-set alone, and each change of the node has a new term: so no session
/// is on two nodes in the same term, and what an older term says is not believed any more (Gray & Cheriton's leases,
/// 1989, with a fence).
public struct Place: Sendable, Equatable, Codable {
    /// The node.
    public var node: String
    /// Grows with every change of the node.
    public var term: Int
    /// Whether the session has begun there; else its call is still to come.
    public var isLive: Bool

    /// A place.
    public init(node: String, term: Int, isLive: Bool) {
        (self.node, self.term, self.isLive) = (node, term, isLive)
    }

    private enum CodingKeys: String, CodingKey {
        case node, term
        case isLive = "live"
    }

    /// What a node that has a session does about its place.
    public enum Claim: Sendable, Equatable {
        /// It is this already.
        case held(Place)
        /// This has to be written in place of what was read.
        case write(Place)
        /// Another node has it since.
        case fenced(by: Place)
    }

    /// A node has a session.
    ///
    /// - Parameters:
    ///   - current: the place as it was read; nil where there is none.
    ///   - isNew: whether the session has begun at this moment. Then media comes here, wherever it came before; else it
    ///     has only been out of sight, and who has begun it meanwhile keeps it.
    public static func claim(_ current: Place?, by node: String, isNew: Bool) -> Claim {
        guard let current else { return .write(Place(node: node, term: 1, isLive: true)) }
        if current.node == node {
            return current.isLive ? .held(current) : .write(Place(node: node, term: current.term, isLive: true))
        }
        guard isNew || !current.isLive else { return .fenced(by: current) }
        return .write(Place(node: node, term: current.term + 1, isLive: true))
    }

    /// A call that is registered, or whose node is lost.
    ///
    /// - Returns: where it goes: where it is if that node is there and takes it, else somewhere new in a new term; nil
    ///   where no node takes calls.
    public static func register(_ session: String, _ current: Place?, among nodes: [FleetNode]) -> Place? {
        if let current, let node = nodes.first(where: { $0.name == current.node }), current.isLive || !node.isDraining {
            return current
        }
        guard let node = Placement.node(for: session, among: nodes) else { return nil }
        return Place(node: node.name, term: (current?.term ?? 0) + 1, isLive: false)
    }
}
