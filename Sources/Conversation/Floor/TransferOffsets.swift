import DequeModule
import MediaTypes
import Statistics

/// Floor-transfer offsets: the newest with their times, and all of them as a histogram.
///
/// An offset is positive after a silence and negative in overlap (Edlund, Heldner & Hirschberg, 2009); its positive
/// part is the response lag.
struct TransferOffsets {
    /// Widest offset that the histogram tells apart, in hops; longer ones count as this.
    private static let maxHops = 1_000
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
        if histogram.isEmpty { histogram = Array(repeating: 0, count: 2 * Self.maxHops + 1) }
        let bounded = Self.bounded(offsetHops)
        histogram[bounded + Self.maxHops] += 1
        count += 1
        recent.append((hop, bounded))
        while let first = recent.first, recent.count > Self.mostRecent || first.hop < hop - horizonHops {
            recent.removeFirst()
        }
    }

    /// Takes back an offset that was decided at `hop`, where it is remembered.
    mutating func remove(offsetHops: Int64, at hop: Int64) {
        let bounded = Self.bounded(offsetHops)
        guard let index = recent.lastIndex(where: { $0 == (hop, bounded) }) else { return }
        recent.remove(at: index)
        histogram[bounded + Self.maxHops] -= 1
        count -= 1
    }

    private static func bounded(_ hops: Int64) -> Int { max(-maxHops, min(Int(clamping: hops), maxHops)) }

    /// The offsets decided within the last `windowHops` before `hop`; nil means since the start.
    func summary(before hop: Int64, windowHops: Int64?) -> Summary {
        guard let windowHops else { return summaryOfAll() }
        let values = recent.lazy.filter { $0.hop > hop - windowHops }.map(\.offsetHops).sorted()
        guard !values.isEmpty else { return Summary() }
        return Self.summary(count: values.count) { values[$0] }
    }

    private func summaryOfAll() -> Summary {
        guard count > 0 else { return Summary() }
        let histogram = Histogram(histogram)
        var place = Histogram<[Int32]>.Place.start
        return Self.summary(count: count) { rank in
            // Most ranks are asked for in order: the way goes on from the one before.
            place = histogram.place(ofRank: rank, from: rank < place.before ? .start : place)
            return place.bin - Self.maxHops
        }
    }

    /// - Parameter offset: gives the offset of a rank, in hops.
    private static func summary(count: Int, offset: (Int) -> Int) -> Summary {
        func quantile(_ share: Double, least: Int = .min) -> Double {
            let hops = Quantiles.interpolated(share, count: count) { Double(max(least, offset($0))) }
            return (hops ?? 0) * Double(AudioGrid.hopMilliseconds)
        }
        let (first, median, third) = (quantile(0.25), quantile(0.5), quantile(0.75))
        return Summary(
            count: count, medianMilliseconds: median, rangeMilliseconds: third - first,
            lagMedianMilliseconds: quantile(0.5, least: 0))
    }
}
