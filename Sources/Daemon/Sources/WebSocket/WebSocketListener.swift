import Control
import ControlAPI
import Dialects
import Foundation
import Kit
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import Settings
import Synchronization

/// Where senders bring calls by WebSocket. Who has no token of an expected call is answered and closed before anything
/// it sends is read.
final class WebSocketListener: Sendable {
    /// How long is waited for those who say nothing.
    struct Patience: Sendable {
        /// For the request of a connection, seconds.
        var requestSeconds: Int64 = 5
        /// For anything of a sender, an answer to a ping included, seconds.
        var silentSeconds: Int64 = 60
    }

    /// Connections beyond those that sources may have.
    private static let spareConnections = 64

    private let calls: ExpectedCalls
    private let registry: SessionRegistry
    private let refusals: Refusals
    private let logger: Logger
    private let tls: NIOSSLContext?
    private let kilobitsPerSecond: Int
    private let maxConnections: Int
    private let patience: Patience
    private let connections = Atomic<Int>(0)
    private let server = Mutex<(any Channel)?>(nil)

    /// - Throws: `DaemonError` where a file of the configuration can't be used.
    init(
        _ settings: Settings.Sources, calls: ExpectedCalls, registry: SessionRegistry, refusals: Refusals,
        logger: Logger, patience: Patience = Patience()
    ) throws(DaemonError) {
        self.patience = patience
        self.calls = calls
        self.registry = registry
        self.refusals = refusals
        self.logger = logger
        kilobitsPerSecond = settings.maxKilobitsPerSecond
        maxConnections = settings.maximum + Self.spareConnections
        tls = try Self.tls(settings)
    }

    /// TLS, where the configuration has it.
    static func tls(_ settings: Settings.Sources) throws(DaemonError) -> NIOSSLContext? {
        guard let certificate = settings.webSocketCertificate, let key = settings.webSocketKey else { return nil }
        do throws(TLSFilesError) {
            return try BrowserConfiguration.tls(
                certificate: certificate, key: key, setting: "sources.websocket")
        } catch {
            throw DaemonError(exitCode: 78, message: error.description)
        }
    }

    /// Takes connections on a listening socket, which is closed in the end.
    func start(descriptor: CInt, eventLoopGroup: any EventLoopGroup) async throws {
        let channel = try await ServerBootstrap(group: eventLoopGroup)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // What is read at once is bounded, so that who sends ahead of time is slowed in time.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 16 << 10, high: 64 << 10))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.serve(channel) }
            }
            .withBoundSocket(descriptor).get()
        server.withLock { $0 = channel }
    }

    /// Takes no more connections. Those that there are end with their sources.
    func stop() async {
        let channel = server.withLock { $0 }
        try? await channel?.close()
    }

    private func serve(_ channel: any Channel) throws {
        guard connections.add(1, ordering: .relaxed).newValue <= maxConnections else {
            connections.subtract(1, ordering: .relaxed)
            refusals.note(.tooMany)
            channel.close(promise: nil)
            return
        }
        channel.closeFuture.whenComplete { _ in self.connections.subtract(1, ordering: .relaxed) }
        let door = Door()
        let late = channel.eventLoop.scheduleTask(in: .seconds(patience.requestSeconds)) {
            self.refusals.note(.silent)
            channel.close(promise: nil)
        }
        channel.closeFuture.whenComplete { _ in late.cancel() }
        if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: WireConnection.maxMessageBytes, automaticErrorHandling: false,
            shouldUpgrade: { channel, head in
                late.cancel()
                return self.admit(head, channel, door)
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture { try self.connect(channel, door) }
            })
        let refusing = RefusalHandler(door: door, refusals: refusals)
        let name = "refusal"
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withPipeliningAssistance: false,
            withServerUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in context.pipeline.removeHandler(name: name, promise: nil) }
            ), withErrorHandling: true)
        try channel.pipeline.syncOperations.addHandler(refusing, name: name)
    }

    // MARK: The handshake

    /// What has become of a request.
    private final class Door: Sendable {
        struct State {
            var address: DialectAddress?
            var source: WireSource?
            var problem = Problem(
                status: 426, type: .http, detail: "this is no WebSocket request; connect with ws:// or wss://")
        }
        let state = Mutex(State())
    }

    /// The answer to a request for a connection: headers, or nil for a refusal.
    private func admit(
        _ head: HTTPRequestHead, _ channel: any Channel, _ door: Door
    ) -> EventLoopFuture<HTTPHeaders?> {
        let address: DialectAddress
        let request: AttachRequest
        do throws(Problem) {
            (address, request) = try expected(head)
        } catch {
            refusals.note(error.status == 401 ? .badToken : .malformed)
            door.state.withLock { $0.problem = error }
            return channel.eventLoop.makeSucceededFuture(nil)
        }
        // Asterisk asks for a protocol of this name, and goes away without it.
        let offered = head.headers[canonicalForm: "sec-websocket-protocol"]
        let protocols = (offered.first { $0 == "media" } ?? offered.first).map { [String($0)] } ?? []
        let headers = HTTPHeaders(protocols.map { ("Sec-WebSocket-Protocol", $0) })
        let eventLoop = channel.eventLoop
        return eventLoop.makeFutureWithTask { () async -> HTTPHeaders? in
            do throws(Problem) {
                let source = try await self.registry.attach(request, address.dialect, near: eventLoop)
                door.state.withLock { $0 = .init(address: address, source: source, problem: $0.problem) }
                channel.closeFuture.whenComplete { _ in
                    source.connectionEnded(.failed("the connection broke off"))
                }
                return headers
            } catch {
                self.refusals.note(.refused, detail: error.type.rawValue)
                door.state.withLock { $0.problem = error }
                return nil
            }
        }
    }

    /// Which call a request is for.
    private func expected(_ head: HTTPRequestHead) throws(Problem) -> (DialectAddress, AttachRequest) {
        let address: DialectAddress
        do throws(DialectAddressError) { address = try DialectAddress(target: head.uri) } catch {
            throw Problem(status: 404, type: .http, detail: error.description)
        }
        guard let token = address.token ?? Self.token(in: head.headers), token.utf8.count <= 256,
            var request = calls.admit(token, speaker: address.speaker)
        else {
            throw Problem(
                status: 401, type: .badToken,
                detail: "no call is expected under this token: it is unknown, used or over; "
                    + "get one with 'attune expect'")
        }
        request.url = "websocket:" + address.dialect.rawValue
        return (address, request)
    }

    /// The token of a header: that of Bearer, the password of Basic, or the key of AudioHook.
    private static func token(in headers: HTTPHeaders) -> String? {
        if let key = headers.first(name: "x-api-key") { return key }
        guard let value = headers.first(name: "authorization") else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        switch parts[0].lowercased() {
        case "bearer", "token": return String(parts[1])
        case "basic":
            let text = Data(base64Encoded: String(parts[1])).map { String(decoding: $0, as: UTF8.self) } ?? ""
            return text.split(separator: ":", maxSplits: 1).last.map(String.init)
        default: return nil
        }
    }

    private func connect(_ channel: any Channel, _ door: Door) throws {
        let (address, source) = door.state.withLock { ($0.address, $0.source) }
        guard let address, let source else { return channel.close(promise: nil) }
        let reader = DialectReader(
            address.dialect, separateChannels: source.tracks.count, format: address.format)
        try channel.pipeline.syncOperations.addHandler(
            WireConnection(
                source: source, reader: reader, kilobitsPerSecond: kilobitsPerSecond,
                silentSeconds: patience.silentSeconds))
    }

    /// Answers requests that are not let in, and closes.
    private final class RefusalHandler: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let door: Door
        private let refusals: Refusals
        private var isAnswered = false

        init(door: Door, refusals: Refusals) {
            self.door = door
            self.refusals = refusals
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .head(let head) = unwrapInboundIn(data), !isAnswered else { return }
            isAnswered = true
            let problem = door.state.withLock { $0.problem }
            if problem.status == 426 { refusals.note(.malformed) }
            let body = (try? JSONEncoder().encode(problem)) ?? Data()
            var headers = HTTPHeaders([
                ("content-type", "application/problem+json"), ("content-length", "\(body.count)"),
                ("connection", "close"),
            ])
            if problem.status == 401 { headers.add(name: "www-authenticate", value: "Bearer") }
            if problem.status == 426 { headers.add(name: "upgrade", value: "websocket") }
            context.write(
                wrapOutboundOut(
                    .head(
                        HTTPResponseHead(
                            version: head.version, status: .init(statusCode: problem.status), headers: headers))),
                promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            // That the upgrade was refused is answered as the request it was.
            guard !(error is NIOWebSocketUpgradeError) else { return }
            context.close(promise: nil)
        }
    }
}
