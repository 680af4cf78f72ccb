import Foundation
import Glibc
import Programs
import TestSupport
import Testing

/// What an operator's machine does to a daemon, and what the daemon promises then (docs/reliability.md).
@Suite(.waiting) struct FaultTests {
    private func get(_ path: String, of daemon: RunningDaemon) throws -> String {
        try run(
            URL(fileURLWithPath: "/usr/bin/env"),
            ["curl", "-sS", "-m", "20", "--unix-socket", daemon.controlPath, "http://localhost\(path)"]
        ).output
    }

    /// A packet of silence, PCMU.
    private func packet(_ number: Int) -> [UInt8] {
        let sequence = UInt16(truncatingIfNeeded: number), time = UInt32(truncatingIfNeeded: number * 160)
        var bytes: [UInt8] = [0x80, 0]
        withUnsafeBytes(of: sequence.bigEndian) { bytes += $0 }
        withUnsafeBytes(of: time.bigEndian) { bytes += $0 }
        bytes += [1, 2, 3, 4]
        return bytes + [UInt8](repeating: 0xFF, count: 160)
    }

    /// Sources are refused with the right remedy, and who looks after the daemon is let in all the same.
    @Test(arguments: [64, 96]) func withoutFreeDescriptorsTheDaemonStillAnswers(limit: Int) throws {
        let daemon = try RunningDaemon(through: ["sh", "-c", "ulimit -n \(limit); exec \"$@\"", "sh"])
        var attached = 0
        var refusal = ""
        while refusal.isEmpty, attached < 100 {
            let answer = try daemon.attune(
                "attach", "rtp://127.0.0.1:0", "--session", "s\(attached)", "--speaker", "a", "--consent", "granted")
            if answer.status == 0 { attached += 1 } else { refusal = answer.errors }
        }
        #expect(
            attached > 0 && refusal.contains("of \(limit) files open") && refusal.contains("LimitNOFILE"), "\(refusal)")
        let subscriber = try Subscriber(daemon.eventsPath)
        try subscriber.wait(for: "hello") { $0.type == "hello" }
        #expect(try get("/metrics", of: daemon).contains("process_max_fds \(limit)\n"))
        #expect(try get("/v1/health", of: daemon).contains(#""status":"ok""#))
        #expect(try daemon.attune("doctor").output.contains("ok   daemon"))
        for number in 0..<min(3, attached) { #expect(try daemon.attune("detach", "s\(number)").status == 0) }
        _ = try daemon.attachRTP(session: "again", speaker: "a")
        #expect(daemon.log.contains("only \(limit) files may be open"))
        #expect(daemon.terminate() == 0)
    }

    /// A port that somebody has, for media or for the reports beside it: nothing of the attempt stays open.
    @Test func aPortThatIsTakenCostsNoDescriptor() throws {
        let daemon = try RunningDaemon()
        let first = try daemon.attachRTP(session: "s", speaker: "a")
        let port = try #require(Int(first.split(separator: ":").last ?? ""))
        func openFiles() throws -> Int {
            let metrics = try get("/metrics", of: daemon)
            let line = try #require(metrics.split(separator: "\n").first { $0.hasPrefix("process_open_fds ") })
            return try #require(Int(line.split(separator: " ")[1]))
        }
        _ = try openFiles()
        let before = try openFiles()
        for _ in 0..<10 {
            let refused = try daemon.attune(
                "attach", first, "--session", "s", "--speaker", "b", "--consent", "granted")
            #expect(refused.status == 69, "\(refused.errors)")
            // The reports of a port one lower would come by the port that is taken.
            let beside = try daemon.attune(
                "attach", "rtp://127.0.0.1:\(port - 1)", "--session", "t", "--speaker", "c", "--consent", "granted")
            if beside.status == 0 { #expect(try daemon.attune("detach", "t").status == 0) }
        }
        try eventually("files are closed") { try openFiles() <= before }
        #expect(daemon.terminate() == 0)
    }

    /// It was stopped, as by a debugger or a frozen container, and goes on: sources are there, time has passed, a gap says so.
    @Test func aDaemonThatWasStoppedGoesOn() throws {
        let daemon = try RunningDaemon()
        let subscriber = try Subscriber(daemon.eventsPath)
        let sender = try PlainSender(to: daemon.attachRTP(session: "s", speaker: "a"))
        var number = 0
        func send(_ count: Int) {
            for _ in 0..<count {
                sender.send(packet(number))
                number += 1
                usleep(20_000)
            }
        }
        send(100)
        let before = try #require(subscriber.wait(for: "a tick") { $0.type == "tick" }.number("t"))
        kill(daemon.process.processIdentifier, SIGSTOP)
        // The sender does not know; what the socket's buffer does not hold is lost.
        send(200)
        kill(daemon.process.processIdentifier, SIGCONT)
        send(150)
        try subscriber.wait(for: "ticks after the stop") { $0.type == "tick" && ($0.number("t") ?? 0) > before + 4 }
        let times = subscriber.lines.filter { $0.type == "tick" }.compactMap { $0.number("t") }
        #expect(times == times.sorted() && Set(times).count == times.count, "time does not go back: \(times)")
        #expect(try daemon.attune("sessions").output.contains("live"))
        #expect(daemon.terminate() == 0)
    }

    /// A hundred times killed in the middle of what it does: what was answered holds in the next daemon.
    @Test func nothingThatWasAnsweredIsLostByAHundredKills() throws {
        let folder = try TemporaryFolder()
        var random = SystemRandomNumberGenerator()
        let names = ["a", "b", "c", "d"]
        // What was answered last, and what was asked for and not answered.
        var answered: [String: String] = [:]
        var asked: [String: String] = [:]
        for round in 0..<100 {
            let daemon = try RunningDaemon(folder: folder)
            if round == 0 {
                for name in names {
                    _ = try daemon.attachRTP(session: "s", speaker: name)
                    answered[name] = "granted"
                }
                // That they are there is kept within a second; what they decide is, before it is answered.
                try eventually("the calls are kept") {
                    let kept = (try? String(contentsOfFile: folder.path + "/calls.json", encoding: .utf8)) ?? ""
                    return names.allSatisfy { kept.contains("\"speaker\":\"\($0)\"") }
                }
            }
            let found = try consents(of: names, daemon)
            for name in names {
                let state = found[name]
                let mayBe = [answered[name], asked[name]].compactMap(\.self)
                #expect(
                    state.map(mayBe.contains) == true,
                    "round \(round), \(name): \(state ?? "nothing") instead of \(mayBe)")
                answered[name] = state
            }
            asked = [:]
            // Killed at a random moment of what is asked of it.
            let process = daemon.process.processIdentifier
            let pause = UInt32.random(in: 0...60_000, using: &random)
            let killer = Thread {
                usleep(pause)
                kill(process, SIGKILL)
            }
            killer.start()
            while daemon.process.isRunning {
                guard let name = names.randomElement(using: &random) else { break }
                let state = answered[name] == "granted" ? "withheld" : "granted"
                asked[name] = state
                guard put(name, state, daemon) else { break }
                answered[name] = state
                asked[name] = nil
            }
            daemon.process.waitUntilExit()
        }
    }

    /// Consent as the daemon tells it to who has just come, once it has taken up the calls.
    private func consents(of names: [String], _ daemon: RunningDaemon) throws -> [String: String] {
        var found: [String: String] = [:]
        try eventually("the calls are taken up") {
            let snapshot = try Subscriber(daemon.eventsPath).wait(for: "snapshot") { $0.type == "snapshot" }
            let sessions = snapshot["sessions"] as? [[String: any Sendable]] ?? []
            for speaker in sessions.flatMap({ $0["speakers"] as? [[String: any Sendable]] ?? [] }) {
                if let name = speaker["speaker"] as? String { found[name] = speaker["consent"] as? String }
            }
            return found.count == names.count
        }
        return found
    }

    /// - Returns: whether it was answered that it holds.
    private func put(_ name: String, _ state: String, _ daemon: RunningDaemon) -> Bool {
        guard let socket = try? connectUnix(daemon.controlPath) else { return false }
        defer { close(socket) }
        let body = #"{"consent":"\#(state)"}"#
        let request =
            "PUT /v1/sessions/s/speakers/\(name)/consent HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        let bytes = Array(request.utf8)
        guard send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return false }
        var chunk = [UInt8](repeating: 0, count: 4_096)
        let count = recv(socket, &chunk, chunk.count, 0)
        return count > 0 && String(decoding: chunk[..<count], as: UTF8.self).hasPrefix("HTTP/1.1 200")
    }
}
