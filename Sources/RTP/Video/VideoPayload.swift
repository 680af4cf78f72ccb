/// A codec of pictures that comes by plain RTP.
public enum VideoPayload: String, Sendable, Hashable, CaseIterable {
    /// H.264 (RFC 6184), packetization modes 0 and 1.
    case h264
    /// VP8 (RFC 7741).
    case vp8

    /// Units of the RTP timestamp per second, of either.
    public static let clockRateHz = 90_000
}

/// Why the payload of a packet of pictures cannot be used.
public enum VideoPayloadError: Error, Sendable, Hashable, CaseIterable {
    /// It ends before what it announces, or breaks a rule of its format.
    case malformed
    /// A kind of packet that no sender of conversations uses: interleaved, or of several times.
    case unsupported
    /// A part of something whose begin did not come.
    case withoutBegin
    /// The picture would be longer than it may be.
    case tooLong
}

/// What the packets of one picture come to: its bytes as a decoder takes them, bounded.
struct PictureBytes: ~Copyable {
    private let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(capacity: Int) {
        // Raw and never cleared: pages that no picture is long enough for cost nothing.
        memory = .allocate(byteCount: max(1, capacity), alignment: 16)
    }

    deinit { memory.deallocate() }

    mutating func removeAll() { count = 0 }

    /// Puts bytes at the end.
    mutating func append(_ bytes: RawSpan) throws(VideoPayloadError) {
        guard bytes.byteCount <= memory.count - count else { throw .tooLong }
        bytes.withUnsafeBytes { source in
            UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: source)
        }
        count += bytes.byteCount
    }

    /// Puts a byte at the end.
    mutating func append(_ byte: UInt8) throws(VideoPayloadError) {
        guard count < memory.count else { throw .tooLong }
        memory[count] = byte
        count += 1
    }

    /// Lends what is there; valid during the call only.
    func lend(_ body: (RawSpan) -> Void) {
        body(UnsafeRawBufferPointer(rebasing: memory[..<count]).bytes)
    }
}
