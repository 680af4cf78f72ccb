import Events
import Foundation
import SeededNumbers
import Testing

@testable import Conversation

@Suite struct SentimentTests {
    /// A voice as it usually is.
    private static let usual: [AffectInput: Double] = [
        .pitchLevel: 20, .pitchRange: 6, .loudnessVariation: 12, .spectralTilt: -13, .rateChange: 4.5,
        .voicedRatio: 0.6,
    ]

    private func observation(_ values: [AffectInput: Double] = usual) -> SentimentModel.Observation {
        SentimentModel.Observation(values: values, windowSpeechSeconds: 15, speechSeconds: 90, turns: 9, snrDb: 30)
    }

    /// A model that has heard the usual voice for a minute.
    private func model() -> SentimentModel {
        var model = SentimentModel(configuration: EngagementConfiguration())
        for _ in 0..<60 { model.learn(observation()) }
        return model
    }

    private func scored(_ sentiment: Sentiment) throws -> SentimentScore {
        guard case .scored(let score) = sentiment else { throw Unscored() }
        return score
    }

    private struct Unscored: Error {}

    private func reason(_ sentiment: Sentiment) -> String? {
        if case .abstained(let reason) = sentiment { reason.rawValue } else { nil }
    }

    // MARK: The model

    @Test func theUsualVoiceIsNotActivated() {
        var model = model()
        let half = AffectWeights.activationHalfWidth * SentimentModel.otherCorpusFactor
        #expect(model.activation(observation()) == .estimated(value: 0, low: -half, high: half))
    }

    @Test func aVoiceWithoutWordsHasNoSentiment() {
        var model = model()
        #expect(reason(model.score(observation())) == "no_words")
        var angry = Self.usual
        angry[.pitchLevel] = 28
        angry[.spectralTilt] = -4
        #expect(reason(model.score(observation(angry))) == "no_words")
    }

    /// However a voice sounds, the words alone say how it is meant.
    @Test func theVoiceDoesNotMoveSentiment() throws {
        func score(_ values: [AffectInput: Double]) throws -> Double {
            var model = model()
            var seen = observation(values)
            seen.text = TextEvidence(valence: 0.2, words: 20, lines: 3, spread: 0.1)
            return try scored(model.score(seen)).score
        }
        var angry = Self.usual
        angry[.pitchLevel] = 28
        angry[.spectralTilt] = -4
        #expect(try score(angry) == score(Self.usual))
    }

    @Test func aRaisedVoiceIsActivated() throws {
        var raised = Self.usual
        raised[.pitchLevel] = 26
        raised[.spectralTilt] = -6
        raised[.rateChange] = 5.8
        var model = model()
        let up = try #require(model.activation(observation(raised)).value)
        var flat = Self.usual
        flat[.pitchLevel] = 17
        flat[.spectralTilt] = -19
        flat[.rateChange] = 3.6
        let down = try #require(model.activation(observation(flat)).value)
        #expect(up > 0.4 && down < -0.3, "\(up) \(down)")
    }

    /// Whatever is measured and written, the parts make up the score and the interval holds it.
    @Test func contributionsSumToTheScoreAndTheIntervalHoldsIt() throws {
        var random = SeededRandom(seed: 5)
        func value(_ range: ClosedRange<Double>) -> Double {
            range.lowerBound + (range.upperBound - range.lowerBound) * Double(random.next() % 10_000) / 10_000
        }
        var model = model()
        for round in 0..<300 {
            var seen = observation([
                .pitchLevel: value(-50...90), .pitchRange: value(0...40), .loudnessVariation: value(0...60),
                .spectralTilt: value(-60...30), .rateChange: value(0.1...20), .voicedRatio: value(0...1),
            ])
            seen.text = TextEvidence(valence: value(-1...1), words: 20, lines: 1 + round % 9, spread: value(0...1))
            let score = try scored(model.score(seen))
            #expect(abs(score.contributions.reduce(0) { $0 + $1.points } - score.score) < 1e-9)
            #expect((0...100).contains(score.score) && (-1...1).contains(score.valence))
            #expect(score.low <= score.score && score.score <= score.high)
            #expect((-1...1).contains(try #require(score.activation)))
            #expect((0...1).contains(score.confidence))
        }
    }

    @Test(arguments: [-0.8, 0.8])
    func wordsMoveTheScoreTheirWayAndNarrowTheInterval(valence: Double) throws {
        var model = model()
        var seen = observation()
        seen.text = TextEvidence(valence: valence, words: 9, lines: 1, spread: 0)
        let one = try scored(model.score(seen))
        #expect((one.score - 50) * valence > 8)
        #expect(one.basis == [.text])
        #expect(one.high - one.low < 45)
        seen.text = TextEvidence(valence: valence, words: 60, lines: 6, spread: 0.2)
        let six = try scored(model.score(seen))
        #expect(abs(six.score - 50) > abs(one.score - 50))
        #expect(six.confidence > one.confidence)
    }

    @Test func wordsAloneCarryAScoreWithoutActivation() throws {
        var model = SentimentModel(configuration: EngagementConfiguration())
        var seen = SentimentModel.Observation()
        seen.text = TextEvidence(valence: -0.6, words: 12, lines: 2, spread: 0.1)
        let score = try scored(model.score(seen))
        #expect(score.basis == [.text] && score.activation == nil)
        #expect(score.score < 45 && score.isProvisional)
    }

    @Test func abstainsRatherThanGuesses() {
        func reason(_ activation: Activation) -> String? {
            if case .abstained(let reason) = activation { reason.rawValue } else { nil }
        }
        var model = model()
        var seen = observation()
        seen.speechSeconds = 19
        #expect(reason(model.activation(seen)) == "not_enough_speech")
        seen = observation()
        seen.windowSpeechSeconds = 4
        #expect(reason(model.activation(seen)) == "not_enough_speech")
        seen = observation()
        seen.snrDb = 9
        #expect(reason(model.activation(seen)) == "weak_evidence")
        seen = observation()
        seen.lossPercent = 11
        #expect(reason(model.activation(seen)) == "weak_evidence")
        seen = observation()
        seen.values = nil
        #expect(reason(model.activation(seen)) == "weak_evidence")
        var fresh = SentimentModel(configuration: EngagementConfiguration())
        #expect(reason(fresh.activation(observation())) == "no_baseline")
    }

    @Test func smallMovesAreHeldBack() throws {
        var model = model()
        var told: Set<Double> = []
        for step in 0..<20 {
            var values = Self.usual
            values[.pitchLevel] = 20 + 0.15 * Double(step % 2)
            told.insert(try #require(model.activation(observation(values)).value))
        }
        #expect(told.count == 1)
    }

    /// The example of docs/scoring.md, recomputed.
    @Test func theWorkedExampleOfTheDocumentation() throws {
        var model = model()
        var seen = observation([
            .pitchLevel: 23.1, .pitchRange: 8.7, .loudnessVariation: 12, .spectralTilt: -7.3, .rateChange: 5.7,
            .voicedRatio: 0.6,
        ])
        seen.text = TextEvidence(valence: 0.5, words: 31, lines: 4, spread: 0.3)
        let score = try scored(model.score(seen))
        let points = Dictionary(uniqueKeysWithValues: score.contributions.map { ($0.input, $0.points) })
        #expect(
            points == [
                "neutral": 50, "text": 14,
            ])
        #expect(score.score == 64)
        #expect(abs(score.low - 43.1) < 0.05 && abs(score.high - 84.9) < 0.05, "\(score.low) \(score.high)")
        #expect(abs((score.activation ?? 0) - 0.37) < 0.005, "\(score.activation ?? 0)")
    }

    @Test func aRecordingIsComparedLikeAWindow() {
        var raised = Self.usual
        raised[.pitchLevel] = 26
        let estimate = AffectEstimate(raised, usual: Self.usual)
        #expect(
            abs(estimate.activation - 6 / AffectWeights.spread(.pitchLevel) * AffectWeights.activation(.pitchLevel))
                < 1e-9)
        #expect(AffectEstimate(Self.usual, usual: Self.usual) == AffectEstimate(activation: 0, valence: 0))
        #expect(AffectEstimate(raised, usual: [:]).activation == 0)
        raised[.pitchLevel] = 900
        #expect(AffectEstimate(raised, usual: Self.usual).activation <= 1)
    }

    // MARK: The weights

    private struct Table: Decodable {
        var spread: [String: Double]
        var most_spreads: Double
        var weights: [String: [String: Double]]
        var half_width_80_pct: [String: Double]
        var valence_deviation_without_evidence: Double
    }

    @Test func theWeightsAreThoseOfTheDocumentation() throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appendingPathComponent("docs/affect-weights.json")
        let table = try JSONDecoder().decode(Table.self, from: Data(contentsOf: file))
        for input in AffectInput.allCases {
            #expect(table.spread[input.rawValue] == AffectWeights.spread(input))
            #expect(table.weights["activation"]?[input.rawValue] == AffectWeights.activation(input))
            #expect(table.weights["valence"]?[input.rawValue] == AffectWeights.valence(input))
        }
        #expect(table.spread.count == AffectInput.allCases.count)
        #expect(table.most_spreads == AffectWeights.maxSpreads)
        #expect(table.half_width_80_pct["activation"] == AffectWeights.activationHalfWidth)
        #expect(table.half_width_80_pct["valence"] == AffectWeights.valenceHalfWidth)
        #expect(table.valence_deviation_without_evidence == AffectWeights.valencePriorDeviation)
        let reach = AffectInput.allCases.reduce(0) { $0 + abs(AffectWeights.valence($1)) * AffectWeights.maxSpreads }
        #expect(reach <= 1, "the score stays within 0 to 100")
    }

    // MARK: In a session

    /// Turns of a lively voice, that from 110 s on is raised; pitch and level by these much, time by that factor.
    private func call(semitones: Double = 0, decibels: Double = 0, tempo: Double = 1) -> [Script] {
        var ipus: [[ClosedRange<Double>]] = [[], []]
        var start = 0.5
        while start < 190 {
            ipus[0].append(start / tempo...(start + 4) / tempo)
            ipus[1].append((start + 4.5) / tempo...(start + 8.5) / tempo)
            start += 9
        }
        return ipus.enumerated().map { index, ipus in
            var script = Script(name: "s\(index)", ipus: ipus)
            script.f0Hz = {
                200 * exp2((semitones + 3 * sin(3 * $0 * tempo) + ($0 * tempo < 110 ? 0 : 4)) / 12)
            }
            script.levelDb = { -30 + decibels + 5 * sin(5 * $0 * tempo) }
            script.nucleiPerSecond = { ($0 * tempo < 110 ? 4 : 5) * tempo }
            return script
        }
    }

    /// Mean activation from second 120 of the call as it was before its tempo was changed.
    private func activation(_ scripts: [Script], tempo: Double = 1) -> Double {
        let events = play(scripts, seconds: 180 / tempo).events
        let values = events.compactMap { event -> Double? in
            guard event.speaker == "s1", (event.timeSeconds ?? 0) * tempo > 120, case .tick(let tick) = event.body
            else { return nil }
            return tick.activation?.value
        }
        return values.reduce(0, +) / Double(values.count)
    }

    @Test func levelPitchAndTempoOfTheWholeCallDoNotMatter() {
        let plain = activation(call())
        #expect(plain > 0.1, "there is something to move: \(plain)")
        let changed = [
            activation(call(decibels: 12)), activation(call(decibels: -12)), activation(call(semitones: 6)),
            activation(call(semitones: -6)), activation(call(tempo: 1.25), tempo: 1.25),
            activation(call(tempo: 0.8), tempo: 0.8),
        ]
        for other in changed { #expect(abs(other - plain) <= 0.08, "\(other) \(plain)") }
    }

    @Test func withoutWordsTotalsHaveNoSentiment() throws {
        let totals = play(call(), seconds: 60).totals
        let speaker = try #require(totals.speakers.last)
        #expect(reason(try #require(speaker.sentiment)) == "no_words")
        #expect(speaker.meanSentiment == nil && speaker.sentimentSeconds == 0)
    }

    @Test func aSpeakerAloneHasAnActivation() throws {
        let events = play([Script(name: "a", ipus: [0...100])], seconds: 100).events
        #expect(events.ticks(of: "a").last?.activation?.value != nil)
    }
}
