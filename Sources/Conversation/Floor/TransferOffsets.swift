import DequeModule
import MediaTypes

/// Floor-transfer offsets: the newest with their times, and all of them as a histogram.
///
/// An offset is positive after a silence and negative in overlap (Edlund, Heldner & Hirschberg, 2009); its positive
/// part is the response lag.
struct TransferOffsets {
    /// Widest offset that the histogram tells apart, in hops; longer ones count as this.
    private static let widestHops = 1_000
    /// Bound on the offsets remembered with their times.
    private static let mostRecent = 256

    private var recent: Deque<(hop: Int64, offsetHops: Int)> = []
    private var histogram: [Int32] = []
    /// Offsets since the start.
    private(set) var count = 0
    private let horizonHops: Int64

    /// What is told of the offsets in a window.
    struct Summary: Equatable {
        var count = 0
        /// Median and interquartile range of the offsets, ms.
        var medianMilliseconds: Double?, rangeMilliseconds: Double?
        /// Median of the positive parts, ms.
        var lagMedianMilliseconds: Double?
    }

    /// Remembers offsets with their times for `horizonSeconds`.
    init(horizonSeconds: Int) {
        horizonHops = Int64(horizonSeconds * AudioGrid.hopsPerSecond)
    }

    /// Adds an offset decided at `hop`.
    mutating func add(offsetHops: Int64, at hop: Int64) {
        if histogram.isEmpty { histogram = Array(repeating: 0, count: 2 * Self.widestHops + 1) }
        let bounded = max(-Self.widestHops, min(Int(clamping: offsetHops), Self.widestHops))
        histogram[bounded + Self.widestHops] += 1
        count += 1
        recent.append((hop, bounded))
        while let first = recent.first, recent.count > Self.mostRecent || first.hop < hop - horizonHops {
            recent.removeFirst()
        }
    }

    /// The offsets decided within the last `windowHops` before `hop`; nil means since the start.
    func summary(before hop: Int64, windowHops: Int64?) -> Summary {
        guard let windowHops else { return summaryOfAll() }
        let values = recent.lazy.filter { $0.hop > hop - windowHops }.map(\.offsetHops).sorted()
        guard !values.isEmpty else { return Summary() }
        let ranks = Self.shares.map { Self.rank($0, of: values.count) }
        return Self.summary(count: values.count, values: ranks.flatMap { [values[$0.low], values[$0.high]] })
    }

    private func summaryOfAll() -> Summary {
        guard count > 0 else { return Summary() }
        let ranks = Self.shares.map { Self.rank($0, of: count) }
        var values: [Int] = []
        var seen = 0
        var bin = 0
        func offset(atRank rank: Int) -> Int {
            while bin < histogram.count, seen + Int(histogram[bin]) <= rank {
                seen += Int(histogram[bin])
                bin += 1
            }
            return bin - Self.widestHops
        }
        for rank in ranks {
            values.append(offset(atRank: rank.low))
            // The next quartile may begin at or below this rank: the walk does not go past it.
            let (seenBefore, binBefore) = (seen, bin)
            values.append(offset(atRank: rank.high))
            (seen, bin) = (seenBefore, binBefore)
        }
        return Self.summary(count: count, values: values)
    }

    /// First quartile, median, third quartile.
    private static let shares = [0.25, 0.5, 0.75]

    private static func rank(_ share: Double, of count: Int) -> (low: Int, high: Int, part: Double) {
        let place = share * Double(count - 1)
        let low = Int(place)
        return (low, min(low + 1, count - 1), place - Double(low))
    }

    /// - Parameter values: the offsets at the ranks on both sides of each quartile, in hops.
    private static func summary(count: Int, values: [Int]) -> Summary {
        func quantile(_ index: Int, least: Int = .min) -> Double {
            let low = Double(max(least, values[2 * index]))
            let high = Double(max(least, values[2 * index + 1]))
            return (low + rank(shares[index], of: count).part * (high - low)) * Double(AudioGrid.hopMilliseconds)
        }
        return Summary(
            count: count, medianMilliseconds: quantile(1), rangeMilliseconds: quantile(2) - quantile(0),
            lagMedianMilliseconds: quantile(1, least: 0))
    }
}
