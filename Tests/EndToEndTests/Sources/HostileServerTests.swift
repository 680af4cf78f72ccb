import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// Media servers that answer with what a terminal would obey.
@Suite(.waiting) struct HostileServerTests {
    private static let hostile = "\u{1B}[2J\u{1B}]0;title\u{07}\u{9B}31m\u{202E}gpj\u{2028}"

    @Test(arguments: ["rtsp", "http"])
    func noReasonOfAServerIsObeyed(scheme: String) throws {
        let daemon = try RunningDaemon()
        let server = try RefusingServer(reason: Self.hostile)
        let attached = try daemon.attune(
            "attach", "\(scheme)://127.0.0.1:\(server.port)/\(Self.hostile)", "--session", "s", "--speaker", "ana",
            "--consent", "granted")
        #expect(attached.status != 0 && server.answers > 0)
        #expect(attached.errors.contains("127.0.0.1:\(server.port)"))
        for text in [attached.errors, attached.output, daemon.log] { expectHarmless(text) }
    }

    /// Somebody in the daemon's place.
    @Test(arguments: [["tail"], ["tail", "--pretty"], ["tail", "--validate"], ["top"]])
    func noEventIsObeyed(command: [String]) throws {
        let folder = try TemporaryFolder()
        let state =
            #"{"source":"\#(Self.hostile)","url":"\#(Self.hostile)","state":"ended","reason":"\#(Self.hostile)"}"#
            .replacing("\u{1B}", with: "\\u001b").replacing("\u{07}", with: "\\u0007").dropFirst()
        let joined =
            #""type":"speaker.joined","session":"s","speaker":"\u{9B}2J","role":"\u{202E}","consent":"granted"}"#
        let server = try LineServer(
            folder.path + "/events.sock",
            [
                #"{"v":1,"seq":1,"at":"x","type":"source.ended","session":"s",\#(state)"#,
                #"{"v":1,"seq":2,"at":"x",\#(joined)"#, "\u{1B}[2J no JSON \u{9B}2J",
            ])
        let finished = try run(
            Place.command("attune"), command, environment: ["ATTUNE_RUNTIME_DIR": folder.path])
        withExtendedLifetime(server) {}
        #expect(finished.output.contains("source.ended"), "\(finished.errors)")
        expectHarmless(
            finished.output.replacing(/\u{1B}\[(\?7[lh]|\d+A\u{1B}\[J)/, with: ""))
        expectHarmless(finished.errors)
    }

    private func expectHarmless(_ text: String) {
        let lines = text.split(separator: "\n")
        #expect(lines.allSatisfy(HostileText.isHarmless), "\(text.debugDescription)")
    }
}

/// Sends lines to whoever connects to a Unix socket, and hangs up.
private final class LineServer: Sendable {
    private let listener: Int32

    init(_ path: String, _ lines: [String]) throws {
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let listener = listener
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        try #require(isBound && listen(listener, 4) == 0)
        let hello = #"{"v":1,"type":"hello","seq":0,"at":"x","daemon":"0","epoch":"e","policy":"standard"}"#
        let text = Array(([hello] + lines).joined(separator: "\n").utf8) + [0x0A]
        Thread {
            while true {
                let accepted = accept(listener, nil, nil)
                guard accepted >= 0 else { return }
                _ = send(accepted, text, text.count, Int32(MSG_NOSIGNAL))
                close(accepted)
            }
        }.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }
}

/// Answers whatever comes with a status that says `reason`, on a loopback port of its own.
private final class RefusingServer: Sendable {
    let port: Int
    private let listener: Int32
    private let count = Mutex(0)

    var answers: Int { count.withLock { $0 } }

    init(reason: String) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        try #require(isBound && listen(listener, 16) == 0)
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread { [weak self] in
            while true {
                let accepted = accept(listener, nil, nil)
                guard accepted >= 0 else { return }
                var request = [UInt8](repeating: 0, count: 4_096)
                let got = max(0, recv(accepted, &request, request.count, 0))
                let isRTSP = String(decoding: request[..<got], as: UTF8.self).contains("RTSP/1.0")
                let answer = Array(
                    "\(isRTSP ? "RTSP/1.0" : "HTTP/1.1") 404 \(reason)\r\nCSeq: 1\r\nContent-Length: 0\r\n\r\n".utf8)
                _ = send(accepted, answer, answer.count, Int32(MSG_NOSIGNAL))
                self?.count.withLock { $0 += 1 }
                close(accepted)
            }
        }.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }
}
