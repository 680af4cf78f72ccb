import CPlatform
import Glibc

/// Bytes that nobody can guess; nil where the kernel gives none.
public func randomBytes(_ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: max(0, count))
    return attune_random_bytes(&bytes, bytes.count) == 0 ? bytes : nil
}

/// Why a file with secrets can't be read.
public enum SecretFileProblem: Error, Sendable {
    /// The system says no, with its reason.
    case unreadable(String)
    /// It is a folder, a pipe or a device.
    case noFile
    /// Everybody on the machine may read or write it.
    case openToOthers
    /// It has more bytes than it may.
    case tooLarge
}

/// The bytes of a file that only its owner and group may have access to.
public func readSecretFile(_ path: String, atMost count: Int) throws(SecretFileProblem) -> [UInt8] {
    // Looked at through the descriptor, so that it is the file that is read; what is no file is not waited for.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
    defer { close(descriptor) }
    guard attune_is_regular_file(descriptor) else { throw .noFile }
    guard !attune_is_open_to_others(descriptor) else { throw .openToOthers }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 14)
    while bytes.count <= count {
        let got = read(descriptor, &chunk, chunk.count)
        if got < 0, errno == EINTR { continue }
        guard got >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
        if got == 0 { return bytes }
        bytes += chunk[..<got]
    }
    throw .tooLarge
}
