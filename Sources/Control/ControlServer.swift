import ControlAPI
import Events
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import NIOPosix
public import ServiceLifecycle
import Synchronization

/// The control API: HTTP/1.1 and JSON on a Unix socket.
public struct ControlServer: Service {
    private let listener: HTTPListener
    private let onRunning: @Sendable () async -> Void

    /// A server on a listening Unix socket, which the caller has opened and removes.
    ///
    /// - Parameter onRunning: called once connections are taken.
    public init(
        descriptor: CInt, version: String, backend: any ControlBackend, store: any StoredBackend,
        status: any StatusBackend, events: any EventBackend, tokens: any TokenBackend, limits: ConnectionLimits,
        eventLoopGroup: MultiThreadedEventLoopGroup, logger: Logger, onRunning: @escaping @Sendable () async -> Void
    ) {
        let connections = ConnectionCount(limits)
        listener = HTTPListener(
            descriptor: descriptor,
            responder: Self.router(
                version: version, backend: backend, store: store, status: status, events: events, tokens: tokens,
                bodies: RequestBodies(seconds: limits.bodySeconds)
            ).buildResponder(),
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [ConnectionGuard(limits, connections)],
                idleTimeout: .seconds(limits.idleSeconds)),
            eventLoopGroup: eventLoopGroup, logger: logger)
        self.onRunning = onRunning
    }

    /// Serves until the daemon shuts down.
    public func run() async throws {
        try await listener.run(onRunning: onRunning)
    }

    /// All routes there are.
    static func router(
        version: String, backend: any ControlBackend, store: any StoredBackend, status: any StatusBackend,
        events: any EventBackend, tokens: any TokenBackend, bodies: RequestBodies
    ) -> Router<ControlContext> {
        let router = Router(context: ControlContext.self)
        let methods = RouteMethods()
        router.middlewares.add(ProblemMiddleware(methods: methods))
        router.get("/v1/ready") { _, _ in
            let isReady = await status.isReady()
            return try respond(Readiness(ready: isReady), status: isReady ? .ok : .serviceUnavailable)
        }
        addReading(to: router, version: version, backend: backend, store: store, status: status, events: events)
        addSaying(to: router, backend, bodies)
        addManaging(to: router, backend, bodies)
        addStored(to: router, store)
        addTokens(to: router, tokens, bodies)
        methods.learn(router)
        return router
    }

    /// What only shows something, on either listener.
    static func addReading(
        to router: Router<ControlContext>, version: String, backend: any ControlBackend, store: any StoredBackend,
        status: any StatusBackend, events: any EventBackend
    ) {
        router.get("/v1/health") { _, _ in
            try respond(Health(version: version, store: store.health, latency: await status.latency()))
        }
        router.get("/metrics") { _, context in
            try context.access.requireAll()
            return text(await status.metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
        router.get("/v1/policy") { _, _ in
            try respond(await backend.policy())
        }
        router.get("/v1/sessions") { _, context in
            try respond(await backend.sessions().filter { context.access.allows(session: $0.session) })
        }
        EventRoute.add(to: router, events)
        HistoryRoute.add(to: router, events)
    }

    /// What opens and ends something, or concerns the whole daemon.
    private static func addManaging(
        to router: Router<ControlContext>, _ backend: any ControlBackend, _ bodies: RequestBodies
    ) {
        router.post("/v1/sessions/:session/sources") { request, context in
            let session = try Self.session(in: context)
            let wanted = try await bodies.decode(AttachRequest.self, from: request)
            guard canonicalName(wanted.session) == session else {
                throw Problem(
                    status: 400, type: .malformedRequest,
                    detail: "the body names session '\(wanted.session)' and the path '\(session)'; make them equal")
            }
            return try respond(await backend.attach(wanted), status: .created)
        }
        router.post("/v1/sessions/:session/expected") { request, context in
            let session = try Self.session(in: context)
            let wanted = try await bodies.decode(ExpectRequest.self, from: request)
            guard canonicalName(wanted.session) == session else {
                throw Problem(
                    status: 400, type: .malformedRequest,
                    detail: "the body names session '\(wanted.session)' and the path '\(session)'; make them equal")
            }
            return try respond(await backend.expect(wanted), status: .created)
        }
        router.delete("/v1/sessions/:session/expected") { _, context in
            try respond(await backend.revokeExpected(session: Self.session(in: context)))
        }
        router.post("/v1/reload") { _, _ in
            try respond(await backend.reload())
        }
        router.post("/v1/drain") { request, _ in
            let wanted = try await bodies.decode(DrainRequest.self, from: request)
            return try respond(await backend.drain(wanted), status: .accepted)
        }
        router.delete("/v1/sessions/:session") { _, context in
            let session = try Self.session(in: context)
            let totals = try await backend.detach(session: session)
            return json(ByteBuffer(bytes: totals.json()), status: .ok)
        }
        router.delete("/v1/sessions/:session/sources/:source") { _, context in
            let session = try Self.session(in: context)
            let source = try Self.name("source", in: context)
            let detached = try await backend.detach(session: session, source: source)
            var body = try encoded(detached.source)
            if let totals = detached.totals {
                // The totals come with the writer of the events: they are put in behind the other members.
                body = Data(body.dropLast()) + Data(#","session_ended":"#.utf8) + Data(totals.json()) + Data("}".utf8)
            }
            return json(ByteBuffer(bytes: body), status: .ok)
        }
    }

    /// What the people in a call say of themselves, or a program that is with them.
    static func addSaying(
        to router: Router<ControlContext>, _ backend: any ControlBackend, _ bodies: RequestBodies
    ) {
        router.put("/v1/sessions/:session/speakers/:speaker") { request, context in
            let session = try Self.session(in: context)
            let speaker = try Self.name("speaker", in: context)
            let wanted = try await bodies.decode(SpeakerRequest.self, from: request)
            return try respond(await backend.describe(session: session, speaker: speaker, wanted))
        }
        router.put("/v1/sessions/:session/speakers/:speaker/consent") { request, context in
            let session = try Self.session(in: context)
            let speaker = try Self.name("speaker", in: context)
            let wanted = try await bodies.decode(ConsentRequest.self, from: request)
            try await backend.setConsent(session: session, speaker: speaker, to: ConsentOrder(wanted))
            return try respond(wanted)
        }
        router.post("/v1/sessions/:session/captions") { request, context in
            let session = try Self.session(in: context)
            let wanted = try await bodies.decode(CaptionRequest.self, from: request)
            return try respond(await backend.caption(session: session, wanted))
        }
        router.put("/v1/sessions/:session/cues/:id") { request, context in
            let session = try Self.session(in: context)
            let cue = try Self.name("id", in: context)
            let wanted = try await bodies.decode(CueStateRequest.self, from: request)
            try await backend.setCue(session: session, cue: cue, wanted)
            return try respond(wanted)
        }
        router.put("/v1/sessions/:session/sources/:source/state") { request, context in
            let session = try Self.session(in: context)
            let source = try Self.name("source", in: context)
            let wanted = try await bodies.decode(SourceStateRequest.self, from: request)
            try await backend.setState(session: session, source: source, wanted)
            return try respond(wanted)
        }
    }

    private static func addStored(to router: Router<ControlContext>, _ store: any StoredBackend) {
        router.get("/v1/stored") { _, _ in
            try respond(await store.stored())
        }
        router.get("/v1/stored/:id") { _, context in
            let id = try Self.name("id", in: context)
            return json(ByteBuffer(bytes: try await store.stored(id: id)), status: .ok)
        }
        router.delete("/v1/stored/:id") { _, context in
            let id = try Self.name("id", in: context)
            return try respond(await store.forget(id: id))
        }
        router.delete("/v1/stored") { request, _ in
            guard let speaker = request.uri.queryParameters["speaker"], !speaker.isEmpty else {
                throw Problem(
                    status: 400, type: .malformedRequest,
                    detail: "whom to forget is missing; add ?speaker=NAME, or /ID for a whole session")
            }
            return try respond(await store.forget(speaker: canonicalName(String(speaker))))
        }
    }

    private static func addTokens(
        to router: Router<ControlContext>, _ tokens: any TokenBackend, _ bodies: RequestBodies
    ) {
        router.post("/v1/tokens") { request, _ in
            let wanted = try await bodies.decode(TokenRequest.self, from: request)
            return try respond(await tokens.issue(wanted), status: .created)
        }
        router.delete("/v1/tokens") { _, _ in
            try respond(await tokens.revoke())
        }
    }

    /// The session in the path, which whoever asks may be kept from.
    private static func session(in context: ControlContext) throws -> String {
        let session = try name("session", in: context)
        try context.access.require(session: session)
        return session
    }

    /// A name in the path, with its percent escapes resolved, as names are written.
    private static func name(_ part: String, in context: ControlContext) throws -> String {
        let escaped = try context.parameters.require(part)
        guard let name = escaped.removingPercentEncoding else {
            throw Problem(
                status: 400, type: .malformedRequest,
                detail: "'\(escaped)' is not percent-encoded UTF-8; mend the path")
        }
        return canonicalName(name)
    }
}
