import RTP
import Testing

/// Whatever its time stamps say, a stream lies no further ahead of its arrival than media is taken.
@Suite struct AheadTests {
    private static let formats = AudioFormat.staticFormats.merging([111: .opus]) { $1 }

    /// A stream of PCMU in packets of 20 ms; `disturb` sends what belongs to no such stream after the first second.
    private func play(_ disturb: (_ send: (TestPacket) -> Void, inout UInt16, inout UInt32) -> Void) -> (
        sink: CountingSink, passed: Int64, statistics: RTPStatistics
    ) {
        var receiver = RTPReceiver(formats: Self.formats)
        var sink = CountingSink()
        var (sequence, timestamp, now) = (UInt16(0), UInt32(0), Int64(1_000_000_000))
        func send(_ packet: TestPacket) {
            receiver.receive(packet.bytes.span.bytes, arrivalNanoseconds: now, into: &sink)
            now += 20 * millisecond
        }
        func sendSecond() {
            for _ in 0..<50 {
                send(
                    TestPacket(
                        sequence: sequence, timestamp: timestamp, payloadType: 0,
                        payload: [UInt8](repeating: 0x55, count: 160)))
                sequence &+= 1
                timestamp &+= 160
            }
        }
        sendSecond()
        disturb(send, &sequence, &timestamp)
        for _ in 0..<5 { sendSecond() }
        receiver.finish(into: &sink)
        return (sink, (now - 1_000_000_000) / 62_500, receiver.statistics)
    }

    /// An empty packet of another clock, after which time stamps of the first one are not compared with arrival.
    private func changeOfClock(_ sequence: inout UInt16, _ timestamp: UInt32) -> TestPacket {
        defer { sequence &+= 1 }
        return TestPacket(sequence: sequence, timestamp: timestamp, payloadType: 111, payload: [])
    }

    @Test func lossThatCannotHaveBeenTakesNoTime() {
        let (sink, passed, statistics) = play { send, sequence, timestamp in
            send(changeOfClock(&sequence, timestamp))
            // A minute of packets is missing, by number and by time stamp, and none of it has passed.
            sequence &+= 2_990
            timestamp &+= 2_990 * 160
        }
        #expect(statistics.ahead == 0 && sink.overlaps == 0)
        #expect(abs(sink.end - passed) <= 1_600)
        #expect(sink.samples >= 90_000)
    }

    @Test func packetsThatCameLongAgoMakeNoPause() {
        let (sink, passed, statistics) = play { send, sequence, timestamp in
            send(changeOfClock(&sequence, timestamp))
            // Again and again, with a time stamp of three days ago.
            for index in 0..<12 {
                send(
                    TestPacket(
                        sequence: sequence &- 10, timestamp: timestamp &- 0x7FFF_FFFF &+ UInt32(index) * 160,
                        payloadType: 0, payload: [UInt8](repeating: 0x55, count: 160)))
            }
        }
        #expect(statistics.ahead == 0 && sink.overlaps == 0)
        #expect(abs(sink.end - passed) <= 1_600)
        #expect(sink.samples >= 90_000)
    }
}
