import Events
import Glibc

/// The sentiment score of one speaker: activation and valence from prosody relative to the speaker's own, valence
/// also from captions.
///
/// Both voice estimates are weighted sums of deviations, fitted by ridge regression (`AffectWeights`). Valence of the
/// voice and of the words are weighted by their precision, as two measurements of one quantity (Gaussian posterior).
/// Nothing is clamped: every deviation is bounded, and the weights are such that the sum stays within −1…1.
struct SentimentModel {
    /// What the speaker did in the scored window.
    struct Observation {
        /// Prosody of the window; nil where there is too little voice.
        var values: [AffectInput: Double]?
        /// Own speech in the window, and since the start, seconds.
        var windowSpeechSeconds = 0.0, speechSeconds = 0.0
        /// Own turns since the start.
        var turns = 0
        /// Speech above noise, dB; nil while it is not known.
        var snrDb: Double?
        /// Media lost in the window, percent.
        var lossPercent = 0.0
        /// What the captions of the window say; nil without captions.
        var text: TextEvidence?
    }

    /// Valence from one ground with its standard deviation.
    private struct Estimate {
        var valence: Double
        var deviation: Double
        var precision: Double { 1 / (deviation * deviation) }
    }

    /// Own speech in the window below which the voice says nothing, seconds.
    private static let minWindowSpeech = 5.0
    /// Seconds of a baseline before anything is compared with it.
    private static let minSamples = 10
    /// A channel below this, or with more loss than this, carries too little of a voice.
    private static let minSnrDb = 10.0, maxLossPercent = 10.0
    /// Standard deviation of the mean valence that people find in a text about its word-list score, with compound
    /// scores of deviation 0.5 and the correlation of 0.565 on product reviews (Hutto & Gilbert, 2014).
    private static let textDeviation = 0.41
    /// Least deviation of the score of a single line.
    private static let lineDeviation = 0.25
    /// An 80 % interval reaches so many standard deviations to either side, as the errors on unseen speakers have it:
    /// less than the 1.28 of a Gaussian, for most are small and those of joy large.
    private static let deviationsOfInterval = AffectWeights.valenceHalfWidth / AffectWeights.valenceDeviation
    /// An activation is repeated with its score until it has moved by so much.
    private static let activationHysteresis = 0.02

    private let configuration: EngagementConfiguration
    private var baselines: [AffectInput: Baseline] = [:]
    private var held: SentimentScore?

    init(configuration: EngagementConfiguration) {
        self.configuration = configuration
        // One sample a second; the memory is some ten minutes of speech.
        for input in AffectInput.allCases {
            baselines[input] = Baseline(memory: 600, warmUp: 180, minSpread: AffectWeights.spread(input))
        }
    }

    /// Takes in the window of this second where the speaker spoke in it.
    mutating func learn(_ seen: Observation) {
        guard seen.windowSpeechSeconds >= Self.minWindowSpeech, let values = seen.values else { return }
        for (input, value) in values { baselines[input]?.add(input.scaled(value)) }
    }

    /// The score of a tick.
    mutating func score(_ seen: Observation) -> Sentiment {
        let reason = reasonAgainstVoice(seen)
        let voice = reason == nil ? deviations(seen) : nil
        let text = seen.text.flatMap(Self.estimate)
        if let reason, text == nil {
            held = nil
            return .abstained(reason: reason)
        }
        let deviation = voice == nil ? AffectWeights.valencePriorDeviation : AffectWeights.valenceDeviation
        let voicePrecision = 1 / (deviation * deviation)
        let precision = voicePrecision + (text?.precision ?? 0)
        let voiceShare = voicePrecision / precision
        var parts = [Contribution(input: "neutral", points: 50)]
        if let voice { parts += contributions(voice, seen, pointsOfValence: 50 * voiceShare) }
        if let text {
            let points = tenths(50 * (1 - voiceShare) * text.valence)
            parts.append(Contribution(input: "text", value: text.valence, points: points))
        }
        var score = SentimentScore(
            score: tenths(parts.reduce(0) { $0 + $1.points }), low: 0, high: 0,
            confidence: max(0, 1 - 1 / precision.squareRoot() / AffectWeights.valencePriorDeviation),
            isProvisional: !isSettled(seen), activation: voice.map { AffectEstimate(deviations: $0).activation },
            basis: (voice == nil ? [] : [.voice]) + (text == nil ? [] : [.text]), contributions: parts)
        hold(&score)
        let half = 50 * Self.deviationsOfInterval / precision.squareRoot()
        score.low = max(0, score.score - half)
        score.high = min(100, score.score + half)
        held = score
        return .scored(score)
    }

    // MARK: Voice

    /// Why the voice carries no score; nil where it does.
    private func reasonAgainstVoice(_ seen: Observation) -> Abstention? {
        guard seen.speechSeconds >= configuration.provisionalSpeechSeconds,
            seen.windowSpeechSeconds >= Self.minWindowSpeech
        else { return .notEnoughSpeech }
        guard seen.values != nil, seen.snrDb ?? .infinity >= Self.minSnrDb,
            seen.lossPercent <= Self.maxLossPercent
        else { return .weakEvidence }
        guard baselines.values.allSatisfy({ $0.samples >= Self.minSamples }) else { return .noBaseline }
        return nil
    }

    /// Deviations from the usual, in spreads.
    private func deviations(_ seen: Observation) -> [AffectInput: Double] {
        var deviations: [AffectInput: Double] = [:]
        for (input, value) in seen.values ?? [:] {
            deviations[input] = input.spreads(input.scaled(value) - (baselines[input]?.centre ?? 0))
        }
        return deviations
    }

    private func contributions(
        _ deviations: [AffectInput: Double], _ seen: Observation, pointsOfValence: Double
    ) -> [Contribution] {
        AffectInput.allCases.map { input in
            let spreads = deviations[input] ?? 0
            return Contribution(
                input: input.rawValue, value: seen.values?[input],
                usual: baselines[input].map { input.unscaled($0.centre) }, z: spreads,
                points: tenths(pointsOfValence * AffectWeights.valence(input) * spreads))
        }
    }

    // MARK: Text

    private static func estimate(_ text: TextEvidence) -> Estimate? {
        guard text.lines > 0, text.words > 0, text.valence.isFinite else { return nil }
        let spread = max(text.spread, lineDeviation)
        let variance = textDeviation * textDeviation + spread * spread / Double(text.lines)
        return Estimate(valence: max(-1, min(1, text.valence)), deviation: variance.squareRoot())
    }

    // MARK: Score

    private func isSettled(_ seen: Observation) -> Bool {
        seen.speechSeconds >= configuration.settledSpeechSeconds || seen.turns >= configuration.settledTurns
    }

    /// Repeats the last score while the new one has hardly moved.
    private func hold(_ new: inout SentimentScore) {
        guard let held, held.basis == new.basis, abs(new.score - held.score) < configuration.hysteresisPoints,
            abs((new.activation ?? 0) - (held.activation ?? 0)) < Self.activationHysteresis,
            zip(new.contributions, held.contributions)
                .allSatisfy({ abs($0.points - $1.points) < configuration.hysteresisPoints })
        else { return }
        new.score = held.score
        new.activation = held.activation
        new.contributions = held.contributions
    }

    /// Rounded to what is shown; never a negative zero.
    private func tenths(_ points: Double) -> Double { (points * 10).rounded() / 10 + 0 }
}
