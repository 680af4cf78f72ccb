import Decode
import Glibc
import Isolation
import MediaTypes

/// The socket of messages to the process that wants to know. Sending waits for as long as that process does not listen,
/// which is how it slows what comes faster than it is wanted.
///
/// Unchecked: the buffer is used on one thread; `post` needs the descriptor alone, which never changes.
final class ParentSocket: @unchecked Sendable {
    private static let maxOrderBytes = 65_536

    let descriptor: Int32
    private let buffer: UnsafeMutableRawBufferPointer
    /// Bytes of a block that waits in the buffer: whether it ends a read is known with the next one.
    private var waiting = 0

    init(descriptor: Int32) {
        self.descriptor = descriptor
        buffer = .allocate(byteCount: max(BlockMessage.maxBytes, Self.maxOrderBytes), alignment: 16)
    }

    deinit {
        buffer.deallocate()
    }

    /// What a worker is to do.
    enum Order {
        case read(WorkerOrder)
        case recognise(RecogniserOrder)
    }

    /// Waits for the order; nil where what comes is none.
    func receiveOrder() -> Order? {
        guard let message = receive() else { return nil }
        if let order = try? RecogniserOrder(decoding: message) { return .recognise(order) }
        return (try? WorkerOrder(decoding: message)).map { .read($0) }
    }

    /// Waits for a message, which lies in the buffer until the next call; nil where nothing will come any more.
    func receive() -> UnsafeRawBufferPointer? {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return UnsafeRawBufferPointer(rebasing: buffer[..<count]) }
            guard count < 0, errno == EINTR else { return nil }
        }
    }

    /// Fills the buffer of messages with zeros.
    func wipe() { buffer.initializeMemory(as: UInt8.self, repeating: 0) }

    /// Sends a message, on any thread, beside what waits in the buffer.
    ///
    /// - Returns: whether anybody is there to whom anything can be said.
    func post(_ bytes: [UInt8]) -> Bool {
        while true {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count == bytes.count { return true }
            guard errno == EINTR else { return false }
        }
    }

    func send(_ report: WorkerReport) {
        sendWaiting()
        report.encoded().withUnsafeBytes { send($0) }
    }

    func send(track: Int, start: MediaTime, samples: Span<Float>) {
        var start = start
        var rest = samples
        while !rest.isEmpty {
            sendWaiting()
            waiting = BlockMessage.encode(track: track, start: start, samples: rest, into: buffer).count
            let count = min(rest.count, BlockMessage.maxSamples)
            rest = rest.extracting(droppingFirst: count)
            start.samples += Int64(count)
        }
    }

    /// Says what a read has come to.
    func endRead(_ outcome: ReadOutcome, decodeErrors: Int) {
        guard outcome == .delivered, waiting > 0 else { return send(.read(outcome, decodeErrors: decodeErrors)) }
        BlockMessage.endRead(decodeErrors: decodeErrors, in: buffer)
        sendWaiting()
    }

    private func sendWaiting() {
        if waiting > 0 { send(UnsafeRawBufferPointer(rebasing: buffer[..<waiting])) }
        waiting = 0
    }

    private func send(_ bytes: UnsafeRawBufferPointer) {
        while Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)) < 0 {
            // Nobody is there any more to whom anything could be said.
            if errno != EINTR { _exit(EX_UNAVAILABLE) }
        }
    }
}
