import Bus
import Control
import ControlAPI
import Events
import Fleet
import Foundation
import Kit
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
public import Settings
import UnixSignals

/// Why a gateway did not start.
public struct GatewayError: Error, Sendable {
    /// Exit code after sysexits.
    public let exitCode: Int32
    /// One line: what is wrong and what to do.
    public let message: String
}

/// Runs a gateway until SIGTERM or SIGINT.
///
/// - Throws: `GatewayError` where it can't start.
public func runGateway(_ settings: Settings) async throws {
    guard let bus = BusConfiguration(settings.bus, role: "gateway") else {
        throw GatewayError(
            exitCode: 78, message: "bus.url: a gateway needs a bus; set it, such as nats://127.0.0.1:4222")
    }
    guard let address = settings.sockets.http else {
        throw GatewayError(
            exitCode: 78, message: "sockets.http: a gateway needs an address; set it, such as 127.0.0.1:8480")
    }
    let logger = Logger(label: "gateway")
    let browsers = try browserConfiguration(settings.sockets, address)
    let tokens = AccessTokens()
    if let file = settings.sockets.httpTokens {
        do throws(TokenFileError) { tokens.setFiled(try AccessTokens.read(file: file)) } catch {
            throw GatewayError(exitCode: 78, message: error.description)
        }
    } else {
        logger.warning("no token lets anybody in; name a file of tokens in sockets.http_tokens")
    }
    let listening: (descriptor: Int32, port: Int)
    do throws(TCPListener.Failure) {
        listening = try TCPListener.open(host: address.host, port: address.port)
    } catch {
        throw GatewayError(
            exitCode: 69,
            message:
                "sockets.http: cannot listen on \(address.host):\(address.port) (\(error.reason)); choose a free port")
    }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: min(System.coreCount, 4))
    let hub = GatewayHub(
        ringMilliseconds: Int64(settings.events.ringSeconds) * 1_000, maxClients: settings.events.maxClients)
    let policy = PolicySummary(
        profile: settings.policy.profile, noticeID: settings.policy.noticeID, classes: [], retentionDays: nil)
    let link = GatewayLink(bus, hub: hub, policy: policy, eventLoop: group.next(), logger: Logger(label: "bus"))
    let backend = GatewayBackend(hub: hub, link: link)
    let limits = ConnectionLimits(
        allowsPeer: { _ in true }, stallSeconds: Double(settings.events.clientStallMilliseconds) / 1_000,
        // Beside those that follow events, some that ask once.
        maxConnections: settings.events.maxClients + 64, refusals: Refusals { logger.warning("connections \($0)") })
    let server = BrowserServer(
        descriptor: listening.descriptor, configuration: browsers, tokens: tokens, version: attuneVersion,
        backend: backend, store: backend, status: backend, events: backend, places: backend, limits: limits,
        eventLoopGroup: group, logger: Logger(label: "http"))
    logger.info("gateway \(attuneVersion) on \(browsers.scheme)://\(address.urlHost):\(listening.port)/overlay")
    var configuration = ServiceGroupConfiguration(
        services: [.init(service: link), .init(service: server)],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: Logger(label: "services"))
    configuration.maximumGracefulShutdownDuration = .seconds(5)
    try await ServiceGroup(configuration: configuration).run()
    try await group.shutdownGracefully()
}

/// Who may ask the listener, and whether it speaks TLS.
private func browserConfiguration(
    _ sockets: Settings.Sockets, _ address: Settings.ListenAddress
) throws(GatewayError) -> BrowserConfiguration {
    var configuration = BrowserConfiguration(
        hosts: BrowserConfiguration.loopbackHosts.union(sockets.httpHosts), origins: Set(sockets.httpOrigins))
    if !address.isWildcard { configuration.hosts.insert(address.urlHost.lowercased()) }
    if let certificate = sockets.httpCertificate, let key = sockets.httpKey {
        do throws(TLSFilesError) {
            configuration.tls = try BrowserConfiguration.tls(certificate: certificate, key: key)
        } catch {
            throw GatewayError(exitCode: 78, message: error.description)
        }
    }
    return configuration
}
