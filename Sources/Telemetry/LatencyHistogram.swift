import Statistics
import Synchronization

/// Counts durations in buckets whose width grows with the duration, so that every quantile is known within 1.6 %
/// (the log-linear layout of HdrHistogram; Tene, 2012). The memory is fixed; any thread may record.
public final class LatencyHistogram: Sendable {
    /// What was counted so far.
    public struct Counts: Sendable {
        fileprivate var buckets = [Int](repeating: 0, count: Layout.count)
        /// Number of durations.
        public fileprivate(set) var count = 0
        /// Their sum, nanoseconds.
        public fileprivate(set) var sumNanoseconds: Int64 = 0
        /// The longest of them, nanoseconds.
        public fileprivate(set) var maxNanoseconds: Int64 = 0
    }

    /// Buckets: 128 of one nanosecond, then 64 for each doubling up to `longest`.
    fileprivate enum Layout {
        static let bits = 6
        /// Durations beyond it (68 s) count as this long in the buckets.
        static let longest = (Int64(1) << 36) - 1
        static let count = index(longest) + 1

        static func index(_ nanoseconds: Int64) -> Int {
            let width = Int64.bitWidth - nanoseconds.leadingZeroBitCount
            let shift = max(0, width - bits - 1)
            return shift << bits + Int(nanoseconds >> Int64(shift))
        }

        /// The longest duration in a bucket.
        static func upperEdge(_ index: Int) -> Int64 {
            let shift = max(0, index >> bits - 1)
            return (Int64(index - shift << bits) + 1) << Int64(shift) - 1
        }
    }

    private let state = Mutex(Counts())

    /// An empty histogram.
    public init() {}

    /// Counts durations in nanoseconds; a negative one counts as 0.
    public func record(nanoseconds durations: some Sequence<Int64>) {
        state.withLock { state in
            for duration in durations {
                let duration = max(0, duration)
                state.buckets[Layout.index(min(duration, Layout.longest))] += 1
                state.count += 1
                state.sumNanoseconds &+= duration
                state.maxNanoseconds = max(state.maxNanoseconds, duration)
            }
        }
    }

    /// What was counted so far.
    public var counts: Counts { state.withLock { $0 } }
}

extension LatencyHistogram.Counts {
    /// The duration that a share `quantile` (0…1) of all does not exceed, nanoseconds, at most 1.6 % too long;
    /// nil if nothing was counted.
    public func nanoseconds(quantile: Double) -> Int64? {
        guard count > 0 else { return nil }
        let rank = max(1, Int((quantile * Double(count)).rounded(.up)))
        let bucket = Histogram(buckets).place(ofRank: rank - 1).bin
        guard bucket < buckets.count else { return maxNanoseconds }
        return min(LatencyHistogram.Layout.upperEdge(bucket), maxNanoseconds)
    }

    /// How many lasted no longer than `nanoseconds`; those within 1.6 % below it may be left out.
    public func count(upTo nanoseconds: Int64) -> Int {
        var total = 0
        for (index, number) in buckets.enumerated() {
            guard LatencyHistogram.Layout.upperEdge(index) <= nanoseconds else { break }
            total += number
        }
        return total
    }

    /// The counts of two histograms together.
    public static func + (left: Self, right: Self) -> Self {
        var sum = left
        for (index, number) in right.buckets.enumerated() { sum.buckets[index] += number }
        sum.count += right.count
        sum.sumNanoseconds &+= right.sumNanoseconds
        sum.maxNanoseconds = max(left.maxNanoseconds, right.maxNanoseconds)
        return sum
    }
}
