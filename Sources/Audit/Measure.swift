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
        case .unscored, .abstained, .missedSpeech, .falseAlarms, .f0Error: "%"
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

/// Means by group and their intervals.
enum GroupStatistics {
    private static let resamples = 1_000

    /// The groups of a column, by name; speakers without an entry are left out.
    ///
    /// - Parameter column: nil for one group of all speakers.
    static func groups(of column: String?, _ speakers: [AuditedSpeaker]) -> [AuditedGroup] {
        guard let column else { return [group(column: "all", name: "all", speakers, rest: [])] }
        let names = Set(speakers.compactMap { $0.groups[column] }).sorted()
        return names.map { name in
            group(
                column: column, name: name, speakers.filter { $0.groups[column] == name },
                rest: speakers.filter { $0.groups[column].map { $0 != name } ?? false })
        }
    }

    private static func group(
        column: String, name: String, _ members: [AuditedSpeaker], rest: [AuditedSpeaker]
    ) -> AuditedGroup {
        var figures: [Measure: GroupFigure] = [:]
        for measure in Measure.allCases {
            if let figure = figure(members.compactMap { $0.shares[measure] }, rest.compactMap { $0.shares[measure] }) {
                figures[measure] = figure
            }
        }
        return AuditedGroup(
            column: column, name: name, speakers: members.count,
            recordings: members.reduce(0) { $0 + $1.recordings }, figures: figures)
    }

    private static func figure(_ own: [Share], _ rest: [Share]) -> GroupFigure? {
        guard let value = mean(own) else { return nil }
        let others = mean(rest)
        var random = SeededRandom(seed: 1)
        var values: [Double] = []
        var gaps: [Double] = []
        for _ in 0..<resamples {
            guard let drawn = mean(draw(own, &random)) else { continue }
            values.append(drawn)
            if let other = mean(draw(rest, &random)) { gaps.append(drawn - other) }
        }
        values.sort()
        gaps.sort()
        var figure = GroupFigure(
            value: value, low: quantile(values, 0.025) ?? value, high: quantile(values, 0.975) ?? value)
        if let others {
            figure.gap = value - others
            figure.gapLow = quantile(gaps, 0.025)
            figure.gapHigh = quantile(gaps, 0.975)
        }
        return figure
    }

    private static func mean(_ shares: [Share]) -> Double? {
        var sum = Share()
        for share in shares { sum += share }
        return sum.mean
    }

    private static func draw(_ shares: [Share], _ random: inout SeededRandom) -> [Share] {
        shares.map { _ in shares[Int(random.next() % UInt64(shares.count))] }
    }

    private static func quantile(_ sorted: [Double], _ share: Double) -> Double? {
        sorted.isEmpty ? nil : sorted[Int((share * Double(sorted.count - 1)).rounded())]
    }
}

/// SplitMix64 (Steele, Lea & Flood, 2014): the same table gives the same intervals.
private struct SeededRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
