import Events
import MediaTypes
import Testing

@testable import Conversation

@Suite struct EngagementTests {
    /// A dialogue of equal turns of `turn` seconds each, `lag` seconds apart.
    private func alternation(seconds: Double, turn: Double = 4, lag: (Double) -> Double = { _ in 0.5 }) -> [Script] {
        var ipus: [[ClosedRange<Double>]] = [[], []]
        var time = 0.5
        var speaker = 0
        while time + turn < seconds {
            ipus[speaker].append(time...(time + turn))
            time += turn
            time += speaker == 0 ? lag(time) : 0.5
            speaker = 1 - speaker
        }
        return [Script(name: "rep", ipus: ipus[0]), Script(name: "customer", ipus: ipus[1])]
    }

    private func scores(_ scripts: [Script], seconds: Double, of speaker: String) -> [(
        time: Double, score: EngagementScore?
    )] {
        play(scripts, seconds: seconds).events.compactMap { event in
            guard event.speaker == speaker, case .tick(let tick) = event.body else { return nil }
            if case .scored(let score) = tick.engagement { return (event.timeSeconds ?? 0, score) }
            return (event.timeSeconds ?? 0, nil)
        }
    }

    @Test func abstainsUntilThereIsEnoughSpeech() throws {
        let ticks = play(alternation(seconds: 200), seconds: 200).events.ticks(of: "customer")
        for tick in ticks {
            switch tick.engagement {
            case .abstained(let reason):
                #expect(tick.baseline.speechSeconds < 21)
                #expect(reason == "not_enough_speech")
            case .scored(let score):
                #expect(tick.baseline.speechSeconds >= 19.9)
                #expect(score.isProvisional == !tick.baseline.isReady)
            }
        }
        let settled = try #require(ticks.last)
        #expect(settled.baseline.isReady)
    }

    @Test func aSingleSpeakerHasNoScore() throws {
        let ticks = play([Script(name: "a", ipus: [0...100])], seconds: 100).events.ticks(of: "a")
        for tick in ticks {
            guard case .abstained(let reason) = tick.engagement else { Issue.record("scored alone"); return }
            #expect(reason == "one_speaker")
        }
    }

    @Test func contributionsSumToTheScoreAndTheIntervalHoldsIt() {
        let scripts = alternation(seconds: 400, lag: { $0 < 200 ? 0.4 : 1.6 })
        var seen = 0
        for speaker in ["rep", "customer"] {
            for (_, score) in scores(scripts, seconds: 400, of: speaker) {
                guard let score else { continue }
                seen += 1
                let sum = score.contributions.reduce(0) { $0 + $1.points }
                #expect(abs(sum - score.score) < 1e-9)
                #expect((0...100).contains(score.score))
                #expect(score.low <= score.score && score.score <= score.high)
            }
        }
        #expect(seen > 500)
    }

    @Test func anUnchangingConversationIsNeutral() {
        let settled = scores(alternation(seconds: 600), seconds: 600, of: "customer").suffix(200).compactMap(\.score)
        let mean = settled.reduce(0) { $0 + $1.score } / Double(settled.count)
        #expect(abs(mean - 50) < 2)
        #expect(settled.allSatisfy { abs($0.score - 50) < 8 })
    }

    @Test func laterAnswersLowerTheScoreAndAreNamed() throws {
        let scripts = alternation(seconds: 360, lag: { $0 < 240 ? 0.4 : 2.5 })
        let all = scores(scripts, seconds: 360, of: "customer")
        let before = try #require(all.last { $0.time < 240 }?.score)
        let after = try #require(all.first { $0.time > 275 }?.score)
        #expect(after.score < before.score - 5)
        let lag = try #require(after.contributions.first { $0.input == "response_lag" })
        #expect(lag.points < -5)
        #expect(abs((lag.value ?? 0) - 2_500) < 100)
        #expect(abs((lag.usual ?? 0) - 450) < 150)
    }

    @Test func speakingLessLowersTheScoreAndIsNamed() throws {
        var scripts = alternation(seconds: 240)
        // From 200 s on the rep does not stop.
        scripts[0].ipus = scripts[0].ipus.filter { $0.upperBound < 200 } + [200...240]
        scripts[1].ipus = scripts[1].ipus.filter { $0.upperBound < 200 }
        let all = scores(scripts, seconds: 240, of: "customer")
        let before = try #require(all.last { $0.time < 200 }?.score)
        let after = try #require(all.last?.score)
        #expect(after.score < before.score - 10)
        #expect((after.contributions.first { $0.input == "talk_ratio" }?.points ?? 0) < -10)
    }

    @Test func evidenceNarrowsTheInterval() throws {
        let all = scores(alternation(seconds: 900), seconds: 900, of: "rep").compactMap(\.score)
        let first = try #require(all.first)
        let last = try #require(all.last)
        #expect(last.high - last.low < 0.8 * (first.high - first.low))
    }

    /// The example of docs/scoring.md, recomputed.
    @Test func theWorkedExampleOfTheDocumentation() throws {
        var model = EngagementModel(configuration: EngagementConfiguration())
        for _ in 0..<60 {
            model.learn(
                EngagementModel.Inputs(
                    talkRatio: 0.5, lagsMilliseconds: [], changesPerMinute: 8, speechSeconds: 40, turns: 5,
                    speakers: 2, isWindowFull: true))
        }
        for _ in 0..<5 { model.learn(lagMilliseconds: 600) }
        let scored = model.score(
            EngagementModel.Inputs(
                talkRatio: 0.26, lagsMilliseconds: [1_000, 1_200, 1_500], changesPerMinute: 4, speechSeconds: 45,
                turns: 6, speakers: 2, isWindowFull: true))
        guard case .scored(let score) = scored else { Issue.record("abstained"); return }
        let points = Dictionary(uniqueKeysWithValues: score.contributions.map { ($0.input, $0.points) })
        #expect(points == ["neutral": 50, "talk_ratio": -13.3, "response_lag": -10, "speaker_changes": -8.7])
        #expect(score.score == 18)
        #expect(abs(score.low - 8.4) < 0.05 && abs(score.high - 27.6) < 0.05)
    }
}
