import Events
import Foundation
import Glibc
import Logging
import Settings
import Synchronization
import TestSupport
import Testing

@testable import Daemon

/// Cues on their way to a program on the host: real scripts, a real server, and what goes wrong with either.
@Suite(.timeLimit(.minutes(30))) struct CueActionTests {
    /// A folder of commands, and what the daemon logs of them.
    private final class Bench {
        let folder = "/tmp/attune-cues-\(UInt32.random(in: 0 ... .max))"
        let log = LogMemory()
        var logger: Logger { Logger(label: "test") { [log] _ in log } }

        init() throws {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        /// An executable script.
        @discardableResult
        func script(_ name: String, _ body: String, mode: Int = 0o755, shebang: String = "#!/bin/sh\n") throws -> String
        {
            let path = folder + "/" + name
            try Data((shebang + body + "\n").utf8).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            return path
        }

        func command(_ name: String, milliseconds: Int = 600_000) -> CueCommand {
            CueCommand(folder: folder, name: name, timeoutMilliseconds: milliseconds)
        }

        func text(_ file: String) -> String {
            (try? String(contentsOfFile: folder + "/" + file, encoding: .utf8)) ?? ""
        }
    }

    private static func raised(_ id: Int, speaker: String? = "ana") -> Event {
        Event(
            .cueRaised(
                CueRaised(
                    id: id, cue: "talk_ratio", severity: "info", metric: "talk_ratio", value: 0.671, limit: 0.65,
                    windowSeconds: 120)), session: "s", speaker: speaker, timeSeconds: 64)
    }

    private func counts(_ actions: CueActions) -> [CueActions.Outcome: UInt64] {
        Dictionary(uniqueKeysWithValues: actions.counts.map { ($0.outcome, $0.count) }).filter { $0.value > 0 }
    }

    private static let never: @Sendable () -> Bool = { false }

    // MARK: Commands

    @Test func aCommandGetsTheLineAndNothingElse() async throws {
        let bench = try Bench()
        try bench.script(
            "tell",
            "pwd > \(bench.folder)/pwd; cd \(bench.folder); cat > line; env > env; echo $# > count; ls /proc/self/fd > fds"
        )
        setenv("ATTUNE_TEST_SECRET", "hidden", 1)
        let made = try CueActions.make(
            Settings.Cues(onRaise: Settings.CueAction(target: .command("tell")), commandsDirectory: bench.folder),
            bench.logger)
        let actions = try #require(made)
        actions.take(Self.raised(7), arrivedNanoseconds: nil)
        try await eventually { counts(actions) == [.delivered: 1] }
        await actions.stop()
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(bench.text("line").utf8)) as? [String: Any])
        #expect(object["type"] as? String == "cue.raised" && object["id"] as? Int == 7)
        #expect(object["speaker"] as? String == "ana" && object["value"] as? Double == 0.671)
        #expect(object["at"] is String && object["seq"] == nil)
        #expect(bench.text("line").hasSuffix("}\n"))
        #expect(!bench.text("env").contains("hidden"))
        #expect(bench.text("pwd") == "/\n" && bench.text("count") == "0\n")
        // Standard streams, and the folder that ls itself has open.
        #expect(bench.text("fds").split(separator: "\n").count <= 4, "\(bench.text("fds"))")
        #expect(bench.log.text.isEmpty)
    }

    @Test func aCommandThatFailsIsToldInOneLine() throws {
        let bench = try Bench()
        try bench.script("bad", "echo first; echo second; exit 3")
        try bench.script("killed", "kill -9 $$")
        try bench.script("deaf", "exec 0<&-; exit 0")
        try bench.script("hostile", "printf '\\033[2Jx\\n'; exit 1")
        try bench.script("noshell", "exit 0", shebang: "")
        var result = bench.command("bad").run([0x0A], isStopped: Self.never)
        #expect(result.delivery == .failed("bad ended with 3") && result.output == "first")
        result = bench.command("killed").run([0x0A], isStopped: Self.never)
        #expect(result.delivery == .failed("killed ended by signal 9"))
        result = bench.command("deaf").run([UInt8](repeating: 0x20, count: 300_000), isStopped: Self.never)
        #expect(result.delivery == .delivered, "what it does not read it need not")
        result = bench.command("hostile").run([0x0A], isStopped: Self.never)
        #expect(result.output == "\\u{1b}[2Jx")
        guard case .failed(let why) = bench.command("noshell").run([0x0A], isStopped: Self.never).delivery else {
            Issue.record("a text without an interpreter was given to a shell")
            return
        }
        #expect(why.contains("can't be started"))
    }

    /// Whatever it says, and to whatever length: it is read, and a line of it is kept.
    @Test func outputWithoutEndIsBounded() throws {
        let bench = try Bench()
        try bench.script("loud", "head -c 5000000 /dev/zero | tr '\\0' x; exit 0")
        let result = bench.command("loud").run([0x0A], isStopped: Self.never)
        #expect(result.delivery == .delivered)
        #expect(result.output.utf8.count == 200)
    }

    /// It is killed with all that it has started in its group.
    @Test func aCommandThatHangsIsKilledWithItsChildren() async throws {
        let bench = try Bench()
        try bench.script(
            "hang",
            "trap '' TERM INT; sleep 100000 & echo $! > \(bench.folder)/child.new; "
                + "mv \(bench.folder)/child.new \(bench.folder)/child; wait; sleep 100000")
        // It is broken off once its child is there.
        let child = bench.folder + "/child"
        let result = bench.command("hang").run([0x0A]) { FileManager.default.fileExists(atPath: child) }
        #expect(result.delivery == .stopped)
        let pid = try #require(pid_t(bench.text("child").trimmingCharacters(in: .whitespacesAndNewlines)))
        // Whoever is its parent then buries it in its own time; dead it is at once.
        try await eventually {
            let status = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
            return status.isEmpty || status.contains(") Z ") || status.contains(") X ")
        }
        #expect(bench.command("hang", milliseconds: 100).run([0x0A], isStopped: Self.never).delivery == .timedOut)
    }

    /// Left behind, a child that holds the output open keeps nobody.
    @Test func aChildThatStaysBehindKeepsNobody() throws {
        let bench = try Bench()
        try bench.script("leaves", "sleep 100000 & exit 0")
        #expect(bench.command("leaves").run([0x0A], isStopped: Self.never).delivery == .delivered)
    }

    @Test func whatOthersCanChangeIsNotStarted() throws {
        let bench = try Bench()
        try bench.script("open", "exit 0", mode: 0o777)
        try bench.script("group", "exit 0", mode: 0o775)
        try bench.script("plain", "exit 0", mode: 0o644)
        try bench.script("good", "exit 0")
        try FileManager.default.createSymbolicLink(
            atPath: bench.folder + "/link", withDestinationPath: bench.folder + "/good")
        #expect(bench.command("good").fault == nil)
        for name in ["open", "group"] { #expect(bench.command(name).fault?.contains("changed by others") == true) }
        for name in ["plain", "link", "missing", "../good", "."] {
            #expect(bench.command(name).fault?.contains("no executable file") == true, "\(name)")
        }
        #expect(throws: DaemonError.self) {
            try CueActions.make(
                Settings.Cues(onRaise: Settings.CueAction(target: .command("open")), commandsDirectory: bench.folder),
                bench.logger)
        }
        chmod(bench.folder, 0o777)
        #expect(bench.command("good").fault?.contains("changed by others") == true)
        chmod(bench.folder, 0o755)
        let below = bench.folder + "/below"
        try FileManager.default.createDirectory(
            atPath: below, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        try FileManager.default.copyItem(atPath: bench.folder + "/good", toPath: below + "/good")
        chmod(bench.folder, 0o777)
        let command = CueCommand(folder: below, name: "good", timeoutMilliseconds: 1_000)
        #expect(command.fault?.contains("changed by others") == true, "a folder above could be replaced")
        guard case .failed = command.run([0x0A], isStopped: Self.never).delivery else {
            Issue.record("it was started")
            return
        }
        chmod(bench.folder, 0o755)
    }

    // MARK: The server

    private func hook(_ server: LoopbackServer, milliseconds: Int = 600_000) -> CueWebhook {
        CueWebhook(
            address: Settings.LoopbackAddress(host: "127.0.0.1", port: server.port), target: "/cue?x=1",
            timeoutMilliseconds: milliseconds)
    }

    @Test func aServerGetsTheLine() async throws {
        let bench = try Bench()
        let seen = Mutex<[String]>([])
        let server = LoopbackServer { path, connection in
            let body = connection.readLine()
            seen.withLock { $0.append(path + " " + body) }
            connection.send(status: "204 No Content", length: 0)
        }
        let hook = hook(server)
        let actions = try CueActions(bench.logger) { (hook.post($0, isStopped: $1), "") }
        for id in 1...3 { actions.take(Self.raised(id), arrivedNanoseconds: nil) }
        try await eventually { counts(actions) == [.delivered: 3] }
        await actions.stop()
        let lines = seen.withLock { $0 }
        #expect(lines.count == 3 && lines.allSatisfy { $0.hasPrefix(#"/cue?x=1 {"v":1,"type":"cue.raised""#) })
        #expect(lines.enumerated().allSatisfy { $1.contains("\"id\":\($0 + 1),") }, "in their order")
    }

    @Test func aServerThatDoesNotAnswerAsItShouldIsTold() throws {
        let answers = ["500 No", "302 Found", "2000 x", "abc"]
        let server = LoopbackServer { path, connection in
            let index = Int(path.split(separator: "/").last ?? "") ?? 0
            if index < answers.count { connection.send(status: answers[index]) }
            if index == 4 { connection.send(Array(repeating: 0x78, count: 5_000)) }
        }
        for index in 0...5 {
            var hook = hook(server)
            hook = CueWebhook(address: hook.address, target: "/\(index)", timeoutMilliseconds: 600_000)
            guard case .failed = hook.post([0x0A], isStopped: Self.never) else {
                Issue.record("answer \(index) counts as one")
                continue
            }
        }
        let gone = CueWebhook(
            address: Settings.LoopbackAddress(host: "127.0.0.1", port: LoopbackServer.freePort()), target: "/",
            timeoutMilliseconds: 600_000)
        guard case .failed(let why) = gone.post([0x0A], isStopped: Self.never) else {
            Issue.record("nobody was there")
            return
        }
        #expect(why.contains("refused"))
        // A black hole, and one that is stopped while it waits.
        let hole = LoopbackServer()
        #expect(self.hook(hole, milliseconds: 100).post([0x0A], isStopped: Self.never) == .timedOut)
        #expect(self.hook(hole).post([0x0A]) { true } == .stopped)
    }

    // MARK: The queue

    /// What takes for ever holds up nobody who raises a cue; beyond its bounds cues are dropped and counted.
    @Test func theQueueIsBoundedAndBlocksNobody() async throws {
        let bench = try Bench()
        let runs = Atomic<Int>(0)
        let actions = try CueActions(bench.logger) { _, isStopped in
            runs.add(1, ordering: .relaxed)
            while !isStopped() { usleep(1_000) }
            return (.stopped, "")
        }
        for id in 1...500 { actions.take(Self.raised(id), arrivedNanoseconds: nil) }
        let counted = counts(actions)
        let dropped = (counted[.overRate] ?? 0) + (counted[.queueFull] ?? 0)
        // However long that took: as many as fit into the bucket and the queue are left.
        #expect(dropped >= 500 - UInt64(CueActions.maxWaiting) - 1 && dropped < 500, "\(counted)")
        await actions.stop()
        #expect(counts(actions).values.reduce(0, +) == 500, "each became something")
        #expect(runs.load(ordering: .relaxed) <= 1)
        actions.take(Self.raised(501), arrivedNanoseconds: nil)
        #expect(counts(actions).values.reduce(0, +) == 501)
    }

    /// Consent that is taken back while a cue waits takes it with it, and so does another role.
    @Test(arguments: [
        EventBody.consent(ConsentChange(state: .withheld, previous: .granted)),
        .cueCleared(CueCleared(id: 2, cue: "talk_ratio", reason: .consentChanged, value: nil, afterSeconds: 1)),
        .speakerJoined(SpeakerJoined(role: "student", consent: .granted)),
    ])
    func whoTakesConsentBackIsNotTold(_ body: EventBody) async throws {
        let bench = try Bench()
        let isOpen = Atomic<Bool>(false)
        let lines = Mutex<[String]>([])
        let actions = try CueActions(bench.logger) { line, isStopped in
            while !isOpen.load(ordering: .relaxed), !isStopped() { usleep(1_000) }
            lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
            return (.delivered, "")
        }
        actions.take(Self.raised(1, speaker: nil), arrivedNanoseconds: nil)
        for (id, speaker) in [(2, "ana"), (3, "ben"), (4, "ana")] {
            actions.take(Self.raised(id, speaker: speaker), arrivedNanoseconds: nil)
        }
        actions.take(Event(body, session: "t", speaker: "ben"), arrivedNanoseconds: nil)
        actions.take(Event(body, session: "s", speaker: "ana"), arrivedNanoseconds: nil)
        isOpen.store(true, ordering: .relaxed)
        try await eventually { counts(actions)[.delivered] == 2 }
        #expect(counts(actions) == [.delivered: 2, .withdrawn: 2])
        await actions.stop()
        #expect(lines.withLock { $0.map { $0.contains("ana") } } == [false, false])
    }

    @Test func faultsAreLoggedOnceASecond() async throws {
        let bench = try Bench()
        let actions = try CueActions(bench.logger) { _, _ in (.failed("x ended with 1"), "said") }
        for id in 1...10 { actions.take(Self.raised(id), arrivedNanoseconds: nil) }
        try await eventually { counts(actions)[.failed] == 10 && !bench.log.text.isEmpty }
        await actions.stop()
        let lines = bench.log.text
        #expect(lines.first?.contains("cues.on_raise: 1 failed; the last one: x ended with 1; it said: said") == true)
        // The first at once, the others together.
        #expect(lines.count <= 10 && lines.allSatisfy { !$0.contains("\n") })
    }

    @Test func otherEventsAreNotHandedOver() async throws {
        let bench = try Bench()
        let actions = try CueActions(bench.logger) { _, _ in (.delivered, "") }
        for body in [
            EventBody.heartbeat(Heartbeat(sessions: 0, subscribers: 0)), .speakerLeft(SpeakerLeft(reason: "x")),
        ] {
            actions.take(Event(body, session: "s", speaker: "ana"), arrivedNanoseconds: nil)
        }
        await actions.stop()
        #expect(counts(actions).isEmpty)
        let none = try CueActions.make(Settings.Cues(), bench.logger)
        #expect(none == nil)
    }
}
