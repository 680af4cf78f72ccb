/// Why bytes are not an RTP packet or an RTCP compound.
public enum RTPParseError: Error, Sendable, Hashable, CaseIterable {
    /// Fewer bytes than the fixed header, or than a header announces.
    case tooShort
    /// More bytes than the receiver's limit.
    case tooLong
    /// The version is not 2.
    case badVersion
    /// The padding count is zero or larger than what follows the headers.
    case badPadding
}

/// The header of an RTP packet and the place of its payload (RFC 3550, section 5.1).
public struct RTPPacket: Sendable, Hashable {
    /// The header extension of a packet.
    public struct Extension: Sendable, Hashable {
        /// The 16 bits defined by the profile (0xBEDE for one-byte elements, RFC 8285).
        public var profile: UInt16
        /// Where the extension's data lies in the datagram, in bytes.
        public var data: Range<Int>
    }

    /// The marker bit.
    public var marker: Bool
    /// Payload type, 0…127.
    public var payloadType: UInt8
    /// Sequence number, wrapping.
    public var sequence: UInt16
    /// Timestamp in units of the payload's clock, wrapping.
    public var timestamp: UInt32
    /// Synchronisation source.
    public var ssrc: UInt32
    /// Number of contributing sources listed.
    public var contributorCount: Int
    /// The header extension, if there is one.
    public var headerExtension: Extension?
    /// Where the payload (without padding) lies in the datagram, in bytes.
    public var payload: Range<Int>

    /// A packet that was not read from a datagram: something else has brought what it would have said.
    ///
    /// - Parameter payload: where the payload lies in what is given along with the packet.
    public init(payloadType: UInt8, sequence: UInt16, timestamp: UInt32, ssrc: UInt32, payload: Range<Int>) {
        marker = false
        self.payloadType = payloadType & 0x7F
        self.sequence = sequence
        self.timestamp = timestamp
        self.ssrc = ssrc
        contributorCount = 0
        self.payload = payload
    }

    /// The contributing source at `place` of the list, below `contributorCount` (RFC 3550, section 5.1), or nil where
    /// the datagram is not the one that this was read from.
    public func contributor(at place: Int, in datagram: RawSpan) -> UInt32? {
        let offset = 12 + 4 * place
        guard (0..<contributorCount).contains(place), offset + 4 <= datagram.byteCount else { return nil }
        return datagram.uint32(at: offset)
    }

    /// The audio level that element `number` of the header extension gives (RFC 6464), in dB below full scale; 127 is
    /// digital silence. Nil where there is none.
    public func level(in datagram: RawSpan, number: UInt8) -> UInt8? {
        guard let headerExtension, headerExtension.data.upperBound <= datagram.byteCount else { return nil }
        let isShort = headerExtension.profile == 0xBEDE
        // RFC 8285: one byte of number and length, or one of each.
        guard isShort || headerExtension.profile >> 4 == 0x100 else { return nil }
        var place = headerExtension.data.lowerBound
        while place < headerExtension.data.upperBound {
            let first = datagram.uint8(at: place)
            place += 1
            if first == 0 { continue }
            var element = first
            var length = 0
            if isShort {
                element = first >> 4
                length = Int(first & 0x0F) + 1
                if element == 15 { return nil }
            } else {
                guard place < headerExtension.data.upperBound else { return nil }
                length = Int(datagram.uint8(at: place))
                place += 1
            }
            guard place + length <= headerExtension.data.upperBound else { return nil }
            if element == number, length > 0 { return datagram.uint8(at: place) & 0x7F }
            place += length
        }
        return nil
    }

    /// Reads the header of `datagram`.
    ///
    /// - Throws: the first rule that the bytes break. Never traps, whatever the bytes.
    public init(parsing datagram: RawSpan) throws(RTPParseError) {
        guard datagram.byteCount >= 12 else { throw .tooShort }
        let first = datagram.uint8(at: 0)
        let second = datagram.uint8(at: 1)
        guard first >> 6 == 2 else { throw .badVersion }
        marker = second & 0x80 != 0
        payloadType = second & 0x7F
        sequence = datagram.uint16(at: 2)
        timestamp = datagram.uint32(at: 4)
        ssrc = datagram.uint32(at: 8)
        contributorCount = Int(first & 0x0F)

        var start = 12 + 4 * contributorCount
        var end = datagram.byteCount
        if first & 0x10 != 0 {
            guard start + 4 <= end else { throw .tooShort }
            let dataStart = start + 4
            start = dataStart + 4 * Int(datagram.uint16(at: start + 2))
            guard start <= end else { throw .tooShort }
            headerExtension = Extension(profile: datagram.uint16(at: dataStart - 4), data: dataStart..<start)
        }
        guard start <= end else { throw .tooShort }
        if first & 0x20 != 0 {
            let padding = Int(datagram.uint8(at: end - 1))
            guard padding > 0, padding <= end - start else { throw .badPadding }
            end -= padding
        }
        payload = start..<end
    }
}
