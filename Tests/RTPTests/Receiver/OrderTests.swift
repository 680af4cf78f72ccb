import MediaTypes
import SeededNumbers
import Testing

@testable import RTP

@Suite struct OrderTests {
    private func run(_ packets: [TestPacket], formats: [UInt8: AudioFormat] = RampStream.formats) -> (
        Recorder, RTPStatistics
    ) {
        var receiver = RTPReceiver(formats: formats)
        var sink = Recorder()
        receiver.play(packets, into: &sink)
        return (sink, receiver.statistics)
    }

    private func isRamp(_ samples: [Float], from start: Int) -> Bool {
        samples.enumerated().allSatisfy { $0.element == RampStream.value(at: start + $0.offset) }
    }

    @Test func inOrderIsContiguousFromZero() {
        let (sink, statistics) = run(RampStream().packets(0..<200))
        #expect(sink.stretches.count == 1)
        #expect(sink.stretches[0].start == 0)
        #expect(sink.stretches[0].samples.count == 64_000)
        #expect(isRamp(sink.stretches[0].samples, from: 0))
        #expect(statistics.packets == 200)
        #expect(statistics.bytes == 200 * 652)
        #expect(statistics.lost == 0)
        #expect(statistics.jitterMilliseconds == 0)
    }

    /// A mark comes with the media of its packet, whatever the order of arrival, also over a restart.
    @Test func marksComeWithTheirPackets() {
        struct MarkedSink: RTPSink {
            var mark: UInt64 = 0
            /// Mark of each stretch of media, by the number of the packet that its first sample says.
            var marks: [Int: UInt64] = [:]

            mutating func packet(mark: UInt64) { self.mark = mark }
            mutating func media(start: MediaTime, samples: Span<Float>, isConcealed: Bool) {
                marks[Int(samples[0] * 32_768) / RampStream.packetSamples] = mark
            }
            mutating func silence(start: MediaTime, sampleCount: Int64) {}
        }
        var receiver = RTPReceiver(formats: RampStream.formats)
        var sink = MarkedSink()
        var sent = RampStream().packets(0..<30)
        for index in stride(from: 3, to: 27, by: 4) { sent.swapAt(index, index + 2) }
        sent += RampStream(ssrc: 9, firstSequence: 7).packets(30..<60).map { packet in
            var packet = packet
            packet.arrival += 1_000 * millisecond
            return packet
        }
        for packet in sent {
            let number = (UInt64(packet.timestamp) - 5_000) / UInt64(RampStream.packetSamples)
            receiver.receive(
                packet.bytes.span.bytes, mark: 1_000 + number, arrivalNanoseconds: packet.arrival, into: &sink)
        }
        receiver.finish(into: &sink)
        #expect(sink.marks == Dictionary(uniqueKeysWithValues: (0..<60).map { ($0, 1_000 + UInt64($0)) }))
    }

    @Test(arguments: [UInt16(0), 65_400, 32_700], [UInt32(0), 0xFFFF_F000, 0x7FFF_F000])
    func numbersWrap(sequence: UInt16, timestamp: UInt32) {
        let stream = RampStream(firstSequence: sequence, firstTimestamp: timestamp)
        let (sink, statistics) = run(stream.packets(0..<300))
        #expect(sink.stretches.map(\.start) == [0])
        #expect(sink.stretches[0].samples.count == 96_000)
        #expect(isRamp(sink.stretches[0].samples, from: 0))
        #expect(statistics.lost == 0)
        #expect(statistics.restarts == 0)
    }

    @Test func sequenceWrapsManyTimes() {
        var receiver = RTPReceiver(formats: RampStream.formats)
        var sink = CountingSink()
        for index in 0..<200_000 {
            let packet = TestPacket(
                sequence: UInt16(truncatingIfNeeded: index), timestamp: UInt32(index) * 2,
                payload: [0, 0, 0, 0])
            receiver.receive(
                packet.bytes.span.bytes, arrivalNanoseconds: Int64(index) * 125_000, into: &sink)
        }
        #expect(sink.end == 400_000)
        #expect(sink.samples == 400_000)
        #expect(receiver.statistics.lost == 0)
    }

    @Test func anyOrderWithinTheWindowGivesTheSame() {
        let stream = RampStream()
        let (expected, _) = run(stream.packets(0..<60))
        var random = SeededRandom(seed: 7)
        for _ in 0..<200 {
            var packets = stream.packets(0..<60)
            // The first packet begins the stream; the rest are mixed within three, within 60 ms.
            for start in stride(from: 1, to: 58, by: 3) {
                packets[start..<(start + 3)].shuffle(using: &random)
            }
            for index in packets.indices { packets[index].arrival = Int64(index) * 15 * millisecond }
            let (sink, statistics) = run(packets)
            #expect(sink.stretches == expected.stretches)
            #expect(statistics.lost == 0)
            #expect(statistics.late == 0)
            let moved = packets.indices.filter { index in
                packets[..<index].contains { $0.timestamp > packets[index].timestamp }
            }
            #expect(statistics.reordered == UInt64(moved.count))
        }
    }

    @Test func duplicatesAreDroppedWhereverTheyCome() {
        let stream = RampStream()
        var packets: [TestPacket] = []
        for index in 0..<50 {
            packets.append(stream.packet(index))
            packets.append(stream.packet(max(0, index - index % 7)))
        }
        // Twice while held, too: 51 waits for 50.
        packets += [stream.packet(51), stream.packet(51), stream.packet(50)]
        let (sink, statistics) = run(packets)
        #expect(sink.stretches.map(\.samples.count) == [52 * 320])
        #expect(isRamp(sink.stretches[0].samples, from: 0))
        #expect(statistics.duplicates == 51)
        #expect(statistics.late == 0)
    }

    @Test func lossesAreCountedAndSeen() {
        let missing: Set = [5, 20, 21, 22, 40, 60, 62, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99]
        let stream = RampStream(firstSequence: 65_500, firstTimestamp: 0xFFFF_FF00)
        let (sink, statistics) = run((0..<120).filter { !missing.contains($0) }.map(stream.packet))
        #expect(statistics.lost == UInt64(missing.count))
        #expect(statistics.lostSamples == Int64(missing.count * 320))
        #expect(statistics.silenceSamples == 0)
        #expect(sink.stretches.map(\.start) == [0, 6, 23, 41, 61, 63, 100].map { $0 * 320 })
        #expect(sink.stretches.map(\.end) == [5, 20, 40, 60, 62, 90, 120].map { $0 * 320 })
        for stretch in sink.stretches { #expect(isRamp(stretch.samples, from: Int(stretch.start))) }
    }

    @Test func aMissingPacketIsWaitedForNoLongerThanTheLimit() {
        let stream = RampStream()
        var receiver = RTPReceiver(formats: RampStream.formats)
        var sink = Recorder()
        receiver.play([stream.packet(0), stream.packet(2)], finish: false, into: &sink)
        let opened = stream.packet(2).arrival
        receiver.flush(nowNanoseconds: opened + 59 * millisecond, into: &sink)
        #expect(sink.end == 320)
        receiver.flush(nowNanoseconds: opened + 60 * millisecond, into: &sink)
        #expect(sink.end == 960)
        #expect(receiver.statistics.lost == 1)
        // Too late now, but it is neither lost twice nor played.
        receiver.play([stream.packet(1), stream.packet(3)], into: &sink)
        #expect(receiver.statistics.late == 1)
        #expect(receiver.statistics.lost == 1)
        #expect(sink.stretches.map(\.start) == [0, 640])
        #expect(sink.end == 1_280)
    }

    @Test func theBufferIsBoundedInPackets() {
        let stream = RampStream()
        var receiver = RTPReceiver(formats: RampStream.formats)
        var sink = Recorder()
        // All at one instant, so that only the count of packets can end the wait.
        var packets = [stream.packet(0)] + stream.packets(2..<65)
        for index in packets.indices { packets[index].arrival = 0 }
        receiver.play(packets, finish: false, into: &sink)
        #expect(sink.end == 320)
        var last = stream.packet(65)
        last.arrival = 0
        receiver.play([last], finish: false, into: &sink)
        #expect(receiver.statistics.lost == 1)
        #expect(sink.end == 66 * 320)
    }

    @Test func aLongOutageOfTheSameStreamIsOneJump() {
        let stream = RampStream()
        let (sink, statistics) = run(stream.packets(0..<10) + stream.packets(2_500..<2_520))
        #expect(sink.stretches.map(\.start) == [0, 800_000])
        #expect(sink.end == 2_520 * 320)
        #expect(statistics.lost == 2_490)
        #expect(statistics.restarts == 0)
    }

    @Test func silenceIsNotLoss() {
        let stream = RampStream()
        // The sequence goes on while the timestamp jumps: packets 10…29 and 40…64 were never sent.
        let sent = Array(0..<10) + Array(30..<40) + Array(65..<80)
        let packets = sent.enumerated().map { index, place in
            var packet = stream.packet(place)
            packet.sequence = stream.firstSequence &+ UInt16(index)
            return packet
        }
        let (sink, statistics) = run(packets)
        #expect(sink.silences == [.init(start: 3_200, count: 6_400), .init(start: 12_800, count: 8_000)])
        #expect(sink.stretches.map(\.start) == [0, 9_600, 20_800])
        #expect(statistics.silenceSamples == 14_400)
        #expect(statistics.lost == 0)
        #expect(statistics.lostSamples == 0)
        #expect(statistics.restarts == 0)
    }

    @Test func whatCannotBeReadIsLossNotSilence() {
        let stream = RampStream()
        var packets = stream.packets(0..<12)
        packets[4].payloadType = 101
        packets[5].payloadType = 102
        packets[8].payload.removeLast()
        let (sink, statistics) = run(packets)
        #expect(sink.stretches.map(\.start) == [0, 6 * 320, 9 * 320])
        #expect(sink.silences.isEmpty)
        #expect(statistics.unknownPayload == 2)
        #expect(statistics.firstUnknownPayloadType == 101)
        #expect(statistics.decodeErrors == 1)
        #expect(statistics.lost == 0)
        #expect(statistics.lostSamples == 960)
    }

    @Test func emptyAndMalformedAreCounted() {
        let stream = RampStream()
        var receiver = RTPReceiver(formats: RampStream.formats)
        var sink = Recorder()
        var empty = stream.packet(1)
        empty.payload = []
        receiver.play([stream.packet(0), empty, stream.packet(2)], finish: false, into: &sink)
        receiver.receive(([1, 2, 3] as [UInt8]).span.bytes, arrivalNanoseconds: 0, into: &sink)
        #expect(receiver.statistics.lastMalformedReason == .tooShort)
        receiver.receive(
            [UInt8](repeating: 0x80, count: 2_049).span.bytes, arrivalNanoseconds: 0, into: &sink)
        #expect(receiver.statistics.lastMalformedReason == .tooLong)
        #expect(receiver.statistics.malformed == 2)
        #expect(receiver.statistics.empty == 1)
        #expect(receiver.statistics.packets == 3)
    }

    @Test func jitterFollowsTheStandard() {
        // Packets alternately on time and 8 ms late differ by 8 ms each: the estimate tends to 8.
        var packets = RampStream().packets(0..<400)
        for index in packets.indices where index % 2 == 1 { packets[index].arrival += 8 * millisecond }
        let (_, statistics) = run(packets)
        #expect(abs(statistics.jitterMilliseconds - 8) < 1e-6)
    }
}
