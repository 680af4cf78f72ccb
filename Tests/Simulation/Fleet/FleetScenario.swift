import Fleet
import SeededNumbers

/// A fleet drawn from a seed: nodes that die, come back, are cut off from the bus and drain, calls that come and go,
/// and gateways that know of it what has reached them. All rules are those of `Fleet`; simulated are the bus, the
/// senders and time.
public enum FleetScenario {
    /// How large the fleet is.
    public struct Size: Sendable {
        /// Nodes, calls at the same time, and for how long.
        public var nodes: Int, calls: Int, seconds: Int

        /// A size.
        public init(nodes: Int, calls: Int, seconds: Int) {
            (self.nodes, self.calls, self.seconds) = (nodes, calls, seconds)
        }

        /// An overlay company.
        public static let company = Size(nodes: 100, calls: 20_000, seconds: 3_600)
    }

    /// What became of it.
    public struct Result: Sendable {
        /// The seed that gives the same run again.
        public var seed: UInt64
        /// In plain words, at most some 20; none where all invariants held.
        public var violations: [String] = []
        /// Calls that began; moves to another node; moves that failures forced.
        public var calls = 0, moves = 0, forced = 0
        /// Nodes that died, were cut off, drained.
        public var deaths = 0, cuts = 0, drains = 0
        /// Calls that no node took when they asked, and came again.
        public var refused = 0
        /// Farthest that a node was from the mean load, of those that had taken calls for ten minutes; 0 to 1.
        public var imbalance = 0.0
        /// Longest time from a node's death to the moment at which a gateway knew, seconds.
        public var slowestNotice = 0
    }

    /// Runs the fleet of a seed.
    public static func run(seed: UInt64, _ size: Size = .company) -> Result {
        var run = FleetRun(seed: seed, size)
        for second in 0..<size.seconds { run.step(second) }
        return run.finish()
    }
}

/// A fleet as it runs, second by second.
struct FleetRun {
    private struct Node {
        var epoch = 1
        var isUp = true, isDraining = false
        /// Until when it does not reach the bus.
        var cutUntil = -1
        var calls: Set<Int> = []
        var upSince = -10_000
        var diedAt: Int?
    }

    private struct Call {
        var node: Int?
        /// Where it was last.
        var former: Int?
    }

    private enum Action {
        case begin
        /// A call looks for its node: it begins, or its node does not answer any more.
        case seek(Int)
        case end(Int)
        case die, comeBack(Int), cut, heal(Int), drain, undrain(Int)
    }

    private let size: FleetScenario.Size
    private let load: Double
    private var numbers: SeededRandom
    private var nodes: [Node]
    private var calls: [Int: Call] = [:]
    private var agenda: [Int: [Action]] = [:]
    /// The bucket of places, with compare-and-set.
    private var bucket: [String: (place: Place, revision: Int)] = [:]
    private var revisions = 0
    private var gateways: [NodeBook]
    /// Who had a session in a term.
    private var holders: [String: Int] = [:]
    private var result: FleetScenario.Result

    init(seed: UInt64, _ size: FleetScenario.Size) {
        self.size = size
        // Half of what there is, with all calls on all nodes.
        load = 0.5 * Double(size.nodes) / Double(size.calls)
        numbers = SeededRandom(seed: seed)
        nodes = Array(repeating: Node(), count: size.nodes)
        gateways = Array(repeating: NodeBook(), count: 3)
        result = FleetScenario.Result(seed: seed)
        let ramp = min(300, size.seconds / 4)
        for _ in 0..<size.calls { at(Int.random(in: 5..<ramp, using: &numbers), .begin) }
        for start in stride(from: ramp, to: size.seconds, by: 60) {
            at(
                start + Int.random(in: 0..<60, using: &numbers),
                [.die, .cut, .drain].randomElement(using: &numbers) ?? .die)
        }
    }

    private mutating func at(_ second: Int, _ action: Action) { agenda[second, default: []].append(action) }

    private mutating func violate(_ text: String) {
        if result.violations.count < 20 { result.violations.append(text) }
    }

    private static func session(_ call: Int) -> String { "call-\(call)" }
    private static func name(_ node: Int) -> String { "node-\(node)" }
    private static func index(_ name: String) -> Int { Int(name.dropFirst(5)) ?? -1 }

    private func isReached(_ node: Int, _ second: Int) -> Bool { nodes[node].isUp && nodes[node].cutUntil < second }

    // MARK: Time

    mutating func step(_ second: Int) {
        renewLeases(second)
        for action in agenda.removeValue(forKey: second) ?? [] { act(action, second) }
        if second % 60 == 59 { checkBalance(second) }
    }

    /// Each node renews every other second; each gateway hears of it a little later, or not at all this time.
    private mutating func renewLeases(_ second: Int) {
        let now = Int64(second) * 1_000
        for index in nodes.indices where isReached(index, second) && (second + index) % 2 == 0 {
            let node = FleetNode(
                name: Self.name(index), epoch: "\(nodes[index].epoch)", load: Double(nodes[index].calls.count) * load,
                cores: 2, calls: nodes[index].calls.count, isDraining: nodes[index].isDraining)
            for gateway in gateways.indices where Int.random(in: 0..<20, using: &numbers) > 0 {
                _ = gateways[gateway].hear(node, nowMilliseconds: now)
            }
        }
        for gateway in gateways.indices {
            let lost = gateways[gateway].expire(nowMilliseconds: now)
            for case .lost(let node) in lost { lose(node, by: gateway, second) }
        }
    }

    /// A gateway finds that a node is lost, and places its calls anew.
    private mutating func lose(_ node: FleetNode, by gateway: Int, _ second: Int) {
        let index = Self.index(node.name)
        if let died = nodes[index].diedAt, "\(nodes[index].epoch)" == node.epoch {
            result.slowestNotice = max(result.slowestNotice, second - died)
        }
        for (session, entry) in bucket where entry.place.node == node.name { _ = register(session, at: gateway) }
    }

    private mutating func act(_ action: Action, _ second: Int) {
        switch action {
        case .begin:
            result.calls += 1
            let call = result.calls
            calls[call] = Call()
            // Ten minutes on average; another follows, so that there are always as many.
            at(second + Int.random(in: 60...1_140, using: &numbers), .end(call))
            seek(call, second)
        case .seek(let call): seek(call, second)
        case .end(let call):
            guard let ended = calls.removeValue(forKey: call) else { return }
            if let node = ended.node { nodes[node].calls.remove(call) }
            bucket[Self.session(call)] = nil
            at(second + 1, .begin)
        case .die:
            guard let node = victim(second) else { return }
            result.deaths += 1
            let orphans = nodes[node].calls.sorted()
            nodes[node] = Node(epoch: nodes[node].epoch, isUp: false, diedAt: second)
            result.forced += orphans.count
            for call in orphans {
                calls[call]?.node = nil
                at(second + Int.random(in: 1...5, using: &numbers), .seek(call))
            }
            at(second + Int.random(in: 5...400, using: &numbers), .comeBack(node))
        case .comeBack(let node):
            nodes[node] = Node(epoch: nodes[node].epoch + 1, upSince: second)
        case .cut:
            guard let node = victim(second) else { return }
            result.cuts += 1
            let until = second + Int.random(in: 4...60, using: &numbers)
            nodes[node].cutUntil = until
            // Some senders lose it as well.
            for call in nodes[node].calls.sorted() where Int.random(in: 0..<10, using: &numbers) == 0 {
                result.forced += 1
                calls[call]?.node = nil
                nodes[node].calls.remove(call)
                at(second + Int.random(in: 1...5, using: &numbers), .seek(call))
            }
            at(until + 1, .heal(node))
        case .heal(let node):
            guard isReached(node, second) else { return }
            nodes[node].upSince = max(nodes[node].upSince, second)
            for call in nodes[node].calls.sorted() {
                if claim(call, node, isNew: false) == nil {
                    violate("call \(call) was taken from node \(node), where its sender is")
                }
            }
        case .drain:
            guard let node = victim(second) else { return }
            result.drains += 1
            nodes[node].isDraining = true
            at(second + 600, .undrain(node))
        case .undrain(let node):
            guard nodes[node].isUp, nodes[node].isDraining else { return }
            (nodes[node].isDraining, nodes[node].upSince) = (false, second)
        }
    }

    /// A node that nothing has befallen yet; at most a tenth of the fleet is in trouble at a time.
    private mutating func victim(_ second: Int) -> Int? {
        let well = nodes.indices.filter { isReached($0, second) && !nodes[$0].isDraining }
        guard well.count > size.nodes * 9 / 10 else { return nil }
        return well.randomElement(using: &numbers)
    }

    // MARK: Places

    /// A sender asks any gateway where to go, and goes there.
    private mutating func seek(_ call: Int, _ second: Int) {
        guard calls[call] != nil, calls[call]?.node == nil else { return }
        let gateway = Int.random(in: gateways.indices, using: &numbers)
        let again = Action.seek(call)
        guard let place = register(Self.session(call), at: gateway) else {
            result.refused += 1
            return at(second + 2, again)
        }
        let node = Self.index(place.node)
        // Its node is dead, and the gateways do not know yet; or it can't say on the bus that the call is there.
        guard isReached(node, second), claim(call, node, isNew: true) != nil else { return at(second + 2, again) }
        if let former = calls[call]?.former, former != node { result.moves += 1 }
        calls[call] = Call(node: node, former: node)
        nodes[node].calls.insert(call)
    }

    private mutating func register(_ session: String, at gateway: Int) -> Place? {
        let current = bucket[session]
        guard let place = Place.register(session, current?.place, among: gateways[gateway].alive) else { return nil }
        if place != current?.place { write(place, session, expecting: current?.revision ?? 0) }
        return place
    }

    private mutating func claim(_ call: Int, _ node: Int, isNew: Bool) -> Int? {
        let session = Self.session(call)
        let current = bucket[session]
        let held: Place
        switch Place.claim(current?.place, by: Self.name(node), isNew: isNew) {
        case .fenced: return nil
        case .held(let place): held = place
        case .write(let place):
            write(place, session, expecting: current?.revision ?? 0)
            held = place
        }
        let holder = holders.updateValue(node, forKey: "\(session) \(held.term)")
        if let holder, holder != node { violate("\(session) is on nodes \(holder) and \(node) in term \(held.term)") }
        return held.term
    }

    private mutating func write(_ place: Place, _ session: String, expecting revision: Int) {
        guard bucket[session]?.revision ?? 0 == revision else { return violate("a write overtook another") }
        revisions += 1
        bucket[session] = (place, revisions)
    }

    // MARK: What has to hold

    private mutating func checkBalance(_ second: Int) {
        let settled = nodes.filter {
            $0.isUp && !$0.isDraining && $0.cutUntil < second && $0.upSince <= second - 600 && second > 600
        }
        guard settled.count > 1 else { return }
        let loads = settled.map { Double($0.calls.count) * load }
        let mean = loads.reduce(0, +) / Double(loads.count)
        let farthest = loads.map { abs($0 - mean) }.max() ?? 0
        result.imbalance = max(result.imbalance, farthest)
        if farthest > 0.1 { violate("at \(second) s a node is \(farthest) off the mean load \(mean)") }
    }

    func finish() -> FleetScenario.Result {
        var run = self
        if Double(result.moves) > 1.2 * Double(result.forced) {
            run.violate("\(result.moves) moves, of which failures force \(result.forced)")
        }
        if result.slowestNotice > 10 { run.violate("a node's death was known after \(result.slowestNotice) s") }
        let seeking = calls.values.count { $0.node == nil }
        if seeking > size.calls / 20 { run.violate("\(seeking) calls are nowhere") }
        return run.result
    }
}
