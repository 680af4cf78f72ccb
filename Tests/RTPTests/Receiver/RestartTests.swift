import SeededNumbers
import Testing

@testable import RTP

@Suite struct RestartTests {
    private func run(_ packets: [TestPacket]) -> (Recorder, RTPStatistics) {
        var receiver = RTPReceiver(formats: RampStream.formats)
        var sink = Recorder()
        receiver.play(packets, into: &sink)
        return (sink, receiver.statistics)
    }

    /// Where arrival time puts the start of a packet, the first one being at 0.
    private func truth(_ packet: TestPacket, after first: TestPacket) -> Int64 {
        (packet.arrival - first.arrival) / 62_500
    }

    @Test(arguments: [
        // New source, sequence far below, far above, and just below with another timestamp.
        RampStream(ssrc: 0x9999, firstSequence: 7, firstTimestamp: 77),
        RampStream(firstSequence: 60_000, firstTimestamp: 123_456_789),
        RampStream(firstSequence: 20_000, firstTimestamp: 1_000),
        RampStream(firstSequence: 150, firstTimestamp: 3_000_000_000),
        RampStream(firstSequence: 200, firstTimestamp: 0x9000_0000),
    ])
    func theTimeLineGoesOnByArrival(next: RampStream) {
        let before = RampStream().packets(0..<100)
        for pauseMilliseconds in [80, 1_000, 7_000, 70_000] as [Int64] {
            var restarted = next
            restarted.firstArrival = before[99].arrival + pauseMilliseconds * millisecond
            let after = restarted.packets(0..<50)
            let (sink, statistics) = run(before + after)
            #expect(statistics.restarts == 1)
            #expect(statistics.stray == 0)
            #expect(sink.overlaps == 0)
            #expect(sink.stretches.count == 2)
            #expect(sink.stretches.last?.start == truth(after[0], after: before[0]))
            #expect(sink.stretches.last?.samples.count == 50 * 320)
        }
    }

    @Test func jitterDoesNotShiftTheTimeLineByMoreThanItself() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<50 {
            var before = RampStream().packets(0..<200)
            for index in before.indices {
                before[index].arrival += Int64.random(in: 0...15, using: &random) * millisecond
            }
            var restarted = RampStream(ssrc: 5, firstSequence: 9, firstTimestamp: 9)
            restarted.firstArrival = RampStream().packet(300).arrival
            var after = restarted.packets(0..<20)
            for index in after.indices {
                after[index].arrival += Int64.random(in: 0...15, using: &random) * millisecond
            }
            let (sink, statistics) = run(before + after)
            #expect(statistics.restarts == 1)
            #expect(sink.overlaps == 0)
            let start = sink.stretches.last { $0.end == sink.end }?.start ?? 0
            #expect(abs(start - 300 * 320) <= 320)
        }
    }

    @Test func restartsAddUpToArrivalTime() {
        var packets: [TestPacket] = []
        for run in 0..<20 {
            let stream = RampStream(
                ssrc: UInt32(run), firstSequence: UInt16(run) &* 7_919,
                firstTimestamp: UInt32(run) &* 1_234_567_891,
                firstArrival: Int64(run) * 2_345 * millisecond)
            packets += stream.packets(0..<100)
        }
        let (sink, statistics) = run(packets)
        #expect(statistics.restarts == 19)
        for (run, stretch) in sink.stretches.enumerated() {
            #expect(abs(stretch.start - Int64(run) * 2_345 * 16) <= 320)
        }
    }

    @Test func strayPacketsDoNotDisturb() {
        let (expected, _) = run(RampStream().packets(0..<100))
        var packets: [TestPacket] = []
        for index in 0..<100 {
            packets.append(RampStream().packet(index))
            if index % 10 == 3 {
                var stray = RampStream(ssrc: UInt32(index), firstSequence: 9_000).packet(index)
                stray.arrival = packets[packets.count - 1].arrival
                packets.append(stray)
            }
            if index % 10 == 6 {
                var wild = RampStream(firstSequence: 40_000).packet(index)
                wild.arrival = packets[packets.count - 1].arrival
                packets.append(wild)
            }
        }
        let (sink, statistics) = run(packets)
        #expect(sink.stretches == expected.stretches)
        #expect(statistics.stray == 20)
        #expect(statistics.restarts == 0)
        #expect(statistics.lost == 0)
    }

    @Test func twoSourcesDoNotTakeTurns() {
        let other = RampStream(ssrc: 2, firstSequence: 500)
        // The second comes in pairs, as batched by a network.
        var packets: [TestPacket] = []
        for index in 0..<100 {
            packets.append(RampStream().packet(index))
            if index % 2 == 1 {
                for place in [index - 1, index] {
                    var packet = other.packet(place)
                    packet.arrival = RampStream().packet(index).arrival
                    packets.append(packet)
                }
            }
        }
        let (sink, statistics) = run(packets)
        #expect(statistics.restarts == 0)
        #expect(statistics.stray == 100 - 1)
        #expect(sink.stretches.map(\.samples.count) == [32_000])
    }

    @Test func theLiveSourceReplacesTheSilentOne() {
        let first = RampStream().packets(0..<50)
        let other = RampStream(ssrc: 2, firstSequence: 500, firstTimestamp: 8)
        // Interleaved at first, then alone.
        let both = (0..<50).flatMap { [first[$0], other.packet($0)] }
        var receiver = RTPReceiver(formats: RampStream.formats)
        var sink = Recorder()
        receiver.play(both + other.packets(50..<100), into: &sink)
        #expect(receiver.source == 2)
        #expect(receiver.statistics.restarts == 1)
        // Silent since packet 49, longest wait 60 ms: the third packet decides, the second is kept.
        #expect(sink.stretches.map(\.start) == [0, 51 * 320])
        #expect(sink.end == 32_000)
    }

    @Test func afterAByeTheNextSourceNeedNotWait() {
        let first = RampStream()
        var receiver = RTPReceiver(formats: RampStream.formats)
        var sink = Recorder()
        receiver.play(first.packets(0..<10), finish: false, into: &sink)
        let bye: [UInt8] = [0x81, 203, 0, 1] + bigEndian(first.ssrc)
        receiver.receive(bye.span.bytes, arrivalNanoseconds: first.packet(10).arrival, into: &sink)
        #expect(receiver.hasEnded == true)
        #expect(receiver.statistics.rtcpPackets == 1)
        var other = RampStream(ssrc: 2, firstSequence: 1, firstTimestamp: 1)
        other.firstArrival = first.packet(10).arrival
        receiver.play(other.packets(0..<10), into: &sink)
        #expect(receiver.source == 2)
        #expect(receiver.hasEnded == false)
        #expect(sink.stretches.map(\.start) == [0])
        #expect(sink.end == 20 * 320)
    }

    @Test func keepsTheReportOfTheRunningSource() {
        let stream = RampStream()
        var receiver = RTPReceiver(formats: RampStream.formats)
        var sink = Recorder()
        receiver.play([stream.packet(0)], finish: false, into: &sink)
        for ssrc in [stream.ssrc, 99] {
            let report: [UInt8] =
                [0x80, 200, 0, 6] + bigEndian(ssrc) + bigEndian(UInt64(ssrc) << 32) + bigEndian(UInt32(3))
                + [UInt8](repeating: 0, count: 8)
            receiver.receive(report.span.bytes, arrivalNanoseconds: 55, into: &sink)
        }
        #expect(receiver.latestReport?.report.ssrc == stream.ssrc)
        #expect(receiver.latestReport?.report.ntpTimestamp == UInt64(stream.ssrc) << 32)
        #expect(receiver.latestReport?.arrivalNanoseconds == 55)
    }

    @Test func aTimestampThatStepsBackGoesOnByArrival() {
        var packets = RampStream().packets(0..<40)
        for index in 20..<40 { packets[index].timestamp &-= 16_000 }
        let (sink, statistics) = run(packets)
        #expect(statistics.restarts == 1)
        #expect(sink.overlaps == 0)
        #expect(sink.stretches.map(\.start) == [0])
        #expect(sink.end == 40 * 320)
    }

    @Test func anotherClockGoesOnByArrival() throws {
        let narrow = try #require(AudioFormat(codec: .pcmu, clockRateHz: 8_000, channels: 1))
        var formats = RampStream.formats
        formats[0] = narrow
        var packets = RampStream().packets(0..<20)
        for index in 10..<20 {
            packets[index].payloadType = 0
            packets[index].payload = [UInt8](repeating: 0xFF, count: 160)
            packets[index].timestamp = 70_000 + UInt32(index) * 160
        }
        var receiver = RTPReceiver(formats: formats)
        var sink = Recorder()
        receiver.play(packets, into: &sink)
        #expect(sink.stretches.map(\.start) == [0])
        #expect(sink.end == 20 * 320)
        #expect(receiver.statistics.lost == 0)
    }
}
