import CPlatform
import Glibc
import Kit

/// A process that was started to read one input, and the socket of messages to it.
///
/// Used on one thread. It is killed at the latest when this is let go of.
final class WorkerProcess {
    /// What came of waiting for a message.
    enum Received {
        /// A message, which lies in the buffer until the next call.
        case message(UnsafeRawBufferPointer)
        /// Nothing in that time.
        case nothing
        /// Nothing will come any more.
        case closed
    }

    /// How a process has ended, in words.
    enum End: Equatable {
        case exit(code: Int32)
        case signal(Int32)
    }

    /// How long a process that was asked to end may take to say good-bye to its peer.
    private static let farewellMilliseconds = 300
    /// How long a killed process is waited for; the kernel is rarely later than this.
    private static let burialMilliseconds = 1_000

    let pid: pid_t
    private let socket: Int32
    private let buffer: UnsafeMutableRawBufferPointer
    private var end: End?
    private var isBuried = false
    private var allowedSeconds: Double = 0
    private var spent: (nanoseconds: Int64, atNanoseconds: Int64) = (0, 0)

    /// Starts the program at `path`.
    ///
    /// - Parameter input: descriptor of what it has as its standard input; nil for nothing but messages.
    /// - Throws: the negated `errno` of what failed.
    init(path: String, input: Int32? = nil) throws(SystemError) {
        var pid: pid_t = 0, socket: Int32 = -1
        let code = attune_worker_start(path, input ?? -1, &socket, &pid)
        guard code == 0 else { throw SystemError(code: code) }
        self.pid = pid
        self.socket = socket
        // A message that is longer than any may be is seen by that it fills the buffer.
        buffer = .allocate(byteCount: BlockMessage.maxBytes + 1, alignment: 16)
    }

    deinit {
        close(socket)
        finish()
        buffer.deallocate()
    }

    /// CPU time so far, in nanoseconds; looked at once a second.
    var cpuNanoseconds: Int64 {
        let now = HostClock.monotonicNanoseconds()
        if now - spent.atNanoseconds >= 1_000_000_000, !isBuried {
            spent = (max(spent.nanoseconds, attune_worker_cpu_nanoseconds(pid)), now)
        }
        return spent.nanoseconds
    }

    /// Sends the order.
    func send(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } == bytes.count
    }

    /// Sends a message, waiting while the other side is behind.
    ///
    /// - Returns: whether it went within that time.
    func sendWaiting(_ bytes: UnsafeRawBufferPointer, milliseconds: Int32) -> Bool {
        let deadline = HostClock.monotonicNanoseconds() + Int64(milliseconds) * 1_000_000
        while true {
            let count = Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count == bytes.count { return true }
            let left = (deadline - HostClock.monotonicNanoseconds()) / 1_000_000
            guard errno == EAGAIN || errno == EINTR, left > 0 else { return false }
            var request = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
            poll(&request, 1, Int32(clamping: left))
        }
    }

    /// Waits for a message, or until there is something to be read from `other`.
    func receive(milliseconds: Int32, or other: Int32 = -1) -> Received {
        var count = recv(socket, buffer.baseAddress, buffer.count, 0)
        if count < 0, errno == EAGAIN {
            // A descriptor below 0 is passed over.
            var requests = (
                pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
                pollfd(fd: other, events: Int16(POLLIN), revents: 0)
            )
            let ready = withUnsafeMutableBytes(of: &requests) {
                poll($0.assumingMemoryBound(to: pollfd.self).baseAddress, 2, milliseconds)
            }
            guard ready > 0 else { return .nothing }
            count = recv(socket, buffer.baseAddress, buffer.count, 0)
        }
        if count > 0 { return .message(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
        // A message without a byte looks like the end, and is as good as it.
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .closed
    }

    /// Lets it spend CPU time up to `seconds` in all; asked often, told seldom.
    func allow(cpuSeconds seconds: Double) {
        guard seconds >= allowedSeconds + 5, !isBuried else { return }
        allowedSeconds = seconds
        attune_worker_allow_cpu(pid, UInt64(seconds))
    }

    /// Ends it at once.
    func kill() {
        if !isBuried { Glibc.kill(pid, SIGKILL) }
    }

    /// How it ended, once it has; it is waited for a moment.
    func waitForEnd(milliseconds: Int) -> End? {
        let deadline = HostClock.monotonicNanoseconds() + Int64(milliseconds) * 1_000_000
        while !isBuried {
            var result = attune_worker_end()
            guard attune_worker_end(pid, &result) == 0 else {
                // Somebody else has waited for it.
                isBuried = true
                break
            }
            if result.has_ended != 0 {
                isBuried = true
                end = result.signal != 0 ? .signal(result.signal) : .exit(code: result.exit_code)
            } else if HostClock.monotonicNanoseconds() >= deadline {
                break
            } else {
                usleep(2_000)
            }
        }
        return end
    }

    /// Lets it end by itself (its socket is closed), then makes it, then leaves it to who looks later.
    private func finish() {
        _ = waitForEnd(milliseconds: Self.farewellMilliseconds)
        guard !isBuried else { return }
        kill()
        _ = waitForEnd(milliseconds: Self.burialMilliseconds)
        if !isBuried { LateProcesses.leave(pid) }
    }
}

/// A call of the system has failed.
struct SystemError: Error {
    /// The negated `errno`.
    let code: Int32
}
