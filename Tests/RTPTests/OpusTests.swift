import Foundation
import RTP
import Testing

@Suite struct OpusTests {
    private static let payloads = opusPayloads(count: 150) { Float(0.4 * sin(2 * .pi * 300 * $0)) }

    private func packets(_ payloads: [[UInt8]] = payloads) -> [TestPacket] {
        payloads.enumerated().map { index, payload in
            TestPacket(
                sequence: UInt16(65_500) &+ UInt16(index), timestamp: 0xFFFF_F000 &+ UInt32(index * 960),
                payloadType: 111, payload: payload, arrival: Int64(index) * 20 * millisecond)
        }
    }

    private func run(_ packets: [TestPacket]) -> (Recorder, RTPStatistics) {
        var receiver = RTPReceiver(formats: [111: .opus])
        var sink = Recorder()
        receiver.play(packets, into: &sink)
        return (sink, receiver.statistics)
    }

    private func rms(_ samples: some Collection<Float>) -> Float {
        (samples.reduce(0) { $0 + $1 * $1 } / Float(max(samples.count, 1))).squareRoot()
    }

    @Test func decodesToTheGrid() {
        #expect(Self.payloads.count == 150)
        let (sink, statistics) = run(packets())
        #expect(sink.stretches.map(\.start) == [0])
        #expect(sink.end == 48_000)
        #expect(statistics.decodeErrors == 0)
        #expect(abs(rms(sink.stretches[0].samples[8_000...]) - 0.283) < 0.03)
    }

    @Test func anyOrderWithinTheWindowGivesTheSame() {
        let (expected, _) = run(packets())
        var random = SeededRandom(state: 5)
        var mixed = packets()
        for start in stride(from: 1, to: 147, by: 3) { mixed[start..<(start + 3)].shuffle(using: &random) }
        for index in mixed.indices { mixed[index].arrival = Int64(index) * 20 * millisecond }
        #expect(run(mixed).0.stretches == expected.stretches)
    }

    @Test func shortLossesAreConcealedLongOnesJump() {
        var kept = packets()
        kept.removeSubrange(100..<104)
        kept.removeSubrange(60..<63)
        kept.remove(at: 30)
        let (sink, statistics) = run(kept)
        #expect(statistics.lost == 8)
        #expect(statistics.concealedSamples == 4 * 320)
        #expect(statistics.lostSamples == 4 * 320)
        #expect(statistics.silenceSamples == 0)
        let concealed = sink.stretches.filter(\.isConcealed)
        #expect(concealed.map(\.start) == [30 * 320, 60 * 320])
        #expect(concealed.map(\.samples.count) == [320, 960])
        // The tone goes on where it was concealed.
        #expect(rms(concealed[0].samples) > 0.2)
        #expect(sink.stretches.contains { $0.start == 104 * 320 })
        #expect(sink.end == 48_000)
    }

    @Test func badPacketsAreCountedAndConcealed() {
        var broken = packets()
        // Code 3 without a count of frames, and code 1 with an odd length.
        broken[40].payload = [0x03]
        broken[80].payload = [0x01, 1, 2, 3]
        let (sink, statistics) = run(broken)
        #expect(statistics.decodeErrors == 2)
        #expect(statistics.lost == 0)
        #expect(statistics.concealedSamples == 640)
        let concealed = sink.stretches.filter(\.isConcealed)
        #expect(concealed.map(\.start) == [40 * 320, 80 * 320])
        #expect(sink.end == 48_000)
    }

    @Test func discontinuousTransmissionIsSilence() {
        // 400 ms without packets, twice, the sequence going on.
        let sent = Array(0..<50) + Array(70..<71) + Array(91..<120)
        let sparse = sent.enumerated().map { index, place in
            var packet = packets()[place]
            packet.sequence = UInt16(65_500) &+ UInt16(index)
            return packet
        }
        let (sink, statistics) = run(sparse)
        #expect(sink.silences.map(\.start) == [50 * 320, 71 * 320])
        #expect(sink.silences.map(\.count) == [20 * 320, 20 * 320])
        #expect(statistics.silenceSamples == 40 * 320)
        #expect(statistics.lost == 0)
        #expect(statistics.concealedSamples == 0)
        #expect(sink.end == 120 * 320)
    }
}
