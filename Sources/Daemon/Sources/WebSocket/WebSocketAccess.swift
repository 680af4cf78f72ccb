import Glibc
import Kit
import Logging
import NIOCore
import Settings

/// The listener for senders by WebSocket as far as the configuration wants one: its port, and the calls it may bring.
struct WebSocketAccess: Sendable {
    let expectation: CallExpectation
    private let descriptor: CInt
    private let settings: Settings.Sources

    /// Opens the port.
    ///
    /// - Returns: nil where the configuration wants none.
    /// - Throws: `DaemonError` where it can't be opened.
    static func open(_ settings: Settings.Sources, _ logger: Logger) throws(DaemonError) -> WebSocketAccess? {
        guard let address = settings.webSocket else { return nil }
        let (descriptor, port) = try ConnectionListener.listen(
            host: address.host, port: address.port, setting: "sources.websocket")
        let scheme = settings.webSocketCertificate == nil ? "ws" : "wss"
        let host = address.isWildcard ? (address.host == "::" ? "[::1]" : "127.0.0.1") : address.urlHost
        let url = settings.webSocketURL ?? "\(scheme)://\(host):\(port)"
        logger.info("calls by WebSocket are taken on \(address.urlHost):\(port); senders connect to \(url)")
        return WebSocketAccess(
            expectation: CallExpectation(calls: ExpectedCalls(), address: url), descriptor: descriptor,
            settings: settings)
    }

    /// Begins to take connections.
    ///
    /// - Throws: `DaemonError` where a file of the configuration can't be used; the port is closed then.
    func listener(
        registry: SessionRegistry, refusals: Refusals, eventLoopGroup: any EventLoopGroup, logger: Logger
    ) async throws -> WebSocketListener {
        let listener: WebSocketListener
        do throws(DaemonError) {
            listener = try WebSocketListener(
                settings, calls: expectation.calls, registry: registry, refusals: refusals, logger: logger)
        } catch {
            close(descriptor)
            throw error
        }
        try await listener.start(descriptor: descriptor, eventLoopGroup: eventLoopGroup)
        return listener
    }
}
