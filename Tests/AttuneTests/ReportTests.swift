import Events
import Foundation
import TestSupport
import Testing

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

    private static func page(_ text: String) -> String {
        var page = ReportPage()
        page.take(
            Event(
                .speechEnded(SpeechEnded(startSeconds: 1, endSeconds: 2)), session: text, speaker: text, timeSeconds: 2)
        )
        return page.html(totals(text))
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

    /// How often each character stands in a text that makes up a page.
    private static func marks(_ html: String) -> [Int] {
        ["<", ">", "\"", "'"].map { mark in html.unicodeScalars.count { $0 == mark } }
    }

    @Test(arguments: HostileText.all)
    func aPageStaysThePageThatItIs(text: String) throws {
        for (page, plain) in [
            (Self.page(text), Self.page("plain")), (try Self.stored(text).html, try Self.stored("plain").html),
        ] {
            #expect(page.contains("begin"))
            #expect(Self.marks(page) == Self.marks(plain), "\(page)")
            #expect(page.split(separator: "\n").allSatisfy(HostileText.isHarmless), "\(page)")
            #expect(page.unicodeScalars.count { $0 == "\n" } == plain.unicodeScalars.count { $0 == "\n" })
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
