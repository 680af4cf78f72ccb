import Glibc
import Sight

extension NetworkFile {
    /// The file at `path`, mapped: all processes that map it hold it once. Whoever cuts it off while it is mapped ends
    /// them, so this is for those that may end.
    convenience init(mapping path: String) throws(NetworkError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw NetworkError(description: "\(path) cannot be read") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 0,
            let memory = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED
        else { throw NetworkError(description: "\(path) cannot be mapped") }
        self.init(UnsafeRawBufferPointer(start: memory, count: Int(status.st_size))) { bytes in
            munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
        }
    }
}
