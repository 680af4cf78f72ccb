public import Fleet
import Foundation
import NIOCore
import Synchronization

/// What a fleet does with its bus: the streams that it needs, and the places of sessions, which everybody changes in
/// one way.
public enum FleetBus {
    /// Attempts to change a key that somebody else changes at the same time.
    private static let maxAttempts = 8

    /// Makes the streams that are not there.
    ///
    /// - Returns: that of the facts.
    public static func ensureStreams(_ connection: BusConnection) async throws(BusError) -> BusStreamState {
        for (bucket, seconds, bytes) in [
            (BusNames.nodeBucket, BusLimits.nodeSeconds, BusLimits.nodeBytes),
            (BusNames.placeBucket, BusLimits.sessionSeconds, BusLimits.sessionBytes),
            (BusNames.stateBucket, BusLimits.sessionSeconds, BusLimits.sessionBytes),
        ] {
            _ = try await connection.ensure(BusStream(bucket: bucket, maxAgeSeconds: seconds, maxBytes: bytes))
        }
        return try await connection.ensure(
            BusStream(
                name: BusNames.factStream, subjects: [BusNames.allFacts], maxAgeSeconds: BusLimits.factSeconds,
                maxBytes: BusLimits.factBytes))
    }

    /// Nodes that hold a lease now.
    public static func nodes(_ connection: BusConnection) async throws(BusError) -> [FleetNode] {
        _ = try await ensureStreams(connection)
        let box = NodeBox()
        let pending = try await connection.follow(
            "KV_" + BusNames.nodeBucket, filter: "$KV.\(BusNames.nodeBucket).>", from: .newest
        ) { box.take($0) }
        while pending > 0, connection.isOpen, !box.isWhole { try? await Task.sleep(for: .milliseconds(5)) }
        return box.nodes
    }

    /// Reads a place; nil for what is none.
    public static func place(_ value: some Collection<UInt8>) -> Place? {
        try? JSONDecoder().decode(Place.self, from: Data(value))
    }

    /// A node has a session.
    ///
    /// - Parameter isNew: as `Place.claim` has it.
    /// - Returns: the term in which it has it; nil where another node has it since.
    public static func claim(
        _ session: String, for node: String, isNew: Bool, on connection: BusConnection
    ) async throws(BusError) -> Int? {
        try await change(session, on: connection) { current in
            switch Place.claim(current, by: node, isNew: isNew) {
            case .held(let place): .done(place.term)
            case .write(let place): .write(place, place.term)
            case .fenced: .done(nil)
            }
        }
    }

    /// A call is registered, or its node is lost.
    ///
    /// - Returns: its place; nil where no node takes calls.
    public static func register(
        _ session: String, among nodes: [FleetNode], on connection: BusConnection
    ) async throws(BusError) -> Place? {
        try await change(session, on: connection) { current in
            guard let place = Place.register(session, current, among: nodes) else { return .done(nil) }
            return place == current ? .done(place) : .write(place, place)
        }
    }

    /// A session is over at a node: its state and its place go, unless another node has it since.
    public static func release(
        _ session: String, of node: String, in term: Int, on connection: BusConnection
    ) async throws(BusError) {
        try await delete(session, in: BusNames.stateBucket, on: connection) { value in
            SessionRecord(value).map { $0.node == node && $0.term <= term } ?? false
        }
        try await delete(session, in: BusNames.placeBucket, on: connection) { value in
            place(value).map { $0.node == node && $0.term <= term } ?? false
        }
    }

    private static func delete(
        _ session: String, in bucket: String, on connection: BusConnection, where isOwn: ([UInt8]) -> Bool
    ) async throws(BusError) {
        let key = BusNames.token(session)
        for _ in 0..<maxAttempts {
            let (value, revision) = try await connection.get(key, in: bucket)
            guard let value, isOwn(value) else { return }
            if try await connection.delete(key, in: bucket, expecting: revision) { return }
        }
    }

    private enum Change<Result> {
        case done(Result)
        case write(Place, Result)
    }

    private static func change<Result>(
        _ session: String, on connection: BusConnection, _ decide: (Place?) -> Change<Result>
    ) async throws(BusError) -> Result {
        let key = BusNames.token(session)
        for _ in 0..<maxAttempts {
            let (value, revision) = try await connection.get(key, in: BusNames.placeBucket)
            switch decide(value.flatMap { place($0) }) {
            case .done(let result): return result
            case .write(let place, let result):
                let json = (try? JSONEncoder().encode(place)) ?? Data()
                let written = try await connection.put(json, key, in: BusNames.placeBucket, expecting: revision)
                if written != nil { return result }
            }
        }
        throw BusError(.server(0), "the place of a session changes all the time; look for two nodes of one name")
    }
}

/// Nodes as they come.
private final class NodeBox: Sendable {
    private let state = Mutex<(nodes: [String: FleetNode], isWhole: Bool)>(([:], false))

    var nodes: [FleetNode] { state.withLock { $0.nodes.values.sorted { $0.name < $1.name } } }
    var isWhole: Bool { state.withLock { $0.isWhole } }

    func take(_ message: StreamMessage) {
        let node = try? JSONDecoder().decode(FleetNode.self, from: Data(message.message.payload.readableBytesView))
        state.withLock { state in
            if let node { state.nodes[node.name] = node }
            if message.pending == 0 { state.isWhole = true }
        }
    }
}
