import ControlAPI
import Events
import Foundation
import Kit
import Logging
import NIOPosix
import Settings

@testable import Daemon

/// A listener for senders by WebSocket on a port of its own, with the registry behind it.
final class WireBench: Sendable {
    let registry: RegistryBench
    let expectation: CallExpectation
    let refusals: Refusals
    let port: Int
    private let listener: WebSocketListener

    init(_ change: (inout Settings) -> Void = { _ in }) async throws {
        let expectation = CallExpectation(calls: ExpectedCalls(), address: "ws://127.0.0.1")
        self.expectation = expectation
        var sources = Settings().sources
        registry = try RegistryBench(expected: expectation) { settings in
            change(&settings)
            sources = settings.sources
        }
        let log = registry.log
        let logger = Logger(label: "test") { _ in log }
        refusals = Refusals { logger.warning("\($0)") }
        listener = try WebSocketListener(
            sources, calls: expectation.calls, registry: registry.registry, refusals: refusals, logger: logger,
            // The senders of the tests may have to wait for a core.
            patience: WebSocketListener.Patience(requestSeconds: 1_800, silentSeconds: 1_800))
        let (descriptor, port) = try ConnectionListener.listen(host: "127.0.0.1", port: 0, setting: "sources.websocket")
        self.port = port
        try await listener.start(descriptor: descriptor, eventLoopGroup: MultiThreadedEventLoopGroup.singleton)
    }

    func stop() async {
        await listener.stop()
        await registry.registry.shutDown()
    }

    /// Declares a call.
    func expect(
        _ session: String = "s", _ speakers: [String] = ["a"], ttl: Int? = nil, connections: Int? = nil
    ) throws -> ExpectedCall {
        try expectation.expect(
            ExpectRequest(
                session: session,
                speakers: speakers.map { text in
                    let parts = text.split(separator: "=").map(String.init)
                    return .init(speaker: parts[0], source: parts.count > 1 ? parts[1] : nil)
                }, consent: "granted", ttlSeconds: ttl, connections: connections))
    }

    /// Connects to a target.
    func connect(_ target: String, headers: [String] = []) async throws -> WireSender {
        try await WireSender(port: port, target: target, headers: headers)
    }

    /// Whether media of a session has come; what is live now may not be any more when it is looked at.
    func hasBeenLive(_ session: String = "s") -> Bool {
        registry.events.contains { event in
            if case .sourceConnected = event.body { event.session == session } else { false }
        }
    }

    func state(_ session: String = "s") async -> String? {
        await registry.registry.sessions().first { $0.session == session }?.sources.first?.state
    }

    func ends() -> [String] {
        var reasons: [String] = []
        for event in registry.events {
            guard case .sourceEnded(let state) = event.body else { continue }
            reasons.append(state.reason ?? "")
        }
        return reasons
    }
}

/// A sender: what it sends is what it is told to, good or bad.
final class WireSender: Sendable {
    private let connection: Connection
    /// Status line and headers of the answer, with its body where it was refused.
    let answer: String

    var isAccepted: Bool { answer.hasPrefix("HTTP/1.1 101") }

    init(port: Int, target: String, headers: [String]) async throws {
        connection = try Connection(port: port)
        let lines = [
            "GET \(target) HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Extensions: permessage-deflate",
        ]
        connection.send(Array(((lines + headers).joined(separator: "\r\n") + "\r\n\r\n").utf8))
        var text = String(decoding: await connection.readBytes(), as: UTF8.self)
        // A refusal ends with the connection.
        while !text.hasPrefix("HTTP/1.1 101") {
            let more = await connection.readBytes()
            if more.isEmpty { break }
            text += String(decoding: more, as: UTF8.self)
        }
        answer = text
    }

    func send(_ text: String) { frame(1, Array(text.utf8)) }
    func send(_ bytes: [UInt8]) { frame(2, bytes) }

    func frame(_ kind: UInt8, _ data: [UInt8], isFinal: Bool = true) {
        var frame: [UInt8] = [(isFinal ? 0x80 : 0) | kind]
        switch data.count {
        case ..<126: frame.append(0x80 | UInt8(data.count))
        case ..<65_536: frame += [0x80 | 126, UInt8(data.count >> 8), UInt8(data.count & 0xFF)]
        default:
            frame.append(0x80 | 127)
            for shift in stride(from: 56, through: 0, by: -8) { frame.append(UInt8(data.count >> shift & 0xFF)) }
        }
        connection.send(frame + [1, 2, 3, 4] + data.enumerated().map { $1 ^ UInt8($0 % 4 + 1) })
    }

    /// Sends bytes as they are.
    func sendRaw(_ bytes: [UInt8]) { connection.send(bytes) }

    /// What comes next of frames.
    func read() async -> [UInt8] { await connection.readBytes() }

    /// The code and the reason with which the other side closes; nil where it just goes away.
    func closing() async -> (code: Int, reason: String)? {
        var bytes: [UInt8] = []
        while true {
            while let frame = Self.takeFrame(&bytes) {
                guard frame.kind == 8 else { continue }
                guard frame.data.count >= 2 else { return (1_005, "") }
                return (
                    Int(frame.data[0]) << 8 | Int(frame.data[1]),
                    String(decoding: frame.data.dropFirst(2), as: UTF8.self)
                )
            }
            let more = await connection.readBytes()
            if more.isEmpty { return nil }
            bytes += more
        }
    }

    static func takeFrame(_ bytes: inout [UInt8]) -> (kind: UInt8, data: [UInt8])? {
        guard bytes.count >= 2 else { return nil }
        var length = Int(bytes[1] & 0x7F)
        var head = 2
        if length == 126 {
            guard bytes.count >= 4 else { return nil }
            length = Int(bytes[2]) << 8 | Int(bytes[3])
            head = 4
        }
        guard bytes.count >= head + length else { return nil }
        defer { bytes.removeFirst(head + length) }
        return (bytes[0] & 0x0F, Array(bytes[head..<(head + length)]))
    }
}
