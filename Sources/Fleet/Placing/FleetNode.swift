import Glibc

/// What a node says of itself in its lease.
public struct FleetNode: Sendable, Equatable, Codable {
    /// Its name in the fleet.
    public var name: String
    /// Its run: the epoch of its events.
    public var epoch: String
    /// Where senders bring it calls, such as `wss://node-3.example.org`; nil where nobody has said.
    public var address: String?
    /// What it has to do by what it can do, as `attune_load_ratio`.
    public var load: Double
    /// Cores that it may use.
    public var cores: Int
    /// Calls that run there.
    public var calls: Int
    /// Whether it takes no new calls any more.
    public var isDraining: Bool

    /// A node.
    public init(
        name: String, epoch: String, address: String? = nil, load: Double = 0, cores: Int = 1, calls: Int = 0,
        isDraining: Bool = false
    ) {
        (self.name, self.epoch, self.address) = (name, epoch, address)
        (self.load, self.cores, self.calls, self.isDraining) = (load, cores, calls, isDraining)
    }

    private enum CodingKeys: String, CodingKey {
        case name, epoch, address, load, cores, calls
        case isDraining = "draining"
    }
}

/// Where a new call goes.
public enum Placement {
    /// A node that has this much to do, or more, gets no new calls: the rest is for what its calls may still need, and
    /// for those of a node that fails.
    public static let maxLoad = 0.6

    /// The node for a session: weighted rendezvous hashing (Thaler & Ravishankar, 1998; the weights after Schindelhauer
    /// & Schomaker, 2005), by the cores that each node has left below `maxLoad`. Whoever asks, with the same nodes gets
    /// the same answer.
    ///
    /// - Returns: nil where no node takes calls.
    public static func node(for session: String, among nodes: some Sequence<FleetNode>) -> FleetNode? {
        var best: (node: FleetNode, score: Double)?
        for node in nodes where !node.isDraining && node.load < maxLoad {
            let left = max(0.01, maxLoad - max(0, node.load)) * Double(max(1, node.cores))
            // In (0, 1): 53 bits and a half, so that its logarithm is there and not 0.
            let chance = (Double(stableHash(node.name, session) >> 11) + 0.5) / 9_007_199_254_740_992
            let score = -left / log(chance)
            guard let former = best, (former.score, former.node.name) >= (score, node.name) else {
                best = (node, score)
                continue
            }
        }
        return best?.node
    }
}
