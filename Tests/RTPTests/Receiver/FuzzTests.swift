import SeededNumbers
import Testing

@testable import RTP

/// Random and mutated datagrams: nothing may trap, go back in time, or deliver more than a datagram can hold.
@Suite struct FuzzTests {
    private static let formats: [UInt8: AudioFormat] = {
        var formats: [UInt8: AudioFormat] = [111: .opus]
        formats.merge(AudioFormat.staticFormats) { first, _ in first }
        formats[96] = AudioFormat(codec: .l16, clockRateHz: 16_000, channels: 1)
        formats[97] = AudioFormat(codec: .l16, clockRateHz: 48_000, channels: 8)
        return formats
    }()

    private func check(_ sink: CountingSink, _ receiver: borrowing RTPReceiver, datagrams: Int) {
        let statistics = receiver.statistics
        #expect(sink.overlaps == 0)
        #expect(sink.largest <= 2 * 2_048 + 200)
        #expect(statistics.packets + statistics.rtcpPackets + statistics.malformed == UInt64(datagrams))
    }

    @Test func randomBytes() {
        var random = SeededRandom(seed: 21)
        var receiver = RTPReceiver(formats: Self.formats)
        var sink = CountingSink()
        var datagram = [UInt8](repeating: 0, count: 2_100)
        for round in 0..<100_000 {
            let length = Int.random(in: 0...(round % 100 == 0 ? 2_100 : 60), using: &random)
            for start in stride(from: 0, to: length, by: 8) {
                datagram.replaceSubrange(
                    start..<min(start + 8, 2_100), with: bigEndian(random.next()).prefix(2_100 - start))
            }
            if length > 0, round % 2 == 0 { datagram[0] = 0x80 | datagram[0] & 0x3F }
            let arrival = Int64(bitPattern: random.next()) >> Int64.random(in: 0...40, using: &random)
            receiver.receive(
                datagram.span.extracting(0..<length).bytes, arrivalNanoseconds: arrival, into: &sink)
        }
        receiver.finish(into: &sink)
        check(sink, receiver, datagrams: 100_000)
        #expect(receiver.statistics.malformed > 1_000)
    }

    @Test(arguments: 0..<4)
    func mutatedStreams(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let opus = opusPayloads(count: 50) { Float($0.truncatingRemainder(dividingBy: 0.01) * 50) }
        var receiver = RTPReceiver(formats: Self.formats)
        var sink = CountingSink()
        var sequence: UInt16 = 0
        var timestamp: UInt32 = 0
        var arrival: Int64 = 0
        for _ in 0..<25_000 {
            sequence &+= 1
            timestamp &+= 960
            arrival += 20 * millisecond
            var packet = TestPacket(
                sequence: sequence, timestamp: timestamp, payloadType: 111, payload: opus[Int(sequence) % 50])
            if random.next() % 8 == 0 {
                packet.payloadType = [0, 8, 10, 11, 13, 96, 97, 111].randomElement(using: &random) ?? 0
            }
            switch random.next() % 40 {
            case 0: sequence &+= UInt16.random(in: 0...70, using: &random)
            case 1: sequence &-= UInt16.random(in: 0...200, using: &random)
            case 2: timestamp = UInt32.random(in: 0...UInt32.max, using: &random)
            case 3: timestamp &-= UInt32.random(in: 0...100_000, using: &random)
            case 4: packet.ssrc = UInt32.random(in: 0...3, using: &random)
            case 5: arrival += Int64.random(in: -2_000...10_000, using: &random) * millisecond
            case 6: packet.payload = []
            default: break
            }
            var bytes = packet.bytes
            if random.next() % 4 == 0 {
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                        in: 0...255, using: &random)
                }
            }
            if random.next() % 50 == 0 { bytes.removeLast(Int.random(in: 0...bytes.count, using: &random)) }
            receiver.receive(bytes.span.bytes, arrivalNanoseconds: arrival, into: &sink)
            if random.next() % 10 == 0 { receiver.flush(nowNanoseconds: arrival, into: &sink) }
        }
        receiver.finish(into: &sink)
        check(sink, receiver, datagrams: 25_000)
        #expect(sink.samples > 500_000)
        #expect(receiver.statistics.restarts > 0)
    }
}
