import Hummingbird
import HummingbirdCore
import Kit
public import Logging
import NIOCore
public import NIOPosix
import Overlay
public import ServiceLifecycle

/// The page for browsers and what it asks for: HTTP/1.1 on a TCP port, for those who have a token.
public struct BrowserServer: Service {
    private let listener: HTTPListener

    /// A server on a listening TCP socket.
    ///
    /// - Parameter places: who says where calls go; nil outside of a fleet.
    public init(
        descriptor: CInt, configuration: BrowserConfiguration, tokens: AccessTokens, version: String,
        backend: any ControlBackend, store: any StoredBackend, status: any StatusBackend, events: any EventBackend,
        places: (any PlaceBackend)? = nil, limits: ConnectionLimits, eventLoopGroup: MultiThreadedEventLoopGroup,
        logger: Logger
    ) {
        let connections = ConnectionCount(limits)
        listener = HTTPListener(
            descriptor: descriptor,
            responder: Self.router(
                configuration: configuration, tokens: tokens, version: version, backend: backend, store: store,
                status: status, events: events, bodies: RequestBodies(seconds: limits.bodySeconds),
                refusals: limits.refusals, places: places
            ).buildResponder(),
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [ConnectionGuard(limits, connections)],
                idleTimeout: .seconds(limits.idleSeconds)),
            tls: configuration.tls, hasSockets: true, eventLoopGroup: eventLoopGroup, logger: logger)
    }

    /// Serves until the daemon shuts down.
    public func run() async throws {
        try await listener.run {}
    }

    /// All routes there are: the page, what shows something, and what the people in a call say of themselves.
    static func router(
        configuration: BrowserConfiguration, tokens: AccessTokens, version: String, backend: any ControlBackend,
        store: any StoredBackend, status: any StatusBackend, events: any EventBackend, bodies: RequestBodies,
        refusals: Refusals, places: (any PlaceBackend)? = nil
    ) -> Router<ControlContext> {
        let router = Router(context: ControlContext.self)
        let methods = RouteMethods()
        router.middlewares.add(BrowserHeaders(configuration: configuration))
        router.middlewares.add(ProblemMiddleware(methods: methods))
        router.middlewares.add(BrowserGate(configuration: configuration, tokens: tokens, refusals: refusals))
        let page = ByteBuffer(bytes: configuration.page.html)
        let policy = BrowserHeaders.policy(configuration, page: configuration.page)
        router.get("/overlay") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "text/html; charset=utf-8", .contentSecurityPolicy: policy],
                body: .init(byteBuffer: page))
        }
        ControlServer.addReading(
            to: router, version: version, backend: backend, store: store, status: status, events: events)
        ControlServer.addSaying(to: router, backend, bodies)
        if let places { PlaceRoute.add(to: router, places, bodies) }
        methods.learn(router)
        return router
    }
}
