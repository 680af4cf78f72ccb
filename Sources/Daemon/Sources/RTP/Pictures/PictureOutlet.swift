import CPlatform
import Glibc

/// Pictures on their way to the process that looks at them, as one stream of bytes. Never waits: what does not fit into
/// the socket is kept here, up to a bound. Confined to an event loop.
final class PictureOutlet {
    /// Most bytes that are kept.
    static let maxWaitingBytes = 2 << 20

    private let descriptor: Int32
    private var waiting: [UInt8] = []
    /// How many of them have gone.
    private var sent = 0

    /// Makes the two ends of a stream; who reads gets the descriptor of the other one, and has to close it.
    ///
    /// - Returns: nil where the system gives none.
    static func pair() -> (outlet: PictureOutlet, inlet: Int32)? {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return nil }
        return (PictureOutlet(descriptor: ends[0]), ends[1])
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Sends `head` and `picture`, or nothing of either.
    ///
    /// - Returns: whether there was room for it.
    func put(_ head: [UInt8], _ picture: RawSpan) -> Bool {
        flush()
        guard waiting.count + head.count + picture.byteCount <= Self.maxWaitingBytes else { return false }
        waiting += head
        picture.withUnsafeBytes { waiting.append(contentsOf: $0) }
        flush()
        return true
    }

    /// Sends what waits, as far as the other side takes it. Where nobody is there any more it stays, until its process
    /// is known to have ended.
    func flush() {
        while sent < waiting.count {
            let count = waiting.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
                return send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count > 0 { sent += count } else if count == 0 || errno != EINTR { break }
        }
        waiting.removeFirst(sent)
        sent = 0
    }
}
