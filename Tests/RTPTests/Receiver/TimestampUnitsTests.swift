import MediaTypes
import Testing

@testable import RTP

/// Senders that count other units than their format says.
@Suite struct TimestampUnitsTests {
    private struct Sink: RTPSink {
        var media: Int64 = 0, silence: Int64 = 0
        var end: Int64 = 0

        mutating func media(start: MediaTime, samples: Span<Float>, isConcealed: Bool) {
            media += Int64(samples.count)
            end = start.samples + Int64(samples.count)
        }

        mutating func silence(start: MediaTime, sampleCount: Int64) {
            silence += sampleCount
            end = start.samples + sampleCount
        }
    }

    private func packet(type: UInt8, sequence: UInt16, timestamp: UInt32, bytes: Int) -> [UInt8] {
        [0x80, type, UInt8(sequence >> 8), UInt8(truncatingIfNeeded: sequence)]
            + (0..<4).map { UInt8(truncatingIfNeeded: timestamp >> (24 - 8 * UInt32($0))) } + [0, 0, 0, 9]
            + [UInt8](repeating: 0x55, count: bytes)
    }

    /// Ten seconds of packets of 20 ms whose time stamps grow by `step`.
    private func play(type: UInt8, bytes: Int, step: UInt32, every milliseconds: Int64 = 20) -> (Sink, RTPStatistics) {
        var receiver = RTPReceiver(formats: AudioFormat.staticFormats)
        var sink = Sink()
        for index in 0..<UInt32(500) {
            let bytes = packet(
                type: type, sequence: UInt16(truncatingIfNeeded: index &+ 65_400),
                timestamp: index &* step &+ 4_294_960_000,
                bytes: bytes)
            receiver.receive(
                bytes.span.bytes, arrivalNanoseconds: 1_000_000_000 + Int64(index) * milliseconds * 1_000_000,
                into: &sink)
        }
        return (sink, receiver.statistics)
    }

    @Test(arguments: [UInt32(320), 480, 80, 40, 160]) func mediaLastsAsLongAsItsPackets(step: UInt32) {
        // G.722 counts 8 kHz: 160 for 20 ms. G.711 does, too.
        for type in [UInt8(9), 0] {
            let (sink, statistics) = play(type: type, bytes: 160, step: step)
            #expect(statistics.countsOtherUnits == (step != 160), "step \(step)")
            // What was taken for silence in the beginning is made up for in single samples.
            #expect(abs(sink.media - 160_000) <= 4_800, "step \(step)")
            #expect(sink.silence <= 16_000 / 4, "only until it was found out")
            #expect(abs(sink.end - 160_000) <= 16_000 / 4)
        }
    }

    @Test func silenceThatWasNotSentIsNoOtherUnit() {
        // Every second packet is not sent, which its time stamps say and its arrival, too.
        let (sink, statistics) = play(type: 0, bytes: 160, step: 320, every: 40)
        #expect(!statistics.countsOtherUnits)
        #expect(abs(sink.silence - 160_000) < 16_000)
    }

    @Test func whatIsFarAheadIsNotDecoded() {
        let (sink, statistics) = play(type: 0, bytes: 1_600, step: 1_600, every: 0)
        // A hundred seconds at once: thirty are taken.
        #expect(statistics.ahead > 300)
        #expect(sink.end <= 31 * 16_000)
    }

    /// Empty packets in turn of two formats whose time stamps lie as far apart as they can; then real ones, which come
    /// when they should.
    @Test func timeStampsThatNoClockCanMeanCostNoTime() {
        var receiver = RTPReceiver(formats: AudioFormat.staticFormats.merging([111: .opus]) { $1 })
        var sink = Sink()
        var (sequence, timestamp, now) = (UInt16(0), UInt32(0), Int64(1_000_000_000))
        func send(_ bytes: [UInt8]) {
            receiver.receive(bytes.span.bytes, arrivalNanoseconds: now, into: &sink)
            sequence &+= 1
            now += 20_000_000
        }
        for _ in 0..<3 {
            for _ in 0..<100 {
                send(packet(type: 0, sequence: sequence, timestamp: timestamp, bytes: 160))
                timestamp &+= 160
            }
            for index in 0..<6 {
                timestamp &+= 0x7FFF_FFFF
                send(
                    packet(type: index.isMultiple(of: 2) ? 0 : 111, sequence: sequence, timestamp: timestamp, bytes: 0))
            }
        }
        #expect(sink.silence < 3 * 16_000)
        #expect(sink.end < 8 * 16_000)
    }
}
