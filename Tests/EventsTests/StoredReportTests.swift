import Events
import Testing

@Suite struct StoredReportTests {
    private func json(totals: SessionTotals, speakers: String, events: String) -> [UInt8] {
        let totals = String(decoding: totals.json(), as: UTF8.self)
        return Array(
            """
            {"id":"i","session":"call","started_at":"2026-03-02T09:14:38Z","state":"ended","policy":"standard",
            "speakers":\(speakers),"totals":\(totals),"events":[\(events)]}
            """.utf8)
    }

    private func totals(_ names: [String]) -> SessionTotals {
        var metrics = WindowMetrics(name: "session")
        metrics.speechSeconds = 12.5
        metrics.backchannels = 7
        return SessionTotals(
            session: "call", durationSeconds: 60, speakerChanges: 3, overlapRatio: 0.1,
            speakers: names.map {
                SessionTotals.Speaker(
                    name: $0, role: nil, consent: .granted, metrics: metrics,
                    engagement: .abstained(reason: .noBaseline))
            })
    }

    /// All that the daemon tells is read, not what one page happens to show.
    @Test func totalsAreThoseOfALiveSession() throws {
        let report = try #require(
            StoredReport(
                json: json(totals: totals(["ann", "zoe", "gone"]), speakers: #"["zoe","ann","zoe"]"#, events: "")))
        #expect(report.totals.speakers.map(\.name) == ["zoe", "ann"], "in the order they joined")
        #expect(report.totals.speakers.allSatisfy { $0.metrics?.backchannels == 7 && $0.consent == .granted })
        guard case .abstained(.noBaseline) = report.totals.speakers.first?.engagement else {
            Issue.record("no reason")
            return
        }
    }

    @Test func ticksAreScoresAndTheRestIsEvents() throws {
        let speech = Event(
            .speechEnded(SpeechEnded(startSeconds: 1, endSeconds: 2)), session: "call", speaker: "ann", timeSeconds: 2)
        let events = [
            String(decoding: speech.line(sequence: 1, at: ""), as: UTF8.self),
            #"{"v":1,"type":"of.tomorrow","seq":2,"at":""}"#,
            #"{"type":"tick","speaker":"ann","t":3,"engagement":{"score":null,"abstained":"no_baseline"}}"#,
            #"{"type":"tick","speaker":"ann","t":4,"engagement":{"score":500}}"#,
        ]
        let report = try #require(
            StoredReport(
                json: json(totals: totals(["ann"]), speakers: #"["ann"]"#, events: events.joined(separator: ","))))
        #expect(report.events.map(\.body.kind) == [.speechEnded])
        #expect(report.scores.map(\.timeSeconds) == [3], "an impossible score is none")
    }

    @Test(arguments: ["", "[]", "{}", #"{"id":"i"}"#, "\u{FFFD}"]) func whatIsNoReportIsNone(text: String) {
        #expect(StoredReport(json: Array(text.utf8)) == nil)
        #expect(StoredReport(json: [0xFF] + Array(text.utf8)) == nil)
    }
}
