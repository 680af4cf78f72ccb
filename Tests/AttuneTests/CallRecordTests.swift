import Events
import Testing

@testable import attune

/// What a report makes of events, with invented ones.
@Suite struct CallRecordTests {
    private static func record(_ events: [(EventBody, String, Double)]) -> CallRecord {
        var record = CallRecord()
        for (body, speaker, time) in events {
            record.take(Event(body, session: "s", speaker: speaker, timeSeconds: time))
        }
        return record
    }

    private static func speech(_ start: Double, _ end: Double) -> EventBody {
        .speechEnded(SpeechEnded(startSeconds: start, endSeconds: end))
    }

    private static func turn(_ start: Double, _ end: Double, _ fto: Int?) -> EventBody {
        .turn(Turn(startSeconds: start, endSeconds: end, ftoMilliseconds: fto, previousSpeaker: nil))
    }

    @Test func whatIsSpokenAtOnceIsWhereTwoOrMoreSpeak() {
        let record = Self.record([
            (Self.speech(0, 4), "a", 4), (Self.speech(3, 6), "b", 6), (Self.speech(3.5, 5), "c", 5),
            (Self.speech(6, 7), "a", 7),
        ])
        #expect(record.together == [.init(start: 3, end: 5)])
    }

    @Test func pausesAreThoseWithinTurns() {
        let record = Self.record([
            (Self.speech(0, 1), "a", 1), (Self.speech(1.5, 2), "a", 2), (Self.speech(6, 7), "a", 7),
            (Self.speech(7.25, 8), "a", 8), (Self.turn(0, 2, nil), "a", 3), (Self.turn(6, 8, 400), "a", 9),
        ])
        let voice = record.voices["a"]
        #expect(voice?.pauses == [0.5, 0.25])
        #expect(voice?.transfers == [0.4])
    }

    @Test func theLastRevisionOfAnOverlapHolds() {
        func overlap(_ revision: Int, _ kind: Overlap.Kind) -> EventBody {
            .overlap(
                Overlap(
                    id: 7, revision: revision, kind: kind, startSeconds: 61, endSeconds: 63, sharedSeconds: 0.6,
                    holder: "b"))
        }
        let record = Self.record([(overlap(1, .overlap), "a", 62), (overlap(2, .interruption), "a", 64)])
        #expect(record.incursions.map(\.overlap.kind) == [.interruption])
        let totals = SessionTotals(
            session: "s", durationSeconds: 120, speakerChanges: 1, overlapRatio: 0,
            speakers: ["a", "b"].map {
                .init(name: $0, role: nil, consent: .granted, metrics: WindowMetrics(name: "session"))
            })
        let words = ReportWords(totals: totals, record: record).summary
        #expect(words.contains("a interrupted b once (at 1:01)."), "\(words)")
    }

    @Test func whoTakesConsentBackIsNotInTheReport() {
        let record = Self.record([
            (Self.speech(0, 1), "a", 1), (Self.speech(1, 2), "b", 2),
            (.consent(ConsentChange(state: .withheld, previous: .granted)), "a", 3),
        ])
        #expect(record.voices["a"] == nil && record.voices["b"] != nil)
    }

    @Test func curvesAreBrokenWhereThereIsNoScore() throws {
        var record = CallRecord()
        for time in [1.0, 2, 3, 60, 61] {
            record.take(
                StoredReport.Score(
                    speaker: "a", timeSeconds: time,
                    engagement: .scored(
                        EngagementScore(
                            score: 50, low: 40, high: 60, confidence: 1, isProvisional: false, contributions: []))))
        }
        let timeline = ReportTimeline(record: record, speakers: ["a"], duration: 100)
        let chart = try #require(timeline.charts.first)
        #expect(chart.curves.first?.line == "M1 50L2 50L3 50M60 50L61 50")
        #expect(timeline.charts.count == 1 && timeline.left(25) == "25")
        #expect(timeline.ticks.map(\.label).prefix(3) == ["0:00", "0:10", "0:20"])
    }

    @Test(arguments: [(0.0, 1), (59.9, 13), (3_600, 13), (28_800, 9), (1e6, 200)])
    func theAxisHasFewTicks(duration: Double, most: Int) {
        let timeline = ReportTimeline(record: CallRecord(), speakers: [], duration: duration)
        #expect((1...most).contains(timeline.ticks.count))
    }

    @Test func longCallsAreThinned() {
        let scores = (0..<28_800).map {
            CallRecord.Score(
                seconds: Double($0), score: 50, low: 40, high: 60, confidence: 1, isProvisional: false,
                contributions: [])
        }
        let thinned = ReportTimeline.thinned(scores)
        #expect(thinned.count <= ReportTimeline.maxPoints && thinned.count > ReportTimeline.maxPoints / 2)
    }

    /// A tick that tells nothing but what a camera shows.
    private static func tick(seen fields: [LaneFields.Field]) -> EventBody {
        .tick(
            Tick(
                windows: [], voice: VoiceMetrics(isSpeaking: false, levelDb: nil, relativeLevelDb: nil, f0Hz: nil),
                engagement: .abstained(reason: .noBaseline), sentiment: nil,
                baseline: Baseline(speechSeconds: 1, turns: 1, isReady: false), audio: AudioQuality(lossPercent: 0),
                lanes: [LaneFields(name: LaneFields.visibleName, lane: "face", fields: fields)]))
    }

    @Test func whatWasSeenIsTheMeanOfTheTicksThatCouldTell() {
        var record = CallRecord()
        func take(_ seconds: Double, _ fields: [LaneFields.Field]) {
            record.take(Event(Self.tick(seen: fields), session: "call", speaker: "ana", timeSeconds: seconds))
        }
        take(1, [.init("state", text: "live"), .init("face_present_ratio", 1), .init("nods_per_min", nil)])
        take(2, [.init("state", text: "live"), .init("face_present_ratio", 0.5), .init("nods_per_min", 4)])
        let speakers = ["ana", "ben"].map {
            SessionTotals.Speaker(
                name: $0, role: nil, consent: .granted, metrics: WindowMetrics(name: "session"), engagement: nil)
        }
        let totals = SessionTotals(
            session: "call", durationSeconds: 60, speakerChanges: 0, overlapRatio: 0, speakers: speakers)
        func seen() -> [[String]] { ReportTables(totals: totals, record: record).seen.map { [$0.name] + $0.values } }
        #expect(seen() == [["in the picture", "75 %", "–"], ["nods while listening", "4 per minute", "–"]])
        record.take(
            Event(.consent(ConsentChange(state: .withheld, previous: .granted)), session: "call", speaker: "ana"))
        #expect(seen().isEmpty)
    }

    @Test func aRunningSessionIsToldByItsLastTicks() {
        var report = RunningReport(session: "call")
        var metrics = WindowMetrics(name: "session")
        metrics.talkRatio = 0.6
        metrics.speakerChangesPerMinute = 4
        let tick = Tick(
            windows: [metrics], voice: VoiceMetrics(isSpeaking: false, levelDb: nil, relativeLevelDb: nil, f0Hz: nil),
            engagement: .abstained(reason: .noBaseline), sentiment: nil,
            baseline: Baseline(speechSeconds: 1, turns: 1, isReady: false), audio: AudioQuality(lossPercent: 0))
        func take(_ body: EventBody, _ speaker: String?, _ time: Double, session: String = "call") {
            _ = report.take(Event(body, session: session, speaker: speaker, timeSeconds: time))
        }
        take(.sessionStarted(SessionStarted(noticeID: "n", policy: "standard")), nil, 0)
        take(.speakerJoined(SpeakerJoined(role: "rep", consent: .granted)), "ana", 0)
        take(.speakerJoined(SpeakerJoined(role: nil, consent: .withheld)), "ben", 0)
        take(.tick(tick), "ana", 90)
        take(.tick(tick), "zoe", 500, session: "other")
        let totals = report.totals
        #expect(report.isFound && totals.durationSeconds == 90 && totals.speakerChanges == 6)
        #expect(totals.speakers.map(\.name) == ["ana", "ben"] && totals.speakers[0].metrics?.talkRatio == 0.6)
        #expect(totals.speakers[1].metrics == nil && report.origin.policy == "standard")
        take(.consent(ConsentChange(state: .withheld, previous: .granted)), "ana", 91)
        #expect(report.totals.speakers[0].metrics == nil)
    }
}
