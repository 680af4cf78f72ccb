import MediaTypes
import Testing

@testable import RTP

/// What comes beside audio, or around it: digits and redundant blocks.
@Suite struct BesideAudioTests {
    private static let digit: [UInt8] = [5, 10, 0x03, 0x20]

    private func receive(
        _ packets: [TestPacket], events: Set<UInt8> = [], redundant: Set<UInt8> = []
    ) -> (sink: Recorder, statistics: RTPStatistics) {
        var receiver = RTPReceiver(formats: RampStream.formats, events: events, redundant: redundant)
        var sink = Recorder()
        receiver.play(packets, into: &sink)
        return (sink, receiver.statistics)
    }

    /// Twelve packets in place of the audio, all with the time stamp at which the digit began.
    @Test(arguments: [Set<UInt8>([101]), []])
    func aDigitIsNoLoss(events: Set<UInt8>) {
        let stream = RampStream()
        var packets = stream.packets(0..<60)
        for index in 20..<32 {
            packets[index].payloadType = 101
            packets[index].timestamp = packets[20].timestamp
            packets[index].payload = Self.digit
        }
        let (sink, statistics) = receive(packets, events: events)
        #expect(statistics.lost == 0 && statistics.lostSamples == 0 && statistics.unknownPayload == 0)
        #expect(sink.silences == [.init(start: 6_400, count: 12 * 320)])
        #expect(sink.stretches.map(\.start) == [0, 32 * 320])
    }

    private func redundant(_ index: Int, earlier count: Int) -> TestPacket {
        let stream = RampStream()
        var packet = stream.packet(index)
        var header: [UInt8] = []
        var blocks: [UInt8] = []
        for distance in stride(from: count, to: 0, by: -1) where index >= distance {
            let block = stream.packet(index - distance).payload
            header += bigEndian(UInt32(1) << 31 | 96 << 24 | UInt32(distance * 320) << 10 | UInt32(block.count))
            blocks += block
        }
        packet.payloadType = 63
        packet.payload = header + [96] + blocks + packet.payload
        return packet
    }

    /// What is lost is in the packets after it.
    @Test(arguments: [Set<UInt8>([63]), []], [1, 2])
    func redundantBlocksFillWhatIsLost(redundant: Set<UInt8>, earlier: Int) {
        var packets = (0..<40).map { self.redundant($0, earlier: earlier) }
        packets.removeSubrange(20..<(20 + earlier))
        packets.remove(at: 9)
        let (sink, statistics) = receive(packets, redundant: redundant)
        #expect(statistics.lost == 0 && statistics.duplicates == 0 && statistics.unknownPayload == 0)
        #expect(sink.stretches.count == 1 && sink.stretches[0].samples.count == 40 * 320)
        let wrong = sink.stretches[0].samples.enumerated().count { abs($1 - RampStream.value(at: $0)) > 1e-6 }
        #expect(wrong == 0)
    }

    @Test func whatIsBuiltWronglyIsLoss() {
        for payload in [[0xE0], [0xE0, 0, 0, 200, 96, 1], [UInt8](repeating: 0xE0, count: 60)] as [[UInt8]] {
            #expect(RedundantAudio(payload.span.bytes) == nil)
        }
        let bytes: [UInt8] = [0xE0, 5, 0, 2, 0x60, 7, 8, 9]
        let audio = RedundantAudio(bytes.span.bytes)
        #expect(audio?.primary == .init(payloadType: 96, offset: 0, payload: 7..<8))
        #expect(audio?.earlier == [.init(payloadType: 96, offset: 320, payload: 5..<7)])
    }
}
