import Control
import ControlAPI
import Events
import Foundation
import Kit
import Publish
import Logging
import Settings
import TestSupport
import Testing

@testable import Daemon

/// Who may look, for how long, and at what.
@Suite(.waiting) struct TokenTests {
    private static let routes = [
        "/overlay", "/v1/health", "/metrics", "/v1/policy", "/v1/sessions", "/v1/events", "/v1/history?session=a",
        "/v1/stored", "/nothing",
    ]

    @Test func withoutATokenThatHoldsNothingIsAnswered() async throws {
        try await withBrowsers { bench in
            let token = try await bench.token(write: true)
            for route in Self.routes {
                for wrong in [nil, "", "x", String(token.dropLast()), token + "x", token.uppercased()] {
                    let answer = try await bench.ask(route, token: wrong)
                    #expect(answer.status == 401 && answer.body.contains("bad_token"), "\(route) \(answer.head)")
                    #expect(answer.header("WWW-Authenticate") == ["Bearer"])
                    #expect(answer.header("Cache-Control") == ["no-store"])
                }
                let byQuery = try await bench.ask(route + (route.contains("?") ? "&" : "?") + "token=x")
                #expect(byQuery.status == 401, "\(route)")
            }
            let put = try await bench.ask(
                "/v1/sessions/a/speakers/b/consent", method: "PUT", headers: ["Content-Type: application/json"],
                body: "{}")
            #expect(put.status == 401)
            // The header counts, even where the address has one that holds.
            let both = try await bench.ask("/v1/health?token=\(token)", token: "x")
            #expect(both.status == 401)
            let basic = try await bench.ask("/v1/health", headers: ["Authorization: Basic \(token)"])
            #expect(basic.status == 401)
            let counts = Dictionary(uniqueKeysWithValues: bench.refusals.http.counts.map { ($0.reason, $0.count) })
            #expect(counts[.badToken] == UInt64(Self.routes.count * 7 + 3))
        }
    }

    @Test func aTokenOpensByHeaderAndByAddress() async throws {
        try await withBrowsers { bench in
            let token = try await bench.token()
            for route in ["/overlay", "/v1/health", "/v1/policy", "/v1/sessions", "/metrics"] {
                let byHeader = try await bench.ask(route, token: token)
                let byAddress = try await bench.ask(route + "?token=\(token)")
                #expect(byHeader.status == 200 && byAddress.status == 200, "\(route)")
                #expect(byHeader.header("Set-Cookie").isEmpty)
                #expect(!byHeader.body.contains(token) && !byAddress.body.contains(token))
            }
            for route in ["/v1/stored", "/nothing", "/v1/ready"] {
                let answer = try await bench.ask(route + "?token=\(token)")
                #expect(answer.status == 404 && !answer.body.contains(token), "\(route)")
            }
            #expect(!bench.log.text.contains { $0.contains(token) })
        }
    }

    @Test func aTokenOfOneSessionShowsNoOther() async throws {
        try await withBrowsers { bench in
            for name in ["a", "b"] {
                _ = try await bench.registry.attach(
                    AttachRequest(
                        url: "rtp://127.0.0.1:0", session: name,
                        tracks: [AttachRequest.Track(track: nil, speaker: "of-\(name)", role: nil)],
                        consent: "granted", noticeID: nil))
                bench.publisher.publish(browserTick(name, "of-\(name)", 1))
            }
            let token = try await bench.token("a", write: true)
            let sessions = try await bench.ask("/v1/sessions", token: token)
            #expect(sessions.body.contains(#""session":"a""#) && !sessions.body.contains(#""session":"b""#))
            for route in [
                "/v1/events?session=b", "/v1/events?session=a&session=b", "/v1/history?session=b", "/metrics",
            ] {
                let answer = try await bench.ask(route, token: token)
                #expect(answer.status == 403 && answer.body.contains("other_session"), "\(route) \(answer.head)")
            }
            let consent = try await bench.ask(
                "/v1/sessions/b/speakers/of-b/consent", method: "PUT", token: token,
                headers: ["Content-Type: application/json"], body: #"{"consent":"withheld"}"#)
            #expect(consent.status == 403 && consent.body.contains("other_session"))
            let history = try await bench.ask("/v1/history?session=a", token: token)
            #expect(history.status == 200 && history.body.contains("of-a"))

            let stream = try bench.connection("/v1/events?last_event_id=other:0", token: token)
            bench.publisher.publish(browserTick("b", "of-b", 2))
            bench.publisher.publish(browserTick("a", "of-a", 2, score: 77))
            let text = try await stream.read(until: #""score":77"#)
            #expect(text.contains("of-a") && !text.contains("of-b") && !text.contains(#""session":"b""#))
            // The first state shows no other, either.
            let fresh = try bench.connection("/v1/events", token: token)
            let state = try await fresh.read(until: #""type":"snapshot""#)
            #expect(state.contains("of-a") && !state.contains("of-b"))
        }
    }

    @Test func aStreamEndsWithItsToken() async throws {
        try await withBrowsers { bench in
            let short = try await bench.token(seconds: 1)
            let long = try await bench.token()
            let ending = try bench.connection("/v1/events?token=\(short)")
            let revoked = try bench.connection("/v1/events", token: long)
            for stream in [ending, revoked] {
                _ = try await stream.read(until: "snapshot")
            }
            // Nothing is published: the end of the token alone ends it.
            _ = await ending.readToEnd()
            try await eventually { try await bench.ask("/v1/health", token: short).status == 401 }
            #expect(try await bench.ask("/v1/health", token: long).status == 200)
            #expect(try await bench.access.revoke().revoked == 2)
            _ = await revoked.readToEnd()
            #expect(try await bench.ask("/v1/health", token: long).status == 401)
            try await eventually { bench.publisher.statistics.clients == 0 }
        }
    }

    @Test func whatChangesSomethingNeedsTheRightAndIsJSON() async throws {
        try await withBrowsers { bench in
            _ = try await bench.registry.attach(
                AttachRequest(
                    url: "rtp://127.0.0.1:0", session: "a",
                    tracks: [AttachRequest.Track(track: nil, speaker: "anna", role: nil)], consent: "granted",
                    noticeID: nil))
            let reading = try await bench.token()
            let writing = try await bench.token("a", write: true)
            let path = "/v1/sessions/a/speakers/anna/consent"
            let body = #"{"consent":"withheld"}"#
            let json = ["Content-Type: application/json; charset=utf-8"]
            let read = try await bench.ask(path, method: "PUT", token: reading, headers: json, body: body)
            #expect(read.status == 403 && read.body.contains("read_only_token"))
            for type in [[], ["Content-Type: text/plain"], ["Content-Type: application/x-www-form-urlencoded"]] {
                let answer = try await bench.ask(path, method: "PUT", token: writing, headers: type, body: body)
                #expect(answer.status == 415, "\(type)")
            }
            let written = try await bench.ask(path, method: "PUT", token: writing, headers: json, body: body)
            #expect(written.status == 200, "\(written.body)")
            // The rest of the control API is not here, whatever the token.
            for (method, route) in [
                ("POST", "/v1/sessions/a/sources"), ("DELETE", "/v1/sessions/a"), ("POST", "/v1/tokens"),
                ("POST", "/v1/reload"), ("DELETE", "/v1/stored"),
            ] {
                let answer = try await bench.ask(route, method: method, token: writing, headers: json, body: "{}")
                #expect([404, 405].contains(answer.status), "\(method) \(route): \(answer.head)")
            }
            #expect(await bench.registry.sessions().count == 1)
        }
    }

    @Test func tokensAreBoundedAndAskedForWithinBounds() async throws {
        try await withBrowsers { bench in
            for request in [
                TokenRequest(ttlSeconds: 0), TokenRequest(ttlSeconds: 2_592_001), TokenRequest(ttlSeconds: .max),
                TokenRequest(session: ""), TokenRequest(session: String(repeating: "x", count: 129)),
            ] {
                let problem = await #expect(throws: Problem.self) { try await bench.access.issue(request) }
                #expect(problem?.status == 422)
            }
            for _ in 0..<AccessTokens.maxIssued { _ = try await bench.token() }
            let problem = await #expect(throws: Problem.self) { try await bench.access.issue(TokenRequest()) }
            #expect(problem?.status == 429 && problem?.type == .tooManyTokens)
            _ = try await bench.access.revoke()
            let issued = try await bench.access.issue(TokenRequest(session: "a b/\u{e4}".replacing("/", with: "-")))
            #expect(issued.url.hasSuffix("/overlay?token=\(issued.token)&session=a%20b%2D%C3%A4"), "\(issued.url)")
        }
        let off = try BrowserAccess(Settings().sockets, Logger(label: "test") { _ in LogMemory() })
        let problem = await #expect(throws: Problem.self) { try await off.issue(TokenRequest()) }
        #expect(problem?.status == 409 && problem?.type == .httpOff)
    }

    // MARK: The file

    private func withFile(_ text: String, mode: Int = 0o600, _ body: (String) throws -> Void) throws {
        let path = "/tmp/attune-tokens-\(UInt32.random(in: 0 ... .max))"
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        try body(path)
    }

    @Test(arguments: [0o604, 0o644, 0o602, 0o666])
    func aFileThatOthersCanReadIsRefused(mode: Int) throws {
        try withFile("0123456789abcdef\n", mode: mode) { path in
            let error = #expect(throws: TokenFileError.self) { try AccessTokens.read(file: path) }
            let text = error?.description ?? ""
            #expect(text.contains(path) && text.contains("chmod 0600") && !text.contains("0123456789abcdef"))
            var sockets = Settings().sockets
            sockets.http = Settings.ListenAddress(host: "127.0.0.1", port: 0)
            sockets.httpTokens = path
            let refused = #expect(throws: DaemonError.self) { try BrowserAccess.check(sockets) }
            #expect(refused?.exitCode == 78)
        }
    }

    @Test(arguments: [
        "short", "0123456789abcde\u{e4}", "0123456789abcdef session=", "0123456789abcdef session=%FF",
        "0123456789abcdef until=tomorrow", "0123456789abcdef read", "0123456789abcdef write=no",
        String(repeating: "x", count: 257),
    ])
    func aLineThatIsNoTokenIsNamedWithoutIt(line: String) throws {
        try withFile("# a comment\n\n\(line)\n") { path in
            let error = #expect(throws: TokenFileError.self) { try AccessTokens.read(file: path) }
            let text = error?.description ?? ""
            #expect(text.hasPrefix("sockets.http_tokens: \(path):3: ") && !text.contains("0123456789"), "\(text)")
        }
    }

    @Test func whatIsNoFileIsNoFileOfTokens() {
        for path in ["/tmp", "/dev/null", "/nowhere/tokens"] {
            #expect(throws: TokenFileError.self) { try AccessTokens.read(file: path) }
        }
    }

    @Test func aFileIsReadAgainAtAReload() async throws {
        let path = "/tmp/attune-tokens-\(UInt32.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        @Sendable func write(_ text: String) throws {
            try text.write(toFile: path, atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
        let (stays, goes, comes) = ("stays-0123456789", "goes-0123456789ab", "comes-0123456789a")
        try write("\(stays) session=a\r\n\(goes) write # \n".replacing(" # ", with: ""))
        try await withBrowsers({ $0.httpTokens = path }) { bench in
            let old = "until=2020-01-01T00:00:00Z"
            let streams = try [stays, goes].map { try bench.connection("/v1/events", token: $0) }
            for stream in streams { #expect(await stream.read().contains("200 OK")) }
            #expect(try await bench.ask("/v1/history?session=b", token: stays).status == 403)
            try write("\(stays) session=a\n\(comes)\nexpired-0123456789 \(old)\n")
            #expect(try bench.access.reread()())
            #expect(try bench.access.reread()() == false)
            _ = await streams[1].readToEnd()
            #expect(try await bench.ask("/v1/health", token: goes).status == 401)
            #expect(try await bench.ask("/v1/health", token: comes).status == 200)
            #expect(try await bench.ask("/v1/health", token: "expired-0123456789").status == 401)
            // Tokens of the file are not taken back with those that were made.
            _ = try await bench.access.revoke()
            bench.publisher.publish(browserTick("a", "anna", 1, score: 33))
            _ = try await streams[0].read(until: #""score":33"#)
            try write("no token")
            #expect(throws: DaemonError.self) { try bench.access.reread() }
            #expect(try await bench.ask("/v1/health", token: comes).status == 200)
        }
    }
}
