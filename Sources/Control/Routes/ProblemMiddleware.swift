import ControlAPI
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// Which methods there are on a path, for the answer to one that there is not.
final class RouteMethods: Sendable {
    private let routes = Mutex<[(path: [Substring], method: String)]>([])

    /// Called once all routes are there.
    func learn(_ router: Router<ControlContext>) {
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
struct ProblemMiddleware: RouterMiddleware {
    let methods: RouteMethods

    func handle(
        _ request: Request, context: ControlContext,
        next: (Request, ControlContext) async throws -> Response
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
        return try response(problem, to: request)
    }

    private func unknownRoute(_ request: Request) throws -> Response {
        let route = "\(request.method.rawValue) \(request.uri.path)"
        let allowed = methods.methods(on: request.uri.path).joined(separator: ", ")
        guard !allowed.isEmpty else {
            return try response(
                Problem(status: 404, type: .http, detail: "no such route \(route); see docs/control.md"), to: request)
        }
        var response = try response(
            Problem(status: 405, type: .http, detail: "there is no \(route); use \(allowed)"), to: request)
        response.headers[.allow] = allowed
        return response
    }

    private func response(_ problem: Problem, to request: Request) throws -> Response {
        // Only what a person opens asks for a page: somebody reads it, perhaps over a video.
        if request.headers[.accept]?.contains("text/html") == true {
            return Response(
                status: .init(code: problem.status), headers: [.contentType: "text/plain; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(string: "\(problem.detail)\n")))
        }
        return json(
            ByteBuffer(bytes: try JSONEncoder().encode(problem)), status: .init(code: problem.status),
            type: "application/problem+json")
    }
}
