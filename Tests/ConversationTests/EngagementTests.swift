import Events
import Glibc
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
                #expect(reason == .notEnoughSpeech)
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
            #expect(reason == .oneSpeaker)
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
        let after = try #require(all.first { $0.time > 305 }?.score)
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

    /// A lively voice: pitch swings over seven semitones, level over ten dB.
    private func lively(_ scripts: [Script], until end: Double) -> [Script] {
        scripts.map { script in
            var script = script
            script.f0Hz = { 200 * exp2((3.5 / 12) * sin(7 * $0) * ($0 < end ? 1 : 0.1)) }
            script.levelDb = { -25 + 5 * sin(11 * $0) }
            return script
        }
    }

    @Test func aFlatVoiceLowersTheScoreAndIsNamed() throws {
        let scripts = lively(alternation(seconds: 360), until: 240)
        let all = scores(scripts, seconds: 360, of: "customer")
        func mean(_ times: Range<Double>) -> Double {
            let scores = all.filter { times.contains($0.time) }.compactMap { $0.score?.score }
            return scores.reduce(0, +) / Double(scores.count)
        }
        #expect(mean(272..<300) < mean(200..<240) - 2.5, "\(mean(272..<300)), \(mean(200..<240))")
        let after = try #require(all.last { $0.time < 290 }?.score)
        let named = try #require(after.contributions.dropFirst().min { $0.points < $1.points })
        #expect(named.input == "pitch_range")
        #expect((named.usual ?? 0) > 5 && (named.value ?? 9) < 2)
    }

    @Test func aFasterTempoIsNamedButNotASmallOne() throws {
        for (factor, moves) in [(1.08, false), (1.5, true)] {
            var scripts = alternation(seconds: 360)
            scripts[1].nucleiPerSecond = { $0 < 240 ? 4 : 4 * factor }
            let after = try #require(scores(scripts, seconds: 360, of: "customer").last { $0.time < 290 }?.score)
            let rate = try #require(after.contributions.first { $0.input == "rate_change" })
            #expect(moves ? rate.points > 1 : rate.points == 0, "×\(factor): \(rate)")
        }
    }

    @Test func withoutTheVoiceTheOtherInputsMakeUpTheWholeScore() throws {
        let configuration = EngagementConfiguration()
        var model = EngagementModel(configuration: configuration, usesVoice: false)
        var seen = EngagementModel.Observation(
            values: [.talkRatio: 0.5, .speakerChanges: 8, .backchannels: 1, .pitchRange: 5], speechSeconds: 100,
            turns: 9, speakers: 2, isWindowFull: true)
        for _ in 0..<60 { model.learn(seen) }
        // So far off that every curve is saturated.
        seen.values = [.talkRatio: 50, .speakerChanges: 90_000, .backchannels: 10_000, .pitchRange: 0]
        for hop in 0..<40 as Range<Int64> { model.note(lagMilliseconds: 60_000, after: 0, at: hop) }
        for hop in 40..<45 as Range<Int64> { model.note(lagMilliseconds: 0, after: 0, at: hop) }
        guard case .scored(let score) = model.score(seen, oldestHop: 0) else { Issue.record("abstained"); return }
        #expect(
            score.contributions.allSatisfy { !["pitch_range", "loudness_variation", "rate_change"].contains($0.input) })
        // All but the lag are saturated; a lag counts no further off than three spreads.
        #expect((97...100).contains(score.score))
    }

    /// Somebody who is answered late by one person and fast by another is compared pair by pair.
    @Test func lagsAreComparedWithinThePair() throws {
        var model = EngagementModel(configuration: EngagementConfiguration(), usesVoice: false)
        for round in 0..<30 as Range<Int64> {
            model.note(lagMilliseconds: 200, after: 1, at: round * 10)
            model.note(lagMilliseconds: 2_000, after: 2, at: round * 10 + 5)
        }
        let seen = EngagementModel.Observation(
            values: [.talkRatio: 0.5, .speakerChanges: 8], speechSeconds: 100, turns: 60, speakers: 3,
            isWindowFull: true)
        for _ in 0..<20 { model.learn(seen) }
        guard case .scored(let score) = model.score(seen, oldestHop: 0) else { Issue.record("abstained"); return }
        let lag = try #require(score.contributions.first { $0.input == "response_lag" })
        #expect(abs(lag.points) < 0.3, "\(lag)")
    }

    /// Within the hysteresis the score and its contributions are repeated; they still add up.
    @Test func smallMovesAreHeldBack() throws {
        var model = EngagementModel(configuration: EngagementConfiguration(), usesVoice: true)
        var seen = EngagementModel.Observation(
            values: [.talkRatio: 0.5, .speakerChanges: 8], speechSeconds: 100, turns: 9, speakers: 2,
            isWindowFull: true)
        for _ in 0..<60 { model.learn(seen) }
        var told: [Double] = []
        for step in 0..<40 {
            seen.values[.talkRatio] = 0.5 + 0.004 * Double(step % 2)
            guard case .scored(let score) = model.score(seen, oldestHop: 0) else { Issue.record("abstained"); return }
            told.append(score.score)
        }
        #expect(Set(told).count == 1)
        seen.values[.talkRatio] = 0.6
        guard case .scored(let score) = model.score(seen, oldestHop: 0) else { Issue.record("abstained"); return }
        #expect(score.score > told[0] + 3)
    }

    /// The example of docs/scoring.md, recomputed.
    @Test func theWorkedExampleOfTheDocumentation() throws {
        var model = EngagementModel(configuration: EngagementConfiguration(), usesVoice: true)
        var seen = EngagementModel.Observation(
            values: [
                .talkRatio: 0.5, .speakerChanges: 8, .backchannels: 1, .pitchRange: 6, .loudnessVariation: 10,
                .rateChange: 4.5,
            ], speechSeconds: 45, turns: 6, speakers: 2, isWindowFull: true)
        for _ in 0..<60 { model.learn(seen) }
        for lag in [600, 600, 600, 600, 600, 900, 1_000, 1_200, 1_500, 1_600] as [Double] {
            model.note(lagMilliseconds: lag, after: 1, at: 100)
        }
        seen.values = [
            .talkRatio: 0.26, .speakerChanges: 4, .backchannels: 1, .pitchRange: 3.6, .loudnessVariation: 10,
            .rateChange: 4.2,
        ]
        guard case .scored(let score) = model.score(seen, oldestHop: 0) else { Issue.record("abstained"); return }
        let points = Dictionary(uniqueKeysWithValues: score.contributions.map { ($0.input, $0.points) })
        #expect(
            points == [
                "neutral": 50, "talk_ratio": -7.9, "response_lag": -5.7, "speaker_changes": -3.3, "backchannels": 0,
                "pitch_range": -3.4, "loudness_variation": 0, "rate_change": 0,
            ])
        #expect(score.score == 29.7)
        #expect(abs(score.low - 22.7) < 0.05 && abs(score.high - 36.7) < 0.05, "\(score.low) \(score.high)")
    }
}
