import Bus
import Events
import Fleet
import Foundation
import Glibc
import Kit
import Logging
import NIOCore
import Publish
import ServiceLifecycle
import Settings
import Synchronization

/// The daemon's way out to the bus of a fleet: reads the journal by a cursor, beside the event socket and the store.
///
/// The ring is what waits while the bus is away: whatever is still in it is said then, and of what is not, how much.
final class NodeLink: Service {
    struct State {
        /// Everything up to this event is with the bus.
        var sequence: Int
        /// The stream of facts that knows it.
        var created: String?
        var connection: BusConnection?
        var isStopping = false
        /// Calls of other nodes that are being taken over.
        var takenCalls = 0
    }

    let name: String
    let counters = BusCounters()
    private let configuration: BusConfiguration
    private let address: String?
    private let publisher: Publisher
    let registry: SessionRegistry
    private let eventLoop: any EventLoop
    let logger: Logger
    let state: Mutex<State>

    /// What has to be with the bus at the end of the daemon has so long.
    private static let stopMilliseconds: Int64 = 2_000
    /// Whoever has lost its name to another node stays away for so long.
    private static let fencedSeconds = 30

    /// - Throws: `DaemonError` where this machine can't be called as it is.
    init?(
        _ settings: Settings.Bus, publisher: Publisher, eventLoop: any EventLoop, logger: Logger,
        registry: SessionRegistry
    ) throws(DaemonError) {
        guard settings.address != nil else { return nil }
        let name = try Self.nodeName(settings)
        guard let configuration = BusConfiguration(settings, role: "node-\(name)") else { return nil }
        (self.name, self.configuration) = (name, configuration)
        self.address = settings.nodeURL
        (self.publisher, self.eventLoop, self.logger, self.registry) = (publisher, eventLoop, logger, registry)
        state = Mutex(State(sequence: 0))
    }

    /// Whether what the settings name can be used, without opening anything.
    static func check(_ settings: Settings.Bus) throws(DaemonError) {
        guard let configuration = BusConfiguration(settings, role: "check") else { return }
        _ = try nodeName(settings)
        do throws(BusError) { try BusConnection.check(configuration) } catch {
            throw DaemonError(exitCode: 78, message: error.description)
        }
    }

    /// What this machine is called in the fleet.
    static func nodeName(_ settings: Settings.Bus) throws(DaemonError) -> String {
        if let node = settings.node { return node }
        var buffer = [CChar](repeating: 0, count: 256)
        gethostname(&buffer, buffer.count - 1)
        let host = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let name = String(host.prefix { $0 != "." })
        guard BusNames.isNodeName(name) else {
            throw DaemonError(
                exitCode: 78,
                message: "bus.node: the host's name '\(name)' can't name a node; give one of letters and digits")
        }
        return name
    }

    /// What another node knew of a session that begins here: who has agreed to what, first of all.
    ///
    /// - Returns: nil where there was none, or the bus does not say in time.
    func before(_ session: String) async -> SessionBefore? {
        guard let connection = openConnection,
            let value = try? await connection.get(BusNames.token(session), in: BusNames.stateBucket, withinSeconds: 1)
                .value,
            let record = SessionRecord(value), record.epoch != publisher.epoch,
            let handOver = record.rest.flatMap({ try? JSONDecoder().decode(HandOver.self, from: Data($0)) })
        else { return nil }
        let last = try? await connection.last(BusNames.facts(of: session), of: BusNames.factStream, withinSeconds: 1)
        let seconds = last.flatMap { EventEnvelope($0.readableBytesView)?.timeSeconds } ?? 0
        logger.notice(
            "the session was on node \(record.node) before; what its people agreed to holds",
            metadata: ["session": "\(session)"])
        return handOver.before(lastSeconds: seconds, now: unixMilliseconds())
    }

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.keepConnected() }
            try? await gracefulShutdown()
            state.withLock { $0.isStopping = true }
            publisher.wakeCursors()
            group.addTask {
                try? await Task.sleep(for: .milliseconds(Self.stopMilliseconds))
                self.state.withLock { $0.connection }?.close()
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// The connection, where it stands.
    var openConnection: BusConnection? { state.withLock { $0.connection }.flatMap { $0.isOpen ? $0 : nil } }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func keepConnected() async {
        var backoff = Backoff(minMilliseconds: 100, maxMilliseconds: 3_000, using: SystemRandomNumberGenerator())
        var told: String?
        while !isStopping, !Task.isCancelled {
            var pause = backoff.next()
            do throws(BusError) {
                let connection = try await BusConnection.open(configuration, on: eventLoop)
                state.withLock { $0.connection = connection }
                defer { connection.close() }
                let stream = try await FleetBus.ensureStreams(connection)
                let lease = try await NodeLease.take(node(calls: publisher.sessions.count), on: connection)
                logger.info("the bus is there: \(configuration.host):\(configuration.port), as node \(name)")
                (told, _) = (nil, backoff.reset())
                counters.note {
                    $0.isConnected = true
                    $0.connections += 1
                }
                let ending = await tell(connection, stream, lease)
                if !isStopping {
                    logger.warning("the bus is gone: \(ending ?? connection.endReason ?? "it has ended")")
                }
                if ending != nil { pause = Self.fencedSeconds * 1_000 }
            } catch {
                if told != error.description { logger.error("\(error)") }
                told = error.description
            }
            counters.note { $0.isConnected = false }
            if isStopping { return }
            await sleep(milliseconds: pause)
        }
    }

    /// Looks meanwhile whether the daemon ends.
    private func sleep(milliseconds: Int) async {
        var left = milliseconds
        while left > 0, !isStopping, !Task.isCancelled {
            let step = min(left, 100)
            try? await Task.sleep(for: .milliseconds(step))
            left -= step
        }
    }

    private func node(calls: Int) async -> FleetNode {
        FleetNode(
            name: name, epoch: publisher.epoch, address: address, load: registry.overload.board.summary.load,
            cores: System.coreCount, calls: calls, isDraining: await !registry.isTakingCalls)
    }

    /// Tells the bus what there is, until the connection ends or the daemon does.
    ///
    /// - Returns: why this node has to stay away; nil where it may come back.
    private func tell(_ connection: BusConnection, _ stream: BusStreamState, _ lease: NodeLease) async -> String? {
        let start = state.withLock { state in
            // Another stream knows nothing: all that is kept is said again, and gateways know what they have.
            let isSame = state.created == stream.created
            state.created = stream.created
            return isSame ? state.sequence : min(state.sequence, max(0, publisher.range.oldest - 1))
        }
        let teller = NodeTeller(
            name: name, publisher: publisher, registry: registry, connection: connection, counters: counters,
            logger: logger, after: start)
        takeMoves(on: connection)
        return await withTaskGroup(of: String?.self) { group in
            group.addTask {
                await teller.run { self.isStopping }
                self.state.withLock { $0.sequence = teller.settled }
                return nil
            }
            group.addTask {
                while connection.isOpen, !self.isStopping {
                    try? await Task.sleep(for: .milliseconds(TickBatch.patienceMilliseconds))
                    if Task.isCancelled { break }
                    await teller.flush()
                }
                return nil
            }
            group.addTask {
                let reason = await self.renew(lease, connection)
                // At the daemon's end the connection stays: there may be something left to tell.
                if let reason { connection.close(because: reason) }
                return reason
            }
            // The teller ends with the connection, and last of all at the end of the daemon.
            var reason: String?
            for await ending in group {
                reason = reason ?? ending
                if !connection.isOpen || teller.isDone {
                    publisher.wakeCursors()
                    connection.close()
                    group.cancelAll()
                }
            }
            return reason
        }
    }

    /// Renews the lease until the connection ends.
    private func renew(_ lease: NodeLease, _ connection: BusConnection) async -> String? {
        var lease = lease
        while connection.isOpen {
            await sleep(milliseconds: Int(NodeBook.renewalMilliseconds))
            if isStopping || Task.isCancelled { return nil }
            do throws(BusError) {
                guard try await lease.renew(node(calls: publisher.sessions.count), on: connection) else {
                    logger.error("another node of this fleet is called '\(name)'; give each its own bus.node")
                    return "its name '\(name)' is another node's"
                }
            } catch {
                connection.close(because: error.description)
                return nil
            }
        }
        return nil
    }
}

/// The lease of this node, as it stands on the bus.
struct NodeLease {
    private var lease: Lease

    private static func now() -> Int64 { HostClock.monotonicNanoseconds() / 1_000_000 }

    /// Takes the lease, from an earlier run of the node where there is one: that one finds out at its next renewal.
    static func take(_ node: FleetNode, on connection: BusConnection) async throws(BusError) -> NodeLease {
        for _ in 0..<8 {
            let asked = now()
            let (_, revision) = try await connection.get(node.name, in: BusNames.nodeBucket)
            if let written = try await put(node, expecting: revision, on: connection) {
                return NodeLease(lease: Lease(revision: written, askedMilliseconds: asked))
            }
        }
        throw BusError(
            .server(0), "the lease of node \(node.name) changes all the time; give each node its own bus.node")
    }

    /// - Returns: false where somebody else has it.
    mutating func renew(_ node: FleetNode, on connection: BusConnection) async throws(BusError) -> Bool {
        let asked = Self.now()
        guard let written = try await Self.put(node, expecting: lease.revision, on: connection) else {
            // It may have run out meanwhile; then the next connection takes it anew.
            guard !lease.isOver(nowMilliseconds: asked) else {
                throw BusError(.connection, "the lease of this node has run out")
            }
            return false
        }
        lease.renew(revision: written, askedMilliseconds: asked)
        return true
    }

    private static func put(
        _ node: FleetNode, expecting revision: UInt64, on connection: BusConnection
    ) async throws(BusError) -> UInt64? {
        let json = (try? JSONEncoder().encode(node)) ?? Data()
        return try await connection.put(json, node.name, in: BusNames.nodeBucket, expecting: revision)
    }
}
