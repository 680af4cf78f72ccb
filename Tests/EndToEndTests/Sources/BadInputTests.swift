import Foundation
import Programs
import TestSupport
import Testing

/// Bad input gets one line that names the thing and the remedy; the daemon lives on.
@Suite(.waiting) struct BadInputTests {
    private func expectOneLine(_ finished: Finished, status: Int32, naming parts: String...) {
        #expect(finished.status == status, "\(finished.errors)")
        #expect(finished.output.isEmpty)
        #expect(!finished.errorLine.isEmpty && !finished.errorLine.contains("\n"), "\(finished.errors)")
        for part in parts { #expect(finished.errors.contains(part), "\(part) is not in: \(finished.errors)") }
    }

    @Test func theDaemonOutlivesWhatCannotBeAttached() throws {
        let daemon = try RunningDaemon()
        let text = try daemon.folder.file("notes.wav", "this is no audio\n")
        let sdp = try daemon.folder.file("bad.sdp", "v=0\nm=audio x RTP/AVP 0\n")
        func attach(_ url: String, consent: [String] = ["--consent", "granted"]) throws -> Finished {
            try run(
                Place.command("attune"), ["attach", url, "--session", "s", "--speaker", "a"] + consent,
                environment: ["ATTUNE_RUNTIME_DIR": daemon.folder.path])
        }
        expectOneLine(try attach(text), status: 65, naming: "notes.wav", "check")
        expectOneLine(try attach("/nonexistent.wav"), status: 66, naming: "/nonexistent.wav")
        expectOneLine(try attach("http://127.0.0.1:1/x"), status: 69, naming: "http://127.0.0.1:1/x", "check")
        expectOneLine(
            try attach("http://user:secret@127.0.0.1:1/x?token=hush"), status: 69, naming: "127.0.0.1:1")
        expectOneLine(try attach("gopher://x"), status: 65, naming: "gopher")
        expectOneLine(try attach("rtp://localhost:5004"), status: 65, naming: "numeric address")
        expectOneLine(try attach("rtp://192.0.2.1:5004"), status: 69, naming: "192.0.2.1:5004", "choose")
        expectOneLine(try attach(sdp), status: 65, naming: "bad.sdp", "line 2")
        expectOneLine(try attach("rtp://127.0.0.1:0", consent: []), status: 64, naming: "no consent", "--consent")
        expectOneLine(
            try attach("rtp://127.0.0.1:0", consent: ["--consent", "maybe"]), status: 64, naming: "maybe", "granted")
        expectOneLine(try daemon.attune("detach", "nobody"), status: 65, naming: "nobody", "attune sessions")
        #expect(try daemon.attune("sessions", "--json").output == "[]\n", "nothing half-attached is left")
        #expect(!daemon.log.contains("secret") && !daemon.log.contains("hush"))

        // Names are taken once, and the port that a source listens on is its own.
        let url = try daemon.attachRTP(session: "s", speaker: "a")
        expectOneLine(
            try daemon.attune(
                "attach", "rtp://127.0.0.1:0", "--session", "s", "--speaker", "a", "--consent", "granted"),
            status: 65, naming: "speaker 'a'")
        expectOneLine(
            try daemon.attune("attach", url, "--session", "s", "--speaker", "b", "--consent", "granted"), status: 69,
            naming: url.replacingOccurrences(of: "rtp://", with: ""))
        #expect(daemon.terminate() == 0)
    }

    @Test(.enabled(if: Place.hasDemoCall, "the demo's call is not there: run 'make test'"))
    func anAuditFailsAboveItsThreshold() throws {
        let folder = try TemporaryFolder()
        func audit(_ table: String, _ arguments: String...) throws -> Finished {
            try run(Place.command("attune"), ["audit", table] + arguments)
        }
        let call = Place.demoCall.path
        var table = "file,speaker,gender\n"
        for (name, gender) in [("anna", "female"), ("ben", "male")] {
            for _ in 0..<3 { table += "\(call)/\(name).wav,\(name),\(gender)\n" }
        }
        let good = try folder.file("good.csv", table)
        let passed = try audit(good, "--threshold", "50", "--json", folder.path + "/audit.json")
        #expect(passed.status == 0 && passed.output.contains("| female | 1 | 3 |"), "\(passed.errors)")
        #expect(FileManager.default.fileExists(atPath: folder.path + "/audit.json"))
        let failed = try audit(good, "--threshold", "0")
        #expect(failed.status == 1 && failed.errors.contains("threshold"), "\(failed.errors)")
        expectOneLine(try audit(try folder.file("bad.csv", "a,b\n1,2\n")), status: 65, naming: "bad.csv", "header")
        expectOneLine(
            try audit(try folder.file("lost.csv", "file,speaker\nlost.wav,a\n")), status: 66, naming: "lost.wav")
    }

    @Test(arguments: [
        "nonsense", "{}", "[1,2]", "{\"subscribe\":{\"color\":1}}", "{\"subscribe\":",
        String(repeating: "x", count: 100_000),
    ])
    func aClientThatTalksNonsenseIsToldAndDisturbsNobody(line: String) throws {
        let daemon = try RunningDaemon(settings: "events:\n  heartbeat_s: 1\n")
        let witness = try Subscriber(daemon.eventsPath)
        let client = try connectUnix(daemon.eventsPath)
        defer { close(client) }
        let bytes = Array((line + "\n").utf8)
        _ = send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        var answer = Data()
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(client, &chunk, chunk.count, 0)
            if count <= 0 { break }
            answer.append(contentsOf: chunk[..<count])
        }
        let last = try #require(String(decoding: answer, as: UTF8.self).split(separator: "\n").last)
        let error = try #require(
            JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: any Sendable])
        #expect(error.type == "error")
        #expect((error["message"] as? String)?.isEmpty == false)
        try witness.wait(for: "a heartbeat") { $0.type == "heartbeat" }
        try witness.wait(for: "a later heartbeat") { $0.type == "heartbeat" && ($0.number("seq") ?? 0) > 1 }
    }

    @Test func theControlSocketAnswersNonsenseWithProblems() throws {
        let daemon = try RunningDaemon()
        func request(_ text: String) throws -> String {
            let socket = try connectUnix(daemon.controlPath)
            defer { close(socket) }
            let bytes = Array(text.utf8)
            _ = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            var answer = Data()
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(socket, &chunk, chunk.count, 0)
                if count <= 0 { break }
                answer.append(contentsOf: chunk[..<count])
            }
            return String(decoding: answer, as: UTF8.self)
        }
        func post(_ body: String, to path: String = "/v1/sessions/s/sources") throws -> String {
            try request(
                "POST \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
        }
        #expect(try post("{").contains("400"))
        #expect(try post("{}").contains("'url' is missing"))
        #expect(try post(#"{"url":1}"#).contains("'url' has the wrong type"))
        #expect(
            try post(#"{"url":"x","session":"t","tracks":[],"consent":"granted"}"#).contains("make them equal"))
        #expect(try post(#"{"url":"x","session":"s","tracks":[],"consent":"granted"}"#).contains("422"))
        #expect(try post(String(repeating: " ", count: 200_000)).contains("413"))
        #expect(try request("GET /v1/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").contains("404"))
        #expect(
            try request("GET /v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").contains(#""status":"ok""#))
        #expect(daemon.process.isRunning)
    }

    @Test func configurationsAreCheckedBeforeAnythingStarts() throws {
        let folder = try TemporaryFolder()
        let attuned = Place.command("attuned")
        let unknown = try folder.file("a.yaml", "events:\n  tik_s: 1\n")
        expectOneLine(
            try run(attuned, ["--config", unknown]), status: 78, naming: "a.yaml:2", "tik_s", "did you mean 'tick_s'?")
        expectOneLine(try run(attuned, ["--config", "/nonexistent.yaml"]), status: 78, naming: "/nonexistent.yaml")
        let weights = try folder.file("c.yaml", "voice:\n  vad_weights: /nonexistent.bin\n")
        expectOneLine(try run(attuned, ["--config", weights]), status: 78, naming: "vad_weights", "/nonexistent.bin")
        let missing = try folder.file("b.yaml", "sockets:\n  events: /nonexistent/e.sock\n  control: /tmp/c.sock\n")
        let finished = try run(attuned, ["--config", missing])
        #expect(finished.status == 69)
        #expect(finished.errors.contains("/nonexistent"))
        expectOneLine(
            try run(attuned, ["--config", missing, "--check-config"]), status: 78, naming: "sockets.events",
            "/nonexistent")
        #expect(try run(attuned, ["--surprise"]).status == 64)
    }

    @Test func commandsWithoutADaemonSaySo() throws {
        for command in [["sessions"], ["tail"], ["top"], ["detach", "s"]] {
            let finished = try run(Place.command("attune"), command + ["--runtime-dir", "/nonexistent"])
            expectOneLine(finished, status: 69, naming: "/nonexistent/", "start attuned")
        }
    }

    @Test func recordingsThatAreNoneAreNamed() throws {
        let folder = try TemporaryFolder()
        let text = try folder.file("notes.txt", "hello\n")
        let attune = Place.command("attune")
        for command in ["analyze", "features", "segments"] {
            let garbage = try run(attune, [command, text])
            #expect(garbage.status == 65 && garbage.errors.contains("notes.txt"), "\(garbage.errors)")
            let missing = try run(attune, [command, "/nonexistent.wav"])
            #expect(missing.status == 66 && missing.errors.contains("/nonexistent.wav"), "\(missing.errors)")
        }
        #expect(try run(attune, ["analyze"]).status == 64)
        #expect(try run(attune, ["analyze", "--speaker", "x"]).status == 64)
        #expect(try run(attune, ["attach", "x", "--session", "s"]).status == 64)
    }
}
