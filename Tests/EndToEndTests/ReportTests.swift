import Foundation
import Programs
import TestSupport
import Testing

/// Reports against what the same command tells in JSON.
@Suite(.waiting) struct ReportTests {
    /// The cells of the row with this heading in the table of numbers.
    private func cells(_ heading: String, _ html: String) throws -> [String] {
        let row = try #require(html.components(separatedBy: "<tr><th>\(heading)</th>").dropFirst().first, "\(heading)")
        let cells = row.components(separatedBy: "</tr>")[0].components(separatedBy: "<td>").dropFirst()
        return cells.map { $0.components(separatedBy: "</td>")[0] }
    }

    private func number(_ cell: String) throws -> Double {
        try #require(cell.split(separator: " ").first.flatMap { Double($0) }, "\(cell)")
    }

    // Made by `make test`; it is not there when the tests are run without it.
    @Test(.enabled(if: Place.hasDemoCall, "the demo's call is not there: run 'make test'"))
    func theNumbersAreThoseOfTheTotals() throws {
        let folder = try TemporaryFolder()
        let call = Place.demoCall.path
        let captions = try folder.file(
            "call.vtt", "WEBVTT\n\n00:01.000 --> 00:05.000\n<v anna>Um, what do you think?\n")
        let (page, table) = (folder.path + "/call.html", folder.path + "/call.csv")
        let finished = try run(
            Place.command("attune"),
            [
                "analyze", "--json", "--report", page, "--csv", table, "--captions", captions, "--speaker",
                "anna:rep=\(call)/anna.wav", "--speaker", "ben:customer=\(call)/ben.wav",
            ])
        #expect(finished.status == 0, "\(finished.errors)")
        let totals = try #require(
            JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: any Sendable])
        let speakers = try #require(totals["speakers"] as? [String: [String: any Sendable]])
        let html = try String(contentsOfFile: page, encoding: .utf8)
        for (index, name) in ["anna", "ben"].enumerated() {
            let speaker = try #require(speakers[name])
            func cell(_ heading: String) throws -> Double { try number(try cells(heading, html)[index]) }
            #expect(abs(try cell("talk") - 100 * (speaker.number("talk_ratio") ?? -1)) < 0.06)
            #expect(abs(try cell("speech") - (speaker.number("speech_s") ?? -1)) < 0.06)
            #expect(try cell("turns") == speaker.number("turns"))
            #expect(try cell("response lag (median)") == speaker.number("response_lag_median_ms"))
            #expect(try cell("interrupted others") == speaker.number("interruptions"))
            #expect(try cell("backchannels given") == speaker.number("backchannels"))
            #expect(abs(try cell("longest monologue") - (speaker.number("longest_monologue_s") ?? -1)) < 0.06)
        }
        #expect(try cells("questions", html)[0] == "1" && cells("fillers", html)[0].hasPrefix("1 "))
        #expect(html.contains("<td>ben</td><td>interrupts anna: both speak for") && html.contains("Um, what do you"))
        let changes = try #require(totals.number("speaker_changes"))
        #expect(html.contains("changed hands \(Int(changes)) times"))

        // The last rows of the table are the scores that the totals end with.
        let rows = try String(contentsOfFile: table, encoding: .utf8).split(separator: "\n")
            .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        #expect(rows.first?.prefix(3) == ["time_s", "speaker", "engagement"])
        for name in ["anna", "ben"] {
            let engagement = try #require(speakers[name]?["engagement"] as? [String: any Sendable])
            let last = try #require(rows.last { $0[1] == name && !$0[2].isEmpty })
            #expect(Double(last[2]) == engagement.number("score"), "\(last)")
        }
    }

    @Test func aRunningSessionIsReportedOn() throws {
        let daemon = try RunningDaemon(settings: "policy:\n  notice_id: test\n")
        _ = try daemon.attachRTP(session: "call", speaker: "ana:rep")
        _ = try daemon.attachRTP(session: "call", speaker: "ben", consent: "withheld")
        let page = daemon.folder.path + "/call.html"
        let finished = try daemon.attune("report", "--session", "call", "--html", page)
        #expect(finished.status == 0 && finished.output.isEmpty, "\(finished.errors)")
        let html = try String(contentsOfFile: page, encoding: .utf8)
        #expect(html.contains("running session") && html.contains("ana (rep)") && html.contains("consent withheld"))
        let json = try daemon.attune("report", "--session", "call", "--json")
        #expect(json.output.contains(#""session":"call""#), "\(json.output)")
        let stranger = try daemon.attune("report", "--session", "other")
        #expect(stranger.status == 66 && stranger.errors.contains("there is no session 'other'"))

        let logs = try TemporaryFolder()
        let process = try start(
            Place.command("attune"), ["report", "--session", "call", "--html", page + "2", "--until-end"],
            environment: ["ATTUNE_RUNTIME_DIR": daemon.folder.path], logs: logs.path)
        try eventually("the first version is written") { FileManager.default.fileExists(atPath: page + "2") }
        try daemon.attune("detach", "call")
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(try String(contentsOfFile: page + "2", encoding: .utf8).contains("session, ended"))
    }

    @Test(.enabled(if: Place.hasDemoCall, "the demo's call is not there: run 'make test'"))
    func aReportThatBeginsLateHasTheCurvesOfBefore() throws {
        let daemon = try RunningDaemon(settings: "policy:\n  notice_id: test\n")
        for (name, role) in [("anna", "rep"), ("ben", "customer")] {
            try daemon.attune(
                "attach", "\(Place.demoCall.path)/\(name).wav", "--session", "call", "--speaker",
                "\(name):\(role)", "--consent", "granted")
        }
        /// Times at which there was a score, as the daemon remembers them.
        func scored() throws -> [Double] {
            let url = "http://localhost/v1/history?session=call&since_s=14400&fields=engagement.score"
            let answer = try run(
                URL(fileURLWithPath: "/usr/bin/env"), ["curl", "-sS", "--unix-socket", daemon.controlPath, url])
            let history = try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: any Sendable]
            let speakers = history?["speakers"] as? [[String: any Sendable]] ?? []
            return speakers.flatMap { $0["points"] as? [[any Sendable]] ?? [] }
                .compactMap { $0.count == 2 && $0[1] is Double ? $0[0] as? Double : nil }
        }
        // Twenty seconds of own speech come first; a recording is played at its own pace.
        try eventually("there are some scores", seconds: 300) { try scored().count > 10 }
        let first = try #require(try scored().min())
        let (page, table) = (daemon.folder.path + "/call.html", daemon.folder.path + "/call.csv")
        let finished = try daemon.attune("report", "--session", "call", "--html", page, "--csv", table)
        #expect(finished.status == 0, "\(finished.errors)")
        // Rows that have an engagement: time, speaker, score.
        let rows = try String(contentsOfFile: table, encoding: .utf8).split(separator: "\n").dropFirst()
            .map { $0.split(separator: ",", omittingEmptySubsequences: false) }.filter { !$0[2].isEmpty }
            .compactMap { Double($0[0]) }
        #expect(rows.min() == first && rows.count > 10, "\(rows)")
        let html = try String(contentsOfFile: page, encoding: .utf8)
        #expect(html.contains("Lanes, cues and what moved the scores begin at"))
        #expect(html.contains("The curves go back to"))
    }

    @Test(arguments: [[], ["x", "--session", "y"], ["x", "--until-end"]])
    func whatToReportOnIsSaidOnce(arguments: [String]) throws {
        let finished = try run(Place.command("attune"), ["report"] + arguments)
        #expect(finished.status == 64 && finished.errors.contains("see 'attune report --help'"), "\(finished.errors)")
    }
}
