/// A payload of redundant audio (RFC 2198): blocks of earlier packets, then that of the packet itself.
struct RedundantAudio {
    /// A block: its payload type, how far before the packet it lies in units of the time stamps, and where it is.
    struct Block: Equatable {
        var payloadType: UInt8
        var offset: UInt32
        var payload: Range<Int>
    }

    /// Blocks of earlier packets that are looked at.
    private static let maxBlocks = 8

    /// The packet's own block.
    private(set) var primary: Block
    /// Those of earlier packets, the oldest first.
    private(set) var earlier: [Block] = []

    /// Reads a payload; nil where it is not built like that.
    init?(_ payload: RawSpan) {
        var place = 0
        var headers: [(type: UInt8, offset: UInt32, length: Int)] = []
        while place < payload.byteCount {
            let first = payload.uint8(at: place)
            guard first & 0x80 != 0 else {
                place += 1
                var start = place
                for header in headers {
                    guard start + header.length <= payload.byteCount else { return nil }
                    earlier.append(
                        Block(payloadType: header.type, offset: header.offset, payload: start..<(start + header.length))
                    )
                    start += header.length
                }
                primary = Block(payloadType: first, offset: 0, payload: start..<payload.byteCount)
                return
            }
            guard place + 4 <= payload.byteCount, headers.count < Self.maxBlocks else { return nil }
            let word = payload.uint32(at: place)
            headers.append((first & 0x7F, word >> 10 & 0x3FFF, Int(word & 0x3FF)))
            place += 4
        }
        return nil
    }
}
