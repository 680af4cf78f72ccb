import DequeModule
public import Events

/// What a gateway holds of one session: its newest facts in order, each once, and of each speaker the newest tick.
///
/// Nothing of it is the gateway's own: any other that has heard the same tells the same.
public struct SessionRing: Sendable {
    /// What has become of a fact.
    public enum Taken: Sendable, Equatable {
        /// It is the next one, or there is a hole before it that clients are told of.
        case taken, takenAfterHole
        /// It was here before.
        case duplicate
        /// It is of a node that does not have the session any more, or of a run that is over.
        case fenced
    }

    struct Entry: Sendable {
        var epoch: String
        /// The number of the fact; of a hole, up to which facts are missing.
        var sequence: Int
        var kind: EventKind?
        var speaker: String?
        /// Nil for what was taken back, and for a hole.
        var line: [UInt8]?
        /// What is missing; nil where it is no hole.
        var hole: ClosedRange<Int>?
        /// Whether the gateway says it, and no node: it has no number of its own.
        var isOwn = false
        var milliseconds: Int64
    }

    struct Newest: Sendable {
        var ordinal: Int
        var tick: TickBatch.Tick
    }

    /// Facts that are kept, at most, and their bytes.
    static let maxEntries = 2_048, maxBytes = 512 << 10
    /// Runs of nodes that are remembered, so that what is left of them is not taken for new.
    private static let maxFormer = 8
    /// Parcels that are kept unopened: the ticks of all speakers come together, but may be on either side of a cut.
    private static let maxUnopened = 2
    /// Types that change the state of a session.
    private static let folded: Set<EventKind> = [
        .sessionStarted, .sessionEnded, .sourceConnecting, .sourceConnected, .sourceStalled, .sourceReconnecting,
        .sourceEnded, .speakerJoined, .speakerLeft, .consent, .degraded, .recovered, .cueRaised, .cueChanged,
        .cueCleared,
    ]

    /// The session.
    public let session: String
    /// The node that has it, its run, and its term.
    public private(set) var node: String?, epoch: String?, term = 0
    /// The last fact of that run.
    public private(set) var last = 0
    /// Whether it has ended.
    public private(set) var isOver = false
    /// Whether its node is lost.
    public private(set) var isLost = false
    /// When something of it came last, milliseconds.
    public private(set) var heardMilliseconds: Int64

    private var projection = Projection()
    /// Whether facts are missing in the projection.
    private var isPartial = false
    private var told: (epoch: String, sequence: Int, session: Snapshot.Session)?
    private var formerEpochs: [String] = []
    private(set) var entries: Deque<Entry> = []
    /// The number of the first entry among all there ever were.
    private(set) var start = 0
    private var bytes = 0
    /// Up to where facts of a run are not here any more, or never were.
    private(set) var forgotten: [String: Int] = [:]
    private(set) var newest: [String: Newest] = [:]
    private var ticks = 0
    /// The last parcels with ticks of it, which nobody waited for.
    private var unopened: [TickParcel] = []
    /// Ticks of a speaker before this number are not told any more.
    private var withdrawn: [String: Int] = [:]

    init(_ session: String, nowMilliseconds: Int64) {
        self.session = session
        heardMilliseconds = nowMilliseconds
    }

    /// The state as it is known; nil where the session does not run.
    public var state: Snapshot.Session? { projection.session(session) }

    /// Bytes that are kept.
    var keptBytes: Int {
        bytes + newest.values.reduce(0) { $0 + $1.tick.line.count }
            + unopened.reduce(0) { $0 + $1.keptBytes / $1.sessions.count }
    }

    // MARK: What comes

    mutating func take(_ fact: Fact, nowMilliseconds: Int64) -> Taken {
        guard fact.term >= term else { return .fenced }
        if fact.epoch != epoch {
            guard !formerEpochs.contains(fact.epoch) else { return .fenced }
            begin(fact)
        }
        guard fact.sequence > last else { return .duplicate }
        (term, node, heardMilliseconds) = (fact.term, fact.node, nowMilliseconds)
        let isAfterHole = fact.after > last
        if isAfterHole {
            append(
                Entry(
                    epoch: fact.epoch, sequence: fact.after, hole: last + 1...fact.after, milliseconds: nowMilliseconds)
            )
            isPartial = true
            adoptState()
        }
        last = fact.sequence
        fold(fact)
        append(
            Entry(
                epoch: fact.epoch, sequence: fact.sequence, kind: fact.envelope.kind, speaker: fact.envelope.speaker,
                line: fact.line, milliseconds: nowMilliseconds))
        return isAfterHole ? .takenAfterHole : .taken
    }

    /// - Returns: whether it is new.
    mutating func take(_ tick: TickBatch.Tick, epoch: String, nowMilliseconds: Int64) -> Bool {
        guard epoch == self.epoch, !isOver, let speaker = tick.envelope.speaker,
            tick.envelope.sequence > newest[speaker]?.tick.envelope.sequence ?? 0,
            tick.envelope.sequence > withdrawn[speaker] ?? 0
        else { return false }
        if let known = state?.speakers.first(where: { $0.name == speaker }), known.joined.consent != .granted {
            return false
        }
        heardMilliseconds = nowMilliseconds
        ticks += 1
        newest[speaker] = Newest(ordinal: ticks, tick: tick)
        return true
    }

    /// Keeps ticks for who comes.
    mutating func keep(_ parcel: TickParcel, nowMilliseconds: Int64) {
        guard parcel.epoch == epoch, !isOver else { return }
        heardMilliseconds = nowMilliseconds
        unopened.append(parcel)
        if unopened.count > Self.maxUnopened { unopened.removeFirst() }
    }

    /// What was kept, the oldest first; it is kept no longer.
    mutating func takeUnopened() -> [TickParcel] {
        defer { unopened = [] }
        return unopened
    }

    /// The state of the session as its node has written it down.
    mutating func take(
        _ state: Snapshot.Session, node: String, epoch: String, term: Int, sequence: Int, nowMilliseconds: Int64
    ) {
        guard term >= self.term, !formerEpochs.contains(epoch) else { return }
        told = (epoch, sequence, state)
        if self.epoch == nil {
            (self.node, self.epoch, self.term, last) = (node, epoch, term, sequence)
            forgotten[epoch] = sequence
            isPartial = true
        }
        heardMilliseconds = nowMilliseconds
        adoptState()
    }

    /// The session goes on with another run of a node.
    private mutating func begin(_ fact: Fact) {
        if let epoch { formerEpochs.append(epoch) }
        if formerEpochs.count > Self.maxFormer { formerEpochs.removeFirst() }
        forgotten = forgotten.filter { formerEpochs.contains($0.key) }
        (epoch, last, isOver, isLost) = (fact.epoch, fact.after, false, false)
        forgotten[fact.epoch] = fact.after
        projection = Projection()
        (newest, withdrawn, unopened) = ([:], [:], [])
        isPartial = fact.after > 0
        adoptState()
    }

    private mutating func adoptState() {
        guard isPartial, let told, told.epoch == epoch else { return }
        projection = Projection(told.session)
        isPartial = false
    }

    private mutating func fold(_ fact: Fact) {
        guard let kind = fact.envelope.kind, Self.folded.contains(kind), let event = EventLine(fact.line).event else {
            return
        }
        let hasOtherRole = projection.apply(event, nil)
        let mayHaveOtherRole = if case .speakerJoined = event.body { isPartial } else { false }
        if let speaker = event.speaker, hasOtherRole || mayHaveOtherRole || event.body.takesConsentBack {
            withdraw(speaker, before: fact.sequence)
        }
        switch event.body {
        case .sessionStarted: isOver = false
        case .sessionEnded: (isOver, newest, unopened) = (true, [:], [])
        case .speakerLeft:
            unopened = []
            if let speaker = event.speaker { newest[speaker] = nil }
        default: break
        }
    }

    /// Takes back what was measured of a speaker.
    private mutating func withdraw(_ speaker: String, before sequence: Int) {
        newest[speaker] = nil
        // There may be something of them in it; that of others comes anew within a second.
        unopened = []
        withdrawn[speaker] = sequence
        for index in entries.indices where entries[index].measures(speaker) {
            bytes -= entries[index].line?.count ?? 0
            entries[index].line = nil
        }
    }

    // MARK: Nodes that come and go

    /// The node is lost: what it has read comes back by itself, there or elsewhere.
    ///
    /// - Parameter at: RFC 3339 UTC time with milliseconds.
    /// - Returns: whether anybody has to be told.
    mutating func lose(nowMilliseconds: Int64, at: String) -> Bool {
        guard let node, !isOver, !isLost else { return false }
        isLost = true
        tellSources(.reconnecting, reason: "node \(node) is lost", nowMilliseconds: nowMilliseconds, at: at)
        return true
    }

    /// The same run of the node is there again.
    mutating func regain(nowMilliseconds: Int64, at: String) -> Bool {
        guard isLost, let node else { return false }
        isLost = false
        tellSources(.live, reason: "node \(node) is back", nowMilliseconds: nowMilliseconds, at: at)
        return true
    }

    private mutating func tellSources(
        _ state: SourceState.State, reason: String, nowMilliseconds: Int64, at: String
    ) {
        guard let epoch else { return }
        for var source in self.state?.sources ?? [] where source.state != .ended {
            (source.state, source.reason) = (state, reason)
            let event = Event(
                state == .live ? .sourceConnected(source) : .sourceReconnecting(source), session: session)
            _ = projection.apply(event, nil)
            append(
                Entry(
                    epoch: epoch, sequence: last, kind: event.body.kind, line: event.line(sequence: last, at: at),
                    isOwn: true, milliseconds: nowMilliseconds))
        }
    }

    // MARK: Bounds

    private mutating func append(_ entry: Entry) {
        entries.append(entry)
        bytes += entry.line?.count ?? 0
        while entries.count > Self.maxEntries || bytes > Self.maxBytes, entries.count > 1 { removeFirst() }
    }

    /// Forgets what is older.
    mutating func evict(before milliseconds: Int64) {
        while let first = entries.first, first.milliseconds < milliseconds { removeFirst() }
    }

    private mutating func removeFirst() {
        guard let entry = entries.popFirst() else { return }
        start += 1
        bytes -= entry.line?.count ?? 0
        if forgotten[entry.epoch] != nil { forgotten[entry.epoch] = max(entry.sequence, forgotten[entry.epoch] ?? 0) }
    }
}

extension SessionRing.Entry {
    /// Whether it carries what was measured of a speaker; what can't be read might.
    func measures(_ speaker: String) -> Bool {
        guard let line, kind?.traits.contains(.measurement) ?? true else { return false }
        if self.speaker == speaker { return true }
        switch kind {
        case .turn, .overlap, .overlapStarted, .sessionEnded, nil:
            return EventLine(line).event.map { $0.body.alsoMeasured.contains(speaker) } ?? true
        default: return false
        }
    }
}
