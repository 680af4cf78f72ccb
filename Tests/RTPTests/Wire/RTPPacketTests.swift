@testable import RTP
import Testing

@Suite struct RTPPacketTests {
    private let plain: [UInt8] = [0x80, 0xE0, 0x12, 0x34, 1, 2, 3, 4, 0xAA, 0xBB, 0xCC, 0xDD, 9, 8, 7]

    @Test func readsFixedHeader() throws {
        let packet = try RTPPacket(parsing: plain.span.bytes)
        #expect(packet.marker)
        #expect(packet.payloadType == 96)
        #expect(packet.sequence == 0x1234)
        #expect(packet.timestamp == 0x0102_0304)
        #expect(packet.ssrc == 0xAABB_CCDD)
        #expect(packet.contributorCount == 0)
        #expect(packet.headerExtension == nil)
        #expect(packet.payload == 12..<15)
    }

    @Test func readsContributorsExtensionAndPadding() throws {
        var bytes = Array(plain.prefix(12))
        bytes[0] = 0x80 | 0x20 | 0x10 | 2
        bytes += [UInt8](repeating: 1, count: 8)
        bytes += [0xBE, 0xDE, 0, 1, 0x10, 0x85, 0, 0]
        bytes += [5, 6, 7, 0, 0, 3]
        let packet = try RTPPacket(parsing: bytes.span.bytes)
        #expect(packet.contributorCount == 2)
        #expect(packet.headerExtension?.profile == 0xBEDE)
        #expect(packet.headerExtension?.data == 24..<28)
        #expect(packet.payload == 28..<31)
    }

    @Test func saysWhyBytesAreNoPacket() {
        func failure(_ change: (inout [UInt8]) -> Void) -> RTPParseError? {
            var bytes = plain
            change(&bytes)
            do throws(RTPParseError) {
                _ = try RTPPacket(parsing: bytes.span.bytes)
                return nil
            } catch {
                return error
            }
        }
        #expect(failure { $0 = [] } == .tooShort)
        #expect(failure { $0.removeLast(4) } == .tooShort)
        #expect(failure { $0[0] = 0x40 } == .badVersion)
        #expect(failure { $0[0] = 0x81 } == .tooShort)
        #expect(failure { $0[0] = 0x90 } == .tooShort)
        #expect(
            failure {
                $0 = Array($0.prefix(12)) + [0, 0, 0, 2, 0, 0, 0, 0]; $0[0] = 0x90
            } == .tooShort)
        #expect(failure { $0[0] = 0xA0 } == .badPadding)
        #expect(
            failure {
                $0[0] = 0xA0; $0[14] = 0
            } == .badPadding)
        #expect(
            failure {
                $0[0] = 0xA0; $0[14] = 3
            } == nil)
    }

    @Test func tellsRTCPFromRTP() {
        for second in UInt8.min...UInt8.max {
            let bytes = [0x80, second]
            #expect(RTCP.isRTCP(bytes.span.bytes) == (192...223).contains(second))
        }
    }

    @Test func readsSenderReportAndBye() throws {
        var bytes: [UInt8] = [0x80, 200, 0, 6]
        bytes += bigEndian(UInt32(7)) + bigEndian(UInt64(0x0102_0304_0506_0708)) + bigEndian(UInt32(99))
        bytes += [UInt8](repeating: 0, count: 8)
        bytes += [0x81, 202, 0, 1, 0, 0, 0, 7]
        bytes += [0x82, 203, 0, 3] + bigEndian(UInt32(7)) + bigEndian(UInt32(8)) + [3, 98, 121, 101]
        var messages: [RTCPMessage] = []
        try RTCP.visit(bytes.span.bytes) { messages.append($0) }
        let report = SenderReport(ssrc: 7, ntpTimestamp: 0x0102_0304_0506_0708, rtpTimestamp: 99)
        #expect(messages == [.senderReport(report), .bye(ssrc: 7), .bye(ssrc: 8)])

        for length in 1..<bytes.count where length != 28 && length != 36 {
            #expect(throws: RTPParseError.tooShort) {
                try RTCP.visit(Array(bytes.prefix(length)).span.bytes) { _ in }
            }
        }
        let overstated: [UInt8] = [0x9F, 203, 0, 1, 0, 0, 0, 7]
        #expect(throws: RTPParseError.tooShort) { try RTCP.visit(overstated.span.bytes) { _ in } }
    }
}
