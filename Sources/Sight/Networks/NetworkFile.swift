/// The bytes of a network's file, which the network reads its weights from for as long as it lives.
///
/// `@unchecked Sendable`: nobody writes the bytes after they are there, and they stay until nobody holds the object.
public final class NetworkFile: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
    private let release: @Sendable (UnsafeRawBufferPointer) -> Void

    /// A copy of bytes.
    public convenience init(_ contents: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.count, alignment: 64)
        copy.copyBytes(from: contents)
        self.init(UnsafeRawBufferPointer(copy)) { $0.deallocate() }
    }

    /// Bytes that somebody else holds: they stay as they are until `release` is called with them.
    public init(_ bytes: UnsafeRawBufferPointer, release: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) {
        (self.bytes, self.release) = (bytes, release)
    }

    deinit {
        release(bytes)
    }
}
