import MediaTypes
import Testing

@testable import Pipeline

/// What a pipeline gave, in order.
private struct Collected {
    var records: [HopRecord] = []
    var lost: [Range<Int64>] = [], silent: [Range<Int64>] = []
    /// What was said of the quality after how many records.
    var qualities: [(records: Int, quality: VoiceQuality)] = []

    mutating func take(_ output: SpeakerOutput) {
        switch output {
        case .hop(let record): records.append(record)
        case .lost(let from, let to): lost.append(from..<to)
        case .silence(let from, let to): silent.append(from..<to)
        case .change: break
        case .quality(let quality): qualities.append((records.count, quality))
        }
    }
}

@Suite struct SpeakerPipelineTests {
    /// Feeds blocks of noise that start at the given samples of the session.
    private func feed(_ starts: [Int64], count: Int = 320, from first: Int64 = 0) -> Collected {
        var collected = Collected()
        var pipeline = SpeakerPipeline(start: MediaTime(samples: first), measuresFeatures: true)
        let samples = (0..<count).map { Float(($0 * 7_919) % 1_000) / 5_000 - 0.1 }
        for start in starts {
            pipeline.feed(start: MediaTime(samples: start), samples: samples.span) { collected.take($0) }
        }
        pipeline.finish { collected.take($0) }
        return collected
    }

    private func isContiguous(_ records: [HopRecord]) -> Bool {
        zip(records, records.dropFirst()).allSatisfy { $1.index == $0.index + 1 }
    }

    @Test func recordsCountHopsOfTheSession() {
        let collected = feed((0..<50).map { 1_600 + $0 * 320 }, from: 1_600)
        #expect(collected.records.map(\.index) == Array(10..<110))
        #expect(collected.lost.isEmpty)
    }

    @Test func aStartBetweenTwoHopsIsRoundedToTheNearer() {
        #expect(feed([1_679, 1_999], from: 1_679).records.first?.index == 10)
        #expect(feed([1_681, 2_001], from: 1_681).records.first?.index == 11)
    }

    @Test func aJumpIsLostMedia() {
        let collected = feed([0, 320, 1_600, 1_920])
        #expect(collected.lost == [4..<10])
        #expect(collected.records.count == 14)
        #expect(isContiguous(collected.records))
        #expect(collected.records.filter(\.isLost).map(\.index) == Array(4..<10))
    }

    @Test func jitterBelowAHopIsIgnoredAndNeverAddsUp() {
        var time: Int64 = 0
        var starts: [Int64] = []
        for index in 0..<500 {
            starts.append(time + Int64(index % 3) * 70 - 70)
            time += 320
        }
        let collected = feed(starts)
        #expect(collected.lost.isEmpty)
        #expect(collected.records.count == 1_000)
    }

    @Test func roundedTimeStampsOfADriftingSenderGiveSingleLostHops() {
        // 100 ppm fast: a hop is missing every 100 s.
        let starts = (0..<15_000).map { Int64((Double($0) * 320 * 1.0001).rounded()) }
        let collected = feed(starts)
        #expect(collected.lost.count == 3 && collected.lost.allSatisfy { $0.count == 1 })
        #expect(isContiguous(collected.records))
    }

    @Test(arguments: [160, 320, 1_000, 16_000, 40_000]) func qualityIsToldOnceASecondHoweverBlocksAreCut(size: Int) {
        var state: UInt32 = 1
        let samples = (0..<80_000).map { index in
            state = state &* 1_664_525 &+ 1_013_904_223
            let noise = Float(state >> 8) / Float(1 << 24) - 0.5
            return index / 8_000 % 2 == 0 ? max(-0.2, min(0.2, noise)) : 0.01 * noise
        }
        func collect(_ size: Int, measuresFeatures: Bool = true) -> Collected {
            var collected = Collected()
            var pipeline = SpeakerPipeline(start: .zero, measuresFeatures: measuresFeatures)
            for start in stride(from: 0, to: samples.count, by: size) {
                let block = samples.span.extracting(start..<min(start + size, samples.count))
                pipeline.feed(start: MediaTime(samples: Int64(start)), samples: block) { collected.take($0) }
            }
            pipeline.finish { collected.take($0) }
            return collected
        }
        let collected = collect(size)
        let delay = collected.records.count - (collected.qualities.dropLast().last?.records ?? 0)
        #expect(collected.qualities.map(\.records) == (1...5).map { 100 * $0 - delay } + [500])
        #expect(collected.qualities.map(\.quality) == collect(77).qualities.map(\.quality))
        #expect((collected.qualities.last?.quality.clippedPercent ?? 0) > 10)
        #expect(collect(size, measuresFeatures: false).qualities.isEmpty)
    }

    @Test func whatWasPlayedBeforeIsNotPlayedAgain() {
        let collected = feed([0, 320, 160, 320, 640])
        #expect(collected.records.map(\.index) == Array(0..<6))
        #expect(collected.lost.isEmpty)
    }

    /// What is missing, however long, is told in one piece and costs the voice core the same.
    @Test(arguments: [Int64(100), 2_880_000]) func aLongAbsenceIsPassedOver(hops: Int64) {
        let collected = feed([0, 320, 640, 640 + 320 + hops * 160, 640 + 640 + hops * 160])
        #expect(collected.lost == [6..<6 + hops])
        #expect(collected.records.count < 110)
        #expect(zip(collected.records, collected.records.dropFirst()).allSatisfy { $0.index < $1.index })
        #expect(collected.records.last?.index == 9 + hops)
        #expect(collected.records.filter { !$0.isLost }.map(\.index) == [0, 1, 2, 3, 4, 5] + (6 + hops..<10 + hops))
    }

    @Test(arguments: [150, 500, 2_880_000]) func aLongSilenceIsPassedOver(hops: Int) {
        var collected = Collected()
        var pipeline = SpeakerPipeline(start: .zero, measuresFeatures: true)
        let samples = (0..<320).map { Float(($0 * 7_919) % 1_000) / 5_000 - 0.1 }
        pipeline.feed(start: .zero, samples: samples.span) { collected.take($0) }
        pipeline.feedSilence(start: MediaTime(samples: 320), count: hops * 160 + 80) { collected.take($0) }
        let end = MediaTime(samples: 320 + Int64(hops) * 160 + 80)
        #expect(pipeline.end == end)
        pipeline.feed(start: end, samples: samples.span) { collected.take($0) }
        pipeline.finish { collected.take($0) }
        #expect(collected.lost.isEmpty)
        let silent = collected.silent.reduce(0) { $0 + $1.count }
        #expect(silent == max(0, hops - 200))
        // Every hop has a record or lies in a silence, and none has both.
        #expect(collected.records.count + silent == hops + 4)
        var hop: Int64 = 0
        for record in collected.records {
            if let passed = collected.silent.first(where: { $0.lowerBound == hop }), record.index != hop {
                hop = passed.upperBound
            }
            #expect(record.index == hop)
            hop += 1
        }
    }

    @Test func whatIsLookedAheadForComesOutWhenMediaStops() {
        var collected = Collected()
        var pipeline = SpeakerPipeline(start: .zero, measuresFeatures: true)
        let samples = (0..<16_000).map { Float(($0 * 7_919) % 1_000) / 5_000 - 0.1 }
        pipeline.feed(start: .zero, samples: samples.span) { collected.take($0) }
        #expect(collected.records.count < 70)
        var isDrained = false
        for _ in 0..<20 where !isDrained { isDrained = pipeline.drain(hops: 4) { collected.take($0) } }
        #expect(isDrained && collected.records.filter { !$0.isLost }.map(\.index) == Array(0..<100))
        #expect(collected.lost.isEmpty, "told when it is known how long it lasts")
        pipeline.feed(start: MediaTime(samples: 48_000), samples: samples.span) { collected.take($0) }
        #expect(collected.lost == [100..<300])
    }
}
