import Control
import ControlAPI
import Events
import Foundation
import Publish
import TestSupport
import Testing

@testable import Daemon

/// Events by WebSocket (RFC 6455) are those of the stream of server-sent events, under the same rules.
@Suite(.waiting) struct EventSocketTests {
    /// A frame of the server, which are not masked.
    private struct Frame: Equatable {
        var opcode: UInt8
        var bytes: [UInt8]
        var text: String { String(decoding: bytes, as: UTF8.self) }
        /// Why the server closes.
        var code: Int? { opcode == 8 && bytes.count >= 2 ? Int(bytes[0]) << 8 | Int(bytes[1]) : nil }
    }

    /// A client that has asked for a WebSocket.
    private final class Client {
        let connection: Connection
        private(set) var head = ""
        private var bytes: [UInt8] = []

        init(_ bench: BrowserBench, _ path: String, token: String?, headers: [String] = []) async throws {
            let lines =
                [
                    "GET \(path) HTTP/1.1", "Host: 127.0.0.1", "Connection: Upgrade", "Upgrade: websocket",
                    "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                ] + headers + (token.map { ["Authorization: Bearer \($0)"] } ?? [])
            connection = try Connection(port: bench.port, sending: lines.joined(separator: "\r\n") + "\r\n\r\n")
            while true {
                if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                    head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
                    bytes.removeSubrange(..<end.upperBound)
                    return
                }
                bytes += try await more()
            }
        }

        private func more() async throws -> [UInt8] {
            let read = await connection.readBytes()
            try #require(!read.isEmpty, "the connection ended: \(String(decoding: bytes, as: UTF8.self))")
            return read
        }

        func frame() async throws -> Frame {
            while true {
                if let frame = take() { return frame }
                bytes += try await more()
            }
        }

        private func take() -> Frame? {
            guard bytes.count >= 2 else { return nil }
            var (count, at) = (Int(bytes[1]), 2)
            if count >= 126 {
                let width = count == 126 ? 2 : 8
                guard bytes.count >= 2 + width else { return nil }
                count = bytes[2..<2 + width].reduce(0) { $0 << 8 | Int($1) }
                at += width
            }
            guard bytes.count >= at + count else { return nil }
            let frame = Frame(opcode: bytes[0] & 0x0F, bytes: Array(bytes[at..<at + count]))
            bytes.removeSubrange(..<(at + count))
            return frame
        }

        /// Reads until a frame that is asked for.
        func frame(where isWanted: (Frame) -> Bool) async throws -> Frame {
            while true {
                let frame = try await frame()
                if isWanted(frame) { return frame }
            }
        }

        /// What comes until the server closes the connection.
        func rest() async -> String { String(decoding: bytes, as: UTF8.self) + (await connection.readToEnd()) }

        /// Sends a masked frame, as clients have to.
        func send(_ opcode: UInt8, _ payload: [UInt8]) {
            let mask: [UInt8] = [1, 2, 3, 4]
            let masked = payload.enumerated().map { $1 ^ mask[$0 % 4] }
            connection.send([0x80 | opcode, 0x80 | UInt8(payload.count)] + mask + masked)
        }
    }

    @Test func eventsComeAsMessages() async throws {
        try await withBrowsers { bench in
            for event in browserSession("a", "anna") { bench.publisher.publish(event) }
            let token = try await bench.token("a")
            let client = try await Client(bench, "/v1/events", token: token)
            #expect(client.head.hasPrefix("HTTP/1.1 101 "), "\(client.head)")
            #expect(client.head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "the accepted key of RFC 6455, section 1.3")
            let hello = try await client.frame()
            #expect(hello.opcode == 1 && hello.text.hasPrefix(#"{"v":1,"type":"hello""#), "\(hello.text)")
            let snapshot = try await client.frame()
            #expect(snapshot.text.contains(#""type":"snapshot""#) && snapshot.text.hasSuffix("}"), "\(snapshot.text)")
            bench.publisher.publish(browserTick("a", "anna", 1, score: 30))
            let tick = try await client.frame { $0.text.contains(#""type":"tick""#) }
            #expect(try JSONSerialization.jsonObject(with: Data(tick.bytes)) is [String: Any])

            // Who comes back is told what is new alone.
            bench.publisher.publish(browserTick("a", "anna", 2, score: 31))
            let again = try await Client(
                bench, "/v1/events?last_event_id=e1:3&fields=engagement.score&token=\(token)", token: nil)
            let next = try await again.frame { !$0.text.contains("hello") }
            #expect(next.text.hasSuffix(#""engagement":{"score":31}}"#), "\(next.text)")

            client.send(9, Array("still there?".utf8))
            let pong = try await client.frame { $0.opcode == 10 }
            #expect(pong.text == "still there?")
            client.send(8, [3, 232])
            #expect(try await client.frame { $0.opcode == 8 }.code == 1_000)
            #expect(await client.rest().isEmpty, "nothing comes behind the end")
            try await eventually { bench.publisher.statistics.clients == 1 }
        }
    }

    @Test func whoMayNotIsAnsweredAsOnTheOtherWay() async throws {
        try await withBrowsers { bench in
            let token = try await bench.token("a")
            let cases: [(path: String, token: String?, headers: [String], status: Int)] = [
                ("/v1/events", nil, [], 401), ("/v1/events", "nonsense", [], 401),
                ("/v1/events?session=b", token, [], 403), ("/v1/events?x=1", token, [], 400),
                ("/v1/events", token, ["Origin: http://other.example"], 403),
                // Not a way for events: answered as if nothing else had been asked for.
                ("/v1/health", token, [], 200), ("/v1/nothing", token, [], 404),
            ]
            for (path, token, headers, status) in cases {
                let client = try await Client(bench, path, token: token, headers: headers)
                #expect(client.head.hasPrefix("HTTP/1.1 \(status) "), "\(path): \(client.head)")
            }
            #expect(bench.publisher.statistics.clients == 0)
        }
    }

    /// As programs do that would rather speak HTTP/2.
    @Test func whoAsksForAnotherProtocolIsAnsweredInThisOne() async throws {
        try await withBrowsers { bench in
            let token = try await bench.token()
            let answer = try await bench.ask("/v1/health", token: token, headers: ["Upgrade: h2c"])
            #expect(answer.status == 200)
        }
    }

    @Test func aSocketEndsWithItsToken() async throws {
        try await withBrowsers { bench in
            let client = try await Client(bench, "/v1/events", token: try await bench.token())
            _ = try await client.frame { $0.text.contains("snapshot") }
            #expect(try await bench.access.revoke().revoked == 1)
            #expect(try await client.frame { $0.opcode == 8 }.code == 1_001)
            _ = await client.connection.readToEnd()
            try await eventually { bench.publisher.statistics.clients == 0 }
        }
    }

    /// Messages ask for nothing here; what is no frame at all is ended too.
    @Test(arguments: [
        (1, Array("hello".utf8), 1_008), (2, [0], 1_008), (0, [0], 1_008), (3, [0], 1_002),
    ]) func whoSendsWhatIsNotToldIsClosed(opcode: UInt8, payload: [UInt8], code: Int) async throws {
        try await withBrowsers { bench in
            let client = try await Client(bench, "/v1/events", token: try await bench.token())
            _ = try await client.frame { $0.text.contains("snapshot") }
            client.send(opcode, payload)
            #expect(try await client.frame { $0.opcode == 8 }.code == code)
            _ = await client.connection.readToEnd()
            try await eventually { bench.publisher.statistics.clients == 0 }
        }
    }

    /// Who vanishes without a word leaves nothing.
    @Test func whoGoesAwayGivesThePlaceBack() async throws {
        try await withBrowsers { bench in
            do {
                let client = try await Client(bench, "/v1/events", token: try await bench.token())
                _ = try await client.frame { $0.text.contains("snapshot") }
            }
            try await eventually { bench.publisher.statistics.clients == 0 }
        }
    }

    /// Before the first request there is no handler of HTTP yet.
    @Test func whoSaysNothingIsClosed() async throws {
        try await withBrowsers(limits: { $0.idleSeconds = 1 }) { bench in
            let silent = try Connection(port: bench.port)
            let half = try Connection(port: bench.port, sending: "GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n")
            for connection in [silent, half] { #expect(await connection.readToEnd().isEmpty) }
        }
    }
}
