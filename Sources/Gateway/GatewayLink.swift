import Bus
import ControlAPI
import Events
import Fleet
import Foundation
import Kit
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// The gateway's way to the bus: reads all of it, again and again from where it was.
final class GatewayLink: Service {
    private struct State {
        var connection: BusConnection?
        var connections = 0
        /// The stream of facts that the numbers are of, and the last of each partition that was read.
        var created: String?
        var last: [UInt64] = Array(repeating: 0, count: BusNames.partitions)
        /// What has to be read before the gateway knows what it tells.
        var unread: Set<String> = []
    }

    private let configuration: BusConfiguration
    private let hub: GatewayHub
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let state = Mutex(State())
    /// What the gateway says of the policy.
    let policy: PolicySummary

    init(
        _ configuration: BusConfiguration, hub: GatewayHub, policy: PolicySummary, eventLoop: any EventLoop,
        logger: Logger
    ) {
        (self.configuration, self.hub, self.policy) = (configuration, hub, policy)
        (self.eventLoop, self.logger) = (eventLoop, logger)
    }

    /// How often the bus was there.
    var connections: Int { state.withLock { $0.connections } }

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.keepConnected() }
            group.addTask { await self.keepHouse() }
            try? await gracefulShutdown()
            hub.close()
            group.cancelAll()
            state.withLock { $0.connection }?.close()
        }
    }

    private func keepConnected() async {
        var backoff = Backoff(minMilliseconds: 100, maxMilliseconds: 3_000, using: SystemRandomNumberGenerator())
        var told: String?
        while !Task.isCancelled {
            do throws(BusError) {
                let connection = try await BusConnection.open(configuration, on: eventLoop)
                try await read(connection)
                logger.info("the bus is there: \(configuration.host):\(configuration.port)")
                (told, _) = (nil, backoff.reset())
                _ = try? await connection.closed.get()
                logger.warning("the bus is gone: \(connection.endReason ?? "it has ended the connection")")
            } catch {
                if told != error.description { logger.error("\(error)") }
                told = error.description
            }
            hub.setConnected(false)
            state.withLock { $0.connection }?.close()
            state.withLock { $0.connection = nil }
            try? await Task.sleep(for: .milliseconds(backoff.next()))
        }
    }

    private func keepHouse() async {
        while !Task.isCancelled {
            for _ in 0..<10 {
                try? await Task.sleep(for: .milliseconds(100))
                hub.keepHouse()
            }
            await placeAnew()
        }
    }

    // MARK: What comes

    private func read(_ connection: BusConnection) async throws(BusError) {
        do throws(BusError) {
            let stream = try await FleetBus.ensureStreams(connection)
            let last = state.withLock { state in
                if state.created != stream.created {
                    // Another stream, of which nothing was read; what was told on the former is known by its numbers.
                    (state.created, state.last) = (stream.created, Array(repeating: 0, count: BusNames.partitions))
                }
                state.connection = connection
                state.connections += 1
                return state.last
            }
            try await follow(connection, "KV_" + BusNames.nodeBucket, "$KV.\(BusNames.nodeBucket).>", .newest) {
                self.takeNode($0)
            }
            try await follow(connection, "KV_" + BusNames.placeBucket, "$KV.\(BusNames.placeBucket).>", .newest) {
                self.takePlace($0)
            }
            try await follow(connection, "KV_" + BusNames.stateBucket, "$KV.\(BusNames.stateBucket).>", .newest) {
                self.takeState($0)
            }
            for partition in 0..<BusNames.partitions {
                try await follow(
                    connection, BusNames.factStream, BusNames.facts(ofPartition: partition),
                    .sequence(last[partition] + 1)
                ) { message in
                    self.state.withLock { $0.last[partition] = message.sequence }
                    self.takeFact(message.message)
                }
            }
            connection.subscribe(BusNames.allTicks) { self.takeTicks($0) }
            hub.setConnected(true)
            try await waitUntilRead(connection)
            hub.setReady()
        } catch {
            connection.close()
            throw error
        }
    }

    /// Follows a stream, and notes when all is read that was there at the start.
    private func follow(
        _ connection: BusConnection, _ stream: String, _ filter: String, _ start: BusStart,
        _ take: @escaping @Sendable (StreamMessage) -> Void
    ) async throws(BusError) {
        state.withLock { _ = $0.unread.insert(filter) }
        let pending = try await connection.follow(stream, filter: filter, from: start) { message in
            take(message)
            if message.pending == 0 { self.state.withLock { _ = $0.unread.remove(filter) } }
        }
        if pending == 0 { state.withLock { _ = $0.unread.remove(filter) } }
    }

    private func waitUntilRead(_ connection: BusConnection) async throws(BusError) {
        while !state.withLock({ $0.unread.isEmpty }) {
            guard connection.isOpen, !Task.isCancelled else {
                throw BusError(.connection, connection.endReason ?? "the bus has ended the connection")
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private func takeFact(_ message: BusMessage) {
        guard let id = message.header("Nats-Msg-Id"), let origin = Fact.origin(ofMessageID: id),
            let term = message.header("Attune-Term").flatMap({ Int($0) }),
            let after = message.header("Attune-After").flatMap({ Int($0) }),
            let fact = Fact(
                node: origin.node, epoch: origin.epoch, term: term, after: after,
                line: Array(message.payload.readableBytesView))
        else { return unreadable() }
        hub.change { board, milliseconds, at in
            board.take(fact, nowMilliseconds: milliseconds, at: at()).map { [$0] } ?? []
        }
    }

    private func takeTicks(_ message: BusMessage) {
        guard let parcel = TickParcel(message.payload.readableBytesView) else { return unreadable() }
        guard hub.reading({ $0.isAwaited(parcel) }) else {
            return hub.change { board, milliseconds, _ in board.take(parcel, nowMilliseconds: milliseconds) }
        }
        // Unpacked outside the lock.
        guard let (batch, strange) = parcel.open() else { return unreadable() }
        hub.change { board, milliseconds, _ in
            board.counts.unreadable += strange
            return board.take(batch, nowMilliseconds: milliseconds)
        }
    }

    private func takeState(_ message: StreamMessage) {
        guard message.message.header("KV-Operation") == nil else { return }
        guard let record = SessionRecord(message.message.payload.readableBytesView) else { return unreadable() }
        hub.change { board, milliseconds, _ in
            board.take(record, nowMilliseconds: milliseconds)
            return []
        }
    }

    private func takePlace(_ message: StreamMessage) {
        guard let session = Self.key(of: message).flatMap({ BusNames.session(ofToken: $0) }) else {
            return unreadable()
        }
        let isGone = message.message.header("KV-Operation") != nil
        let place = isGone ? nil : FleetBus.place(message.message.payload.readableBytesView)
        guard isGone || place != nil else { return unreadable() }
        hub.change { board, _, _ in
            board.setPlace(place, of: session)
            return []
        }
    }

    private func takeNode(_ message: StreamMessage) {
        guard let name = Self.key(of: message) else { return unreadable() }
        if message.message.header("KV-Operation") != nil {
            return hub.change { board, milliseconds, at in
                board.leave(String(name), nowMilliseconds: milliseconds, at: at())
            }
        }
        guard
            let node = try? JSONDecoder().decode(
                FleetNode.self, from: Data(message.message.payload.readableBytesView)),
            node.name == name
        else { return unreadable() }
        hub.change { board, milliseconds, at in board.hear(node, nowMilliseconds: milliseconds, at: at()) }
    }

    private func unreadable() {
        hub.change { board, _, _ in
            board.counts.unreadable += 1
            return []
        }
    }

    /// The key in the subject `$KV.<bucket>.<key>`.
    private static func key(of message: StreamMessage) -> Substring? {
        let words = message.message.subject.split(separator: ".", maxSplits: 2)
        return words.count == 3 ? words[2] : nil
    }

    // MARK: Places

    /// Where a call goes.
    func place(_ session: String) async throws(Problem) -> PlacedCall {
        guard hub.isReady, let connection = state.withLock({ $0.connection }) else {
            throw Problem(
                status: 503, type: .busUnavailable,
                detail: "the gateway does not reach the bus; try again, or another one")
        }
        let nodes = hub.reading { $0.nodes.alive }
        let place: Place?
        do throws(BusError) { place = try await FleetBus.register(session, among: nodes, on: connection) } catch {
            throw Problem(status: 503, type: .busUnavailable, detail: error.description)
        }
        guard let place else {
            throw Problem(
                status: 503, type: .noNode,
                detail: "no node takes calls: all are over \(Int(Placement.maxLoad * 100)) % of what they can, drain, "
                    + "or are not there; start another one")
        }
        return PlacedCall(
            session: session, node: place.node, url: nodes.first { $0.name == place.node }?.address, term: place.term)
    }

    /// Calls of a node that is lost are to go to others: who asks for them from now on is told so.
    private func placeAnew() async {
        guard hub.isReady, let connection = state.withLock({ $0.connection }) else { return }
        let (displaced, nodes) = hub.reading { ($0.displaced.prefix(256), $0.nodes.alive) }
        guard !nodes.isEmpty else { return }
        for (session, _) in displaced {
            // Whoever does it first has done it for all gateways.
            guard (try? await FleetBus.register(session, among: nodes, on: connection)) != nil else { return }
        }
    }
}
