import COpus
import Foundation
import RTP
import SeededNumbers
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
        var random = SeededRandom(seed: 5)
        var mixed = packets()
        for start in stride(from: 1, to: 147, by: 3) { mixed[start..<(start + 3)].shuffle(using: &random) }
        // Three at a time, none of them before its time.
        for index in mixed.indices { mixed[index].arrival = Int64((index + 2) / 3) * 60 * millisecond }
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

    /// A tone that changes in the packet that is lost: concealment alone goes on with the old one.
    @Test func forwardCorrectionGivesBackWhatWasLost() throws {
        func recovered(withCorrection: Bool) throws -> Double {
            let encoder = try #require(opus_encoder_create(16_000, 1, OPUS_APPLICATION_VOIP, nil))
            defer { opus_encoder_destroy(encoder) }
            _ = attune_opus_encoder_set(encoder, OPUS_SET_BITRATE_REQUEST, 32_000)
            _ = attune_opus_encoder_set(encoder, OPUS_SET_INBAND_FEC_REQUEST, withCorrection ? 1 : 0)
            _ = attune_opus_encoder_set(encoder, OPUS_SET_PACKET_LOSS_PERC_REQUEST, 30)
            let payloads = (0..<60).map { packet in
                // Harmonics of 120 Hz that in the lost packet become those of 190 Hz.
                let input = (0..<320).map { index in
                    let time = Double(packet * 320 + index) / 16_000
                    let pitch = packet < 41 ? 120.0 : 190
                    return Float((1...8).reduce(0.0) { $0 + 0.08 * sin(2 * .pi * pitch * Double($1) * time) })
                }
                var output = [UInt8](repeating: 0, count: 1_500)
                let length = opus_encode_float(encoder, input, 320, &output, 1_500)
                return Array(output.prefix(Int(max(length, 0))))
            }
            let (whole, _) = run(packets(payloads))
            var kept = packets(payloads)
            kept.remove(at: 41)
            let (sink, statistics) = run(kept)
            #expect(statistics.concealedSamples == 320)
            let concealed = try #require(sink.stretches.first { $0.isConcealed })
            let truth = whole.timeline[(41 * 320)..<(42 * 320)]
            var (product, own, other) = (0.0, 1e-9, 1e-9)
            for (a, b) in zip(concealed.samples, truth) {
                product += Double(a * b)
                own += Double(a * a)
                other += Double(b * b)
            }
            return product / (own * other).squareRoot()
        }
        let with = try recovered(withCorrection: true)
        let without = try recovered(withCorrection: false)
        #expect(with > 0.8 && with > without + 0.1, "correlation \(with) with, \(without) without")
    }

    /// What the encoder itself leaves out: in silence a packet every 400 ms.
    @Test func theEncodersOwnSilenceSuppressionIsSilence() throws {
        let encoder = try #require(opus_encoder_create(48_000, 1, OPUS_APPLICATION_VOIP, nil))
        defer { opus_encoder_destroy(encoder) }
        _ = attune_opus_encoder_set(encoder, OPUS_SET_DTX_REQUEST, 1)
        var sequence: UInt16 = 0
        var sent: [TestPacket] = []
        for packet in 0..<600 {
            // One second of tone, two of silence.
            let speaks = packet % 150 < 50
            let input = (0..<960).map { index in
                speaks ? Float(0.3 * sin(2 * .pi * 200 * Double(packet * 960 + index) / 48_000)) : 0
            }
            var output = [UInt8](repeating: 0, count: 1_500)
            let length = opus_encode_float(encoder, input, 960, &output, 1_500)
            // Packets of up to two bytes need not be sent.
            guard length > 2 else { continue }
            sent.append(
                TestPacket(
                    sequence: sequence, timestamp: UInt32(packet * 960), payloadType: 111,
                    payload: Array(output.prefix(Int(length))), arrival: Int64(packet) * 20 * millisecond))
            sequence &+= 1
        }
        #expect(sent.count < 450)
        let (sink, statistics) = run(sent)
        #expect(statistics.lost == 0 && statistics.lostSamples == 0 && statistics.concealedSamples == 0)
        #expect(statistics.silenceSamples == Int64(Int(sink.end) - sent.count * 320))
        #expect(sink.overlaps == 0)
        // Every second of tone begins where it should.
        for burst in 1..<4 {
            let onset = burst * 48_000
            let before = sink.timeline[(onset - 1_600)..<(onset - 200)]
            #expect(rms(before) < 0.01 && rms(sink.timeline[(onset + 800)..<(onset + 8_000)]) > 0.15)
        }
    }

    /// A voice of 4 s whose microphone is muted in the second and third one: what the encoder makes of digital silence,
    /// at its own choice of modes, is not decoded, and what comes after it is as if it had been.
    @Test(arguments: [12_000, 24_000, 64_000] as [Int32])
    func whatRepeatsDigitalSilenceIsNotDecoded(bitrate: Int32) throws {
        let encoder = try #require(opus_encoder_create(48_000, 1, OPUS_APPLICATION_VOIP, nil))
        defer { opus_encoder_destroy(encoder) }
        _ = attune_opus_encoder_set(encoder, OPUS_SET_BITRATE_REQUEST, bitrate)
        let payloads = (0..<200).map { packet in
            let input = (0..<960).map { index in
                guard !(50..<150).contains(packet) else { return Float(0) }
                let time = Double(packet * 960 + index) / 48_000
                return Float((1...12).reduce(0.0) { $0 + 0.05 * sin(2 * .pi * (130 + 20 * time) * Double($1) * time) })
            }
            var output = [UInt8](repeating: 0, count: 1_500)
            let length = opus_encode_float(encoder, input, 960, &output, 1_500)
            return Array(output.prefix(Int(max(length, 0))))
        }
        let (sink, statistics) = run(packets(payloads))
        #expect((80...97).contains(statistics.silent))
        #expect(statistics.decodeErrors == 0 && statistics.lost == 0 && statistics.silenceSamples == 0)
        #expect(sink.end == 64_000 && sink.overlaps == 0)
        #expect(sink.silences.reduce(0) { $0 + $1.count } == Int64(statistics.silent) * 320)

        let decoder = try #require(opus_decoder_create(16_000, 1, nil))
        defer { opus_decoder_destroy(decoder) }
        var whole: [Float] = []
        for payload in payloads {
            var output = [Float](repeating: 0, count: 320)
            #expect(opus_decode_float(decoder, payload, Int32(payload.count), &output, 320, 0) == 320)
            whole += output
        }
        let timeline = sink.timeline
        func difference(_ seconds: Range<Double>) -> Float {
            let range = Int(seconds.lowerBound * 16_000)..<Int(seconds.upperBound * 16_000)
            return rms(zip(timeline[range], whole[range]).map { $0 - $1 }) / rms(whole[range])
        }
        #expect(difference(0..<1) == 0)
        #expect(rms(timeline[20_000..<47_000]) < 1e-4)
        // The first packets after it lean on state from before, as they do after a loss.
        #expect(difference(3..<3.1) < 0.1)
        #expect(difference(3.1..<4) < 0.01)
    }

    /// A packet that is missing ends what is known of the decoder's state.
    @Test func aLossAmongDigitalSilenceIsDecodedAgain() throws {
        let payloads = opusPayloads(count: 100) { _ in 0 }
        var kept = packets(payloads)
        kept.remove(at: 50)
        let (sink, statistics) = run(kept)
        let (whole, complete) = run(packets(payloads))
        // The one that is missing, and as many as it takes to know again.
        #expect(statistics.silent + 4 == complete.silent)
        #expect(statistics.lost == 1 && statistics.concealedSamples == 320)
        #expect(sink.end == whole.end)
    }
}
