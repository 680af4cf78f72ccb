/// What an RTCP sender report says about time (RFC 3550, section 6.4.1).
public struct SenderReport: Sendable, Hashable {
    /// The source that reports.
    public var ssrc: UInt32
    /// Sender's wall clock: seconds since 1900 in the upper 32 bits, fraction in the lower.
    public var ntpTimestamp: UInt64
    /// The same instant in units of the media's clock.
    public var rtpTimestamp: UInt32

    /// The sender's wall clock in nanoseconds since 1900.
    public var wallClockNanoseconds: Int64 {
        let (seconds, fraction) = (Int64(ntpTimestamp >> 32), Int64(ntpTimestamp & 0xFFFF_FFFF))
        return seconds * 1_000_000_000 + (fraction * 1_000_000_000) >> 32
    }
}

/// A message of an RTCP compound that the receiver understands.
public enum RTCPMessage: Sendable, Hashable {
    /// A sender report.
    case senderReport(SenderReport)
    /// This source has left.
    case bye(ssrc: UInt32)
    /// Who a source is (SDES CNAME, or NAME where `isCanonical` is false); `text` lies in the compound.
    case description(ssrc: UInt32, isCanonical: Bool, text: Range<Int>)

    /// The source that the message is about.
    public var ssrc: UInt32 {
        switch self {
        case .senderReport(let report): report.ssrc
        case .bye(let ssrc): ssrc
        case .description(let ssrc, _, _): ssrc
        }
    }
}

/// Reader of RTCP compounds (RFC 3550, section 6).
public enum RTCP {
    /// Whether a datagram on a port shared with RTP is RTCP: its packet type is 192…223 (RFC 5761, 4).
    public static func isRTCP(_ datagram: RawSpan) -> Bool {
        datagram.byteCount >= 2 && (192...223).contains(datagram.uint8(at: 1))
    }

    /// Calls `body` for each sender report, each CNAME and NAME and each source of a BYE, in order; everything
    /// else is skipped.
    ///
    /// - Throws: at the first malformed message, after `body` has seen those before it. Never traps.
    public static func visit(_ compound: RawSpan, _ body: (RTCPMessage) -> Void) throws(RTPParseError) {
        var start = 0
        while start < compound.byteCount {
            guard start + 4 <= compound.byteCount else { throw .tooShort }
            let first = compound.uint8(at: start)
            guard first >> 6 == 2 else { throw .badVersion }
            let end = start + 4 + 4 * Int(compound.uint16(at: start + 2))
            guard end <= compound.byteCount else { throw .tooShort }
            switch compound.uint8(at: start + 1) {
            case 200:
                guard start + 28 <= end else { throw .tooShort }
                let upper = UInt64(compound.uint32(at: start + 8))
                let lower = UInt64(compound.uint32(at: start + 12))
                body(
                    .senderReport(
                        SenderReport(
                            ssrc: compound.uint32(at: start + 4), ntpTimestamp: upper << 32 | lower,
                            rtpTimestamp: compound.uint32(at: start + 16))))
            case 202:
                try visitDescriptions(compound.extracting(0..<end), from: start + 4, body)
            case 203:
                let count = Int(first & 0x1F)
                guard start + 4 + 4 * count <= end else { throw .tooShort }
                for index in 0..<count {
                    body(.bye(ssrc: compound.uint32(at: start + 4 + 4 * index)))
                }
            default:
                break
            }
            start = end
        }
    }
    /// The chunks of an SDES message that ends with `message` (RFC 3550, section 6.5).
    private static func visitDescriptions(
        _ message: RawSpan, from start: Int, _ body: (RTCPMessage) -> Void
    ) throws(RTPParseError) {
        var place = start
        while place + 4 <= message.byteCount {
            let ssrc = message.uint32(at: place)
            place += 4
            while place < message.byteCount, message.uint8(at: place) != 0 {
                guard place + 2 <= message.byteCount else { throw .tooShort }
                let item = message.uint8(at: place)
                let text = (place + 2)..<(place + 2 + Int(message.uint8(at: place + 1)))
                guard text.upperBound <= message.byteCount else { throw .tooShort }
                if item == 1 || item == 2 {
                    body(.description(ssrc: ssrc, isCanonical: item == 1, text: text))
                }
                place = text.upperBound
            }
            // A chunk ends with one zero or more, up to the next multiple of 4 bytes.
            place += 4 - (place - start) % 4
        }
    }
}
