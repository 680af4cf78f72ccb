@testable import RTP
import Testing

@Suite struct DatagramContentTests {
    private let packet: [UInt8] = [0x80, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3] + [UInt8](repeating: 7, count: 160)

    @Test func tellsPacketsCompoundsAndTheRest() throws {
        #expect(
            DatagramContent(parsing: packet.span.bytes) == .packet(try RTPPacket(parsing: packet.span.bytes)))
        let report: [UInt8] = [0x80, 200, 0, 0]
        #expect(DatagramContent(parsing: report.span.bytes) == .compound)
        let nothing: [UInt8] = [0x80]
        #expect(DatagramContent(parsing: nothing.span.bytes) == .malformed(.tooShort))
        let other = [0x40] + packet.dropFirst()
        #expect(DatagramContent(parsing: other.span.bytes) == .malformed(.badVersion))
    }

    /// What was read of a longer datagram is not looked for beyond the end of this one.
    @Test func contentOfAnotherDatagramIsMalformed() {
        let content = DatagramContent(parsing: packet.span.bytes)
        let short = Array(packet.prefix(40))
        var receiver = RTPReceiver(formats: RampStream.formats)
        var sink = Recorder()
        receiver.receive(short.span.bytes, as: content, arrivalNanoseconds: 0, into: &sink)
        #expect(receiver.statistics.lastMalformedReason == .tooShort && receiver.statistics.packets == 0)
        var probe = RTPProbe(formats: RampStream.formats)
        probe.note(short.span.bytes, as: content, arrivalNanoseconds: 0)
    }
}
