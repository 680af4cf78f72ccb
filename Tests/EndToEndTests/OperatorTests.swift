import Foundation
import Programs
import TestSupport
import Testing

/// What the control socket changes in a running daemon: how speakers are called, and the configuration.
@Suite(.waiting) struct OperatorTests {
    /// A request to the control socket.
    ///
    /// - Returns: the status and the JSON object of the answer.
    private func request(
        _ method: String, _ path: String, _ body: String? = nil, of daemon: RunningDaemon
    ) throws -> (status: Int, answer: [String: any Sendable]) {
        let finished = try run(
            URL(fileURLWithPath: "/usr/bin/env"),
            ["curl", "-sS", "-X", method, "-w", "\n%{http_code}", "--unix-socket", daemon.controlPath]
                + (body.map { ["-d", $0] } ?? []) + ["http://localhost/v1/\(path)"])
        let lines = finished.output.split(separator: "\n")
        let object = try JSONSerialization.jsonObject(with: Data(try #require(lines.first).utf8))
        return (
            try #require(lines.last.flatMap { Int($0) }), try #require(object as? [String: any Sendable])
        )
    }

    @Test func aSpeakerIsGivenANameAndARole() throws {
        let daemon = try RunningDaemon()
        let subscriber = try Subscriber(daemon.eventsPath)
        _ = try daemon.attachRTP(session: "call", speaker: "s1")
        let path = "sessions/call/speakers/s1"
        let named = try request("PUT", path, #"{"name":"Anna Berg"}"#, of: daemon)
        #expect(named.status == 200)
        #expect(named.answer as? [String: String] == ["speaker": "s1", "name": "Anna Berg", "consent": "granted"])
        for _ in 0..<2 {
            let both = try request("PUT", path, #"{"role":"rep"}"#, of: daemon)
            #expect(both.answer["name"] as? String == "Anna Berg" && both.answer["role"] as? String == "rep")
        }
        try subscriber.wait(for: "the role") { $0.type == "speaker.joined" && $0["role"] as? String == "rep" }
        let told = subscriber.lines.filter { $0.type == "speaker.joined" }
        #expect(told.map { $0["name"] as? String } == [nil, "Anna Berg", "Anna Berg"], "the same again is no change")
        #expect(told.allSatisfy { $0.speaker == "s1" })

        let late = try Subscriber(daemon.eventsPath)
        let snapshot = try late.wait(for: "snapshot") { $0.type == "snapshot" }
        let sessions = try #require(snapshot["sessions"] as? [[String: any Sendable]])
        let speakers = try #require(sessions.first?["speakers"] as? [[String: any Sendable]])
        #expect(speakers.first?["name"] as? String == "Anna Berg" && speakers.first?["role"] as? String == "rep")
    }

    @Test(arguments: [
        ("call", "s2", #"{"role":"rep"}"#, 404, "no speaker 's2'"), ("other", "s1", #"{"role":"rep"}"#, 404, "'other'"),
        ("call", "s1", "{}", 422, "give one of them"), ("call", "s1", #"{"role":""}"#, 422, "1 to 128 characters"),
        ("call", "s1", #"{"name":7}"#, 400, "'name' has the wrong type"), ("call", "s1", "x", 400, "not JSON"),
    ])
    func badDescriptionsChangeNothing(
        session: String, speaker: String, body: String, status: Int, detail: String
    ) throws {
        let daemon = try RunningDaemon()
        _ = try daemon.attachRTP(session: "call", speaker: "s1")
        let answer = try request("PUT", "sessions/\(session)/speakers/\(speaker)", body, of: daemon)
        #expect(answer.status == status && answer.answer["status"] as? Int == status)
        #expect((answer.answer["detail"] as? String)?.contains(detail) == true, "\(answer.answer)")
    }

    private func write(_ settings: String, for daemon: RunningDaemon) throws {
        _ = try daemon.folder.file("attune.yaml", RunningDaemon.configuration(of: daemon.folder.path, settings))
    }

    @Test func aReloadSaysWhatHoldsAndWhatNeedsARestart() throws {
        let daemon = try RunningDaemon(settings: "sources:\n  max: 5\n")
        func reload() throws -> [String: [String]]? {
            try request("POST", "reload", of: daemon).answer as? [String: [String]]
        }
        #expect(try reload() == ["applied": [], "needs_restart": []])
        try write(
            "sources:\n  max: 1\nlog:\n  level: debug\nengagement:\n  hysteresis_points: 3\nevents:\n  ring_s: 30\n"
                + "  tick_s: 2\npolicy:\n  profile: eu-work\n", for: daemon)
        let expected = [
            "applied": ["events.tick_s", "engagement", "sources", "log"], "needs_restart": ["events", "policy"],
        ]
        #expect(try reload() == expected)
        #expect(try reload() == ["applied": [], "needs_restart": ["events", "policy"]], "those are still to come")
        #expect(try request("GET", "policy", of: daemon).answer["profile"] as? String == "standard")

        _ = try daemon.attachRTP(session: "call", speaker: "s1")
        let second = try daemon.attune(
            "attach", "rtp://127.0.0.1:0", "--session", "call", "--speaker", "s2", "--consent", "granted")
        #expect(second.status == 69 && second.errors.contains("1 sources are attached"), "\(second.errors)")
    }

    @Test func aBadFileChangesNothing() throws {
        let daemon = try RunningDaemon(settings: "sources:\n  max: 1\n")
        try write("sources:\n  max: 5\n  surprise: 1\n", for: daemon)
        let answer = try request("POST", "reload", of: daemon)
        #expect(answer.status == 422 && answer.answer["type"] as? String == "bad_configuration")
        let detail = try #require(answer.answer["detail"] as? String)
        #expect(detail.contains("attune.yaml:8") && detail.contains("stays in force"), "\(detail)")

        kill(daemon.process.processIdentifier, SIGHUP)
        try eventually("the log says so") { daemon.log.contains("error: \(daemon.config):8") }
        _ = try daemon.attachRTP(session: "call", speaker: "s1")
        #expect(
            try daemon.attune(
                "attach", "rtp://127.0.0.1:0", "--session", "call", "--speaker", "s2", "--consent", "granted"
            ).status == 69)

        try write("sources:\n  max: 2\n", for: daemon)
        kill(daemon.process.processIdentifier, SIGHUP)
        try eventually("the log says so") { daemon.log.contains("applied: sources; after a restart: nothing") }
        _ = try daemon.attachRTP(session: "call", speaker: "s2")
    }

    /// Both ways of ending with the calls that run; there is none, or one of which nothing comes.
    @Test func aDaemonThatIsDrainedEndsByItself() throws {
        let daemon = try RunningDaemon()
        let drained = try daemon.attune("drain", "--timeout", "600")
        #expect(drained.status == 0 && drained.output == "0 calls run\n", "\(drained)")
        try eventually("it ends") { !daemon.process.isRunning }
        #expect(daemon.process.terminationStatus == 0 && daemon.process.hasExited)

        let other = try RunningDaemon(
            settings: "sources:\n  attach:\n    - {url: \"rtp://127.0.0.1:0\", session: desk, consent: granted,\n"
                + "       tracks: [{speaker: anna}]}\n")
        try eventually("the declared source is there") { try other.attune("sessions").output.contains("desk") }
        #expect(try other.attune("drain", "--no-wait").output == "1 call runs\n")
        let refused = try other.attune(
            "attach", "rtp://127.0.0.1:0", "--session", "t", "--speaker", "a", "--consent", "granted")
        #expect(refused.status == 69 && refused.errors.contains("takes no new calls"), "\(refused.errors)")
        _ = try other.attune("detach", "desk")
        try eventually("it ends") { !other.process.isRunning }
        #expect(other.process.terminationStatus == 0 && other.process.hasExited)

        let third = try RunningDaemon()
        kill(third.process.processIdentifier, SIGUSR1)
        try eventually("it ends") { !third.process.isRunning }
        #expect(third.process.terminationStatus == 0 && third.process.hasExited)
    }

    @Test func theConfigurationIsCheckedAsAWholeAndShown() throws {
        let folder = try TemporaryFolder()
        let config = try folder.file(
            "attune.yaml",
            "sockets: {events: /nonexistent/e.sock, control: \(folder.path)/c.sock}\nvoice: {vad_weights: /nonexistent/w}\n"
                + "captions: {lexicon: /nonexistent/l}\nsources: {audiosocket: 127.0.0.1:0}\n")
        let checked = try run(Place.command("attuned"), ["--config", config, "--check-config"])
        let lines = checked.errors.split(separator: "\n")
        #expect(checked.status == 78 && lines.count == 3, "\(checked.errors)")
        for word in ["voice.vad_weights", "captions.lexicon", "sockets.events"] {
            #expect(lines.contains { $0.hasPrefix("attuned: \(config): \(word)") }, "\(checked.errors)")
        }
        let wrong = try run(
            Place.command("attuned"), ["--check-config"],
            environment: ["ATTUNE_STORE_PATH": "x", "ATTUNE_SOURCES_MAX": "0"])
        #expect(wrong.status == 78 && wrong.errors.split(separator: "\n").count == 2, "\(wrong.errors)")

        let secret = try folder.file(
            "secret.yaml",
            "sources:\n  attach:\n    - {url: \"rtsp://me:secret@127.0.0.1/a\", session: s,\n"
                + "       tracks: [{speaker: a}], consent: granted}\n")
        let shown = try run(
            Place.command("attune"), ["config", "show", "--config", secret], environment: ["ATTUNE_LOG_LEVEL": "debug"])
        #expect(shown.status == 0 && !shown.output.contains("me:secret") && shown.output.contains("127.0.0.1/a"))
        #expect(shown.output.contains("  attach:  # \(secret):2\n"), "\(shown.output)")
        #expect(
            shown.output.contains("  level: debug  # ATTUNE_LOG_LEVEL\n")
                && shown.output.contains("  max: 256  # default\n"))
    }

    @Test func thePolicySaysWhetherTicksAreStored() throws {
        let without = try request("GET", "policy", of: RunningDaemon()).answer
        #expect(without["stored"] as? Bool == false && without["retention_days"] == nil)
        let folder = try TemporaryFolder()
        let daemon = try RunningDaemon(
            folder: folder, settings: "store:\n  path: \(folder.path)/ticks.db\n  retention_days: 7\n")
        let with = try request("GET", "policy", of: daemon).answer
        #expect(with["stored"] as? Bool == true && with["retention_days"] as? Int == 7)
    }
}
