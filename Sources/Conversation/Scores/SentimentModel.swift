import Events
import Glibc

/// Sentiment and activation of one speaker: sentiment is the valence of the words; activation is prosody relative to
/// the speaker's own, by itself.
///
/// Valence of the voice is no part of it: on acted speech of people that the weights had never seen it was at chance,
/// and an angry voice scored higher than a calm one (docs/model-card.md). Words are set against what is known without
/// them, as two measurements of one quantity (Gaussian posterior). Nothing is clamped but activation and the ends of
/// intervals.
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
    /// An 80 % interval reaches so many standard deviations to either side, if errors are normal; how those of words
    /// are was not measured on calls.
    private static let deviationsOfInterval = 1.28
    /// Intervals of activation are so much wider than those found on unseen speakers of the corpus of the fit: on
    /// another corpus, which it never saw, these held 66 % where 80 % is right (1.28 / 0.95 deviations of a Gaussian).
    static let otherCorpusFactor = 1.34
    /// An activation is repeated until it has moved by so much.
    private static let activationHysteresis = 0.02

    private let configuration: EngagementConfiguration
    private var baselines: [AffectInput: Baseline] = [:]
    private var held: SentimentScore?
    private var heldActivation: Double?

    init(configuration: EngagementConfiguration) {
        self.configuration = configuration
        // One sample a second; the memory is some ten minutes of speech.
        for input in AffectInput.allCases {
            baselines[input] = Baseline(memory: 600, warmUp: 180, minSpread: AffectWeights.spread(input))
        }
    }

    /// The baselines, as they go along.
    var usualValues: [String: UsualValues.Value] { baselines.known }

    /// Goes on from what was usual elsewhere.
    mutating func restore(usual: [String: UsualValues.Value]) { baselines.restore(usual) }

    /// Takes in the window of this second where the speaker spoke in it.
    mutating func learn(_ seen: Observation) {
        guard seen.windowSpeechSeconds >= Self.minWindowSpeech, let values = seen.values else { return }
        for (input, value) in values { baselines[input]?.add(input.scaled(value)) }
    }

    /// The score of a tick, from words alone.
    mutating func score(_ seen: Observation) -> Sentiment {
        guard let text = seen.text, let variance = Self.variance(of: text) else {
            held = nil
            return .abstained(reason: .noWords)
        }
        let valence = max(-1, min(1, text.valence))
        let prior = AffectWeights.valencePriorDeviation * AffectWeights.valencePriorDeviation
        let share = prior / (prior + variance)
        let deviation = (prior * variance / (prior + variance)).squareRoot()
        let points = tenths(50 * share * valence)
        var score = SentimentScore(
            score: tenths(50 + points), low: 0, high: 0,
            confidence: max(0, 1 - deviation / AffectWeights.valencePriorDeviation),
            isProvisional: !isSettled(seen), activation: activation(seen).value, basis: [.text],
            contributions: [
                Contribution(input: "neutral", points: 50), Contribution(input: "text", value: valence, points: points),
            ])
        hold(&score)
        let half = 50 * Self.deviationsOfInterval * deviation
        score.low = max(0, score.score - half)
        score.high = min(100, score.score + half)
        held = score
        return .scored(score)
    }

    /// How activated the voice of a tick is.
    mutating func activation(_ seen: Observation) -> Activation {
        if let reason = reasonAgainstVoice(seen) {
            heldActivation = nil
            return .abstained(reason: reason)
        }
        var value = AffectEstimate(deviations: deviations(seen)).activation
        if let held = heldActivation, abs(held - value) < Self.activationHysteresis { value = held }
        heldActivation = value
        let half = AffectWeights.activationHalfWidth * Self.otherCorpusFactor
        return .estimated(value: value, low: max(-1, value - half), high: min(1, value + half))
    }

    // MARK: Voice

    /// Why the voice says nothing; nil where it does.
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

    // MARK: Text

    /// Variance of what people would find in the words about what the list finds; nil where there are none.
    private static func variance(of text: TextEvidence) -> Double? {
        guard text.lines > 0, text.words > 0, text.valence.isFinite else { return nil }
        let spread = max(text.spread, lineDeviation)
        return textDeviation * textDeviation + spread * spread / Double(text.lines)
    }

    // MARK: Score

    private func isSettled(_ seen: Observation) -> Bool {
        seen.speechSeconds >= configuration.settledSpeechSeconds || seen.turns >= configuration.settledTurns
    }

    /// Repeats the last score while the new one has hardly moved.
    private func hold(_ new: inout SentimentScore) {
        guard let held, abs(new.score - held.score) < configuration.hysteresisPoints else { return }
        new.score = held.score
        new.contributions = held.contributions
    }

    /// Rounded to what is shown; never a negative zero.
    private func tenths(_ points: Double) -> Double { (points * 10).rounded() / 10 + 0 }
}
