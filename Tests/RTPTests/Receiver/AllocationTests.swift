import CMallocCounter
import Foundation
import RTP
import Testing

@Suite struct AllocationTests {
    @Test(.enabled(if: malloc_counter_counts()), arguments: [UInt8(111), 0, 96])
    func aWarmStreamAllocatesNothing(payloadType: UInt8) throws {
        let wide = try #require(AudioFormat(codec: .l16, clockRateHz: 48_000, channels: 1))
        let formats = AudioFormat.staticFormats.merging([111: .opus, 96: wide]) { first, _ in first }
        let format = try #require(formats[payloadType])
        let opus = opusPayloads(count: 50) { Float(0.3 * sin(2 * .pi * 220 * $0)) }
        let ticks = format.clockRateHz / 50
        // In order for the most part, with losses, duplicates and packets changing places.
        var order = Array(0..<3_000)
        for index in stride(from: 10, to: 2_990, by: 50) {
            order.swapAt(index, index + 1)
            order[index + 20] = order[index + 19]
        }
        let datagrams = order.map { index in
            TestPacket(
                sequence: UInt16(index), timestamp: UInt32(index * ticks), payloadType: payloadType,
                payload: format.codec == .opus
                    ? opus[index % 50]
                    : [UInt8](repeating: 0x55, count: format.codec == .l16 ? 2 * ticks : ticks)
            ).bytes
        }
        let beforeOpening = malloc_counter_of_this_thread()
        var receiver = RTPReceiver(formats: formats)
        // The counter counts: opening takes memory.
        #expect(malloc_counter_of_this_thread() > beforeOpening)
        var sink = CountingSink()
        var allocations: UInt64 = 0
        for (index, datagram) in datagrams.enumerated() {
            let before = malloc_counter_of_this_thread()
            receiver.receive(
                datagram.span.bytes, arrivalNanoseconds: Int64(index) * 20 * millisecond, into: &sink)
            if index >= 100 { allocations += malloc_counter_of_this_thread() - before }
        }
        #expect(allocations == 0)
        let statistics = receiver.statistics
        #expect(statistics.lost > 50)
        #expect(statistics.reordered > 50)
        #expect(statistics.duplicates > 50)
    }
}
