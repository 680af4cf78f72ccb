import Kit
import SeededNumbers
import Testing

@testable import RTP

/// Senders nobody asked for: what they cost is bounded, and who was asked for is heard all the same.
@Suite struct FloodTests {
    /// A way in as the daemon has it: budget, table, and a receiver for each place of the table.
    private struct Port: ~Copyable {
        var budget: TokenBucket
        var table = RTPSourceTable(selectors: [.ssrc(1)], limit: 4)
        var receiver = RTPReceiver(formats: RampStream.formats)
        var sink = CountingSink()
        var admitted = 0

        mutating func take(_ datagram: RawSpan, from origin: UInt64, at nanoseconds: Int64) {
            guard budget.admits(datagram.byteCount, nowNanoseconds: nanoseconds) else { return }
            admitted += 1
            guard !RTCP.isRTCP(datagram), let packet = try? RTPPacket(parsing: datagram) else { return }
            let verdict = table.route(
                ssrc: packet.ssrc, sequence: packet.sequence, origin: origin, arrivalNanoseconds: nanoseconds)
            guard verdict == .speaker(0) else { return }
            receiver.receive(datagram, arrivalNanoseconds: nanoseconds, into: &sink)
        }
    }

    /// Twenty seconds of a speaker, with `perPacket` datagrams of strangers before each packet.
    private func flood(kilobitsPerSecond: Int, perPacket: Int, _ stranger: (Int, inout SeededRandom) -> [UInt8]) -> (
        admitted: Int, largest: Int, refused: UInt64, speaker: RTPStatistics
    ) {
        var random = SeededRandom(seed: 12)
        var port = Port(
            budget: TokenBucket(tokensPerSecond: kilobitsPerSecond * 125, capacity: kilobitsPerSecond * 125))
        var largest = 0
        for own in RampStream(ssrc: 1).packets(0..<1_000) {
            for number in 0..<perPacket {
                let datagram = stranger(number, &random)
                port.take(datagram.span.bytes, from: 7, at: own.arrival)
                largest = max(largest, port.table.size)
            }
            port.take(own.bytes.span.bytes, from: 5, at: own.arrival)
        }
        return (port.admitted, largest, port.table.statistics.refused, port.receiver.statistics)
    }

    @Test func strangersInEverNewNamesTakeNoMemory() {
        let found = flood(kilobitsPerSecond: 1_000_000, perPacket: 50) { number, random in
            TestPacket(
                sequence: UInt16(truncatingIfNeeded: random.next()), timestamp: 0,
                ssrc: UInt32(truncatingIfNeeded: random.next()), payload: [1, 2, 3, 4]
            ).bytes
        }
        // The speaker, and those on probation.
        #expect(found.largest == 1 + 8)
        #expect(found.speaker.packets == 1_000 && found.speaker.lost == 0)
    }

    @Test func strangersWhoProveThemselvesAreRefusedAboveTheLimit() {
        var sequence: UInt16 = 0
        let found = flood(kilobitsPerSecond: 1_000_000, perPacket: 50) { number, random in
            if number % 2 == 0 { sequence &+= 1 }
            // Two in sequence of each of 25.
            return TestPacket(
                sequence: sequence &+ UInt16(number % 2), timestamp: 0, ssrc: 100 + UInt32(number / 2), payload: [1]
            ).bytes
        }
        #expect(found.largest <= 4 + 8)
        #expect(found.refused > 10_000)
        #expect(found.speaker.packets == 1_000 && found.speaker.lost == 0)
    }

    @Test func noMoreIsLookedAtThanTheBudgetAllows() {
        // 1,000 kbit/s are 125,000 bytes a second, of which the speaker sends 32,600.
        let found = flood(kilobitsPerSecond: 1_000, perPacket: 10) { _, random in
            (0..<1_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
        // Twenty seconds, and the one that the bucket holds.
        #expect(found.admitted <= 21 * 125_000 / 652)
        #expect(found.admitted > 1_000)
    }
}
