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
        status: any StatusBackend, events: any EventBackend, limits: ConnectionLimits,
        eventLoopGroup: MultiThreadedEventLoopGroup, logger: Logger, onRunning: @escaping @Sendable () async -> Void
    ) {
        let connections = ConnectionCount(limits)
        listener = HTTPListener(
            descriptor: descriptor,
            responder: Self.router(
                version: version, backend: backend, store: store, status: status, events: events,
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
        events: any EventBackend, bodies: RequestBodies
    ) -> Router<BasicRequestContext> {
        let router = Router()
        let methods = RouteMethods()
        router.middlewares.add(ProblemMiddleware(methods: methods))
        router.get("/v1/health") { _, _ in
            try respond(Health(version: version, store: store.health, latency: await status.latency()))
        }
        router.get("/v1/ready") { _, _ in
            let isReady = await status.isReady()
            return try respond(Readiness(ready: isReady), status: isReady ? .ok : .serviceUnavailable)
        }
        router.get("/metrics") { _, _ in
            text(await status.metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
        router.get("/v1/policy") { _, _ in
            try respond(await backend.policy())
        }
        router.get("/v1/sessions") { _, _ in
            try respond(await backend.sessions())
        }
        router.post("/v1/sessions/:session/sources") { request, context in
            let session = try Self.name("session", in: context)
            let wanted = try await bodies.decode(AttachRequest.self, from: request)
            guard canonicalName(wanted.session) == session else {
                throw Problem(
                    status: 400, type: .malformedRequest,
                    detail: "the body names session '\(wanted.session)' and the path '\(session)'; make them equal")
            }
            return try respond(await backend.attach(wanted), status: .created)
        }
        router.post("/v1/reload") { _, _ in
            try respond(await backend.reload())
        }
        router.put("/v1/sessions/:session/speakers/:speaker") { request, context in
            let session = try Self.name("session", in: context)
            let speaker = try Self.name("speaker", in: context)
            let wanted = try await bodies.decode(SpeakerRequest.self, from: request)
            return try respond(await backend.describe(session: session, speaker: speaker, wanted))
        }
        router.put("/v1/sessions/:session/speakers/:speaker/consent") { request, context in
            let session = try Self.name("session", in: context)
            let speaker = try Self.name("speaker", in: context)
            let wanted = try await bodies.decode(ConsentRequest.self, from: request)
            guard let state = ConsentState(rawValue: wanted.consent), state != .unknown else {
                throw Problem(
                    status: 422, type: .consentInvalid,
                    detail: "'\(wanted.consent)' is no consent state; use granted or withheld")
            }
            try await backend.setConsent(session: session, speaker: speaker, to: state)
            return try respond(wanted)
        }
        router.post("/v1/sessions/:session/captions") { request, context in
            let session = try Self.name("session", in: context)
            let wanted = try await bodies.decode(CaptionRequest.self, from: request)
            return try respond(await backend.caption(session: session, wanted))
        }
        router.delete("/v1/sessions/:session") { _, context in
            let session = try Self.name("session", in: context)
            let totals = try await backend.detach(session: session)
            return json(ByteBuffer(bytes: totals.json()), status: .ok)
        }
        router.delete("/v1/sessions/:session/sources/:source") { _, context in
            let session = try Self.name("session", in: context)
            let source = try Self.name("source", in: context)
            let detached = try await backend.detach(session: session, source: source)
            var body = try encoded(detached.source)
            if let totals = detached.totals {
                // The totals come with the writer of the events: they are put in behind the other members.
                body = Data(body.dropLast()) + Data(#","session_ended":"#.utf8) + Data(totals.json()) + Data("}".utf8)
            }
            return json(ByteBuffer(bytes: body), status: .ok)
        }
        router.put("/v1/sessions/:session/sources/:source/state") { request, context in
            let session = try Self.name("session", in: context)
            let source = try Self.name("source", in: context)
            let wanted = try await bodies.decode(SourceStateRequest.self, from: request)
            try await backend.setState(session: session, source: source, wanted)
            return try respond(wanted)
        }
        addRoutes(to: router, store: store)
        EventRoute.add(to: router, events)
        methods.learn(router)
        return router
    }

    private static func addRoutes(to router: Router<BasicRequestContext>, store: any StoredBackend) {
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

    /// A name in the path, with its percent escapes resolved, as names are written.
    private static func name(_ part: String, in context: BasicRequestContext) throws -> String {
        let escaped = try context.parameters.require(part)
        guard let name = escaped.removingPercentEncoding else {
            throw Problem(
                status: 400, type: .malformedRequest,
                detail: "'\(escaped)' is not percent-encoded UTF-8; mend the path")
        }
        return canonicalName(name)
    }
}

private func respond(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
    json(ByteBuffer(bytes: try encoded(value)), status: status)
}

private func encoded(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
}

private func text(_ text: String, type: String) -> Response {
    Response(status: .ok, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(string: text)))
}

private func json(
    _ body: ByteBuffer, status: HTTPResponse.Status, type: String = "application/json"
) -> Response {
    Response(status: status, headers: [.contentType: type], body: .init(byteBuffer: body))
}

/// Which methods there are on a path, for the answer to one that there is not.
private final class RouteMethods: Sendable {
    private let routes = Mutex<[(path: [Substring], method: String)]>([])

    /// Called once all routes are there.
    func learn(_ router: Router<BasicRequestContext>) {
        routes.withLock { $0 = router.routes.map { (Self.split($0.path.description), $0.method.rawValue) } }
    }

    func methods(on path: String) -> [String] {
        let parts = Self.split(path)
        let found = routes.withLock { routes in
            routes.filter { route in
                route.path.count == parts.count && zip(route.path, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
            }.map(\.method)
        }
        // Wherever there is a GET there is a HEAD.
        return found.flatMap { $0 == "GET" ? ["GET", "HEAD"] : [$0] }
    }

    private static func split(_ path: String) -> [Substring] { path.split(separator: "/") }
}

/// Turns every error into problem details (RFC 9457).
private struct ProblemMiddleware: RouterMiddleware {
    let methods: RouteMethods

    func handle(
        _ request: Request, context: BasicRequestContext,
        next: (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        let problem: Problem
        do {
            return try await next(request, context)
        } catch let error as Problem {
            problem = error
        } catch let error as any HTTPResponseError where error.status == .notFound {
            return try unknownRoute(request)
        } catch let error as any HTTPResponseError {
            problem = Problem(status: error.status.code, type: .http, detail: "\(error.status.reasonPhrase)")
        } catch {
            context.logger.error("request failed", metadata: ["error": "\(error)"])
            problem = Problem(status: 500, type: .internalError, detail: "the daemon failed; its log says why")
        }
        return try response(problem)
    }

    private func unknownRoute(_ request: Request) throws -> Response {
        let route = "\(request.method.rawValue) \(request.uri.path)"
        let allowed = methods.methods(on: request.uri.path).joined(separator: ", ")
        guard !allowed.isEmpty else {
            return try response(
                Problem(status: 404, type: .http, detail: "no such route \(route); see docs/control.md"))
        }
        var response = try response(
            Problem(status: 405, type: .http, detail: "there is no \(route); use \(allowed)"))
        response.headers[.allow] = allowed
        return response
    }

    private func response(_ problem: Problem) throws -> Response {
        json(
            ByteBuffer(bytes: try JSONEncoder().encode(problem)), status: .init(code: problem.status),
            type: "application/problem+json")
    }
}
