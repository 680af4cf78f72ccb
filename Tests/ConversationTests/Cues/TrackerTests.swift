import Events
import Testing

@testable import Conversation

/// Trackers of the configuration: counted, told and taken for cues, of captions and of what is written down alike.
@Suite struct TrackerTests {
    private func engine(cues: [CueRule] = [], texts: WordTexts = .none, lanes: ConsentLanes = .words) -> SessionEngine {
        var configuration = ConversationConfiguration()
        configuration.trackers = [
            WordTracker(name: "pricing", phrases: ["price"], who: ["guest"]),
            WordTracker(name: "acme", phrases: ["acme"]),
        ]
        configuration.cues = cues
        configuration.cueGapSeconds = 0
        configuration.wordTexts = texts
        var engine = SessionEngine(id: "s", configuration: configuration)
        _ = engine.join(name: "ana", role: "rep", consent: .granted, lanes: lanes, at: 0)
        _ = engine.join(name: "ben", role: "customer", consent: .granted, lanes: lanes, at: 0)
        engine.advance(to: 500)
        _ = engine.takeEvents()
        return engine
    }

    private func line(
        _ start: Int64, _ end: Int64, _ mentions: [Int], isPartial: Bool = false, id: String? = nil
    ) -> CaptionLine {
        CaptionLine(startHop: start, endHop: end, id: id, isPartial: isPartial, words: 9, mentions: mentions)
    }

    private func met(_ engine: inout SessionEngine) -> [String] {
        engine.takeEvents().compactMap { event in
            guard case .tracker(let met) = event.body else { return nil }
            return "\(event.speaker ?? "-") \(met.tracker) \(met.mentions) \(met.startSeconds) \(met.writer)"
        }
    }

    private func counts(_ engine: SessionEngine, _ speaker: String) -> [WindowMetrics.Captions.Mentions]? {
        engine.totals().speakers.first { $0.name == speaker }?.metrics?.captions?.trackers
    }

    @Test func whatIsMetIsToldAndCountedWhoeverWroteItDown() {
        var engine = engine()
        #expect(engine.takeRecognised(line(100, 200, [2, 1]), speaker: 1) == .counted)
        #expect(engine.take(line(300, 400, [1, 0]), speaker: "ben") == .counted)
        #expect(
            met(&engine) == ["ben pricing 2 1.0 recogniser", "ben acme 1 1.0 recogniser", "ben pricing 1 3.0 captions"])
        #expect(counts(engine, "ben") == [.init(tracker: "acme", count: 1), .init(tracker: "pricing", count: 3)])
        #expect(counts(engine, "ana") == nil, "of whom nothing was said there is nothing")
    }

    @Test func othersAreNotLookedAt() {
        var engine = engine()
        #expect(engine.takeRecognised(line(100, 200, [2, 1]), speaker: 0) == .counted)
        #expect(met(&engine) == ["ana acme 1 1.0 recogniser"])
        #expect(counts(engine, "ana") == [.init(tracker: "acme", count: 1)])
        #expect(engine.takeRecognised(line(210, 300, []), speaker: 0) == .counted)
        #expect(met(&engine) == [])
    }

    /// What may still change counts, and is told once it does not.
    @Test func partialLinesAreNotTold() {
        var engine = engine()
        _ = engine.take(line(100, 200, [1], isPartial: true, id: "x"), speaker: "ben")
        #expect(met(&engine) == [] && counts(engine, "ben") == [.init(tracker: "pricing", count: 1)])
        _ = engine.take(line(100, 210, [0, 1], id: "x"), speaker: "ben")
        #expect(met(&engine) == ["ben acme 1 1.0 captions"])
        #expect(counts(engine, "ben") == [.init(tracker: "acme", count: 1)])
    }

    /// The voice alone is enough for captions that somebody hands in, and none of their text is told.
    @Test func noConsentNoTracker() {
        var engine = engine(lanes: [])
        #expect(engine.takeRecognised(line(100, 200, [2, 1]), speaker: 1) == .ignored)
        #expect(engine.take(line(100, 200, [1]), speaker: "ben") == .counted)
        #expect(met(&engine) == ["ben pricing 1 1.0 captions"])
        _ = engine.setConsent(name: "ben", to: Consent(.withheld))
        #expect(engine.take(line(210, 300, [1]), speaker: "ben") == .ignored)
        #expect(met(&engine) == [] && counts(engine, "ben") == nil)
    }

    @Test(arguments: [("pricing", 0), ("acme", 1)]) func aCueMayMeanATracker(name: String, place: Int) {
        var own = CueRule(id: "own", metric: .mentions)
        (own.about, own.windowSeconds, own.above, own.phrases) = (.anyone, 30, 0, ["x"])
        var rule = CueRule(id: "cue", metric: .mentions)
        (rule.about, rule.windowSeconds, rule.above, rule.tracker) = (.anyone, 30, 1, name)
        var engine = engine(cues: [own, rule])
        var mentions = [0, 0, 0]
        mentions[place] = 2
        _ = engine.takeRecognised(line(400, 500, mentions), speaker: 1)
        _ = engine.takeRecognised(line(400, 500, [5, 0, 0]), speaker: 0)
        engine.advance(to: 900)
        let raised = engine.takeEvents().compactMap { event -> String? in
            if case .cueRaised(let cue) = event.body { "\(cue.cue) \(event.speaker ?? "-") \(cue.value)" } else { nil }
        }
        #expect(raised == ["cue ben 2.0"])
    }

    @Test(arguments: [
        (["ana"], true), (["rep"], true), (["REP"], true), (["host"], true), (["guest"], false), (["an"], false),
        ([], true),
        (["ben", "customer"], false),
    ]) func whoIsASideARoleOrAName(who: [String], isAbout: Bool) {
        let tracker = WordTracker(name: "t", phrases: ["x"], who: who)
        #expect(tracker.isAbout(name: "ana", role: "rep", side: .host) == isAbout)
    }
}
