import MediaTypes
import SeededNumbers
import Testing

@testable import Conversation

@Suite struct WindowTests {
    /// The sums of every window equal those of a naive recount, whatever was counted.
    @Test(arguments: [10, 50, 100]) func rollingSumsEqualARecount(bucketHops: Int) {
        var random = SeededRandom(seed: 7)
        let lengths = [1, 3, 12]
        var counts = RollingCounts(windowsSeconds: lengths, bucketHops: bucketHops)
        var history: [Int32] = []
        for _ in 0..<500 {
            let speech = Int32(random.next() % 11)
            counts.open.speech = speech
            counts.closeBucket()
            history.append(speech)
            for (index, seconds) in lengths.enumerated() {
                #expect(counts.windows[index].speech == history.suffix(seconds * 100 / bucketHops).reduce(0, +))
            }
            #expect(counts.total.speech == history.reduce(0, +))
        }
    }

    @Test func quantilesOfOffsetsEqualThoseOfASortedList() {
        var random = SeededRandom(seed: 11)
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

    /// What a window covers goes by when counting began, wherever in a bucket that was.
    @Test func coverageBeginsWithTheCounting() {
        var counts = RollingCounts(windowsSeconds: [3], bucketHops: 100, shortHops: 60)
        #expect(counts.coveredSeconds(lengthSeconds: nil) == 0)
        counts.closeBucket()
        #expect(counts.coveredSeconds(lengthSeconds: 3) == 0.4)
        for _ in 0..<3 { counts.closeBucket() }
        #expect(counts.coveredSeconds(lengthSeconds: 3) == 3)
        #expect(counts.coveredSeconds(lengthSeconds: nil) == 3.4)
    }

    /// Windows move on whenever anybody looks at them: with every tick and every second.
    @Test(arguments: [(100, 100), (20, 20), (25, 25), (300, 100), (130, 10), (11, 10), (1_000, 100)])
    func bucketsEndWithTicksAndSeconds(tickHops: Int, bucketHops: Int) {
        var configuration = ConversationConfiguration()
        configuration.tickHops = tickHops
        #expect(configuration.bucketHops == bucketHops)
    }

    /// Counts and quantiles of every window equal those of a naive recount.
    @Test func voiceHistogramsEqualARecount() {
        var random = SeededRandom(seed: 3)
        let lengths = [1, 4, 16]
        var histograms = VoiceHistograms(windowsBuckets: lengths)
        var history: [[VoiceHistograms.Bins]] = []
        for round in 0..<60 {
            // Some buckets are empty, as those in which somebody listens.
            let values = (0..<(round % 5 == 0 ? 0 : Int(random.next() % 12))).map { _ in
                VoiceHistograms.Bins(
                    pitch: UInt8(random.next() % 20), level: UInt8(random.next() % 255), tilt: UInt8(random.next() % 7))
            }
            for value in values { histograms.add(value) }
            histograms.closeBucket()
            history.append(values)
            for window in [nil, 0, 1, 2] as [Int?] {
                let length = window.map { lengths[$0] } ?? history.count
                let values = history.suffix(length).flatMap(\.self)
                #expect(histograms.count(window: window) == values.count)
                check(histograms, .pitch, window, values.map { min($0.pitch, 159) })
                check(histograms, .level, window, values.map { min($0.level, 253) })
                check(histograms, .tilt, window, values.map { min($0.tilt, 179) })
            }
        }
    }

    private func check(
        _ histograms: VoiceHistograms, _ quantity: VoiceHistograms.Quantity, _ window: Int?, _ values: [UInt8]
    ) {
        guard !values.isEmpty else {
            #expect(histograms.quantile(0.5, of: quantity, window: window) == nil)
            return
        }
        let sorted = values.sorted()
        for share in [0.1, 0.5, 0.9] {
            let rank = max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)
            let quantile = histograms.quantile(share, of: quantity, window: window) ?? -1
            #expect(quantile > Double(sorted[rank]) && quantile <= Double(sorted[rank]) + 1)
        }
    }
}
