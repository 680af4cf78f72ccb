/// The sentiment score of one tick.
public enum Sentiment: Sendable {
    /// Not enough evidence, and why.
    case abstained(reason: Abstention)
    /// A score.
    case scored(SentimentScore)

    func write(to json: inout JSONWriter) {
        switch self {
        case .abstained(let reason):
            json.field("score", nil, decimals: 0)
            json.field("abstained", reason.rawValue)
        case .scored(let score): score.write(to: &json)
        }
    }
}

/// A sentiment score with what it is made of.
public struct SentimentScore: Sendable {
    /// What a score rests on.
    public enum Basis: String, Sendable {
        /// Prosody relative to the speaker's own. Until version 0.2 only: a voice alone does not say how it is meant.
        case voice
        /// Words: of captions, or of the own recogniser.
        case text
    }

    /// 0–100, 50 = neutral, higher = more positive; the sum of the contributions.
    public var score: Double
    /// 80 % interval.
    public var low: Double, high: Double
    /// 0…1, by how much the evidence narrows the interval.
    public var confidence: Double
    /// Whether what is usual for the speaker is still uncertain.
    public var isProvisional: Bool
    /// How activated the voice is compared with the speaker's own, −1…1, 0 = as usual; nil where the voice says
    /// nothing.
    public var activation: Double?
    /// Grounds of the score.
    public var basis: [Basis]
    /// Summands, the neutral 50 first.
    public var contributions: [Contribution]

    /// How positive the words are, −1…1: the score on its other scale.
    public var valence: Double { (score - 50) / 50 }

    /// A score.
    public init(
        score: Double, low: Double, high: Double, confidence: Double, isProvisional: Bool, activation: Double?,
        basis: [Basis], contributions: [Contribution]
    ) {
        self.score = score
        self.low = low
        self.high = high
        self.confidence = confidence
        self.isProvisional = isProvisional
        self.activation = activation
        self.basis = basis
        self.contributions = contributions
    }

    func write(to json: inout JSONWriter) {
        json.field("score", score, decimals: 1)
        json.array("interval") { json in
            json.number(low, decimals: 1)
            json.number(high, decimals: 1)
        }
        json.field("confidence", confidence, decimals: 2)
        json.field("provisional", isProvisional)
        json.field("activation", activation, decimals: 2)
        json.field("valence", valence, decimals: 3)
        json.array("basis") { json in
            for ground in basis { json.string(ground.rawValue) }
        }
        Contribution.write(contributions, to: &json)
    }
}
