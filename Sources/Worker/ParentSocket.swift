import Decode
import Glibc
import Isolation
import MediaTypes

/// The socket of messages to the process that wants to know. Sending waits for as long as that process does not listen,
/// which is how it slows what comes faster than it is wanted.
final class ParentSocket {
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

    /// Waits for the order; nil where what comes is none.
    func receiveOrder() -> WorkerOrder? {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        guard count > 0 else { return nil }
        return try? WorkerOrder(decoding: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
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
