import Events
import Foundation
import TestSupport
import Testing
import Text

@testable import attune

/// Reports with hostile names in them: the same page, the same lines.
@Suite struct ReportTests {
    private static func totals(_ text: String) -> SessionTotals {
        SessionTotals(
            session: text, durationSeconds: 60, speakerChanges: 3, overlapRatio: 0.1,
            speakers: [
                SessionTotals.Speaker(
                    name: text, role: text, consent: .granted, metrics: WindowMetrics(name: "session"),
                    engagement: .scored(
                        EngagementScore(
                            score: 50, low: 40, high: 60, confidence: 1, isProvisional: false,
                            contributions: [Contribution(input: text, points: 50)]))),
                SessionTotals.Speaker(
                    name: text + "2", role: text, consent: .granted, metrics: WindowMetrics(name: "session"),
                    engagement: .abstained(reason: Abstention(rawValue: text))),
                SessionTotals.Speaker(name: text + "3", role: text, consent: .withheld, metrics: nil, engagement: nil),
            ])
    }

    /// A session in which everything has happened that a report tells, all of it of somebody with this name.
    private static func events(_ text: String) -> [Event] {
        let other = text + "2"
        func overlap(_ id: Int, _ kind: Overlap.Kind) -> EventBody {
            .overlap(
                Overlap(
                    id: id, revision: 2, kind: kind, startSeconds: Double(id), endSeconds: Double(id) + 1,
                    sharedSeconds: 0.5, holder: other))
        }
        let cue = CueRaised(
            id: 1, cue: text, severity: text, metric: text, value: 2, limit: 1, windowSeconds: nil)
        let bodies: [EventBody] = [
            .speechEnded(SpeechEnded(startSeconds: 1, endSeconds: 2)),
            .turn(Turn(startSeconds: 1, endSeconds: 2, ftoMilliseconds: 300, previousSpeaker: other)),
            overlap(1, .interruption), overlap(2, .backchannel), .cueRaised(cue),
            .gap(Gap(fromSeconds: 3, toSeconds: 4, why: .mute)),
            .quality(QualityChange(issues: [.noise], audio: AudioQuality(lossPercent: 3))),
        ]
        return bodies.map { Event($0, session: text, speaker: text, timeSeconds: 2) }
    }

    private static func page(_ text: String) throws -> String {
        var page = ReportPage()
        for event in events(text) { page.take(event) }
        page.take(
            StoredReport.Score(
                speaker: text, timeSeconds: 20,
                engagement: .scored(
                    EngagementScore(
                        score: 50, low: 40, high: 60, confidence: 1, isProvisional: false,
                        contributions: [Contribution(input: text, points: 5)]))))
        page.transcript = [try Caption(speaker: "x", startSeconds: 1, endSeconds: 2, text: text)]
        var totals = totals(text)
        totals.speakers[1].name = "x"
        let origin = ReportOrigin(kind: text, date: text, policy: text, notice: text, remarks: [text])
        return try page.html(totals, origin)
    }

    private static func stored(_ text: String) throws -> StoredReport {
        let totals = try JSONSerialization.jsonObject(with: Data(Self.totals(text).json()))
        let speech = Event(
            .speechEnded(SpeechEnded(startSeconds: 1, endSeconds: 2)), session: text, speaker: text, timeSeconds: 2)
        let line = try JSONSerialization.jsonObject(with: Data(speech.line(sequence: 1, at: "")))
        let report: [String: Any] = [
            "id": text, "started_at": text, "state": text, "notice_id": text, "policy": text, "speakers": [text],
            "session": text, "totals": totals, "events": [line],
        ]
        let json = try JSONSerialization.data(withJSONObject: report)
        return try #require(StoredReport(json: Array(json)))
    }

    /// A page without its data, and its data.
    private static func parts(_ html: String) throws -> (page: String, data: String) {
        let parts = html.components(separatedBy: #"<script type="application/json" id="data">"#)
        let rest = try #require(parts.last).components(separatedBy: "</script>")
        return (parts[0] + rest.dropFirst().joined(), rest[0])
    }

    /// How often each character stands in a text that makes up a page.
    private static func marks(_ html: String) -> [Int] {
        ["<", ">", "\"", "'"].map { mark in html.unicodeScalars.count { $0 == mark } }
    }

    @Test(arguments: HostileText.all)
    func aPageStaysThePageThatItIs(text: String) throws {
        for (page, plain) in [
            (try Self.page(text), try Self.page("plain")), (try Self.stored(text).html, try Self.stored("plain").html),
        ] {
            #expect(page.contains("begin"))
            let (html, data) = try Self.parts(page)
            #expect(Self.marks(html) == Self.marks(try Self.parts(plain).page), "\(html)")
            #expect(page.split(separator: "\n").allSatisfy(HostileText.isHarmless), "\(page)")
            #expect(page.unicodeScalars.count { $0 == "\n" } == plain.unicodeScalars.count { $0 == "\n" })
            #expect(!data.unicodeScalars.contains { "<>&\n".unicodeScalars.contains($0) }, "\(data)")
            let object = try JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any]
            let speakers = try #require(object?["speakers"] as? [[String: Any]])
            #expect(speakers.first?["name"] as? String == text)
        }
    }

    @Test func aPageReachesNothing() throws {
        let page = try Self.page("plain")
        for word in ["http:", "https:", "src=", "@import", "url(", "<link"] {
            #expect(!page.contains(word), "\(word)")
        }
        #expect(page.contains("default-src 'none'") && page.contains("script-src 'sha256-"))
    }

    @Test(arguments: HostileText.all)
    func aTableOfScoresStaysOne(text: String) throws {
        var record = CallRecord()
        for time in [1.0, 2.0] {
            record.take(
                StoredReport.Score(
                    speaker: text, timeSeconds: time, engagement: Self.totals(text).speakers[0].engagement!))
        }
        let csv = record.csv(Self.totals(text))
        var rows: [[String]] = [[""]]
        var isQuoted = false
        for scalar in csv.unicodeScalars {
            switch scalar {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: rows[rows.count - 1].append("")
            case "\n" where !isQuoted: rows.append([""])
            default: rows[rows.count - 1][rows[rows.count - 1].count - 1].unicodeScalars.append(scalar)
            }
        }
        #expect(rows.count == 4 && rows.dropLast().allSatisfy { $0.count == 10 }, "\(csv)")
        #expect(rows[1][1].contains("begin") && rows[1][2] == "50" && rows[2][0] == "2")
        for start in ["=", "+", "-", "@"] {
            var formula = CallRecord()
            formula.take(
                StoredReport.Score(
                    speaker: start + "1", timeSeconds: 1, engagement: Self.totals(text).speakers[0].engagement!))
            #expect(formula.csv(Self.totals(start + "1")).contains(",'\(start)1,"))
        }
    }

    @Test(arguments: HostileText.all)
    func aTableHasALineForEachSpeaker(text: String) throws {
        for (table, plain) in [
            (TotalsText.text(of: Self.totals(text)), TotalsText.text(of: Self.totals("plain"))),
            (try Self.stored(text).text, try Self.stored("plain").text),
        ] {
            #expect(table.contains("begin"))
            #expect(table.split(separator: "\n").allSatisfy(HostileText.isHarmless), "\(table)")
            #expect(table.unicodeScalars.count { $0 == "\n" } == plain.unicodeScalars.count { $0 == "\n" })
        }
    }
}
