import ControlAPI
import HTTPTypes
import Hummingbird
import Kit
import NIOCore
import Overlay

/// Lets nobody in but who comes to the right host, from no foreign page, with a token.
struct BrowserGate: RouterMiddleware {
    let configuration: BrowserConfiguration
    let tokens: AccessTokens
    let refusals: Refusals

    func handle(
        _ request: Request, context: ControlContext, next: (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        try checkHost(request)
        try checkOrigin(request)
        // Who asks whether it may ask can't bring a token, and is told nothing but that.
        if request.method == .options, request.headers[.accessControlRequestMethod] != nil {
            return Response(status: .noContent)
        }
        var context = context
        context.access = try access(request)
        if ![.get, .head, .options, .trace].contains(request.method) { try checkWriting(request, context.access) }
        return try await next(Self.withoutToken(request), context)
    }

    /// A page whose name was made to point here (DNS rebinding) still has its own name as the host.
    private func checkHost(_ request: Request) throws(Problem) {
        guard let authority = request.head.authority else {
            throw Problem(status: 400, type: .malformedRequest, detail: "the header Host is missing; send it")
        }
        guard configuration.hosts.contains(Self.host(of: authority)) else {
            refusals.note(.wrongHost)
            throw Problem(
                status: 421, type: .wrongHost,
                detail: "'\(authority)' is no name of this listener; use its address, or add the name to "
                    + "sockets.http_hosts")
        }
    }

    private func checkOrigin(_ request: Request) throws(Problem) {
        guard let origin = request.headers[.origin] else { return }
        let own = "\(configuration.scheme)://\(request.head.authority ?? "")"
        guard origin.lowercased() == own.lowercased() || configuration.origins.contains(origin) else {
            refusals.note(.wrongOrigin)
            throw Problem(
                status: 403, type: .wrongOrigin,
                detail: "pages of '\(origin)' may not ask; add it to sockets.http_origins")
        }
    }

    private func access(_ request: Request) throws(Problem) -> Access {
        let token: String
        if let header = request.headers[.authorization] {
            let parts = header.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw badToken() }
            token = String(parts[1])
        } else {
            guard let query = request.uri.queryParameters["token"] else { throw badToken() }
            token = String(query)
        }
        guard let access = tokens.access(token) else { throw badToken() }
        return access
    }

    private func badToken() -> Problem {
        refusals.note(.badToken)
        return Problem(
            status: 401, type: .badToken,
            detail: "there is no token that holds in 'Authorization: Bearer' or ?token=; get one with 'attune overlay'")
    }

    private func checkWriting(_ request: Request, _ access: Access) throws(Problem) {
        guard access.mayWrite else {
            throw Problem(
                status: 403, type: .readOnlyToken,
                detail: "this token is for looking only; get one with 'attune overlay --write'")
        }
        // No form of another page can send this type, so that a browser asks before.
        let type = request.headers[.contentType]?.split(separator: ";").first?.lowercased()
        guard request.method == .delete || type?.filter({ $0 != " " }) == "application/json" else {
            throw Problem(
                status: 415, type: .unsupportedMediaType,
                detail: "a body here is application/json; say so in Content-Type")
        }
    }

    /// In small letters, without the port.
    static func host(of authority: String) -> String {
        let end = authority.hasPrefix("[") ? authority.firstIndex(of: "]").map { authority.index(after: $0) } : nil
        return String(authority[..<(end ?? authority.firstIndex(of: ":") ?? authority.endIndex)]).lowercased()
    }

    /// What comes behind does not get to see the token.
    private static func withoutToken(_ request: Request) -> Request {
        guard let path = request.head.path, let mark = path.firstIndex(of: "?") else { return request }
        let parts = path[path.index(after: mark)...].split(separator: "&")
            .filter { $0 != "token" && !$0.hasPrefix("token=") }
        var head = request.head
        head.path = path[..<mark] + (parts.isEmpty ? "" : "?" + parts.joined(separator: "&"))
        return Request(head: head, body: request.body)
    }
}

/// Says with every answer what a browser may do with it.
struct BrowserHeaders: RouterMiddleware {
    let configuration: BrowserConfiguration

    func handle(
        _ request: Request, context: ControlContext, next: (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        func set(_ name: String, _ value: String) {
            if let name = HTTPField.Name(name) { response.headers[name] = value }
        }
        if response.headers[.contentSecurityPolicy] == nil {
            set("Content-Security-Policy", Self.policy(configuration, page: nil))
        }
        set("X-Content-Type-Options", "nosniff")
        set("Referrer-Policy", "no-referrer")
        set("Cross-Origin-Resource-Policy", "same-origin")
        set("Cache-Control", "no-store")
        set("Vary", "Origin")
        if response.status == .unauthorized { set("WWW-Authenticate", "Bearer") }
        if let origin = request.headers[.origin], configuration.origins.contains(origin) {
            set("Access-Control-Allow-Origin", origin)
            if request.method == .options, response.status == .noContent {
                set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT")
                set("Access-Control-Allow-Headers", "authorization, content-type, last-event-id")
                set("Access-Control-Max-Age", "600")
                if request.headers[HTTPField.Name("Access-Control-Request-Private-Network") ?? .origin] == "true" {
                    set("Access-Control-Allow-Private-Network", "true")
                }
            }
        }
        return response
    }

    /// What a document may load, and who may show it in a frame (CSP Level 3).
    static func policy(_ configuration: BrowserConfiguration, page: OverlayPage?) -> String {
        let ancestors = configuration.origins.isEmpty ? "'none'" : configuration.origins.sorted().joined(separator: " ")
        guard let page else { return "default-src 'none'; frame-ancestors \(ancestors)" }
        return "default-src 'none'; script-src \(page.scriptSource); style-src \(page.styleSource); "
            + "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
            + "frame-ancestors \(ancestors)"
    }
}
