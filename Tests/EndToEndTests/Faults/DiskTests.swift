import Foundation
import Glibc
import Programs
import TestSupport
import Testing

private let env = URL(fileURLWithPath: "/usr/bin/env")
private let canMount = (try? run(env, ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/tmp"]))?.status == 0

/// A real file system that is full or can't be written to, below all that the daemon keeps.
@Suite(.waiting, .enabled(if: canMount, "mounting wants root")) struct DiskTests {
    private let folder: TemporaryFolder
    private let senderLogs: TemporaryFolder
    /// Where the file system is, for the daemon alone.
    private var disk: String { folder.path + "/disk" }

    init() throws {
        (folder, senderLogs) = (try TemporaryFolder(), try TemporaryFolder())
        try FileManager.default.createDirectory(atPath: folder.path + "/disk", withIntermediateDirectories: false)
    }

    private var settings: String {
        """
        store: {path: \(disk)/attune.db}
        ledger: {path: \(disk)/consent.ndjson}
        state: {path: \(disk)/calls.json}

        """
    }

    /// What starts a command on a file system of its own, of two megabytes.
    private func wrapper(_ options: String) -> [String] {
        [
            "unshare", "--mount", "sh", "-c",
            "mount -t tmpfs -o size=2m,mode=700,\(options) tmpfs \"$0\" && exec \"$@\"", disk,
        ]
    }

    /// A daemon that keeps everything there.
    private func daemon() throws -> RunningDaemon {
        try RunningDaemon(folder: folder, settings: settings, through: wrapper("rw"))
    }

    private func health(_ daemon: RunningDaemon) throws -> String {
        try run(
            env,
            ["curl", "-sS", "-m", "20", "--unix-socket", daemon.controlPath, "http://localhost/v1/health"]
        ).output
    }

    /// Speech enough for ticks, as long as the object is there.
    private func talk(to url: String) throws -> Program {
        try startSender(
            ["-re", "-f", "lavfi", "-i", "sine=300", "-ar", "8000", "-c:a", "pcm_mulaw", "-f", "rtp", url],
            logs: senderLogs.path)
    }

    private func ticks(_ subscriber: Subscriber) -> Int { subscriber.lines.count { $0.type == "tick" } }

    private func moreTicks(_ subscriber: Subscriber) throws {
        let before = ticks(subscriber)
        try eventually("ticks go on") {
            try subscriber.poll()
            return ticks(subscriber) > before + 2
        }
    }

    @Test func aDiskThatIsFullIsToldAndLeavesCallsAlone() throws {
        let daemon = try daemon()
        let subscriber = try Subscriber(daemon.eventsPath)
        let sender = try talk(to: daemon.attachRTP(session: "s", speaker: "a"))
        defer { sender.signal(SIGKILL) }
        try moreTicks(subscriber)
        try eventually("the store is on") { try health(daemon).contains(#""state":"on""#) }

        // The daemon's file system, seen from outside.
        let filler = "/proc/\(daemon.process.processIdentifier)/root\(disk)/filler"
        let descriptor = open(filler, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        for size in [65_536, 4_096, 1] {
            let zeros = [UInt8](repeating: 0, count: size)
            while write(descriptor, zeros, size) > 0 {}
        }
        try eventually("health tells of the store") {
            // What the store still had room for goes into what it has already.
            let zeros = [UInt8](repeating: 0, count: 4_096)
            while write(descriptor, zeros, zeros.count) > 0 {}
            return try health(daemon).contains(#""state":"failing""#)
        }
        _ = try daemon.attachRTP(session: "t", speaker: "b")
        try eventually("the file of the calls is told of") { daemon.log.contains("calls.json can't be written") }
        // The ledger's last block has room for some lines more.
        try eventually("the ledger is told of") {
            // What is stored of who takes consent back can't be deleted now, and so it is told.
            for change in ["withdraw", "grant"] {
                let answer = try daemon.attune("consent", "s", "a", change)
                try #require(answer.errors.contains("could not be deleted yet, which is tried again"), "\(answer)")
            }
            return daemon.log.contains("consent.ndjson can't be written")
        }
        // It is in force all the same.
        try subscriber.wait(for: "consent") { $0.type == "consent" && $0["consent"] as? String == "withheld" }
        try moreTicks(subscriber)

        try #require(unlink(filler) == 0 && ftruncate(descriptor, 0) == 0)
        try eventually("the store can be written again") { try health(daemon).contains(#""state":"on""#) }
        #expect(try daemon.attune("consent", "t", "b", "withdraw").status == 0)
        try eventually("so can the others") {
            daemon.log.contains("consent.ndjson can be written again")
                && daemon.log.contains("calls.json can be written again")
        }
        #expect(daemon.log.matches(of: /can't be written/).count == 2, "\(daemon.log)")
        let ledger = try String(
            contentsOfFile: "/proc/\(daemon.process.processIdentifier)/root\(disk)/consent.ndjson", encoding: .utf8)
        let last = try #require(ledger.split(separator: "\n").last)
        #expect(last.contains(#""consent":"withheld""#) && last.contains(#""session":"t""#), "\(last)")
        #expect(daemon.terminate() == 0)
    }

    /// The way to its files becomes read-only below a daemon that runs, as after an error of the disk.
    @Test func aDiskThatBecomesReadOnlyIsToldAndLeavesCallsAlone() throws {
        let daemon = try daemon()
        func mount(_ words: String...) throws {
            let process = "\(daemon.process.processIdentifier)"
            let finished = try run(env, ["nsenter", "--target", process, "--mount"] + words)
            try #require(finished.status == 0, "\(finished.errors)")
        }
        let subscriber = try Subscriber(daemon.eventsPath)
        let sender = try talk(to: daemon.attachRTP(session: "s", speaker: "a"))
        defer { sender.signal(SIGKILL) }
        try moreTicks(subscriber)
        try mount("mount", "--bind", disk, disk)
        try mount("mount", "-o", "remount,bind,ro", disk)
        #expect(try daemon.attune("consent", "s", "a", "withdraw").status == 0, "what was decided is in force")
        try eventually("both are told of") {
            daemon.log.contains("consent.ndjson can't be written: Read-only file system")
                && daemon.log.contains("calls.json can't be written: Read-only file system")
        }
        #expect(try daemon.attune("consent", "s", "a", "grant").status == 0)
        try moreTicks(subscriber)

        try mount("umount", disk)
        #expect(try daemon.attune("consent", "s", "a", "withdraw").status == 0)
        try eventually("both can be written again") {
            daemon.log.contains("consent.ndjson can be written again")
                && daemon.log.contains("calls.json can be written again")
        }
        #expect(daemon.terminate() == 0)
    }

    @Test func aDiskThatIsReadOnlyAtTheStartIsNamed() throws {
        let config = try folder.file("attune.yaml", RunningDaemon.configuration(of: folder.path, settings))
        let refused = try run(env, wrapper("ro") + [Place.command("attuned").path, "--config", config])
        #expect(refused.status == 78 && refused.errorLine.contains("its file system is read-only"), "\(refused)")
    }
}
