import Foundation
import Programs
import TestSupport
import Testing

/// `attune tail --validate` on what the daemon sends, and on what it never would.
@Suite(.waiting) struct ValidateTests {
    @Test func whatTheDaemonSendsIsValid() throws {
        let daemon = try RunningDaemon(settings: "policy:\n  profile: eu-work\n")
        let media = daemon.folder.path + "/a.wav"
        let made = try run(
            ffmpeg, ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono:d=2.5", media])
        try #require(made.status == 0, "\(made.errors)")
        let logs = try TemporaryFolder()
        let tail = try start(
            Place.command("attune"),
            ["tail", "--validate", "--session", "call", "--until-end", "--runtime-dir", daemon.folder.path],
            logs: logs.path)
        defer { tail.terminate() }
        let output = logs.path + "/out"
        try eventually("tail is connected") {
            try String(contentsOfFile: output, encoding: .utf8).contains("snapshot")
        }
        let answer = try daemon.attune(
            "attach", media, "--session", "call", "--speaker", "ana:rep", "--consent", "granted")
        #expect(answer.status == 0, "\(answer.errors)")
        tail.waitUntilExit()
        #expect(tail.terminationStatus == 0)
        #expect(try String(contentsOfFile: logs.path + "/err", encoding: .utf8).isEmpty)
        #expect(try String(contentsOfFile: output, encoding: .utf8).contains(#""type":"tick""#))
    }

    @Test func anInvalidLineIsNamedWithItsField() throws {
        let folder = try TemporaryFolder()
        let lines = [
            #"{"v":1,"type":"hello","seq":0,"at":"x","daemon":"0","epoch":"e","policy":"standard"}"#,
            #"{"v":1,"type":"heartbeat","seq":1,"at":"x","sessions":1,"subscribers":-1}"#,
            #"{"v":1,"type":"heartbeat","seq":2,"at":"x","sessions":1,"subscribers":1}"#,
            #"{"v":1,"type":"mood.swing","seq":3,"at":"x"}"#,
            "no JSON",
        ]
        let server = try FakeServer(path: folder.path + "/events.sock", text: lines.joined(separator: "\n") + "\n")
        defer { server.stop() }
        let finished = try run(
            Place.command("attune"), ["tail", "--validate"], environment: ["ATTUNE_RUNTIME_DIR": folder.path])
        #expect(finished.status == 65)
        #expect(finished.output == lines.joined(separator: "\n") + "\n", "every line is printed all the same")
        #expect(
            finished.errors.split(separator: "\n") == [
                "attune: invalid: heartbeat 1: /subscribers is -1, below 0",
                "attune: invalid: mood.swing 3: /type is 'mood.swing', for which there is no schema",
                "attune: invalid: a line: the line is no JSON: expected null at byte 0",
                "attune: 3 invalid lines; check that attune and the daemon have the same version",
            ])
    }
}

/// A Unix socket that sends a text to the first who connects, and hangs up.
private final class FakeServer: Sendable {
    private let listener: Int32

    init(path: String, text: String) throws {
        let listener = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        self.listener = listener
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(listener, 1) == 0)
        Thread.detachNewThread {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { return }
            let bytes = Array(text.utf8)
            _ = send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            close(client)
        }
    }

    /// Ends the wait for a client that did not come.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }
}
