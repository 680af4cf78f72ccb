import DequeModule
import Statistics

/// Quantiles of pitch, level and tilt over rolling windows: histograms per window, and since the start.
///
/// Only hops that have values cost anything: three bytes each for as long as they are in the longest window. Windows
/// move on by buckets, each of which lets as many values go from a window as it brought into it.
struct VoiceHistograms {
    /// What a hop counts as: numbers of bins, below those of `Quantity`; the caller knows what a bin is.
    struct Bins {
        var pitch: UInt8, level: UInt8, tilt: UInt8
    }

    /// One of the three, by the first of its bins and the one behind its last.
    struct Quantity {
        fileprivate let bins: Range<Int>
        static let pitch = Quantity(bins: 0..<180)
        static let level = Quantity(bins: 180..<434)
        static let tilt = Quantity(bins: 434..<614)

        fileprivate func bin(_ number: UInt8) -> Int { min(bins.lowerBound + Int(number), bins.upperBound - 1) }
    }

    private static let binCount = Quantity.tilt.bins.upperBound

    /// Lengths of the windows in buckets.
    private let lengths: [Int]
    /// The values of the longest window, oldest first; the newest of them are those of each shorter one.
    private var values: Deque<Bins> = []
    /// Values that each of the last buckets brought, by bucket number modulo their count.
    private var brought: [Int32]
    private var closedBuckets = 0
    /// Bins of each window in turn, those since the start last.
    private var bins: [Int32]
    /// Values in each window, those since the start last.
    private var counts: [Int32]
    /// Values that the bucket that is being filled has brought.
    private var open: Int32 = 0

    /// - Parameter windowsBuckets: lengths of the windows in buckets.
    init(windowsBuckets: [Int]) {
        lengths = windowsBuckets
        brought = Array(repeating: 0, count: max(windowsBuckets.max() ?? 1, 1))
        bins = Array(repeating: 0, count: (windowsBuckets.count + 1) * Self.binCount)
        counts = Array(repeating: 0, count: windowsBuckets.count + 1)
    }

    /// Takes in the values of a hop.
    mutating func add(_ value: Bins) {
        for window in 0...lengths.count { change(window, value, by: 1) }
        guard !lengths.isEmpty else { return }
        values.append(value)
        open += 1
    }

    /// Windows move on by a bucket.
    mutating func closeBucket() {
        guard let longest = counts.dropLast().max() else { return }
        var left: Int32 = 0
        for (window, length) in lengths.enumerated() {
            if closedBuckets >= length {
                let first = values.count - Int(counts[window])
                for place in first..<first + Int(brought[(closedBuckets - length) % brought.count]) {
                    change(window, values[place], by: -1)
                }
            }
            left = max(left, counts[window])
        }
        values.removeFirst(Int(longest - left))
        brought[closedBuckets % brought.count] = open
        closedBuckets += 1
        open = 0
    }

    private mutating func change(_ window: Int, _ value: Bins, by amount: Int32) {
        let first = window * Self.binCount
        bins[first + Quantity.pitch.bin(value.pitch)] += amount
        bins[first + Quantity.level.bin(value.level)] += amount
        bins[first + Quantity.tilt.bin(value.tilt)] += amount
        counts[window] += amount
    }

    /// Number of hops with values in a window; nil means since the start.
    func count(window: Int?) -> Int { Int(counts[window ?? lengths.count]) }

    /// Quantile in bins, interpolated within the bin it falls into; nil without values.
    func quantile(_ share: Double, of quantity: Quantity, window: Int?) -> Double? {
        let first = (window ?? lengths.count) * Self.binCount
        let bins = bins[first + quantity.bins.lowerBound..<first + quantity.bins.upperBound]
        return Histogram(bins).quantile(share, count: count(window: window))
    }
}
