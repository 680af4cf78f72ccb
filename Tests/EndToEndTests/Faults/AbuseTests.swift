import Foundation
import Programs
import TestSupport
import Testing

/// Clients of the event socket that die, lie and flood, while others listen.
@Suite(.waiting) struct AbuseTests {
    /// A daemon that has something to say all the time, and a witness that must not miss any of it.
    private func withLoad(_ abuse: (RunningDaemon, _ witness: Subscriber) throws -> Void) throws {
        let daemon = try RunningDaemon(settings: "events:\n  tick_s: 0.1\n  heartbeat_s: 1\n  client_queue_kib: 8192\n")
        let urls = try (0..<4).map { try daemon.attachRTP(session: "call", speaker: "s\($0)") }
        let senders = try urls.enumerated().map { number, url in
            let logs = daemon.folder.path + "/sender\(number)"
            try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: false)
            return try startSender(
                [
                    "-re", "-f", "lavfi", "-i", "sine=frequency=200:duration=600", "-c:a", "libopus", "-f", "rtp", url,
                ],
                logs: logs)
        }
        defer {
            for sender in senders {
                kill(sender.processIdentifier, SIGKILL)
                sender.waitUntilExit()
            }
        }
        let witness = try Subscriber(daemon.eventsPath)
        try witness.wait(for: "a tick") { $0.type == "tick" }
        let open = try openDescriptors(of: daemon)
        try abuse(daemon, witness)
        let end = try #require(try hello(of: daemon, witness).number("seq"))
        try witness.wait(for: "what was published meanwhile") { $0.number("seq") ?? 0 > end }
        let numbers = witness.lines.compactMap { $0.number("seq") }
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 == $0 + 1 || $1 == $0 && $0 == numbers[0] })
        #expect(witness.events.count == witness.lines.count - 2, "nothing but hello, snapshot and events")
        try eventually("no descriptor is left behind") { try openDescriptors(of: daemon) <= open + 1 }
    }

    /// What a new client is told first. The places of those who have gone may be free only in a moment: until then
    /// there are too many.
    private func hello(of daemon: RunningDaemon, _ witness: Subscriber) throws -> [String: any Sendable] {
        var first: [String: any Sendable] = [:]
        try eventually("there is a place again") {
            let client = try Subscriber(daemon.eventsPath)
            while client.lines.isEmpty, !client.isClosed { try client.poll() }
            try witness.poll()
            first = client.lines.first ?? [:]
            return first.type == "hello"
        }
        return first
    }

    private func openDescriptors(of daemon: RunningDaemon) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(daemon.process.processIdentifier)/fd").count
    }

    @Test func clientsKilledAtAnyPointAreNotMissed() throws {
        try withLoad { daemon, witness in
            for _ in 0..<5 {
                let logs = try TemporaryFolder()
                let clients = try (0..<8).map { _ in
                    try start(Place.command("ticks"), [daemon.eventsPath], logs: logs.path)
                }
                for client in clients {
                    usleep(UInt32.random(in: 0...30_000))
                    kill(client.processIdentifier, SIGKILL)
                    client.waitUntilExit()
                    try witness.poll()
                }
            }
        }
    }

    @Test func floodsOfConnectionsAndNonsenseAreShedAndLoggedOnceASecond() throws {
        let lines: [[UInt8]] = [
            Array(#"{"subscribe":{"types":["ti"#.utf8), Array(repeating: UInt8(ascii: "x"), count: 1 << 20),
            [0xFF, 0xFE, 0x80, 0x0A], Array("{\"resume\":{\"epoch\":\"e\",\"seq\":1e300}}\n".utf8), [0x0A, 0x0A], [],
        ]
        try withLoad { daemon, witness in
            let start = Date()
            for number in 0..<3_000 {
                let client = try connectUnix(daemon.eventsPath)
                let line = lines[number % lines.count]
                // As much as it takes: nobody waits for an answer.
                _ = send(client, line, line.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
                close(client)
                if number % 20 == 0 { try witness.poll() }
            }
            let complaints = daemon.log.split(separator: "\n").filter { $0.contains("no command") }.count
            // Only now: the log goes on for as long as it is not read.
            let seconds = Date().timeIntervalSince(start)
            #expect(complaints <= Int(seconds) + 2, "\(complaints) in \(seconds) s")
        }
    }

    @Test func whoIsNotOnTheListIsToldAndLoggedOnceASecond() throws {
        let setpriv = URL(fileURLWithPath: "/usr/bin/setpriv")
        guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: setpriv.path),
            FileManager.default.isExecutableFile(atPath: "/usr/bin/socat")
        else {
            print("skipped: only root can be somebody else, with setpriv and socat")
            return
        }
        let daemon = try RunningDaemon(settings: "  mode: \"0666\"\n  allow_uids: [4711]\n")
        chmod(daemon.folder.path, 0o755)
        let witness = try Subscriber(daemon.eventsPath)
        let start = Date()
        let refused = try run(
            setpriv,
            [
                "--reuid=4710", "--regid=4710", "--clear-groups", "sh", "-c",
                "for n in $(seq 100); do socat -u UNIX-CONNECT:$0 -; done", daemon.eventsPath,
            ])
        #expect(
            refused.output.contains(#""code":"forbidden""#) && !refused.output.contains("hello"), "\(refused.errors)")
        try eventually("the log says who") { daemon.log.contains("not on the allow list, the last of uid 4710") }
        let complaints = daemon.log.split(separator: "\n").filter { $0.contains("of uid 4710") }.count
        #expect(complaints <= Int(Date().timeIntervalSince(start)) + 2)
        try witness.wait(for: "snapshot") { $0.type == "snapshot" }
        #expect(witness.lines.map(\.type).filter { $0 != "heartbeat" } == ["hello", "snapshot"] && !witness.isClosed)
    }
}
