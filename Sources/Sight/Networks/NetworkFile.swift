import Glibc

/// The bytes of a network's file, which the network reads its weights from for as long as it lives.
///
/// `@unchecked Sendable`: nobody writes the bytes after they are there, and they stay until nobody holds the object.
public final class NetworkFile: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
    private let isMapped: Bool

    /// A copy of bytes.
    public init(_ contents: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, contents.count), alignment: 64)
        copy.copyBytes(from: contents)
        bytes = UnsafeRawBufferPointer(rebasing: copy[..<contents.count])
        isMapped = false
    }

    /// The file at `path`, mapped: all processes that map it hold it once. Whoever cuts it off while it is mapped ends
    /// them, so this is for those that may end.
    public init(mapping path: String) throws(NetworkError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw NetworkError(description: "\(path) cannot be read") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 0,
            let memory = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED
        else { throw NetworkError(description: "\(path) cannot be mapped") }
        bytes = UnsafeRawBufferPointer(start: memory, count: Int(status.st_size))
        isMapped = true
    }

    deinit {
        guard let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress) else { return }
        if isMapped { munmap(start, bytes.count) } else { start.deallocate() }
    }
}
