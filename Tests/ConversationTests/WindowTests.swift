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

    @Test func medianOfLagsEqualsThatOfASortedList() {
        var random = SplitMix(seed: 11)
        var lags = ResponseLags(horizonSeconds: 30)
        var all: [(hop: Int64, lag: Int)] = []
        for index in 0..<200 {
            let hop = Int64(index) * 40
            let lag = Int(random.next() % 300)
            lags.add(lagHops: lag, at: hop)
            all.append((hop, lag))
            let recent = all.filter { $0.hop > hop - 1_000 }.map(\.lag).sorted()
            let expected = Double(recent[(recent.count - 1) / 2] + recent[recent.count / 2]) / 2 * 10
            let median = lags.median(before: hop, windowHops: 1_000)
            #expect(median.milliseconds == expected)
            #expect(median.count == recent.count)
            let sorted = all.map(\.lag).sorted()
            #expect(
                lags.medianOfAll() == Double(sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2 * 10)
        }
    }

    @Test func aLagBeyondTheScaleCountsAsTheLongest() {
        var lags = ResponseLags(horizonSeconds: 30)
        lags.add(lagHops: 1_000_000, at: 5)
        lags.add(lagHops: -3, at: 6)
        #expect(lags.medianOfAll() == 5_000)
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
