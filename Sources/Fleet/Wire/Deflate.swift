import CZlib

/// Compresses as zlib does (RFC 1950), fast rather than small.
///
/// - Returns: nil where zlib has no memory.
func deflated(_ bytes: [UInt8]) -> [UInt8]? {
    var count = compressBound(uLong(bytes.count))
    var isDone = false
    let packed = [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, filled in
        // The buffer has the bytes that zlib may need, and both outlive the call.
        isDone = compress2(buffer.baseAddress, &count, bytes, uLong(bytes.count), Z_BEST_SPEED) == Z_OK
        filled = isDone ? Int(count) : 0
    }
    return isDone ? packed : nil
}

/// What was compressed, which comes from outside.
///
/// - Parameter maxBytes: what may come out of it; more is none.
/// - Returns: nil where it is damaged or larger.
func inflated(_ bytes: some Collection<UInt8>, maxBytes: Int) -> [UInt8]? {
    let whole: [UInt8]?? = bytes.withContiguousStorageIfAvailable { inflated($0, maxBytes: maxBytes) }
    return whole ?? Array(bytes).withUnsafeBufferPointer { inflated($0, maxBytes: maxBytes) }
}

private func inflated(_ input: UnsafeBufferPointer<UInt8>, maxBytes: Int) -> [UInt8]? {
    var stream = z_stream()
    guard inflateInit_(&stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    // zlib only reads from it.
    stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
    stream.avail_in = UInt32(clamping: input.count)
    // Ticks become a tenth; what is larger takes another round.
    var room = min(maxBytes + 1, max(4_096, 16 * input.count))
    var output: [UInt8] = []
    while true {
        var status = Z_OK
        // zlib writes no further than it is told there is room for, and says how far that was.
        let part = [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
            stream.next_out = buffer.baseAddress
            stream.avail_out = UInt32(buffer.count)
            status = inflate(&stream, Z_NO_FLUSH)
            filled = buffer.count - Int(stream.avail_out)
        }
        if output.isEmpty { output = part } else { output += part }
        guard output.count <= maxBytes else { return nil }
        if status == Z_STREAM_END { return stream.avail_in == 0 ? output : nil }
        guard status == Z_OK else { return nil }
        room = maxBytes + 1 - output.count
    }
}
