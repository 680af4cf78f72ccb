import Foundation
import Programs
import TestSupport
import Testing

/// Sources that would hold the daemon, or take it down, while others are answered.
@Suite(.waiting) struct HostileSourceTests {
    /// How long an answer may take that comes within 2 s on a machine that has nothing else to do: a test does not fail
    /// by the load of the machine, only where it took as long as the sources may.
    private static let patienceSeconds = 300.0

    @Test func anSDPFileMayBeAnythingAndOthersAreAnswered() throws {
        let daemon = try RunningDaemon()
        let folder = daemon.folder.path
        mkfifo(folder + "/fifo.sdp", 0o600)
        try FileManager.default.createDirectory(atPath: folder + "/folder.sdp", withIntermediateDirectories: false)
        symlink("/dev/zero", folder + "/device.sdp")
        symlink("/dev/tty", folder + "/terminal.sdp")
        for name in ["fifo.sdp", "folder.sdp", "device.sdp", "terminal.sdp", "none.sdp"] {
            let answer = try daemon.attune(
                "attach", "\(folder)/\(name)", "--session", "s", "--speaker", "a", "--consent", "granted")
            #expect(answer.status != 0 && answer.errorLine.contains(name), "\(name): \(answer.errors)")
            #expect(try daemon.attune("sessions").status == 0)
        }
        #expect(daemon.terminate() == 0)
    }

    @Test func descriptorsOfTheDaemonAreNotAttached() throws {
        let daemon = try RunningDaemon()
        let folder = "/proc/\(daemon.process.processIdentifier)/fd"
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: folder)
        for location in descriptors.map({ "pipe:\($0)" }) + ["-", "pipe:", "fd:3", "pipe:999"] {
            let answer = try daemon.attune(
                "attach", "--session", "s", "--speaker", "a", "--consent", "granted", "--", location)
            #expect(answer.status != 0, "\(location)")
        }
        let answer = try run(
            Place.command("attuned"),
            [
                "--check-config", "--config",
                try daemon.folder.file(
                    "pipe.yaml", "sources:\n  protocols: [file, pipe]\n"),
            ])
        #expect(answer.status == 78 && answer.errors.contains("FIFO"))
    }

    /// Sources that are being opened and will never be open, for ever; one of them by a server that never ends its header.
    @Test func whatNeverOpensEndsWithTheDaemon() throws {
        let daemon = try RunningDaemon(
            settings: "sources:\n  open_timeout_s: 300\n  http: [300, 300]\n  tcp: [300, 300]\n")
        let silent = LoopbackServer()
        let endless = LoopbackServer { _, connection in
            connection.send(type: "audio/mpeg")
            let tag = Array("ID3".utf8) + [4, 0, 0, 0, 63, 127, 127] + [UInt8](repeating: 0, count: 1_048_575)
            while connection.send(tag) {}
        }
        mkfifo(daemon.folder.path + "/fifo", 0o600)
        let locations = [
            "tcp://127.0.0.1:\(silent.port)", "http://127.0.0.1:\(silent.port)/x",
            "http://127.0.0.1:\(endless.port)/x.mp3", daemon.folder.path + "/fifo",
        ]
        for (number, location) in locations.enumerated() {
            try daemon.attune(
                "attach", location, "--session", "s\(number)", "--speaker", "a", "--consent", "granted")
        }
        var start = Date()
        #expect(try daemon.attune("detach", "s0").status == 0)
        #expect(Date().timeIntervalSince(start) < Self.patienceSeconds)
        start = Date()
        #expect(daemon.terminate() == 0)
        #expect(Date().timeIntervalSince(start) < Self.patienceSeconds)
        // Nobody is left behind.
        let left = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { process in
            let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
            return status?.contains("PPid:\t\(daemon.process.processIdentifier)\n") == true
        }
        #expect(left == [])
    }

    /// A worker that is killed is opened again, and says why; a daemon that is killed takes its workers with it.
    @Test func workersComeBackAndGoWithTheDaemon() throws {
        let daemon = try RunningDaemon(settings: "sources:\n  reconnect_min_s: 0.1\n")
        let witness = try Subscriber(daemon.eventsPath)
        let station = LoopbackServer { _, connection in
            connection.send(type: "audio/basic")
            connection.send(
                Array(".snd".utf8) + [0, 0, 0, 24, 255, 255, 255, 255, 0, 0, 0, 1, 0, 0, 31, 64, 0, 0, 0, 1])
            while connection.send([UInt8](repeating: 0x55, count: 4_000)) {}
        }
        let answer = try daemon.attune(
            "attach", "http://127.0.0.1:\(station.port)/x.au", "--session", "s", "--speaker", "a", "--consent",
            "granted")
        try #require(answer.status == 0, "\(answer.errors)")
        try witness.wait(for: "media") { $0.type == "source.connected" }
        let worker = try #require(try workers(of: daemon).first)
        kill(worker, SIGKILL)
        let lost = try witness.wait(for: "its end") { $0.type == "source.reconnecting" }
        #expect("\(lost)".contains("ended by signal 9"))
        let count = witness.lines.count
        try witness.wait(for: "media again") { line in
            line.type == "source.connected" && witness.lines.count > count
        }
        let second = try #require(try workers(of: daemon).first)
        kill(daemon.process.processIdentifier, SIGKILL)
        try eventually("the worker goes, too") { kill(second, 0) != 0 }
    }

    private func workers(of daemon: RunningDaemon) throws -> [pid_t] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { process in
            let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
            return status?.contains("PPid:\t\(daemon.process.processIdentifier)\n") == true ? pid_t(process) : nil
        }
    }
}
