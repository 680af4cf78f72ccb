/// Puts NAL units of H.264 together from the payloads of RTP packets that come in order (RFC 6184): single NAL units,
/// STAP-A (section 5.7.1) and FU-A (section 5.8). What comes out is a byte stream with start codes (H.264, annex B).
struct H264Packets {
    /// Whether an instantaneous refresh is in what was put together: a picture that needs none before it.
    private(set) var hasKey = false
    /// Whether a NAL unit was begun in pieces and not ended.
    private var isOpen = false

    private enum Kind {
        static let refresh: UInt8 = 5, aggregate: UInt8 = 24, fragment: UInt8 = 28
        /// What a packet may carry as it is, and what others may be made of.
        static let single: ClosedRange<UInt8> = 1...23
    }

    /// Whether all that was begun has ended.
    var isWhole: Bool { !isOpen }

    /// Begins anew.
    mutating func reset() { (hasKey, isOpen) = (false, false) }

    /// Takes the payload of the next packet.
    mutating func take(_ payload: RawSpan, into picture: inout PictureBytes) throws(VideoPayloadError) {
        guard payload.byteCount > 0 else { throw .malformed }
        let header = payload.uint8(at: 0), kind = header & 0x1F
        guard header & 0x80 == 0 else { throw .malformed }
        // The pieces of one NAL unit follow each other.
        if isOpen, kind != Kind.fragment { throw .malformed }
        switch kind {
        case Kind.single: try put(payload, into: &picture)
        case Kind.aggregate: try takeAggregate(payload, into: &picture)
        case Kind.fragment: try takeFragment(payload, header, into: &picture)
        case 0, 30, 31: throw .malformed
        default: throw .unsupported
        }
    }

    private mutating func put(_ unit: RawSpan, into picture: inout PictureBytes) throws(VideoPayloadError) {
        if unit.uint8(at: 0) & 0x1F == Kind.refresh { hasKey = true }
        try putStartCode(into: &picture)
        try picture.append(unit)
    }

    private func putStartCode(into picture: inout PictureBytes) throws(VideoPayloadError) {
        for byte: UInt8 in [0, 0, 0, 1] { try picture.append(byte) }
    }

    private mutating func takeAggregate(
        _ payload: RawSpan, into picture: inout PictureBytes
    ) throws(VideoPayloadError) {
        var place = 1
        guard place < payload.byteCount else { throw .malformed }
        while place < payload.byteCount {
            guard place + 2 <= payload.byteCount else { throw .malformed }
            let length = Int(payload.uint16(at: place))
            place += 2
            guard length > 0, length <= payload.byteCount - place else { throw .malformed }
            let unit = payload.extracting(place..<place + length)
            guard unit.uint8(at: 0) & 0x80 == 0, Kind.single.contains(unit.uint8(at: 0) & 0x1F) else {
                throw .malformed
            }
            try put(unit, into: &picture)
            place += length
        }
    }

    private mutating func takeFragment(
        _ payload: RawSpan, _ indicator: UInt8, into picture: inout PictureBytes
    ) throws(VideoPayloadError) {
        guard payload.byteCount > 2 else { throw .malformed }
        let header = payload.uint8(at: 1), kind = header & 0x1F
        let begins = header & 0x80 != 0, ends = header & 0x40 != 0
        guard Kind.single.contains(kind), !(begins && ends), !(begins && isOpen) else { throw .malformed }
        guard begins || isOpen else { throw .withoutBegin }
        if begins {
            if kind == Kind.refresh { hasKey = true }
            try putStartCode(into: &picture)
            try picture.append(indicator & 0xE0 | kind)
        }
        try picture.append(payload.extracting(2..<payload.byteCount))
        isOpen = !ends
    }
}
