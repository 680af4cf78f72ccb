import Logging
import Kit
import NIOCore
import Synchronization

/// The clients of one event loop: takes each new event once for all of them.
final class ClientLoop: Sendable {
    let eventLoop: any EventLoop
    private let core: PublisherCore
    private let index: Int
    private let clients: NIOLoopBoundBox<Clients>

    /// Events that are handed to one client after the other before the loop looks for newer ones.
    private static let batchEvents = 256
    private static let housekeepingMilliseconds: Int64 = 500

    private struct Clients {
        /// By what they want, so that the filters are asked once for all that want the same.
        var groups: [Subscription: [ObjectIdentifier: ClientHandler]] = [:]
        var members: [ClientHandler] { groups.values.flatMap(\.values) }
        /// Everything up to this event was offered to all members.
        var cursor = 0
        var isEnding = false
        var housekeeping: RepeatedTask?
        var reporter: PublishReporter?
    }

    init(eventLoop: any EventLoop, index: Int, core: PublisherCore) {
        self.eventLoop = eventLoop
        self.index = index
        self.core = core
        clients = .makeBoxSendingValue(Clients(), eventLoop: eventLoop)
    }

    /// Starts to look after clients that stall; the first loop also sends heartbeats and writes the log.
    func start() {
        eventLoop.execute {
            guard !self.clients.value.isEnding else { return }
            if self.index == 0 { self.clients.value.reporter = PublishReporter(self.core) }
            let period = TimeAmount.milliseconds(Self.housekeepingMilliseconds)
            self.clients.value.housekeeping = self.eventLoop.scheduleRepeatedTask(
                initialDelay: period, delay: period
            ) { _ in self.keepHouse() }
        }
    }

    private func keepHouse() {
        let now = core.clock.monotonicMilliseconds()
        for client in clients.value.members { client.check(nowMilliseconds: now) }
        guard index == 0 else { return }
        core.keepHouse()
        clients.value.reporter?.report(nowMilliseconds: now)
    }

    /// New events are there. Called under the publisher's lock, so that no later event overtakes.
    func wake() {
        eventLoop.execute { self.distribute() }
    }

    private func distribute() {
        let batch = core.batch(after: clients.value.cursor, limit: Self.batchEvents, loop: index)
        // What a client does meanwhile changes the groups, not the copy.
        let groups = clients.value.groups
        defer {
            for (subscription, members) in groups where subscription.seeksPoints {
                for client in members.values { client.takePoints() }
            }
        }
        guard let first = batch.first, let last = batch.last else { return }
        clients.value.cursor = last.sequence
        for (subscription, members) in groups {
            let offer = ClientOffer(first: first, last: last, wanted: batch.filter(subscription.wants))
            for client in members.values { client.take(offer) }
        }
        if batch.count == Self.batchEvents { eventLoop.execute { self.distribute() } }
    }

    // MARK: Called by clients, on the loop

    /// A client wants in.
    ///
    /// - Returns: nil if it can't have a place.
    func add(_ client: ClientHandler, _ subscription: Subscription) -> PublisherCore.Admission? {
        guard !clients.value.isEnding, let admission = core.admit(loop: index) else { return nil }
        if clients.value.groups.isEmpty { clients.value.cursor = admission.sequence }
        clients.value.groups[subscription, default: [:]][ObjectIdentifier(client)] = client
        return admission
    }

    /// A client wants something else from now on.
    func move(_ client: ClientHandler, from old: Subscription, to new: Subscription) {
        guard leave(client, old) else { return }
        clients.value.groups[new, default: [:]][ObjectIdentifier(client)] = client
    }

    func remove(_ client: ClientHandler, _ subscription: Subscription) {
        guard leave(client, subscription) else { return }
        core.dismiss(loop: index, isLast: clients.value.groups.isEmpty)
    }

    /// - Returns: whether the client was there.
    private func leave(_ client: ClientHandler, _ subscription: Subscription) -> Bool {
        guard clients.value.groups[subscription]?.removeValue(forKey: ObjectIdentifier(client)) != nil else {
            return false
        }
        if clients.value.groups[subscription]?.isEmpty == true { clients.value.groups[subscription] = nil }
        return true
    }

    // MARK: End

    /// Lets all clients take what is left and closes them, by force after `milliseconds`.
    ///
    /// - Returns: done when the last one is closed.
    func end(withinMilliseconds milliseconds: Int) -> EventLoopFuture<Void> {
        eventLoop.flatSubmit {
            self.clients.value.isEnding = true
            self.clients.value.housekeeping?.cancel()
            let closed = self.clients.value.members.compactMap { $0.finish() }
            let deadline = self.eventLoop.assumeIsolated().scheduleTask(
                in: .milliseconds(Int64(milliseconds))
            ) {
                for client in self.clients.value.members { client.abort() }
            }
            let allClosed = EventLoopFuture.andAllComplete(closed, on: self.eventLoop)
            allClosed.whenComplete { _ in deadline.cancel() }
            return allClosed
        }
    }
}

/// New events for all clients of a loop that want the same.
struct ClientOffer {
    /// The events, of which `wanted` are to be told.
    let first: EventRecord, last: EventRecord
    let wanted: [EventRecord]
    /// When the packets arrived that decided those.
    let arrivals: EventLatency.Arrivals

    init(first: EventRecord, last: EventRecord, wanted: [EventRecord]) {
        (self.first, self.last, self.wanted) = (first, last, wanted)
        var arrivals = EventLatency.Arrivals()
        for record in wanted where record.line != nil { arrivals.note(record) }
        self.arrivals = arrivals
    }
}

/// Says once a second at most what the counters have seen.
struct PublishReporter {
    private let core: PublisherCore
    private var drops = DropReporter()

    init(_ core: PublisherCore) {
        self.core = core
    }

    mutating func report(nowMilliseconds: Int64) {
        let now = core.statistics
        let refused = "connections of who is not on the allow list"
        drops.set(refused, total: UInt64(clamping: now.refusedPeers))
        drops.set("connections beyond as many clients as allowed", total: UInt64(clamping: now.refusedClients))
        drops.set("clients that sent what is no command", total: UInt64(clamping: now.rejectedLines))
        drops.set("clients that sent too many commands", total: UInt64(clamping: now.hurriedClients))
        drops.set("clients that took nothing for too long", total: UInt64(clamping: now.stalledClients))
        drops.set("events for clients too far behind", total: UInt64(clamping: now.lost))
        drops.set("ticks for clients that were behind", total: UInt64(clamping: now.coalesced))
        drops.set("contours of faces for clients that were behind", total: UInt64(clamping: now.skippedPoints))
        drops.set("events longer than a line may be", total: UInt64(clamping: now.oversized))
        guard let text = drops.take(nowNanoseconds: nowMilliseconds * 1_000_000) else { return }
        let user = core.counters.lastRefusedUID.load(ordering: .relaxed)
        core.logger.warning("dropped: \(text)\(text.contains(refused) ? ", the last of uid \(user)" : "")")
    }
}
