import Foundation
import Programs
import TestSupport
import Testing

/// Start, end, and what is left of either.
@Suite(.waiting) struct LifeTests {
    @Test func aSocketLeftByACrashIsReplacedAndALiveOneIsNot() throws {
        let folder = try TemporaryFolder()
        var crashed: RunningDaemon? = try RunningDaemon(folder: folder)
        kill(try #require(crashed).process.processIdentifier, SIGKILL)
        crashed?.process.waitUntilExit()
        crashed = nil
        #expect(FileManager.default.fileExists(atPath: folder.path + "/events.sock"))

        let daemon = try RunningDaemon(folder: folder)
        let second = try run(Place.command("attuned"), ["--config", daemon.config])
        #expect(second.status == 69)
        #expect(second.errors.contains("already answers"), "\(second.errors)")
        let sessions = try daemon.attune("sessions")
        #expect(sessions.status == 0, "the first one is not disturbed, but says: \(sessions.errors)")
        #expect(daemon.terminate() == 0)
    }

    /// Whatever it ended by: the sender goes on sending, and who took consent back has not given it.
    @Test(arguments: [SIGKILL, SIGTERM])
    func callsGoOnWhenTheDaemonIsStartedAnew(signal: Int32) throws {
        let folder = try TemporaryFolder()
        let former = try RunningDaemon(folder: folder)
        let url = try former.attachRTP(session: "one", speaker: "a")
        _ = try former.attachRTP(session: "one", speaker: "b")
        #expect(try former.attune("consent", "one", "b", "withdraw").status == 0)
        kill(former.process.processIdentifier, signal)
        former.process.waitUntilExit()

        let daemon = try RunningDaemon(folder: folder)
        try eventually("both are attached again") {
            let sessions = try daemon.attune("sessions")
            return sessions.output.contains(url) && sessions.output.components(separatedBy: "rtp://").count == 3
        }
        let subscriber = try Subscriber(daemon.eventsPath)
        let snapshot = try subscriber.wait(for: "snapshot") { $0.type == "snapshot" }
        let text = String(
            decoding: try JSONSerialization.data(withJSONObject: snapshot, options: .sortedKeys), as: UTF8.self)
        #expect(text.contains(#""consent":"withheld","speaker":"b""#), "\(text)")
        #expect(daemon.log.contains("2 of 2 sources from before the restart are attached again"), "\(daemon.log)")
        #expect(try daemon.attune("detach", "one").status == 0)
        #expect(daemon.terminate() == 0)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!left.contains { $0.hasPrefix("calls.json") }, "\(left)")
    }

    /// What can't be opened last leaves nothing behind of what was opened before.
    @Test func aStartThatFailsLeavesNoSocket() throws {
        let taken = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        defer { close(taken) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port: Int = try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try #require(bind(taken, $0, size) == 0 && listen(taken, 1) == 0 && getsockname(taken, $0, &size) == 0)
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
        let folder = try TemporaryFolder()
        for sources in [
            "  audiosocket: 127.0.0.1:\(port)\n  pcm_socket: \(folder.path)/pcm.sock\n",
            "  pcm_socket: \(folder.path)/nowhere/pcm.sock\n",
        ] {
            let config = try folder.file(
                "attune.yaml",
                "sockets:\n  events: \(folder.path)/e.sock\n  control: \(folder.path)/c.sock\nsources:\n" + sources)
            let failed = try run(Place.command("attuned"), ["--config", config])
            #expect(failed.status == 69, "\(failed.errors)")
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sock") }
            #expect(left == [])
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func signalsEndEverythingInOrder(signal: Int32) throws {
        let daemon = try RunningDaemon()
        _ = try daemon.attachRTP(session: "one", speaker: "a")
        _ = try daemon.attachRTP(session: "two", speaker: "a")
        let subscriber = try Subscriber(daemon.eventsPath)
        try subscriber.wait(for: "snapshot") { $0.type == "snapshot" }
        kill(daemon.process.processIdentifier, signal)
        daemon.process.waitUntilExit()
        #expect(daemon.process.hasExited && daemon.process.terminationStatus == 0, "\(daemon.log)")
        try eventually("the socket is closed") {
            try subscriber.poll()
            return subscriber.isClosed
        }
        let ended = subscriber.lines.filter { $0.type == "session.ended" }.compactMap { $0["session"] as? String }
        #expect(ended == ["one", "two"])
        #expect(!FileManager.default.fileExists(atPath: daemon.eventsPath))
        #expect(!FileManager.default.fileExists(atPath: daemon.controlPath))
    }

    @Test func theDoctorTellsWhatIsThereAndWhatIsNot() throws {
        let daemon = try RunningDaemon()
        let healthy = try daemon.attune("doctor")
        #expect(healthy.status == 0, "\(healthy.output)")
        for part in ["libavformat", "speech detector: ", "daemon: answers", "hello"] {
            #expect(healthy.output.contains(part), "\(part) is not in: \(healthy.output)")
        }
        #expect(daemon.terminate() == 0)
        let sick = try daemon.attune("doctor")
        #expect(sick.status == 69)
        #expect(sick.output.contains("FAIL daemon") && sick.output.contains("FAIL events"), "\(sick.output)")
    }

    @Test func socketsHaveTheModeOfTheConfiguration() throws {
        let daemon = try RunningDaemon()
        for path in [daemon.eventsPath, daemon.controlPath] {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o660, "\(path)")
        }
    }

    @Test func theServiceManagerIsTold() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/notify"
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        let config = try folder.file(
            "attune.yaml", "sockets:\n  events: \(folder.path)/e.sock\n  control: \(folder.path)/c.sock\n")
        let process = try start(
            Place.command("attuned"), ["--config", config], environment: ["NOTIFY_SOCKET": path], logs: folder.path)
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        // Ready once, and alive again and again; under load the one may come before the other.
        let alive = "WATCHDOG=1\nSTATUS=0 sessions, 0 sources"
        var told: [String] = []
        while !told.contains("READY=1") || told.count(where: { $0 == alive }) < 2 {
            var buffer = [UInt8](repeating: 0, count: 256)
            let count = recv(socket, &buffer, buffer.count, 0)
            told.append(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self))
        }
        #expect(Set(told) == ["READY=1", alive] && told.count { $0 == "READY=1" } == 1, "\(told)")
    }

    @Test func theUnitFilesAreClean() throws {
        let analyze = URL(fileURLWithPath: "/usr/bin/systemd-analyze")
        guard FileManager.default.isExecutableFile(atPath: analyze.path) else {
            print("skipped: systemd-analyze is not installed")
            return
        }
        let folder = try TemporaryFolder()
        let unit = try String(
            contentsOf: Place.root.appendingPathComponent("systemd/attuned.service"), encoding: .utf8)
        #expect(unit.contains("Type=notify"))
        // The binary is not installed here: the unit is checked with the one that was built.
        let path = try folder.file(
            "attuned.service",
            unit.replacingOccurrences(of: "/usr/bin/attuned", with: Place.command("attuned").path))
        let sockets = try folder.file(
            "attuned.socket",
            try String(contentsOf: Place.root.appendingPathComponent("systemd/attuned.socket"), encoding: .utf8))
        let finished = try run(analyze, ["verify", path, sockets])
        #expect(finished.status == 0)
        #expect(finished.errors.isEmpty, "\(finished.errors)")
        // In tenths: what it lets through, as systemd counts it.
        let exposed = try run(analyze, ["security", "--offline=yes", "--no-pager", "--threshold=13", path])
        #expect(exposed.status == 0, "\(exposed.output.suffix(200))")
    }
}
