import MediaTypes
import Testing

@testable import Conversation

@Suite struct WindowTests {
    /// The sums of every window equal those of a naive recount, whatever was counted.
    @Test func rollingSumsEqualARecount() {
        var random = SplitMix(seed: 7)
        let lengths = [1, 3, 12]
        var counts = RollingCounts(windowsSeconds: lengths)
        var history: [Int32] = []
        for _ in 0..<500 {
            let speech = Int32(random.next() % 11)
            counts.open.speech = speech
            counts.closeBucket()
            history.append(speech)
            for (index, seconds) in lengths.enumerated() {
                #expect(counts.windows[index].speech == history.suffix(seconds * 10).reduce(0, +))
            }
            #expect(counts.total.speech == history.reduce(0, +))
        }
    }

    @Test func quantilesOfOffsetsEqualThoseOfASortedList() {
        var random = SplitMix(seed: 11)
        var offsets = TransferOffsets(horizonSeconds: 30)
        var all: [(hop: Int64, offset: Int)] = []
        func quantile(_ share: Double, _ values: [Int]) -> Double {
            let sorted = values.sorted()
            let place = share * Double(sorted.count - 1)
            let low = sorted[Int(place)]
            let high = sorted[min(Int(place) + 1, sorted.count - 1)]
            return 10 * (Double(low) + (place - place.rounded(.down)) * Double(high - low))
        }
        func check(_ summary: TransferOffsets.Summary, _ values: [Int]) {
            #expect(summary.count == values.count)
            #expect(abs((summary.medianMilliseconds ?? -1) - quantile(0.5, values)) < 1e-6)
            let range = quantile(0.75, values) - quantile(0.25, values)
            #expect(abs((summary.rangeMilliseconds ?? -1) - range) < 1e-6)
            #expect(abs((summary.lagMedianMilliseconds ?? -1) - quantile(0.5, values.map { max(0, $0) })) < 1e-6)
        }
        for index in 0..<200 {
            let hop = Int64(index) * 40
            let offset = Int(random.next() % 300) - 100
            offsets.add(offsetHops: Int64(offset), at: hop)
            all.append((hop, offset))
            check(
                offsets.summary(before: hop, windowHops: 1_000),
                all.filter { $0.hop > hop - 1_000 }.map(\.offset))
            check(offsets.summary(before: hop, windowHops: nil), all.map(\.offset))
        }
    }

    @Test func anOffsetBeyondTheScaleCountsAsTheWidest() {
        var offsets = TransferOffsets(horizonSeconds: 30)
        #expect(offsets.summary(before: 5, windowHops: nil) == TransferOffsets.Summary())
        offsets.add(offsetHops: 1_000_000, at: 5)
        #expect(offsets.summary(before: 5, windowHops: nil).medianMilliseconds == 10_000)
        offsets.add(offsetHops: -1_000_000, at: 6)
        #expect(offsets.summary(before: 6, windowHops: nil).medianMilliseconds == 0)
    }

    /// Counts and quantiles of every window equal those of a naive recount.
    @Test func rollingHistogramsEqualARecount() {
        var random = SplitMix(seed: 3)
        let lengths = [7, 40, 160]
        var histogram = RollingHistogram(windowsHops: lengths, binCount: 20)
        var history: [UInt8] = []
        for _ in 0..<600 {
            let bin = random.next() % 3 == 0 ? RollingHistogram.none : UInt8(random.next() % 20)
            histogram.add(bin)
            history.append(bin)
            for window in [nil, 0, 1, 2] as [Int?] {
                let length = window.map { lengths[$0] } ?? history.count
                let values = history.suffix(length).filter { $0 != RollingHistogram.none }.sorted()
                #expect(histogram.count(window: window) == values.count)
                guard !values.isEmpty else {
                    #expect(histogram.quantile(0.5, window: window) == nil)
                    continue
                }
                for share in [0.1, 0.5, 0.9] {
                    let rank = max(0, Int((share * Double(values.count)).rounded(.up)) - 1)
                    let quantile = histogram.quantile(share, window: window) ?? -1
                    #expect(quantile > Double(values[rank]) && quantile <= Double(values[rank]) + 1)
                }
            }
        }
    }
}

/// A small seeded generator (Steele et al., 2014), so that failures repeat.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
