/// Quantiles of one quantity over rolling windows: a histogram per window and one since the start.
///
/// A step adds one value and lets one go from each window, whatever the length; memory is a byte per hop of the
/// longest window. Values are bin numbers; the caller knows what a bin is.
struct RollingHistogram {
    /// The bin of a hop that has no value.
    static let none = UInt8.max

    private let lengths: [Int]
    private let binCount: Int
    private var ring: [UInt8]
    private var steps = 0
    /// Bins of each window in turn, those since the start last.
    private var bins: [Int32]
    /// Values in each window, those since the start last.
    private var counts: [Int32]

    /// - Parameters:
    ///   - windowsHops: lengths of the windows in hops.
    ///   - binCount: number of bins, at most 255.
    init(windowsHops: [Int], binCount: Int) {
        lengths = windowsHops
        self.binCount = min(binCount, Int(Self.none))
        ring = Array(repeating: Self.none, count: max(windowsHops.max() ?? 1, 1))
        bins = Array(repeating: 0, count: (windowsHops.count + 1) * self.binCount)
        counts = Array(repeating: 0, count: windowsHops.count + 1)
    }

    /// Takes in the bin of the next hop, or `none`.
    mutating func add(_ bin: UInt8) {
        let bin = bin == Self.none ? bin : min(bin, UInt8(binCount - 1))
        for (window, length) in lengths.enumerated() {
            if steps >= length { change(window, ring[(steps - length) % ring.count], by: -1) }
            change(window, bin, by: 1)
        }
        change(lengths.count, bin, by: 1)
        ring[steps % ring.count] = bin
        steps += 1
    }

    private mutating func change(_ window: Int, _ bin: UInt8, by amount: Int32) {
        guard bin != Self.none else { return }
        bins[window * binCount + Int(bin)] += amount
        counts[window] += amount
    }

    /// Number of values in a window; nil means since the start.
    func count(window: Int?) -> Int { Int(counts[window ?? lengths.count]) }

    /// Quantile in bins, interpolated within the bin it falls into; nil without values.
    func quantile(_ share: Double, window: Int?) -> Double? {
        let window = window ?? lengths.count
        guard counts[window] > 0 else { return nil }
        let wanted = share * Double(counts[window])
        var seen = 0.0
        for bin in 0..<binCount {
            let here = Double(bins[window * binCount + bin])
            if here > 0, seen + here >= wanted { return Double(bin) + (wanted - seen) / here }
            seen += here
        }
        return Double(binCount)
    }
}
