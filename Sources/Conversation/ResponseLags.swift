import DequeModule

/// Response lags of one speaker: the newest ones with their times, and all of them as a histogram.
struct ResponseLags {
    /// Widest lag that the histogram tells apart, in hops; longer ones count as this.
    private static let longestHops = 1_000
    /// Bound on the lags remembered with their times.
    private static let mostRecent = 256

    private var recent: Deque<(hop: Int64, lagHops: Int)> = []
    private var histogram = [Int32](repeating: 0, count: longestHops + 1)
    /// Lags since the start.
    private(set) var count = 0
    private let horizonHops: Int64

    /// Remembers lags with their times for `horizonSeconds`.
    init(horizonSeconds: Int) {
        horizonHops = Int64(horizonSeconds) * 100
    }

    /// Adds a lag (the positive part of an FTO) decided at `hop`.
    mutating func add(lagHops: Int, at hop: Int64) {
        let bounded = max(0, min(lagHops, Self.longestHops))
        histogram[bounded] += 1
        count += 1
        recent.append((hop, bounded))
        while let first = recent.first, recent.count > Self.mostRecent || first.hop < hop - horizonHops {
            recent.removeFirst()
        }
    }

    /// Median in ms and number of the lags decided within the last `windowHops` before `hop`.
    func median(before hop: Int64, windowHops: Int64) -> (milliseconds: Double?, count: Int) {
        let values = recent.lazy.filter { $0.hop > hop - windowHops }.map(\.lagHops).sorted()
        guard !values.isEmpty else { return (nil, 0) }
        let middle = Double(values[(values.count - 1) / 2] + values[values.count / 2]) / 2
        return (middle * 10, values.count)
    }

    /// Median in ms of all lags; nil without any.
    func medianOfAll() -> Double? {
        guard count > 0 else { return nil }
        let low = (count - 1) / 2
        let high = count / 2
        var seen = 0
        var lowValue: Int?
        for (lag, times) in histogram.enumerated() {
            seen += Int(times)
            if lowValue == nil, seen > low { lowValue = lag }
            if seen > high, let lowValue { return Double(lowValue + lag) / 2 * 10 }
        }
        return nil
    }

    /// The newest `most` lags within `windowHops` before `hop`, in hops.
    func newest(_ most: Int, before hop: Int64, windowHops: Int64) -> [Int] {
        recent.suffix(most).filter { $0.hop > hop - windowHops }.map(\.lagHops)
    }
}
