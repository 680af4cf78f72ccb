import Bus
import Control
public import ControlAPI
import Fleet
import Foundation
import NIOCore
import NIOPosix
public import Settings
import Synchronization

/// Registers a call with the fleet of a bus.
///
/// - Throws: `GatewayError`.
public func registerCall(_ session: String, _ settings: Settings.Bus) async throws -> PlacedCall {
    let session = canonicalName(session)
    guard (1...128).contains(session.count) else {
        throw GatewayError(exitCode: 64, message: "a session's name has 1 to 128 characters; mend it")
    }
    guard let bus = BusConfiguration(settings, role: "place") else {
        throw GatewayError(exitCode: 78, message: "bus.url: there is no bus; set it, such as nats://127.0.0.1:4222")
    }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let result: Result<PlacedCall, BusError>
    do throws(BusError) {
        let connection = try await BusConnection.open(bus, on: group.next())
        let nodes = try await FleetBus.nodes(connection)
        guard let place = try await FleetBus.register(session, among: nodes, on: connection) else {
            throw BusError(.server(0), "no node of the fleet takes calls; start one, or wait until one has room")
        }
        let url = nodes.first { $0.name == place.node }?.address
        connection.close()
        result = .success(PlacedCall(session: session, node: place.node, url: url, term: place.term))
    } catch { result = .failure(error) }
    try? await group.shutdownGracefully()
    switch result {
    case .success(let placed): return placed
    case .failure(let error): throw GatewayError(exitCode: 69, message: error.description)
    }
}
