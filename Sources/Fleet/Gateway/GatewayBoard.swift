import Events

/// What a gateway knows: sessions, nodes and places, put together from what the bus brings. Without I/O and clock.
public struct GatewayBoard: Sendable {
    /// What it has counted.
    public struct Counts: Sendable, Equatable {
        /// Facts that were taken; that were here before; that were of a node which does not have the session any more;
        /// holes before a fact, of which clients were told.
        public var facts = 0, duplicates = 0, fenced = 0, holes = 0
        /// Ticks that were taken, and those that came too late or of nobody who is known.
        public var ticks = 0, staleTicks = 0
        /// Parcels of ticks that were unpacked, and those of which nobody waited for any.
        public var openedParcels = 0, unopenedParcels = 0
        /// What could not be read.
        public var unreadable = 0
        /// What was dropped because there are as many sessions as may be.
        public var overflow = 0
        /// Nodes that were lost, those that came back as another run included.
        public var lostNodes = 0

        /// Nothing yet.
        public init() {}
    }

    /// Sessions at the same time.
    public static let maxSessions = 100_000
    /// What is left of a session that is over, or of which nobody has told anything for long, is kept for so long.
    private static let overMilliseconds: Int64 = 60_000, silentMilliseconds: Int64 = 86_400_000

    /// How long facts are kept, milliseconds.
    public let ringMilliseconds: Int64
    /// What was counted.
    public var counts = Counts()
    /// The nodes.
    public private(set) var nodes = NodeBook()
    /// Where sessions are, by name.
    public private(set) var places: [String: Place] = [:]
    private var rings: [String: SessionRing] = [:]
    /// Sessions that are still to be looked at in this round.
    private var unswept: ArraySlice<String> = []
    /// How many clients wait for a session.
    private var followers: [String: Int] = [:]

    /// Knows nothing yet.
    public init(ringMilliseconds: Int64) { self.ringMilliseconds = ringMilliseconds }

    /// How many sessions are known.
    public var sessionCount: Int { rings.count }
    /// Bytes of what is kept of them.
    public var keptBytes: Int { rings.values.reduce(0) { $0 + $1.keptBytes } }

    /// A session; nil where nothing is known of it.
    public func ring(_ session: String) -> SessionRing? { rings[session] }

    /// Sessions that run, by name.
    public var running: [SessionRing] { rings.values.filter { $0.state != nil }.sorted { $0.session < $1.session } }

    private mutating func change<Result>(
        _ session: String, nowMilliseconds: Int64, _ body: (inout SessionRing) -> Result
    ) -> Result? {
        guard rings[session] != nil || rings.count < Self.maxSessions else {
            counts.overflow += 1
            return nil
        }
        return body(&rings[session, default: SessionRing(session, nowMilliseconds: nowMilliseconds)])
    }

    // MARK: What the bus brings

    /// - Returns: the session, if its clients have to be told.
    public mutating func take(
        _ fact: Fact, nowMilliseconds: Int64, at: @autoclosure () -> String
    ) -> String? {
        guard let session = fact.envelope.session else { return nil }
        let isBack = rings[session]?.isLost == true && rings[session]?.epoch == fact.epoch
        let taken = change(session, nowMilliseconds: nowMilliseconds) { ring in
            if isBack { _ = ring.regain(nowMilliseconds: nowMilliseconds, at: at()) }
            return ring.take(fact, nowMilliseconds: nowMilliseconds)
        }
        switch taken {
        case .taken: counts.facts += 1
        case .takenAfterHole:
            counts.facts += 1
            counts.holes += 1
        case .duplicate: counts.duplicates += 1
        case .fenced: counts.fenced += 1
        case nil: break
        }
        return taken == .taken || taken == .takenAfterHole ? session : nil
    }

    /// Whether anybody waits for a tick in there.
    public func isAwaited(_ parcel: TickParcel) -> Bool { parcel.sessions.contains { followers[$0] != nil } }

    /// Takes in ticks that somebody waits for.
    ///
    /// - Returns: the sessions whose clients have to be told.
    public mutating func take(_ batch: TickBatch, nowMilliseconds: Int64) -> Set<String> {
        counts.openedParcels += 1
        var news: Set<String> = []
        for tick in batch.ticks {
            let session = tick.session
            if take(tick, of: session, epoch: batch.epoch, nowMilliseconds: nowMilliseconds) { news.insert(session) }
        }
        return news
    }

    /// Takes in ticks that nobody waited for when they came: each session keeps them as they are until somebody does.
    ///
    /// - Returns: the sessions whose clients have to be told, where one has come just now.
    public mutating func take(_ parcel: TickParcel, nowMilliseconds: Int64) -> Set<String> {
        counts.unopenedParcels += 1
        for session in parcel.sessions { rings[session]?.keep(parcel, nowMilliseconds: nowMilliseconds) }
        return Set(parcel.sessions.filter { followers[$0] != nil && open($0, nowMilliseconds: nowMilliseconds) })
    }

    private mutating func take(
        _ tick: TickBatch.Tick, of session: String, epoch: String, nowMilliseconds: Int64
    ) -> Bool {
        // Of a session that nobody has told of yet the facts are still to come.
        guard rings[session]?.take(tick, epoch: epoch, nowMilliseconds: nowMilliseconds) == true else {
            counts.staleTicks += 1
            return false
        }
        counts.ticks += 1
        return true
    }

    /// Unpacks what a session has kept; whether anything of it is news.
    private mutating func open(_ session: String, nowMilliseconds: Int64) -> Bool {
        var isNews = false
        for parcel in rings[session]?.takeUnopened() ?? [] {
            guard let (batch, strange) = parcel.open() else {
                counts.unreadable += 1
                continue
            }
            counts.unreadable += strange
            for tick in batch.ticks where tick.session == session {
                if take(tick, of: session, epoch: batch.epoch, nowMilliseconds: nowMilliseconds) { isNews = true }
            }
        }
        return isNews
    }

    /// The state of a session, as its node has written it down.
    public mutating func take(_ state: SessionRecord, nowMilliseconds: Int64) {
        _ = change(state.session.id, nowMilliseconds: nowMilliseconds) { ring in
            ring.take(
                state.session, node: state.node, epoch: state.epoch, term: state.term, sequence: state.sequence,
                nowMilliseconds: nowMilliseconds)
        }
    }

    /// Where a session is; nil for nowhere any more.
    public mutating func setPlace(_ place: Place?, of session: String) {
        guard places[session] != nil || places.count < Self.maxSessions else {
            counts.overflow += 1
            return
        }
        places[session] = place
    }

    // MARK: Nodes

    /// A node renews its lease.
    public mutating func hear(_ node: FleetNode, nowMilliseconds: Int64, at: String) -> Set<String> {
        nodes.hear(node, nowMilliseconds: nowMilliseconds).map { follow($0, nowMilliseconds: nowMilliseconds, at: at) }
            ?? []
    }

    /// A node gives its lease back.
    public mutating func leave(_ name: String, nowMilliseconds: Int64, at: String) -> Set<String> {
        nodes.leave(name).map { follow($0, nowMilliseconds: nowMilliseconds, at: at) } ?? []
    }

    /// The bus is there again: who was silent meanwhile is not lost for that.
    public mutating func resume(nowMilliseconds: Int64) { nodes.resume(nowMilliseconds: nowMilliseconds) }

    /// What is due once in a while: nodes whose time is over, and the end of what is too old to be kept.
    ///
    /// - Parameters:
    ///   - isConnected: whether the bus is there; nobody is lost while it is not.
    ///   - mostSessions: so many are looked at, and the next ones the next time: who reads waits meanwhile.
    /// - Returns: the sessions whose clients have to be told.
    public mutating func keepHouse(
        nowMilliseconds: Int64, at: String, isConnected: Bool, mostSessions: Int = .max
    ) -> Set<String> {
        if unswept.isEmpty { unswept = Array(rings.keys)[...] }
        for session in unswept.prefix(mostSessions) {
            rings[session]?.evict(before: nowMilliseconds - ringMilliseconds)
            guard let heard = rings[session]?.heardMilliseconds else { continue }
            let patience = rings[session]?.isOver == true ? Self.overMilliseconds : Self.silentMilliseconds
            if nowMilliseconds - heard > patience {
                rings[session] = nil
            }
        }
        unswept = unswept.dropFirst(mostSessions)
        guard isConnected else { return [] }
        return nodes.expire(nowMilliseconds: nowMilliseconds).reduce(into: []) { news, change in
            news.formUnion(follow(change, nowMilliseconds: nowMilliseconds, at: at))
        }
    }

    private mutating func follow(_ change: NodeBook.Change, nowMilliseconds: Int64, at: String) -> Set<String> {
        var news: Set<String> = []
        switch change {
        case .came(let node):
            for (session, ring) in rings where ring.isLost && ring.epoch == node.epoch {
                if rings[session]?.regain(nowMilliseconds: nowMilliseconds, at: at) == true { news.insert(session) }
            }
        case .restarted(let node, let formerEpoch): news = lose(node.name, formerEpoch, nowMilliseconds, at)
        case .lost(let node): news = lose(node.name, node.epoch, nowMilliseconds, at)
        }
        return news
    }

    private mutating func lose(_ name: String, _ epoch: String, _ nowMilliseconds: Int64, _ at: String) -> Set<String> {
        counts.lostNodes += 1
        var news: Set<String> = []
        for (session, ring) in rings where ring.node == name && ring.epoch == epoch {
            if rings[session]?.lose(nowMilliseconds: nowMilliseconds, at: at) == true { news.insert(session) }
        }
        return news
    }

    /// Sessions whose place is on a node that is not there, by name.
    public var displaced: [(session: String, place: Place)] {
        places.filter { nodes.node($0.value.node) == nil }.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
    }

    // MARK: Clients

    /// A client waits for a session from now on, until `unfollow`.
    public mutating func follow(_ session: String, nowMilliseconds: Int64) {
        followers[session, default: 0] += 1
        _ = open(session, nowMilliseconds: nowMilliseconds)
    }

    /// A client waits no more.
    public mutating func unfollow(_ session: String) {
        guard let count = followers[session] else { return }
        followers[session] = count > 1 ? count - 1 : nil
    }

    /// Whether a client of a session would be told something.
    public func hasNews(_ session: String, for position: RingPosition) -> Bool {
        rings[session]?.hasNews(for: position) ?? false
    }

    /// The next lines for a client of a session; none where nothing is known of it yet.
    public mutating func lines(
        _ session: String, for position: inout RingPosition, _ filter: RingFilter, daemon: String, at: String
    ) -> [RingLine] {
        rings[session]?.lines(for: &position, filter, daemon: daemon, at: at) ?? []
    }
}
