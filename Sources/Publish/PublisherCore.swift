import Events
import Logging
import NIOCore
import Synchronization

/// What the event loops and the callers of `publish` share.
final class PublisherCore: Sendable {
    let configuration: PublisherConfiguration
    let clock: PublishClock
    let logger: Logger
    let counters = PublishCounters()
    let latency = EventLatency()
    /// The slim ticks of all clients.
    let slimTicks = SlimTickSets()
    /// The newest contours of faces.
    let points = PointBoard()

    /// One lock guards numbers, state, history and the order in which the loops hear of them.
    private let state: Mutex<State>

    fileprivate struct State: Sendable {
        var journal: Journal
        var loops: [LoopSlot] = []
        var clients = 0
        var isOpen = true
        /// Readers that wait for the next event.
        var readers: [Int: CheckedContinuation<Void, Never>] = [:]
        var readersMade = 0
        var nextHeartbeatMilliseconds: Int64
    }

    /// What a publisher has to know of an event loop: whether somebody there wants to hear of new events.
    fileprivate struct LoopSlot: Sendable {
        let loop: ClientLoop
        var hasClients = false
        var isScheduled = false
    }

    /// What a new client starts with.
    struct Admission {
        var sequence: Int
        var sessions: [Snapshot.Session]
        /// As `PublisherCore.withdrawals`.
        var withdrawals: Int
    }

    init(configuration: PublisherConfiguration, clock: PublishClock, logger: Logger) {
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        state = Mutex(
            State(
                journal: Journal(
                    ringBytes: configuration.ringBytes, ringMilliseconds: configuration.ringMilliseconds,
                    queueBytes: configuration.clientQueueBytes, historyBytes: configuration.historyBytes),
                nextHeartbeatMilliseconds: clock.monotonicMilliseconds() + configuration.heartbeatMilliseconds
            ))
    }

    // MARK: Publishing

    /// Appends an event and wakes the loops that sleep; nothing happens after `close`.
    func publish(_ event: Event, arrivedNanoseconds: Int64?) {
        let isWithdrawal = state.withLock { state in
            guard state.isOpen else { return false }
            guard !event.body.kind.traits.contains(.fleeting) else {
                if points.put(event, clock: clock) { state.wake() }
                return false
            }
            let withdrawals = state.journal.withdrawals
            state.append(event, arrivedNanoseconds: arrivedNanoseconds, clock: clock)
            let isWithdrawal = state.journal.withdrawals != withdrawals
            switch event.body {
            case .sessionEnded: points.forget(SpeakerKey(session: event.session, speaker: nil))
            case .speakerLeft: points.forget(SpeakerKey(session: event.session, speaker: event.speaker))
            default: if isWithdrawal { points.forget(SpeakerKey(session: event.session, speaker: event.speaker)) }
            }
            return isWithdrawal
        }
        if isWithdrawal { slimTicks.forgetLines() }
    }

    /// What is kept of the ticks of a session; nil where there is no such session.
    func history(_ query: HistoryQuery) -> HistoryPart? {
        state.withLock { $0.journal.history(query) }
    }

    /// Forgets what is kept of the ticks of all speakers of this name.
    func forgetHistory(of speaker: String) {
        state.withLock { $0.journal.forgetHistory(of: speaker) }
    }

    /// What is due once in a while: the heartbeat, and the end of what is too old to be kept.
    func keepHouse() {
        let now = clock.monotonicMilliseconds()
        points.evict(nowMilliseconds: now)
        state.withLock { state in
            guard state.isOpen else { return }
            state.journal.evict(nowMilliseconds: now)
            guard now >= state.nextHeartbeatMilliseconds else { return }
            // A machine that slept gets one heartbeat, not those it missed.
            let next = state.nextHeartbeatMilliseconds + configuration.heartbeatMilliseconds
            state.nextHeartbeatMilliseconds = next > now ? next : now + configuration.heartbeatMilliseconds
            let beat = Heartbeat(sessions: state.journal.projection.count, subscribers: state.clients)
            state.append(Event(.heartbeat(beat)), clock: clock)
        }
    }

    // MARK: Loops and clients

    /// Tells the loops that there are; called once, before the first client.
    func serve(_ loops: [ClientLoop]) {
        state.withLock { $0.loops = loops.map { LoopSlot(loop: $0) } }
    }

    /// No further events and clients.
    ///
    /// - Returns: the loops that still have to end their clients; none at a second call.
    func close() -> [ClientLoop] {
        state.withLock { state in
            state.isOpen = false
            state.wakeReaders()
            defer { state.loops = [] }
            return state.loops.map(\.loop)
        }
    }

    /// A client comes, to a loop, which hears of new events from here on, or to read for itself.
    ///
    /// - Returns: nil if there are already as many clients as allowed, or the publisher stops.
    func admit(loop index: Int?) -> Admission? {
        state.withLock { state in
            guard state.isOpen, state.clients < configuration.maxClients else { return nil }
            state.clients += 1
            if let index, state.loops.indices.contains(index) { state.loops[index].hasClients = true }
            return Admission(
                sequence: state.journal.sequence, sessions: state.journal.projection.snapshot,
                withdrawals: state.journal.withdrawals)
        }
    }

    /// A client is gone; `isLast` if no other is left on its loop.
    func dismiss(loop index: Int?, isLast: Bool) {
        state.withLock { state in
            state.clients -= 1
            if isLast, let index, state.loops.indices.contains(index) { state.loops[index].hasClients = false }
        }
    }

    /// The events after `cursor` for all clients of a loop; from here on, a new one wakes the loop again.
    func batch(after cursor: Int, limit: Int, loop index: Int) -> [EventRecord] {
        state.withLock { state in
            if state.loops.indices.contains(index) { state.loops[index].isScheduled = false }
            return state.journal.ring.records(after: cursor, limit: limit)
        }
    }

    /// What a single client that is behind gets next.
    func backlog(after cursor: Int, limit: Int) -> Journal.Backlog {
        state.withLock { $0.journal.backlog(after: cursor, limit: limit) }
    }

    /// Returns as soon as there is an event after `cursor`, at `wakeReaders`, and at the end of the publisher or the
    /// task.
    func waitForEvent(after cursor: Int, unless isOver: @Sendable () -> Bool) async {
        let id = state.withLock { state in
            state.readersMade += 1
            return state.readersMade
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    guard state.isOpen, state.journal.sequence <= cursor, !Task.isCancelled, !isOver() else {
                        return false
                    }
                    state.readers[id] = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.readers.removeValue(forKey: id) }?.resume()
        }
    }

    /// Lets all waiting readers look again.
    func wakeReaders() {
        state.withLock { $0.wakeReaders() }
    }

    /// The state of all sessions if `cursor` is the last event.
    func snapshot(at cursor: Int) -> [Snapshot.Session]? {
        state.withLock { $0.journal.sequence == cursor ? $0.journal.projection.snapshot : nil }
    }

    /// Looks at the journal under the lock.
    func reading<Result: Sendable>(_ body: (borrowing Journal) -> Result) -> Result {
        state.withLock { body($0.journal) }
    }

    /// How often consent was taken back.
    var withdrawals: Int { state.withLock { $0.journal.withdrawals } }

    /// Whether events are still taken.
    var isOpen: Bool { state.withLock { $0.isOpen } }

    /// The number of the last event.
    var sequence: Int { state.withLock { $0.journal.sequence } }

    /// Counters as of now.
    var statistics: PublisherStatistics {
        var statistics = state.withLock { state in
            var statistics = PublisherStatistics()
            statistics.clients = state.clients
            statistics.events = state.journal.sequence
            statistics.encodedBytes = state.journal.encodedBytes
            statistics.oversized = state.journal.oversized
            statistics.ringEvents = state.journal.ring.count
            statistics.ringBytes = state.journal.ring.bytes
            statistics.historyBytes = state.journal.historyBytes
            statistics.historyPointsDropped = state.journal.historyPointsDropped
            return statistics
        }
        statistics.skippedPoints = points.skipped
        counters.fill(&statistics)
        return statistics
    }
}

extension PublisherCore.State {
    /// Appends an event and wakes whoever has to hear of it.
    fileprivate mutating func append(_ event: Event, arrivedNanoseconds: Int64? = nil, clock: PublishClock) {
        journal.append(event, arrivedNanoseconds: arrivedNanoseconds, clock: clock)
        wake()
    }

    /// Wakes each loop that has clients and is not awake yet, with one task for all of them, and whoever waits for
    /// itself.
    fileprivate mutating func wake() {
        for index in loops.indices where loops[index].hasClients && !loops[index].isScheduled {
            loops[index].isScheduled = true
            loops[index].loop.wake()
        }
        wakeReaders()
    }

    fileprivate mutating func wakeReaders() {
        for reader in readers.values { reader.resume() }
        readers.removeAll(keepingCapacity: true)
    }
}
