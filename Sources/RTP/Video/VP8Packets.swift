/// Puts frames of VP8 together from the payloads of RTP packets that come in order (RFC 7741).
struct VP8Packets {
    /// Whether what was put together is a key frame.
    private(set) var hasKey = false
    private var hasBegun = false

    /// Whether its begin was there; where it ends, the packet's marker says.
    var isWhole: Bool { hasBegun }

    /// Begins anew.
    mutating func reset() { (hasKey, hasBegun) = (false, false) }

    /// Takes the payload of the next packet.
    mutating func take(_ payload: RawSpan, into picture: inout PictureBytes) throws(VideoPayloadError) {
        let place = try Self.descriptorLength(payload)
        guard place < payload.byteCount else { throw .malformed }
        let isFirst = payload.uint8(at: 0) & 0x17 == 0x10
        let data = payload.extracting(place..<payload.byteCount)
        if isFirst {
            guard !hasBegun else { throw .malformed }
            // RFC 6386, section 9.1: the lowest bit of a key frame is 0, and its start code follows its tag.
            hasKey = data.uint8(at: 0) & 1 == 0
            if hasKey {
                guard data.byteCount >= 10, data.uint16(at: 3) == 0x9D01, data.uint8(at: 5) == 0x2A else {
                    throw .malformed
                }
            }
            hasBegun = true
        }
        guard hasBegun else { throw .withoutBegin }
        try picture.append(data)
    }

    /// Bytes of the payload descriptor (RFC 7741, section 4.2).
    private static func descriptorLength(_ payload: RawSpan) throws(VideoPayloadError) -> Int {
        guard payload.byteCount > 0 else { throw .malformed }
        guard payload.uint8(at: 0) & 0x80 != 0 else { return 1 }
        guard payload.byteCount > 1 else { throw .malformed }
        let present = payload.uint8(at: 1)
        var length = 2
        if present & 0x80 != 0 {
            guard payload.byteCount > length else { throw .malformed }
            length += payload.uint8(at: length) & 0x80 != 0 ? 2 : 1
        }
        if present & 0x40 != 0 { length += 1 }
        if present & 0x30 != 0 { length += 1 }
        return length
    }
}
