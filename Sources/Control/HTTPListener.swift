import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import NIOPosix
import NIOSSL
import ServiceLifecycle

/// Serves HTTP/1.1 on a socket that listens already, with its mode and owner, or that a supervisor handed over:
/// Hummingbird's own server can only bind a path.
struct HTTPListener: Sendable {
    let descriptor: CInt
    let responder: RouterResponder<ControlContext>
    let configuration: HTTP1Channel.Configuration
    /// Nil where no TLS is spoken.
    var tls: NIOSSLContext?
    /// Whether who asks for a WebSocket gets one.
    var hasSockets = false
    let eventLoopGroup: MultiThreadedEventLoopGroup
    let logger: Logger

    /// Serves until the graceful shutdown, and then what is being answered.
    func run(onRunning: @Sendable () async -> Void) async throws {
        let http = HTTP1Channel(responder: respond, configuration: configuration)
        // As long as it waits here a connection is nobody's; it is taken at once, and there are not many.
        let (connections, arrivals) = AsyncStream.makeStream(of: Arrival.self)
        @Sendable func take(_ arrival: Arrival) {
            guard case .terminated = arrivals.yield(arrival) else { return }
            // Too late: it has to be ended by whoever has it.
            Task { try? await arrival.refuse() }
        }
        let server = try await ServerBootstrap(group: eventLoopGroup)
            // Without descriptors left, accepting pauses instead of spinning.
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { [logger, tls, hasSockets] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    guard hasSockets else { return }
                    try awaitRequest(channel, take)
                }.flatMap {
                    guard !hasSockets else { return channel.eventLoop.makeSucceededVoidFuture() }
                    return http.setup(channel: channel, logger: logger).map { take(.http($0)) }
                }
            }
            .withBoundSocket(descriptor).get()
        await onRunning()
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await arrival in connections {
                    group.addTask {
                        switch arrival {
                        case .http(let connection): await serve(connection, http)
                        case .socket(let socket): await socket.run()
                        }
                    }
                }
            }
        } onGracefulShutdown: {
            server.close().whenComplete { _ in arrivals.finish() }
        }
    }

    private func serve(_ connection: HTTP1Channel.Value, _ http: HTTP1Channel) async {
        await withGracefulShutdownHandler {
            await http.handle(value: connection, logger: logger)
        } onGracefulShutdown: {
            // Closes it once nothing is being answered.
            connection.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }

    /// What a connection turns out to be with its first request.
    private enum Arrival: Sendable {
        case http(HTTP1Channel.Value)
        case socket(EventSocket)

        func refuse() async throws {
            switch self {
            case .http(let connection): try await connection.executeThenClose { _, _ in }
            case .socket(let socket): try await socket.refuse()
            }
        }
    }

    /// Has the first request of a connection decide what it becomes.
    private func awaitRequest(_ channel: any Channel, _ take: @escaping @Sendable (Arrival) -> Void) throws {
        // What HTTP has its own handler for, from the first request on.
        let late = configuration.idleTimeout.map { timeout in
            channel.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
        }
        channel.closeFuture.whenComplete { _ in late?.cancel() }
        try channel.pipeline.syncOperations.addHandlers(configuration.additionalChannelHandlers())
        let encoder = HTTPResponseEncoder()
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes))
        let door = SocketDoor(
            EventSocket.upgrader(events, Arrival.socket), codecs: [decoder, encoder],
            becomeHTTP: { [configuration, logger] channel in
                let timeout = configuration.idleTimeout.map { Duration($0) }
                try channel.pipeline.syncOperations.addHandlers(
                    HTTP1ToHTTPServerCodec(secure: false),
                    HTTPConnectionStateHandler(idleTimeout: timeout, logger: logger))
                return .http(
                    try NIOAsyncChannel(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true)))
            },
            take: { arrival in
                late?.cancel()
                take(arrival)
            })
        try channel.pipeline.syncOperations.addHandlers(encoder, decoder, door)
    }

    /// Answers a request for a WebSocket.
    private func events(_ request: Request, _ channel: any Channel) async throws -> Response {
        guard request.uri.path == EventRoute.path else { return Response(status: .notFound) }
        var context = ControlContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        context.isSocket = true
        return try await responder.respond(to: request, context: context)
    }

    private func respond(
        _ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel
    ) async throws {
        let context = ControlContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        // A HEAD is what the GET would be, without its body (RFC 9110, section 9.3.2), whatever the route.
        var head = request.head
        if request.method == .head { head.method = .get }
        let asked = Request(head: head, body: request.body)
        var response = try await responder.respond(to: asked, context: context)
        if request.method == .head { response = response.createHeadResponse() }
        response.headers[.date] = Self.date()
        let body = try await writer.writeHead(response.head)
        try await response.body.write(body)
    }

    /// The present in the form of RFC 9110, section 5.6.7.
    private static func date() -> String {
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        // Names of days and months are English, because no locale is ever set.
        return String(unsafeUninitializedCapacity: 64) { buffer in
            buffer.withMemoryRebound(to: CChar.self) {
                strftime($0.baseAddress, $0.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
            }
        }
    }
}
