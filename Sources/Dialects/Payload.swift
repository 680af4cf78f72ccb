/// The audio of one message, decoded to what RTP carries: L16 in network byte order, one voice after the other.
///
/// One buffer is used for all messages.
struct Payload {
    private(set) var bytes: [UInt8] = []
    private var scratch: [UInt8] = []

    /// Takes in base64 (RFC 4648, with or without padding, both alphabets), of which white space is left out.
    ///
    /// - Throws: `DialectError` where it is none.
    mutating func decode(base64 message: Span<UInt8>, _ range: Range<Int>) throws(DialectError) {
        bytes.removeAll(keepingCapacity: true)
        bytes.reserveCapacity(range.count / 4 * 3 + 3)
        var bits: UInt32 = 0
        var count = 0
        var isPadding = false
        for at in range {
            let byte = message[at]
            let value: UInt32
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(byte) - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(byte) - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(byte) + 4
            case UInt8(ascii: "+"), UInt8(ascii: "-"): value = 62
            case UInt8(ascii: "/"), UInt8(ascii: "_"): value = 63
            case UInt8(ascii: "="):
                isPadding = true
                continue
            // `\/` is how some writers of JSON put a slash.
            case UInt8(ascii: "\\"), 0x20, 0x0A, 0x0D, 0x09: continue
            default: throw .garbledPayload
            }
            guard !isPadding else { throw .garbledPayload }
            bits = bits << 6 | value
            count += 1
            if count == 4 {
                bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
                bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
                bytes.append(UInt8(truncatingIfNeeded: bits))
                (bits, count) = (0, 0)
            }
        }
        switch count {
        case 0: break
        case 2: bytes.append(UInt8(truncatingIfNeeded: bits >> 4))
        case 3:
            bytes.append(UInt8(truncatingIfNeeded: bits >> 10))
            bytes.append(UInt8(truncatingIfNeeded: bits >> 2))
        default: throw .garbledPayload
        }
    }

    /// Takes in bytes as they are.
    mutating func copy(_ message: Span<UInt8>, _ range: Range<Int>) {
        bytes.removeAll(keepingCapacity: true)
        bytes.reserveCapacity(range.count)
        for at in range { bytes.append(message[at]) }
    }

    /// Brings what was taken in into the form of RTP: 16-bit samples in network byte order; floats become such. A
    /// sample that is not whole at the end is left out.
    ///
    /// - Parameter voices: interleaved channels that are to lie one after the other.
    mutating func arrange(_ encoding: WireEncoding, voices: Int) {
        switch encoding {
        case .s16le:
            for at in stride(from: 0, to: bytes.count - 1, by: 2) { bytes.swapAt(at, at + 1) }
            deinterleave(voices: voices, width: 2)
        case .s16be: deinterleave(voices: voices, width: 2)
        case .f32le:
            let count = bytes.count / 4
            for index in 0..<count {
                let at = 4 * index
                let bits =
                    UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16
                    | UInt32(bytes[at + 3]) << 24
                let value = Float(bitPattern: bits)
                let sample = value.isFinite ? Int16(max(-1, min(1, value)) * 32_767) : 0
                bytes[2 * index] = UInt8(truncatingIfNeeded: sample >> 8)
                bytes[2 * index + 1] = UInt8(truncatingIfNeeded: sample)
            }
            bytes.removeLast(bytes.count - 2 * count)
            deinterleave(voices: voices, width: 2)
        case .mulaw, .alaw: deinterleave(voices: voices, width: 1)
        case .g722, .opus: break
        }
    }

    /// How rough the bytes are as 16-bit samples in either byte order: of speech the right one is the smoother by far.
    func roughness() -> (littleEndian: Double, bigEndian: Double) {
        var sums = (little: 0.0, big: 0.0)
        var before: (little: Int16, big: Int16)?
        for at in stride(from: 0, to: bytes.count - 1, by: 2) {
            let little = Int16(bitPattern: UInt16(bytes[at]) | UInt16(bytes[at + 1]) << 8)
            let sample = (little: little, big: little.byteSwapped)
            if let before {
                sums.little += abs(Double(sample.little) - Double(before.little))
                sums.big += abs(Double(sample.big) - Double(before.big))
            }
            before = sample
        }
        return (sums.little, sums.big)
    }

    private mutating func deinterleave(voices: Int, width: Int) {
        let frames = bytes.count / (width * max(1, voices))
        bytes.removeLast(bytes.count - frames * width * max(1, voices))
        guard voices > 1 else { return }
        scratch.removeAll(keepingCapacity: true)
        scratch.reserveCapacity(bytes.count)
        for voice in 0..<voices {
            for frame in 0..<frames {
                let at = (frame * voices + voice) * width
                for place in at..<(at + width) { scratch.append(bytes[place]) }
            }
        }
        swap(&bytes, &scratch)
    }
}
