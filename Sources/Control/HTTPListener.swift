import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
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
    let eventLoopGroup: MultiThreadedEventLoopGroup
    let logger: Logger

    /// Serves until the graceful shutdown, and then what is being answered.
    func run(onRunning: @Sendable () async -> Void) async throws {
        let http = HTTP1Channel(responder: respond, configuration: configuration)
        // As long as it waits here a connection is nobody's; it is taken at once, and there are not many.
        let (connections, arrivals) = AsyncStream.makeStream(of: HTTP1Channel.Value.self)
        let server = try await ServerBootstrap(group: eventLoopGroup)
            // Without descriptors left, accepting pauses instead of spinning.
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { [logger, tls] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let tls else { return }
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                }.flatMap {
                    http.setup(channel: channel, logger: logger)
                }.map { connection in
                    guard case .terminated = arrivals.yield(connection) else { return }
                    // Too late: it has to be ended by whoever has it.
                    Task { try? await connection.executeThenClose { _, _ in } }
                }
            }
            .withBoundSocket(descriptor).get()
        await onRunning()
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await connection in connections { group.addTask { await serve(connection, http) } }
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
