import DequeModule
import Events
import Glibc

/// Whether two speakers become alike: proximity, convergence and synchrony of pitch, loudness and rate at the places
/// where the floor passes between them (Levitan & Hirschberg, 2011).
///
/// A turn is described by its mean pitch, level and rate, each relative to the speaker's own mean. Proximity compares
/// the distance of adjacent turns with that of the same turn and other turns of the same partner (sham pairs); a
/// figure that sham pairs reach as well means nothing.
struct Entrainment {
    /// Newest exchanges of a pair that are kept.
    private static let most = 256
    /// Exchanges below which nothing is said.
    private static let least = 8
    /// Sham partners per turn.
    private static let shams = 10

    /// Means of a turn: semitones, dB, syllables per second.
    struct TurnVoice {
        var values: [Double]
    }

    /// Means of two adjacent turns, `first` being that of the speaker with the lower number.
    private struct Exchange {
        var first: [Double]
        var second: [Double]
    }

    private struct Pair: Hashable {
        var low: Int
        var high: Int
    }

    private static let features = ["pitch", "loudness", "rate"]
    private var exchanges: [Pair: Deque<Exchange>] = [:]
    private var previous: (speaker: Int, voice: TurnVoice?)?

    /// Takes in the voice of the next turn of the session; nil where it isn't measured or too short.
    mutating func add(speaker: Int, voice: TurnVoice?) {
        defer { previous = (speaker, voice) }
        guard let voice, let previous, let before = previous.voice, previous.speaker != speaker else { return }
        let pair = Pair(low: min(speaker, previous.speaker), high: max(speaker, previous.speaker))
        let isLow = speaker == pair.low
        exchanges[pair, default: []].append(
            Exchange(
                first: isLow ? voice.values : before.values, second: isLow ? before.values : voice.values))
        if (exchanges[pair]?.count ?? 0) > Self.most { exchanges[pair]?.removeFirst() }
    }

    /// Forgets a speaker.
    mutating func forget(speaker: Int) {
        exchanges = exchanges.filter { $0.key.low != speaker && $0.key.high != speaker }
        if previous?.speaker == speaker { previous = nil }
    }

    /// What is known of all pairs, in the order of their numbers.
    func summaries(name: (Int) -> String) -> [SessionTotals.Entrainment] {
        exchanges.keys.sorted { ($0.low, $0.high) < ($1.low, $1.high) }.flatMap { pair in
            let all = Array(exchanges[pair] ?? [])
            guard all.count >= Self.least else { return [SessionTotals.Entrainment]() }
            return Self.features.indices.map { feature in
                let first = Self.standardised(all.map { $0.first[feature] })
                let second = Self.standardised(all.map { $0.second[feature] })
                let distances = zip(first, second).map { abs($0 - $1) }
                return SessionTotals.Entrainment(
                    speakers: [name(pair.low), name(pair.high)], feature: Self.features[feature],
                    exchanges: all.count, proximity: Self.proximity(first, second),
                    convergence: -Self.correlation(distances, distances.indices.map(Double.init)),
                    synchrony: Self.correlation(first, second),
                    shamSynchrony: Self.shamSynchrony(first, second))
            }
        }
    }

    /// How much nearer adjacent turns lie than sham pairs: mean difference over its standard error (t).
    private static func proximity(_ first: [Double], _ second: [Double]) -> Double {
        let gains = first.indices.map { index in
            let sham = shamIndices(index, count: first.count).map { abs(first[index] - second[$0]) }
            return sham.reduce(0, +) / Double(max(1, sham.count)) - abs(first[index] - second[index])
        }
        let mean = gains.reduce(0, +) / Double(gains.count)
        let variance = gains.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, gains.count - 1))
        let error = (variance / Double(gains.count)).squareRoot()
        return error > 0 ? mean / error : 0
    }

    /// The largest synchrony that sham pairs show: the turns of one speaker shifted against those of the other.
    private static func shamSynchrony(_ first: [Double], _ second: [Double]) -> Double {
        let count = first.count
        return (2..<max(3, count - 1)).map { shift in
            abs(correlation(first, second.indices.map { second[($0 + shift) % count] }))
        }.max() ?? 0
    }

    /// Turns other than the adjacent one and its neighbours, spread evenly.
    private static func shamIndices(_ index: Int, count: Int) -> [Int] {
        let others = (0..<count).filter { abs($0 - index) > 1 }
        let step = max(1, others.count / shams)
        return stride(from: 0, to: others.count, by: step).prefix(shams).map { others[$0] }
    }

    private static func standardised(_ values: [Double]) -> [Double] {
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        let deviation = variance.squareRoot()
        return values.map { deviation > 1e-9 ? ($0 - mean) / deviation : 0 }
    }

    /// Pearson's r; 0 where either does not vary.
    private static func correlation(_ left: [Double], _ right: [Double]) -> Double {
        let x = standardised(left)
        let y = standardised(right)
        return zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } / Double(max(1, x.count))
    }
}
