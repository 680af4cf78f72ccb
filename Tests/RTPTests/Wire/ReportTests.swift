import MediaTypes
import Testing
import Timing

@testable import RTP

/// Sender reports in, receiver reports out, and speakers aligned by what the reports say.
@Suite struct ReportTests {
    /// A sender report: `wallClock` (ns since 1900) is when sample `timestamp` was recorded.
    private func senderReport(ssrc: UInt32, wallClock: Int64, timestamp: UInt32) -> [UInt8] {
        let seconds = UInt64(wallClock / 1_000_000_000) << 32
        let fraction = UInt64(Double(wallClock % 1_000_000_000) / 1e9 * 4_294_967_296)
        return [0x80, 200, 0, 6] + bigEndian(ssrc) + bigEndian(seconds | fraction) + bigEndian(timestamp)
            + [UInt8](repeating: 0, count: 8)
    }

    @Test func aReportSaysWhatArrived() throws {
        var receiver = RTPReceiver(formats: RampStream.formats)
        var sink = CountingSink()
        let stream = RampStream(firstSequence: 65_530)
        var packets = stream.packets(0..<100)
        packets.removeSubrange(40..<50)
        receiver.play(packets, finish: false, into: &sink)
        let early = receiver.receptionReport(nowNanoseconds: 0)
        #expect(early == nil)
        let arrival = packets[packets.count - 1].arrival
        receiver.receive(
            senderReport(ssrc: stream.ssrc, wallClock: 0x1234_5678 * 1_000_000_000, timestamp: 5_000).span.bytes,
            arrivalNanoseconds: arrival, into: &sink)
        let made = receiver.receptionReport(nowNanoseconds: arrival + 2_000 * millisecond)
        let report = try #require(made)
        #expect(report.ssrc == stream.ssrc)
        #expect(report.lost == 10)
        #expect(report.fractionLost == 25)
        #expect(report.highestSequence == 65_629)
        #expect(report.latestSenderReport == 0x5678_0000)
        #expect(report.delaySinceSenderReport == 131_072)
        // Nothing new since.
        let next = receiver.receptionReport(nowNanoseconds: arrival)
        #expect(next?.fractionLost == 0 && next?.lost == 10)
    }

    @Test func aReportIsWrittenAsTheStandardSays() throws {
        let report = ReceptionReport(
            ssrc: 0xAABB_CCDD, fractionLost: 25, lost: -2, highestSequence: 65_629, jitter: 7,
            latestSenderReport: 0x5678_0000, delaySinceSenderReport: 131_072)
        let bytes = RTCP.receiverReport(ssrc: 1, reports: [report], cname: "abc")
        #expect(
            bytes == [0x81, 201, 0, 7, 0, 0, 0, 1, 0xAA, 0xBB, 0xCC, 0xDD, 25, 0xFF, 0xFF, 0xFE]
                + [0, 1, 0, 0x5D, 0, 0, 0, 7, 0x56, 0x78, 0, 0, 0, 2, 0, 0]
                + [0x81, 202, 0, 3, 0, 0, 0, 1, 1, 3, 97, 98, 99, 0, 0, 0])
        for length in 0..<10 {
            let bytes = RTCP.receiverReport(ssrc: 1, reports: [], cname: String(repeating: "x", count: length))
            var names: [RTCPMessage] = []
            try RTCP.visit(bytes.span.bytes) { names.append($0) }
            #expect(names == [.description(ssrc: 1, isCanonical: true, text: 18..<(18 + length))])
        }
        let many = RTCP.receiverReport(
            ssrc: 1, reports: Array(repeating: report, count: 40), cname: String(repeating: "x", count: 300))
        try RTCP.visit(many.span.bytes) { _ in }
        #expect(many[0] == 0x9F)
    }

    /// Two speakers of one host whose packets take 10 and 70 ms. By arrival they lie 60 ms apart.
    @Test func speakersOfOneHostAreAligned() throws {
        var network = Network(seed: 12)
        var alignment = ClockAlignment()
        let delays = [10.0, 70]
        var sinks: [TruthSink] = []
        let streams = [alignment.add(), alignment.add()]
        // Each in its turn, twice: the first time its offset is found, the second time it is aligned by it.
        for round in 0..<2 {
            sinks = []
            for (index, delay) in delays.enumerated() {
                let sent = network.send(0..<1_500)
                let arrived = network.transport(sent) { _, random in
                    delay + Double.random(in: 0...10, using: &random)
                }
                var receiver = RTPReceiver(formats: RampStream.formats)
                var sink = TruthSink(network: network, first: arrived[0], countedFromSeconds: 20)
                if round == 1 {
                    receiver.align(nanoseconds: alignment.correctionNanoseconds(of: streams[index]))
                }
                for (count, sent) in arrived.enumerated() {
                    receiver.receive(
                        sent.packet.bytes.span.bytes, arrivalNanoseconds: sent.packet.arrival, into: &sink)
                    guard count % 250 == 100 else { continue }
                    let wallClock = 3_900_000_000_000_000_000 + network.time(ofSample: sent.index * 320)
                    let report = senderReport(ssrc: 1, wallClock: wallClock, timestamp: sent.packet.timestamp)
                    receiver.receive(
                        report.span.bytes, arrivalNanoseconds: sent.packet.arrival, into: &sink)
                }
                let last = arrived[arrived.count - 1].packet.arrival
                let found = receiver.wallClockOffset(at: last)
                let offset = try #require(found)
                alignment.note(streams[index], clock: 1, offsetNanoseconds: offset)
                sinks.append(sink)
            }
        }
        #expect(abs(alignment.correctionNanoseconds(of: streams[0])) < millisecond)
        #expect(abs(alignment.correctionNanoseconds(of: streams[1]) + 60 * millisecond) < 2 * millisecond)
        // Both are 10 ms late now, as the faster one.
        for sink in sinks { #expect(abs(sink.worstMilliseconds - 10) < 5) }
    }

    @Test func onlySpeakersOfOneHostAreAligned() {
        var alignment = ClockAlignment()
        let (a, b) = (alignment.add(), alignment.add())
        alignment.note(a, clock: 1, offsetNanoseconds: 5)
        alignment.note(b, clock: 2, offsetNanoseconds: 50 * millisecond)
        #expect(alignment.correctionNanoseconds(of: b) == 0)
        alignment.note(b, clock: 1, offsetNanoseconds: 50 * millisecond)
        #expect(alignment.correctionNanoseconds(of: b) == 5 - 50 * millisecond)
        #expect(alignment.correctionNanoseconds(of: a) == 0)
        // Too far apart to be one clock.
        alignment.note(b, clock: 1, offsetNanoseconds: 500 * millisecond)
        #expect(alignment.correctionNanoseconds(of: b) == 0)
    }
}
