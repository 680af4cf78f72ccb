import Control
import ControlAPI
import Events
import Foundation
import Kit
import Publish
import Logging
import Overlay
import Settings
import TestSupport
import Testing

@testable import Daemon

/// What pages of others, and browsers with names that were made to point here, can do: nothing.
@Suite(.waiting) struct BrowserTests {
    @Test func aNameThatWasMadeToPointHereIsRefused() async throws {
        try await withBrowsers({ $0.httpHosts = ["studio.lan"] }) { bench in
            let token = try await bench.token()
            for host in [
                "evil.example", "evil.example:\(bench.port)", "127.0.0.1.evil.example", "localhost.evil.example",
                "127.0.0.2", "[::2]", "", "[", "studio.lan.", "127.0.0.1@evil.example",
            ] {
                let answer = try await bench.ask("/v1/sessions", token: token, host: host)
                #expect([400, 421].contains(answer.status), "\(host): \(answer.head)")
            }
            for host in [
                "127.0.0.1", "127.0.0.1:\(bench.port)", "localhost:9", "LOCALHOST", "[::1]:\(bench.port)",
                "studio.lan:80",
            ] {
                let answer = try await bench.ask("/v1/sessions", token: token, host: host)
                #expect(answer.status == 200, "\(host): \(answer.head)")
            }
            let none = try await bench.ask("/v1/sessions", token: token, host: nil)
            #expect(none.status == 400)
            #expect(bench.refusals.http.counts.contains { $0.reason == .wrongHost && $0.count >= 5 })
        }
    }

    @Test func aPageOfOthersIsRefusedUnlessItIsOnTheList() async throws {
        let listed = "https://crm.example.org"
        try await withBrowsers({ $0.httpOrigins = [listed] }) { bench in
            let token = try await bench.token(write: true)
            let host = "127.0.0.1:\(bench.port)"
            for origin in [
                "https://evil.example", "null", "\(listed).evil.example", "http://crm.example.org", "https://\(host)",
            ] {
                let answer = try await bench.ask(
                    "/v1/sessions", token: token, host: host, headers: ["Origin: \(origin)"])
                #expect(answer.status == 403 && answer.body.contains("wrong_origin"), "\(origin)")
                #expect(answer.header("Access-Control-Allow-Origin").isEmpty)
            }
            let own = try await bench.ask(
                "/v1/sessions", token: token, host: host, headers: ["Origin: http://\(host)"])
            #expect(own.status == 200 && own.header("Access-Control-Allow-Origin").isEmpty)
            let other = try await bench.ask("/v1/sessions", token: token, headers: ["Origin: \(listed)"])
            #expect(other.status == 200 && other.header("Access-Control-Allow-Origin") == [listed])
            #expect(other.header("Vary") == ["Origin"])
            // It is told why it is refused, too.
            let refused = try await bench.ask("/v1/sessions", token: "x", headers: ["Origin: \(listed)"])
            #expect(refused.status == 401 && refused.header("Access-Control-Allow-Origin") == [listed])
        }
    }

    /// Somebody who opens an address reads why it doesn't open, not JSON.
    @Test(arguments: ["/overlay", "/nowhere", "/v1/sessions"])
    func whoOpensARefusedPageReadsASentence(path: String) async throws {
        try await withBrowsers({ _ in }) { bench in
            let read = try await bench.ask(path, token: "ended", headers: ["Accept: text/html,*/*;q=0.8"])
            #expect(read.status == 401 && read.header("Content-Type") == ["text/plain; charset=utf-8"])
            #expect(read.body.contains("attune overlay") && !read.body.contains("{"))
            let parsed = try await bench.ask(path, token: "ended", headers: ["Accept: */*"])
            #expect(parsed.status == 401 && parsed.header("Content-Type") == ["application/problem+json"])
        }
    }

    @Test func whoAsksBeforehandIsToldNothingElse() async throws {
        let listed = "https://crm.example.org"
        try await withBrowsers({ $0.httpOrigins = [listed] }) { bench in
            func ask(_ origin: String, _ path: String) async throws -> BrowserBench.Answer {
                try await bench.ask(
                    path, method: "OPTIONS",
                    headers: [
                        "Origin: \(origin)", "Access-Control-Request-Method: PUT",
                        "Access-Control-Request-Private-Network: true",
                    ])
            }
            for path in ["/v1/sessions/a/speakers/b/consent", "/v1/sessions", "/nothing"] {
                let answer = try await ask(listed, path)
                #expect(answer.status == 204 && answer.body.isEmpty)
                #expect(answer.header("Access-Control-Allow-Origin") == [listed])
                #expect(answer.header("Access-Control-Allow-Methods") == ["GET, HEAD, POST, PUT"])
                #expect(answer.header("Access-Control-Allow-Headers").first?.contains("authorization") == true)
                #expect(answer.header("Access-Control-Allow-Credentials").isEmpty)
            }
            let foreign = try await ask("https://evil.example", "/v1/sessions")
            #expect(foreign.status == 403 && foreign.header("Access-Control-Allow-Methods").isEmpty)
            // What only looks like it needs a token.
            let plain = try await bench.ask("/v1/sessions", method: "OPTIONS", headers: ["Origin: \(listed)"])
            #expect(plain.status == 401)
        }
    }

    /// The page is the program's own, and the policy lets its script run and nothing else.
    @Test func thePageRunsItsOwnScriptAlone() async throws {
        try await withBrowsers({ $0.httpOrigins = ["https://crm.example.org"] }) { bench in
            let token = try await bench.token("a")
            let answer = try await bench.ask("/overlay?token=\(token)&session=a")
            #expect(answer.status == 200 && answer.header("Content-Type") == ["text/html; charset=utf-8"])
            #expect(Array(answer.body.utf8) == OverlayPage.standard.html)
            let policy = try #require(answer.header("Content-Security-Policy").first)
            #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors https://crm.example.org"))
            #expect(policy.contains("script-src \(OverlayPage.standard.scriptSource);"))
            #expect(policy.contains("style-src \(OverlayPage.standard.styleSource);"))
            #expect(!policy.contains("unsafe") && !policy.contains("*"))
            #expect(answer.header("X-Content-Type-Options") == ["nosniff"])
            #expect(answer.header("Referrer-Policy") == ["no-referrer"])
            let head = try await bench.ask("/overlay", method: "HEAD", token: token)
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(head.header("Content-Length") == ["\(answer.body.utf8.count)"])
            #expect(head.header("Content-Security-Policy") == [policy])
        }
        try await withBrowsers { bench in
            let answer = try await bench.ask("/overlay", token: try await bench.token())
            #expect(answer.header("Content-Security-Policy").first?.contains("frame-ancestors 'none'") == true)
        }
    }

    @Test func connectionsOfBrowsersAreBounded() async throws {
        try await withBrowsers(limits: { $0.maxConnections = 4 }) { bench in
            let token = try await bench.token()
            var held: [Connection] = []
            for _ in 0..<4 {
                let stream = try bench.connection("/v1/events", token: token)
                #expect(await stream.read().contains("200 OK"))
                held.append(stream)
            }
            #expect(try await bench.connection("/v1/health", token: token).readToEnd().isEmpty)
            let metrics = await DaemonStatus(
                publisher: bench.publisher, registry: bench.registry,
                store: StoredSessions(Settings().store, Logger(label: "test") { _ in LogMemory() }),
                refusals: bench.refusals
            ).metrics()
            #expect(metrics.contains(#"attune_connections_refused_total{socket="http",reason="too_many"} 1"#))
            #expect(!metrics.contains(token))
            held.removeAll()
        }
    }

    /// A page that was loaded anew has its curve, goes on behind it without a hole, and takes only what it shows.
    @Test func aPageThatIsLoadedAnewGoesOnBehindItsCurve() async throws {
        try await withBrowsers { bench in
            for event in browserSession("a", "anna") { bench.publisher.publish(event) }
            for second in 1...20 { bench.publisher.publish(browserTick("a", "anna", Double(second), score: 30)) }
            let token = try await bench.token("a")
            let fields = "engagement.score,windows.30s.talk_ratio"
            let answer = try await bench.ask(
                "/v1/history?session=a&since_s=5&fields=\(fields)&token=\(token)")
            let body = try #require(
                try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any], "\(answer.body)")
            let speakers = try #require(body["speakers"] as? [[String: Any]])
            let points = try #require(speakers.first?["points"] as? [[Double]])
            #expect(points.map { $0[0] } == [15, 16, 17, 18, 19, 20] && points.allSatisfy { $0[1...] == [30, 0.25] })
            let sequence = try #require(body["seq"] as? Int)
            #expect(sequence == 22 && body["epoch"] as? String == "e1" && body["present_s"] as? Double == 20)
            bench.publisher.publish(browserTick("a", "anna", 21, score: 31))
            let stream = try bench.connection(
                "/v1/events?last_event_id=e1:\(sequence)&fields=\(fields)&token=\(token)")
            let text = try await stream.read(until: #""score":31"#)
            let ticks = text.split(whereSeparator: \.isNewline).filter { $0.contains(#""type":"tick""#) }
            #expect(ticks.count == 1 && !text.contains("snapshot"))
            let tick = try #require(ticks.first)
            #expect(tick.hasSuffix(#""engagement":{"score":31},"windows":{"30s":{"talk_ratio":0.25}}}"#), "\(tick)")
            // The header of a browser that comes back by itself counts more than the address.
            let again = try bench.connection(
                "/v1/events?last_event_id=e1:0", token: token, headers: ["Last-Event-ID: e1:22"])
            let rest = try await again.read(until: #""score":31"#)
            #expect(!rest.contains(#""score":30"#))

            for query in [
                "history?session=a&fields=engagement.scores", "history?session=a&since_s=0",
                "history?session=a&since_s=1e9",
                "events?fields=engagement.scores", "events?last_event_id=e1:x", "history", "history?session=a&x=1",
            ] {
                let answer = try await bench.ask("/v1/\(query)", token: token)
                #expect([400, 422].contains(answer.status), "\(query): \(answer.head)")
                if query.contains("scores") { #expect(answer.body.contains("engagement.score,")) }
            }
            let all = try await bench.token()
            #expect(try await bench.ask("/v1/history?session=b", token: all).status == 404)
            bench.publisher.publish(
                Event(
                    .consent(ConsentChange(state: .withheld, previous: .granted)), session: "a", speaker: "anna",
                    timeSeconds: 22))
            let after = try await bench.ask("/v1/history?session=a", token: token)
            #expect(after.status == 200 && !after.body.contains("anna"))
        }
    }

    /// Also where nothing is stored: what is kept in memory is kept all the same.
    @Test func whoIsForgottenGoesFromTheHistory() async throws {
        try await withBrowsers { bench in
            for event in browserSession("a", "anna") + browserSession("a", "ben").dropFirst() {
                bench.publisher.publish(event)
            }
            for name in ["anna", "ben"] { bench.publisher.publish(browserTick("a", name, 1)) }
            let token = try await bench.token("a")
            let one = try await bench.ask("/v1/history?session=a&speaker=ben", token: token)
            #expect(one.body.contains("ben") && !one.body.contains("anna"))
            let store = ForgettingBackend(
                store: StoredSessions(Settings().store, Logger(label: "test") { _ in LogMemory() }),
                publisher: bench.publisher)
            let problem = await #expect(throws: Problem.self) { try await store.forget(speaker: "anna") }
            #expect(problem?.type == .storeOff)
            let rest = try await bench.ask("/v1/history?session=a", token: token)
            #expect(rest.body.contains("ben") && !rest.body.contains("anna"))
        }
    }
}
