import Bus
import Events
import Fleet
import Foundation
import Kit
import Logging
import Publish
import Synchronization

/// Tells one connection to the bus what is in the journal: facts one by one, each acknowledged, ticks in batches.
actor NodeTeller {
    let name: String
    let publisher: Publisher
    let registry: SessionRegistry
    let connection: BusConnection
    private let counters: BusCounters
    let logger: Logger
    private let window = AckWindow(limit: windowFacts)
    private var cursor: JournalCursor
    private var chain = FactChain()
    private var batch: TickBatch
    /// In which term this node has its sessions; those that another node has since.
    var terms: [String: Int] = [:], fenced: Set<String> = []
    var states = SessionStates()
    private let progress: Mutex<(settled: Int, isDone: Bool)>

    /// Facts that may be on their way at a time.
    private static let windowFacts = 1_024
    /// An older tick tells nobody anything.
    private static let tickMilliseconds: Int64 = 3_000
    /// Types after which the state is another.
    private static let changing: Set<EventKind> = [
        .sessionStarted, .sourceConnecting, .sourceConnected, .sourceStalled, .sourceReconnecting, .sourceEnded,
        .speakerJoined, .speakerLeft, .consent, .degraded, .recovered,
    ]

    init(
        name: String, publisher: Publisher, registry: SessionRegistry, connection: BusConnection, counters: BusCounters,
        logger: Logger,
        after sequence: Int
    ) {
        (self.name, self.publisher, self.connection) = (name, publisher, connection)
        (self.counters, self.logger, self.registry) = (counters, logger, registry)
        cursor = publisher.cursor(after: sequence)
        batch = TickBatch(node: name, epoch: publisher.epoch)
        chain.lose(upTo: sequence)
        progress = Mutex((sequence, false))
    }

    /// Everything up to this event is with the bus.
    nonisolated var settled: Int { progress.withLock { $0.settled } }
    /// Whether all was told, because the daemon ends.
    nonisolated var isDone: Bool { progress.withLock { $0.isDone } }

    /// Tells what there is and what comes, until the connection ends, or the daemon does and all is told.
    func run(_ isStopping: @escaping @Sendable () -> Bool) async {
        do throws(BusError) {
            for session in publisher.sessions {
                try await claim(session, isNew: false)
                states.changed.insert(session)
            }
            while connection.isOpen, !window.hasFailed {
                let items = cursor.next()
                for item in items {
                    try await take(item)
                    if !connection.isOpen { break }
                }
                try await writeStates()
                note()
                guard items.isEmpty else { continue }
                if isStopping() { break }
                await cursor.wait { isStopping() || !connection.isOpen }
            }
            flush()
            if isStopping() { await finish() }
        } catch {
            connection.close(because: error.description)
        }
        if window.hasFailed { connection.close(because: "the bus did not keep an event") }
        note()
        progress.withLock { $0.isDone = true }
    }

    /// At the end of the daemon: waits until the bus has all, and gives the lease back.
    private func finish() async {
        while connection.isOpen, window.count > 0, !window.hasFailed {
            try? await Task.sleep(for: .milliseconds(5))
        }
        for session in publisher.sessions { try? await forget(session) }
        connection.delete(name, in: BusNames.nodeBucket)
        // What the server has answered it has taken in.
        _ = try? await connection.get(name, in: BusNames.nodeBucket)
    }

    private func note() {
        let settled = (window.oldest ?? cursor.sequence + 1) - 1
        progress.withLock { $0.settled = max(0, settled) }
        let waiting = publisher.range.last - cursor.sequence
        counters.note { $0.waiting = waiting }
    }

    // MARK: Events

    private func take(_ item: JournalCursor.Item) async throws(BusError) {
        switch item {
        case .lost(let range):
            chain.lose(upTo: range.upperBound)
            counters.note { $0.lost += range.count }
        case .withdrawn(let sequence, let session):
            if let session { chain.skip(sequence, of: session) }
        case .event(let event):
            guard let session = event.session else { return }
            if event.kind == .tick { return add(event) }
            try await tell(event, of: session)
        }
    }

    private func add(_ event: JournalEvent) {
        let age = HostClock.monotonicNanoseconds() / 1_000_000 - event.publishedMilliseconds
        guard age < Self.tickMilliseconds, let tick = TickBatch.Tick(event.line) else {
            return counters.note { $0.droppedTicks += 1 }
        }
        guard let session = event.session, !fenced.contains(session) else { return }
        if batch.isFull { flush() }
        batch.add(tick)
    }

    /// Sends the ticks that wait.
    func flush() {
        guard !batch.ticks.isEmpty else { return }
        let full = batch
        batch = TickBatch(node: name, epoch: publisher.epoch)
        guard let parcels = full.packed() else { return counters.note { $0.droppedTicks += full.ticks.count } }
        for parcel in parcels {
            let isSent = connection.publish(parcel.bytes, to: BusNames.ticks(of: name))
            counters.note { counted in
                guard isSent else { return counted.droppedTicks += parcel.ticks }
                counted.ticks += parcel.ticks
                counted.batches += 1
                counted.batchBytes += parcel.bytes.count
            }
        }
    }

    private func tell(_ event: JournalEvent, of session: String) async throws(BusError) {
        if event.kind == .sessionStarted {
            fenced.remove(session)
            try await claim(session, isNew: true)
        } else if terms[session] == nil, !fenced.contains(session) {
            // Of a session that has ended before the bus was there.
            try await claim(session, isNew: false)
        }
        let after = chain.tell(event.sequence, of: session)
        guard let term = terms[session], !fenced.contains(session) else {
            return counters.note { $0.fenced += 1 }
        }
        if event.withdraws, let speaker = event.speaker { batch.forget(speaker, in: session) }
        await window.waitForRoom()
        window.add(event.sequence)
        let (counters, connection, window) = (counters, connection, window)
        let subject = BusNames.facts(of: session)
        connection.request(
            event.line, to: subject,
            headers: [
                ("Nats-Msg-Id", Fact.messageID(node: name, epoch: publisher.epoch, sequence: event.sequence)),
                ("Attune-Term", String(term)), ("Attune-After", String(after)),
            ]
        ) { answer in
            let kept = answer.flatMap(BusConnection.sequence(ofAcknowledgement:))
            window.settle(event.sequence, isKept: kept != nil)
            guard let kept else { return }
            counters.note { $0.facts += 1 }
            guard event.withdraws else { return }
            // What was measured before may not be had by who comes later either.
            Task { try? await connection.purge(BusNames.factStream, subject: subject, before: kept) }
        }
        let lag = HostClock.monotonicNanoseconds() / 1_000_000 - event.publishedMilliseconds
        counters.note { $0.lagMilliseconds = lag }
        if Self.changing.contains(event.kind) { states.changed.insert(session) }
        if event.kind == .sessionEnded, publisher.state(of: session) == nil {
            try await forget(session)
            terms[session] = nil
            chain.end(session)
        }
    }
}
