import Foundation
import Programs
import TestSupport
import Testing

/// The opt-in store, from the recording to the report and back to nothing.
@Suite(.waiting) struct StoredTests {
    /// A name that has to be escaped in URLs and in HTML.
    private static let name = "Lisé & Co"

    /// Twelve seconds of two people on the channels of one file.
    private func makeCall(_ folder: TemporaryFolder) throws -> String {
        let files = try Dialogue.write(folder)
        let call = folder.path + "/call.wav"
        let joined = try run(
            ffmpeg,
            [
                "ffmpeg", "-loglevel", "error", "-t", "12", "-i", files[0], "-t", "12", "-i", files[1],
                "-filter_complex", "amerge", call,
            ])
        try #require(joined.status == 0, "\(joined.errors)")
        return call
    }

    /// As long, but nobody says anything.
    private func makeSilence(_ folder: TemporaryFolder) throws -> String {
        let silence = folder.path + "/silence.wav"
        let made = try run(
            ffmpeg, ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "anullsrc=cl=stereo", "-t", "12", silence])
        try #require(made.status == 0, "\(made.errors)")
        return silence
    }

    private func attach(_ call: String, to daemon: RunningDaemon) throws {
        let answer = try daemon.attune(
            "attach", call, "--session", "acme", "--track", "0:\(Self.name):rep", "--track", "1:berthold:customer",
            "--consent", "granted", "--notice-id", "notice-7")
        try #require(answer.status == 0, "\(answer.errors)")
    }

    /// How often `text` stands in the files of the store.
    private func occurrences(of text: String, in store: TemporaryFolder) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: store.path).reduce(0) { sum, name in
            let data = try Data(contentsOf: URL(fileURLWithPath: store.path + "/" + name))
            return sum + String(decoding: data, as: UTF8.self).components(separatedBy: text).count - 1
        }
    }

    private func settings(_ store: TemporaryFolder) -> String {
        "store:\n  path: \(store.path)/attune.db\n"
    }

    @Test func byDefaultNothingIsStored() throws {
        let daemon = try RunningDaemon()
        try attach(try makeSilence(daemon.folder), to: daemon)
        // But for who is in the call, as long as it runs.
        func files() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: daemon.folder.path)
                .filter { !$0.hasPrefix("calls.json") }.sorted()
        }
        let before = try files()
        let subscriber = try Subscriber(daemon.eventsPath)
        try subscriber.wait(for: "ticks") { $0.type == "tick" }
        #expect(try daemon.attune("detach", "acme").status == 0)
        #expect(try files() == before)
        #expect(!FileManager.default.fileExists(atPath: daemon.folder.path + "/calls.json"))
        for arguments in [["sessions", "--stored"], ["report", "x"], ["forget", "x"]] {
            let answer = try run(
                Place.command("attune"), arguments, environment: ["ATTUNE_RUNTIME_DIR": daemon.folder.path])
            #expect(answer.status == 69 && answer.errorLine.contains("set store.path"), "\(answer)")
        }
    }

    @Test func aCallIsStoredReportedAndForgotten() throws {
        let store = try TemporaryFolder()
        let daemon = try RunningDaemon(settings: settings(store))
        let call = try makeCall(daemon.folder)
        let subscriber = try Subscriber(daemon.eventsPath)
        try attach(call, to: daemon)
        for speaker in [Self.name, "berthold"] {
            try subscriber.wait(for: "ticks of \(speaker)") {
                $0.type == "tick" && $0.speaker == speaker && ($0.number("t") ?? 0) >= 4
            }
        }
        try eventually("both are stored") { try occurrences(of: "berthold", in: store) > 1 }
        // Who withdraws in the middle of the call is gone from the file when the command returns.
        #expect(try daemon.attune("consent", "acme", "berthold", "withdraw").status == 0)
        #expect(try occurrences(of: "berthold", in: store) == 0)
        try subscriber.wait(for: "the end of the session") { $0.type == "session.ended" }

        let listed = try daemon.attune("sessions", "--stored").output
        let id = try #require(listed.split(separator: " ").first.map(String.init))
        #expect(listed.contains("ended  acme  \(Self.name)") && !listed.contains("berthold"), "\(listed)")
        let report = try daemon.attune("report", id)
        #expect(report.status == 0, "\(report.errors)")
        for part in ["notice notice-7", "acme: ", "\(Self.name) (rep): talk"] {
            #expect(report.output.contains(part), "\(part) is not in: \(report.output)")
        }
        // As long as the recordings, and what a busy machine took to attach the second one.
        let seconds = report.output.firstMatch(of: /acme: ([0-9.]+) s/).flatMap { Double($0.1) }
        #expect((seconds ?? 0) >= 12, "\(report.output)")
        let page = daemon.folder.path + "/report.html"
        #expect(try daemon.attune("report", id, "--html", page).status == 0)
        let html = try String(contentsOfFile: page, encoding: .utf8)
        #expect(html.contains("<th>Lisé &amp; Co</th>") && html.contains(#"<path class="speech c0" d="M"#), "\(html)")
        for text in ["berthold", "call.wav"] {
            #expect(!html.contains(text))
            #expect(try occurrences(of: text, in: store) == 0)
        }
        #expect(try daemon.attune("doctor").output.contains("ok   store: on"))

        let forgotten = try daemon.attune("forget", Self.name)
        #expect(forgotten.status == 0 && forgotten.output.contains("in 1 session"), "\(forgotten)")
        #expect(try occurrences(of: Self.name, in: store) == 0)
        for arguments in [["forget", Self.name], ["forget", id], ["report", id]] {
            let answer = try run(
                Place.command("attune"), arguments, environment: ["ATTUNE_RUNTIME_DIR": daemon.folder.path])
            #expect(answer.status == 66 && answer.errorLine.contains("sessions --stored"), "\(answer)")
        }
        #expect(daemon.terminate() == 0)
    }

    @Test func whatADaemonThatDiedLeftIsReadableAndCanBeForgotten() throws {
        let store = try TemporaryFolder()
        let folder = try TemporaryFolder()
        // The call is over: it is not taken up again.
        let settings = settings(store) + "state:\n  max_age_s: 0\n"
        var died: RunningDaemon? = try RunningDaemon(folder: folder, settings: settings)
        try attach(try makeSilence(folder), to: try #require(died))
        try eventually("something is stored") { try occurrences(of: "\"tick\"", in: store) > 0 }
        died = nil

        let daemon = try RunningDaemon(folder: folder, settings: settings)
        let listed = try daemon.attune("sessions", "--stored", "--json")
        let sessions = try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [[String: Any]]
        let session = try #require(sessions?.first)
        #expect(session["state"] as? String == "interrupted")
        let id = try #require(session["id"] as? String)
        let report = try daemon.attune("report", id)
        #expect(report.output.contains("\(Self.name) (rep): talk"), "\(report)")
        #expect(try daemon.attune("forget", id).output == "deleted the stored session \(id)\n")
        #expect(try daemon.attune("sessions", "--stored").output.isEmpty)
        #expect(try occurrences(of: Self.name, in: store) == 0)
    }

    @Test func aStoreThatCannotBeIsNamedAndDisturbsNothingElse() throws {
        let folder = try TemporaryFolder()
        let config = try folder.file("missing.yaml", "store:\n  path: \(folder.path)/none/attune.db\n")
        for arguments in [["--check-config"], []] {
            let refused = try run(Place.command("attuned"), ["--config", config] + arguments)
            #expect(refused.status == 78 && refused.errorLine.contains("\(folder.path)/none"), "\(refused)")
        }
        let text = String(repeating: "not a database\n", count: 500)
        let path = try folder.file("attune.db", text)
        let daemon = try RunningDaemon(folder: folder, settings: "store:\n  path: \(path)\n")
        #expect(daemon.log.contains("nothing is stored") && daemon.log.contains(path), "\(daemon.log)")
        _ = try daemon.attachRTP(session: "s", speaker: "a")
        let answer = try daemon.attune("sessions", "--stored")
        #expect(answer.status == 69 && answer.errorLine.contains("move it away"), "\(answer)")
        let doctor = try daemon.attune("doctor")
        #expect(doctor.status == 69 && doctor.output.contains("FAIL store: unavailable"), "\(doctor)")
        #expect(daemon.terminate() == 0)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }
}
