/// What a datagram on a port shared by RTP and RTCP is. Read once, where it arrives, and handed on with the datagram.
public enum DatagramContent: Sendable, Hashable {
    /// A packet of RTP.
    case packet(RTPPacket)
    /// A compound of RTCP, whose messages nobody has looked at (`RTCP.visit`).
    case compound
    /// Neither, or not taken.
    case malformed(RTPParseError)

    /// Reads `datagram`. Never traps, whatever the bytes.
    public init(parsing datagram: RawSpan) {
        if RTCP.isRTCP(datagram) {
            self = .compound
        } else {
            do throws(RTPParseError) {
                self = .packet(try RTPPacket(parsing: datagram))
            } catch {
                self = .malformed(error)
            }
        }
    }
}
