import ControlAPI
import Events
import Foundation
import HTTPTypes
import Hummingbird
import Kit
import Logging
import NIOEmbedded
import Overlay
import Testing

@testable import Control

/// What the control socket offers, and what it must not offer.
@Suite struct RouteTests {
    private struct NoBackend: ControlBackend {
        private var problem: Problem { Problem(status: 500, type: .internalError, detail: "not in this test") }

        func attach(_ request: AttachRequest) async throws(Problem) -> SourceSummary { throw problem }
        func detach(session: String) async throws(Problem) -> SessionTotals { throw problem }
        func detach(session: String, source: String) async throws(Problem) -> DetachedSource { throw problem }
        func setState(
            session: String, source: String, _ request: SourceStateRequest
        ) async throws(Problem) { throw problem }
        func setConsent(session: String, speaker: String, to order: ConsentOrder) async throws(Problem) {
            throw problem
        }
        func caption(session: String, _ request: CaptionRequest) async throws(Problem) -> CaptionSummary {
            throw problem
        }
        func describe(
            session: String, speaker: String, _ request: SpeakerRequest
        ) async throws(Problem) -> SpeakerSummary { throw problem }
        func setCue(session: String, cue: String, _ request: CueStateRequest) async throws(Problem) { throw problem }
        func sessions() async -> [SessionSummary] { [] }
        func policy() async -> PolicySummary {
            PolicySummary(profile: "standard", noticeID: nil, classes: [], retentionDays: nil)
        }
        func reload() async throws(Problem) -> ReloadSummary { throw problem }
    }

    private struct NoStore: StoredBackend {
        private var problem: Problem { Problem(status: 500, type: .internalError, detail: "not in this test") }

        var health: StoreHealth { StoreHealth(state: "off") }
        func stored() async throws(Problem) -> [StoredSummary] { throw problem }
        func stored(id: String) async throws(Problem) -> [UInt8] { throw problem }
        func forget(id: String) async throws(Problem) -> Forgotten { throw problem }
        func forget(speaker: String) async throws(Problem) -> Forgotten { throw problem }
    }

    private struct NoStatus: StatusBackend {
        func isReady() async -> Bool { true }
        func latency() async -> EventLatencySummary { EventLatencySummary(events: 0) }
        func metrics() async -> String { "" }
    }

    private struct NoEvents: EventBackend {
        func events(_ query: EventQuery) async throws(Problem) -> any EventFeed {
            throw Problem(status: 500, type: .internalError, detail: "not in this test")
        }
        func history(_ request: HistoryRequest) async throws(Problem) -> [UInt8] {
            throw Problem(status: 500, type: .internalError, detail: "not in this test")
        }
    }

    private struct NoTokens: TokenBackend {
        private var problem: Problem { Problem(status: 500, type: .internalError, detail: "not in this test") }

        func issue(_ request: TokenRequest) async throws(Problem) -> IssuedToken { throw problem }
        func revoke() async throws(Problem) -> RevokedTokens { throw problem }
    }

    private static func router() -> Router<ControlContext> {
        ControlServer.router(
            version: "0", backend: NoBackend(), store: NoStore(), status: NoStatus(), events: NoEvents(),
            tokens: NoTokens(), bodies: RequestBodies(seconds: 20))
    }

    /// Method and path of every route, with its parameters in the form of the documentation.
    private static let routes = router().routes.map {
        let path = "\($0.path)".replacingOccurrences(of: "{session}", with: "SESSION")
            .replacingOccurrences(of: "{speaker}", with: "NAME")
            .replacingOccurrences(of: "{source}", with: "SOURCE").replacingOccurrences(of: "{id}", with: "ID")
        return "\($0.method.rawValue) \(path)"
    }

    @Test func everyRouteIsDocumentedAndNoOther() throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("docs/control.md"), encoding: .utf8)
        let documented = text.split(separator: "\n").compactMap { line -> String? in
            guard line.hasPrefix("| `"), let end = line.dropFirst(3).firstIndex(of: "`") else { return nil }
            let route = line.dropFirst(3)[..<end]
            return route.contains(" /") ? String(route) : nil
        }
        #expect(documented.sorted() == Self.routes.sorted())
    }

    @Test func theOpenAPIFileHasEveryRouteAndNoOther() throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("docs/openapi.yaml"), encoding: .utf8)
        var described: [String] = []
        var path = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("  /") {
                path = String(line.dropFirst(2).prefix { $0 != ":" })
                    .replacingOccurrences(of: "{session}", with: "SESSION")
                    .replacingOccurrences(of: "{speaker}", with: "NAME")
                    .replacingOccurrences(of: "{source}", with: "SOURCE").replacingOccurrences(of: "{id}", with: "ID")
            } else if let method = ["get", "put", "post", "delete"].first(where: { line == "    \($0):" }) {
                described.append("\(method.uppercased()) \(path)")
            }
        }
        #expect(described.sorted() == Self.routes.sorted())
    }

    /// What browsers find, with its paths in the form of the documentation.
    @Test func everyRouteForBrowsersIsDocumentedAndNoOther() throws {
        let router = BrowserServer.router(
            configuration: BrowserConfiguration(hosts: []), tokens: AccessTokens(), version: "0",
            backend: NoBackend(), store: NoStore(), status: NoStatus(), events: NoEvents(),
            bodies: RequestBodies(seconds: 20), refusals: Refusals { _ in })
        let routes = router.routes.map { route in
            let path = "\(route.path)".replacingOccurrences(of: "{session}", with: "SESSION")
                .replacingOccurrences(of: "{speaker}", with: "NAME").replacingOccurrences(
                    of: "{source}", with: "SOURCE"
                ).replacingOccurrences(of: "{id}", with: "ID")
            return "\(route.method.rawValue) \(path)"
        }
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("docs/overlay.md"), encoding: .utf8)
        let documented = text.split(separator: "\n").compactMap { line -> String? in
            guard line.hasPrefix("| `"), let end = line.dropFirst(3).firstIndex(of: "`") else { return nil }
            let route = line.dropFirst(3)[..<end]
            return route.contains(" /") ? String(route) : nil
        }
        #expect(documented.sorted() == routes.sorted())
    }

    /// The page has one script and one style sheet, whose digests the policy names, and asks nobody else for anything.
    @Test func thePageIsOneFile() throws {
        let html = String(decoding: OverlayPage.standard.html, as: UTF8.self)
        #expect(html.components(separatedBy: "<script").count == 2 && html.components(separatedBy: "<style").count == 2)
        for source in [OverlayPage.standard.scriptSource, OverlayPage.standard.styleSource] {
            #expect(source.hasPrefix("'sha256-") && source.utf8.count == 53, "\(source)")
        }
        let none = OverlayPage(html: Array("<p>".utf8))
        #expect(none.scriptSource == "'none'" && none.styleSource == "'none'")
        // echo -n 'a' | openssl dgst -sha256 -binary | base64
        let small = OverlayPage(html: Array(#"<style>a</style><script type="module">a</script>"#.utf8))
        #expect(small.scriptSource == "'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='")
        #expect(small.styleSource == small.scriptSource)
    }

    /// No route ranks people, sums over them, or knows anybody outside of a session.
    @Test func noRouteComparesPeople() {
        let forbidden = [
            "aggregate", "average", "benchmark", "compare", "group", "history", "leaderboard", "people", "person",
            "profile", "rank", "score", "summary", "team", "trend", "user",
        ]
        // That of one session, which its name must be given for, and which ends with it.
        for route in Self.routes where route != "GET /v1/history" {
            for word in forbidden { #expect(!route.lowercased().contains(word), "\(route)") }
            if route.contains("speaker") { #expect(route.contains("/sessions/SESSION/speakers/NAME"), "\(route)") }
        }
    }

    /// RFC 9110, 15.5.6: who uses the wrong method is told the right ones; a path that there is not is not found.
    @Test(arguments: [
        ("TRACE", "/v1/sessions", 405, "GET, HEAD"), ("PATCH", "/v1/stored?speaker=ana", 405, "DELETE, GET, HEAD"),
        ("GET", "/v1/sessions/a%2Fb/sources", 405, "POST"), ("GET", "/v1/session", 404, nil),
        ("GET", "/v1/sessions/s/sources/1", 405, "DELETE"), ("GET", "/v1/sessions/s/sources/1/x", 404, nil),
        ("GET", "/v1/ready", 200, nil),
        // What is escaped is a part of a name, whatever it means elsewhere; what is no UTF-8 is no name.
        ("DELETE", "/v1/sessions/%FF", 400, nil), ("DELETE", "/v1/sessions/a%C3", 400, nil),
        ("DELETE", "/v1/sessions/%", 400, nil), ("GET", "/v1/stored/%2e%2e%2f%2e%2e%2fsessions", 500, nil),
        ("GET", "/v1/stored/../sessions", 404, nil), ("GET", "/v1/stored/..%2fsessions", 500, nil),
        ("DELETE", "/v1/sessions/a%00b", 500, nil), ("GET", "//v1//ready", 200, nil),
    ])
    func unknownMethodsAreToldTheRightOnes(method: String, path: String, status: Int, allowed: String?) async throws {
        let method = try #require(HTTPRequest.Method(rawValue: method))
        let context = ControlContext(
            source: ApplicationRequestContextSource(channel: NIOAsyncTestingChannel(), logger: Logger(label: "test")))
        let request = Request(
            head: HTTPRequest(method: method, scheme: nil, authority: nil, path: path),
            body: RequestBody(buffer: .init()))
        let response = try await Self.router().buildResponder().respond(to: request, context: context)
        #expect(response.status.code == status)
        #expect(response.headers[.allow] == allowed)
    }
}
