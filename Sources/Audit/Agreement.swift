import Statistics

/// How well estimates follow labels over all recordings, with 95 % bootstrap intervals over speakers.
struct Agreement: Sendable {
    /// An estimate and its label, −1…1; the label relative to the mean of all labels.
    struct Pair: Sendable {
        var estimate: Double, label: Double
    }

    /// A figure; nil where the labels do not vary or there are too few.
    struct Figure: Sendable {
        var value: Double, low: Double, high: Double
    }

    /// Recordings that have both.
    let recordings: Int
    /// Concordance (Lin, 1989).
    let concordance: Figure?
    /// Correlation (Pearson).
    let correlation: Figure?
    /// Share of the pairs of recordings, one with a label above the mean and one below, that estimates put in order
    /// (area under the ROC curve).
    let areaUnderCurve: Figure?

    /// - Parameter speakers: pairs of each speaker.
    init?(_ speakers: [[Pair]]) {
        let speakers = speakers.filter { !$0.isEmpty }
        guard !speakers.isEmpty else { return nil }
        recordings = speakers.reduce(0) { $0 + $1.count }
        concordance = Self.figure(speakers) { Self.moments($0)?.concordance }
        correlation = Self.figure(speakers) { Self.moments($0)?.correlation }
        areaUnderCurve = Self.figure(speakers, Self.areaUnderCurve)
    }

    private static func figure(_ speakers: [[Pair]], _ statistic: ([Pair]) -> Double?) -> Figure? {
        guard let value = statistic(speakers.flatMap { $0 }) else { return nil }
        var random = Bootstrap()
        var values: [Double] = []
        for _ in 0..<Bootstrap.resamples {
            if let drawn = statistic(random.draw(speakers).flatMap({ $0 })) { values.append(drawn) }
        }
        values.sort()
        return Figure(
            value: value, low: Quantiles.nearest(0.025, inSorted: values) ?? value,
            high: Quantiles.nearest(0.975, inSorted: values) ?? value)
    }

    private static func moments(_ pairs: [Pair]) -> (concordance: Double, correlation: Double)? {
        let count = Double(pairs.count)
        guard count > 1 else { return nil }
        let estimate = pairs.reduce(0) { $0 + $1.estimate } / count
        let label = pairs.reduce(0) { $0 + $1.label } / count
        var estimates = 0.0
        var labels = 0.0
        var both = 0.0
        for pair in pairs {
            estimates += (pair.estimate - estimate) * (pair.estimate - estimate)
            labels += (pair.label - label) * (pair.label - label)
            both += (pair.estimate - estimate) * (pair.label - label)
        }
        guard estimates > 0, labels > 0 else { return nil }
        let shift = estimate - label
        return (2 * both / (estimates + labels + count * shift * shift), both / (estimates * labels).squareRoot())
    }

    private static func areaUnderCurve(_ pairs: [Pair]) -> Double? {
        let sorted = pairs.filter { $0.label != 0 }.sorted { $0.estimate < $1.estimate }
        let high = sorted.count { $0.label > 0 }
        let low = sorted.count - high
        guard high > 0, low > 0 else { return nil }
        // Pairs in order: of equal estimates, half.
        var ordered = 0.0
        var lowBelow = 0
        var index = 0
        while index < sorted.count {
            let equals = sorted[index...].prefix { $0.estimate == sorted[index].estimate }
            let highHere = equals.count { $0.label > 0 }
            let lowHere = equals.count - highHere
            ordered += Double(highHere) * (Double(lowBelow) + Double(lowHere) / 2)
            lowBelow += lowHere
            index = equals.endIndex
        }
        return ordered / (Double(high) * Double(low))
    }
}
