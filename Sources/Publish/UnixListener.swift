import CPlatform
import Glibc

/// A listening Unix stream socket with its file.
///
/// The descriptor is not closed here: it belongs to whoever accepts on it.
public struct UnixListener: Sendable {
    /// The listening descriptor: non-blocking, close-on-exec.
    public let descriptor: CInt
    /// The file that was made for it; nil for a descriptor that a supervisor handed over and removes itself.
    private let file: (path: String, identity: attune_file_id)?

    /// Connections that the kernel holds until they are accepted.
    private static let backlog: CInt = 128
    private static let lockTimeoutMilliseconds: CInt = 2_000

    /// Opens a socket at `path`; a file left behind by a crash is replaced.
    ///
    /// - Parameters:
    ///   - path: where; its folder must exist.
    ///   - mode: permission bits of the file, set before the first connection is possible.
    ///   - group: numeric group of the file; nil for that of the process.
    /// - Throws: `missingFolder`, `notASocket`, `inUse`, `configuration` or `system`.
    public static func open(path: String, mode: UInt32, group: UInt32?) throws(PublishError) -> UnixListener {
        guard !path.isEmpty, !path.utf8.contains(0), path.utf8.count <= attune_unix_path_limit() else {
            let problem =
                "socket path '\(path)' has \(path.utf8.count) bytes; give one of 1 to "
                + "\(attune_unix_path_limit()) bytes without NUL"
            throw PublishError(.configuration, problem)
        }
        var step = ATTUNE_STEP_NONE
        var identity = attune_file_id()
        let result = attune_unix_listen(
            path, mode, group ?? gid_t.max, backlog, lockTimeoutMilliseconds, &step, &identity)
        guard result >= 0 else { throw failure(path: path, step: step, code: -result) }
        return UnixListener(descriptor: result, file: (path, identity))
    }

    /// Takes over a socket that systemd or another supervisor listens on.
    ///
    /// - Throws: `notAListener` if it is no listening Unix stream socket.
    public static func adopt(descriptor: CInt) throws(PublishError) -> UnixListener {
        let result = attune_unix_adopt(descriptor)
        guard result == 0 else {
            throw PublishError(
                .notAListener,
                "descriptor \(descriptor) is no listening Unix stream socket (\(text(-result))); "
                    + "use ListenStream= with a path in the socket unit")
        }
        return UnixListener(descriptor: descriptor, file: nil)
    }

    /// Removes the socket file unless somebody else has put theirs in its place meanwhile.
    ///
    /// - Throws: `system` if it could not be removed.
    public func removeFile() throws(PublishError) {
        guard let file else { return }
        let result = attune_unix_remove(file.path, file.identity)
        guard result == 0 else {
            throw PublishError(.system, "cannot remove the socket \(file.path): \(Self.text(-result))")
        }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func text(_ code: CInt) -> String { String(cString: strerror(code)) }

    private static func failure(path: String, step: attune_step, code: CInt) -> PublishError {
        let folder = folder(of: path)
        switch (step, code) {
        case (ATTUNE_STEP_LOCK, ENOENT), (ATTUNE_STEP_LOCK, ENOTDIR):
            return PublishError(
                .missingFolder,
                "folder \(folder) of the socket \(path) is missing; create it, let systemd create it "
                    + "(RuntimeDirectory=), or set another path")
        case (ATTUNE_STEP_LOCK, EWOULDBLOCK):
            return PublishError(
                .inUse, "another process holds the lock \(path).lock; try again when it is done")
        case (ATTUNE_STEP_STAT, EEXIST):
            return PublishError(
                .notASocket, "\(path) exists and is no socket; move it out of the way or set another path")
        case (ATTUNE_STEP_PROBE, EADDRINUSE):
            return PublishError(
                .inUse, "a running process already answers on \(path); stop it or set another path")
        case (ATTUNE_STEP_OWNER, EPERM):
            return PublishError(
                .system,
                "cannot give \(path) to the group: the process is no member of it; add it or set another")
        default:
            let operation =
                switch step {
                case ATTUNE_STEP_LOCK: "open \(path).lock"
                case ATTUNE_STEP_STAT: "look at it"
                case ATTUNE_STEP_PROBE: "see whether somebody answers on it"
                case ATTUNE_STEP_UNLINK: "remove what a crash left behind"
                case ATTUNE_STEP_SOCKET: "make a socket"
                case ATTUNE_STEP_OWNER: "set its group"
                case ATTUNE_STEP_MODE: "set its mode"
                case ATTUNE_STEP_LISTEN: "listen"
                default: "bind"
                }
            return PublishError(.system, "cannot open the socket \(path) (\(operation)): \(text(code))")
        }
    }
}
