package import MediaTypes

/// A block of samples of a track as a message: a head of 16 bytes, so that the samples behind it are aligned.
package struct BlockMessage {
    /// Samples of one message; longer blocks are sent in pieces.
    package static let maxSamples = 8_000
    private static let headBytes = 16
    /// The longest message of all.
    package static let maxBytes = headBytes + maxSamples * MemoryLayout<Float>.size

    /// Number of the track, checked against nothing yet.
    package let track: Int
    package let start: MediaTime
    /// Packets that could not be decoded so far, where the read has ended with this block; nil where it goes on. Most
    /// reads have one block, and one message costs half as much as two.
    package let endsRead: Int?
    private let samples: UnsafeBufferPointer<Float>

    /// The block that a message is, lent from `bytes`, which must be aligned to 16 bytes and outlive it.
    package init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        let sampleBytes = bytes.count - Self.headBytes
        guard sampleBytes > 0, sampleBytes.isMultiple(of: MemoryLayout<Float>.size), bytes.count <= Self.maxBytes,
            bytes[0] == WorkerReport.Tag.block.rawValue, bytes[1] <= 1
        else { throw WireError() }
        endsRead = bytes[1] == 0 ? nil : Int(bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        track = Int(bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        start = MediaTime(samples: bytes.loadUnaligned(fromByteOffset: 8, as: Int64.self))
        samples = UnsafeRawBufferPointer(rebasing: bytes[Self.headBytes...]).assumingMemoryBound(to: Float.self)
    }

    package var count: Int { samples.count }

    /// Lends the samples.
    package func withSamples(_ body: (Span<Float>) -> Void) {
        body(samples.span)
    }

    /// Writes a block of at most `maxSamples` into `buffer`, which has room for `maxBytes`.
    ///
    /// - Returns: the bytes of the message.
    package static func encode(
        track: Int, start: MediaTime, samples: Span<Float>, into buffer: UnsafeMutableRawBufferPointer
    ) -> UnsafeRawBufferPointer {
        let count = min(samples.count, maxSamples)
        buffer.storeBytes(
            of: UInt64(WorkerReport.Tag.block.rawValue) | UInt64(UInt16(clamping: track)) << 16, as: UInt64.self)
        buffer.storeBytes(of: start.samples, toByteOffset: 8, as: Int64.self)
        samples.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(rebasing: buffer[headBytes...])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(count * MemoryLayout<Float>.size)))
        }
        return UnsafeRawBufferPointer(rebasing: buffer[..<(headBytes + count * MemoryLayout<Float>.size)])
    }

    /// Says in a message that was written into `buffer` that the read has ended with it.
    package static func endRead(decodeErrors: Int, in buffer: UnsafeMutableRawBufferPointer) {
        buffer[1] = 1
        buffer.storeBytes(of: UInt32(clamping: decodeErrors), toByteOffset: 4, as: UInt32.self)
    }
}
