/// A quantity that is compared between groups.
enum Measure: String, CaseIterable, Sendable {
    /// Mean scores of a call in which everybody behaves alike, 0–100.
    case engagement, sentiment
    /// Share of that call without a score.
    case unscored
    /// Share of the recordings without an estimate.
    case abstained
    /// Estimate against label: mean absolute error and mean error, in points of 100.
    case activationError = "activation_error", activationBias = "activation_bias"
    /// Estimate against label: mean absolute error and mean error, in points of sentiment.
    case valenceError = "valence_error", valenceBias = "valence_bias"
    /// Share of the 80 % intervals that hold the label.
    case activationCoverage = "activation_coverage", valenceCoverage = "valence_coverage"
    /// Share of the hops of speech that were missed, and of the others that were taken for speech.
    case missedSpeech = "missed_speech", falseAlarms = "false_alarms"
    /// Share of the voiced hops whose F0 is off by over 20 %.
    case f0Error = "f0_error"

    /// Whether it is in points of a score; a gap in one is a bias of the score.
    var isScore: Bool {
        switch self {
        case .engagement, .sentiment: true
        default: false
        }
    }

    /// Decimals and unit in which it is shown.
    var unit: String {
        switch self {
        case .engagement, .sentiment, .activationError, .activationBias, .valenceError, .valenceBias: "points"
        case .unscored, .abstained, .activationCoverage, .valenceCoverage, .missedSpeech, .falseAlarms, .f0Error: "%"
        }
    }
}

/// What one speaker adds to the mean of a measure: a sum and a weight.
struct Share: Sendable {
    var sum = 0.0, weight = 0.0

    static func += (left: inout Share, right: Share) {
        left.sum += right.sum
        left.weight += right.weight
    }

    mutating func add(_ value: Double?, weight: Double = 1) {
        guard let value else { return }
        sum += value * weight
        self.weight += weight
    }

    var mean: Double? { weight > 0 ? sum / weight : nil }
}

/// A speaker with everything that was measured, as shares of each measure.
struct AuditedSpeaker: Sendable {
    var name: String
    var groups: [String: String]
    var recordings: Int
    var shares: [Measure: Share]
}

/// A measure in a group, and how it differs from the rest, with 95 % bootstrap intervals over speakers.
struct GroupFigure: Sendable {
    var value: Double
    var low: Double, high: Double
    /// Difference from all speakers of other groups; nil where there are none.
    var gap: Double?
    var gapLow: Double?, gapHigh: Double?
}

/// A group of speakers.
struct AuditedGroup: Sendable {
    var column: String
    var name: String
    var speakers: Int
    var recordings: Int
    var figures: [Measure: GroupFigure]
}
