import Foundation
import Programs
import TestSupport
import Testing

/// Server-sent events of the control socket.
@Suite(.waiting) struct EventRouteTests {
    @Test func aStreamGoesOnWhereItWasLeft() throws {
        let daemon = try RunningDaemon()
        var first: EventStreamClient? = try EventStreamClient(daemon)
        try eventually("the state is there") { try first?.types() == ["hello", "snapshot"] }
        _ = try daemon.attachRTP(session: "one", speaker: "ana")
        try eventually("the session is told") { try first?.types().contains("speaker.joined") == true }
        let seen = try #require(try first?.events())
        let last = try #require(seen.last?.id)
        #expect(seen[0].id == nil, "without the snapshot there is nothing to go on from")
        first = nil

        _ = try daemon.attachRTP(session: "two", speaker: "ben")
        let second = try EventStreamClient(daemon, lastID: last)
        try eventually("the rest is told") {
            try second.events().contains { $0.data.speaker == "ben" && $0.data.type == "speaker.joined" }
        }
        let types = try second.types()
        #expect(types.first == "hello" && !types.contains("snapshot") && !types.contains("lagged"))
        func numbers(_ events: [(id: String?, data: [String: any Sendable])]) -> [Int] {
            events.filter { !["hello", "snapshot"].contains($0.data.type) }.compactMap {
                $0.data.number("seq").map(Int.init)
            }
        }
        let all = numbers(seen) + numbers(try second.events())
        #expect(all == Array(1...all.count), "every event once: \(all)")

        #expect(daemon.terminate() == 0, "\(daemon.log)")
        try eventually("the stream ends with the daemon") { !second.isRunning }
        #expect(try second.types().contains("session.ended") == false || !second.isRunning)
    }

    @Test func filtersHoldAndBadOnesAreRefused() throws {
        let daemon = try RunningDaemon()
        let stream = try EventStreamClient(daemon, query: "?session=two&type=speaker.joined&type=session.started")
        try eventually("the state is there") { try stream.types() == ["hello", "snapshot"] }
        _ = try daemon.attachRTP(session: "one", speaker: "ana")
        _ = try daemon.attachRTP(session: "two", speaker: "ben")
        try eventually("the session is told") { try stream.types().contains("speaker.joined") }
        #expect(try stream.types() == ["hello", "snapshot", "session.started", "speaker.joined"])
        #expect(try stream.events().allSatisfy { $0.data["session"] as? String ?? "two" == "two" })

        for (query, header, type) in [
            ("?type=nonsense", "x:0", "invalid_subscribe"), ("?tick_interval_s=0", "x:0", "invalid_subscribe"),
            ("?colour=red", "x:0", "malformed_request"), ("?tick_interval_s=soon", "x:0", "malformed_request"),
            ("", "nonsense", "malformed_request"), ("", "x:-1", "malformed_request"),
        ] {
            let answer = try run(
                URL(fileURLWithPath: "/usr/bin/env"),
                [
                    "curl", "-sS", "--unix-socket", daemon.controlPath, "-H", "Last-Event-ID: \(header)",
                    "http://localhost/v1/events\(query)",
                ])
            #expect(answer.output.contains(type), "\(query) \(header): \(answer.output)")
        }
    }

    @Test func whoIsNotOnTheListIsDisconnected() throws {
        let setpriv = URL(fileURLWithPath: "/usr/bin/setpriv")
        guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: setpriv.path) else {
            print("skipped: only root can be somebody else, with setpriv")
            return
        }
        let daemon = try RunningDaemon(settings: "  mode: \"0666\"\n  allow_uids: [4711]\n  allow_gids: [4712]\n")
        chmod(daemon.folder.path, 0o755)
        func health(_ identity: String...) throws -> Finished {
            try run(
                setpriv,
                identity + [
                    "--clear-groups", "curl", "-sS", "--unix-socket", daemon.controlPath, "http://localhost/v1/health",
                ])
        }
        #expect(try health("--reuid=4710", "--regid=4710").status != 0)
        #expect(try health("--reuid=4711", "--regid=4710").status == 0)
        #expect(try health("--reuid=4710", "--regid=4712").status == 0)
        try eventually("the log says so") { daemon.log.contains("control socket refused: 1 of who is on neither") }
    }
}
