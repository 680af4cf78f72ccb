import CPlatform
import Control
import Decode
import Glibc
import Kit
import Logging
import NIOCore
import Synchronization

/// Accepts connections on a listening socket and hands each to a thread of its own, until it is known what it is.
final class ConnectionListener: Sendable {
    /// Connections of which that is not known yet; beyond these the oldest is closed, so that whoever says nothing
    /// keeps nobody out.
    static let maxUnknown = 64
    /// Threads that look at them, those included whose connection was closed and who have not noticed.
    private static let maxThreads = 2 * maxUnknown
    private static let pollMilliseconds: Int32 = 100

    private let descriptor: Int32
    private let refusals: Refusals
    private let cancellation = Cancellation()
    private let unknown = Mutex(Unknown())
    private let finished: EventLoopPromise<Void>
    private let greet: Greeting

    /// Finds out what a connection is; asks the last function before anything is done for it, as it may have lost its
    /// place meanwhile.
    typealias Greeting = @Sendable (StreamConnection, Cancellation, _ isKnown: () -> Bool) -> Void

    private struct Unknown {
        /// In the order in which they came.
        var waiting: [(number: Int, connection: StreamConnection, cancellation: Cancellation)] = []
        var threads = 0
        var number = 0
    }

    /// - Parameters:
    ///   - descriptor: a listening, non-blocking socket, which is closed in the end.
    ///   - greet: takes a connection, on a thread of its own; ends soon once the cancellation is cancelled.
    init(
        descriptor: Int32, eventLoop: any EventLoop, refusals: Refusals, logger: Logger,
        greet: @escaping Greeting
    ) {
        self.descriptor = descriptor
        self.refusals = refusals
        self.greet = greet
        finished = eventLoop.makePromise()
        if !BlockingThread.start(name: "accept", { self.run() }) {
            logger.error("no thread could be started that accepts connections")
            close(descriptor)
            finished.succeed()
        }
    }

    /// Stops accepting; returns once the socket is closed.
    func stop() async {
        cancellation.cancel()
        try? await finished.futureResult.get()
    }

    private func run() {
        while !cancellation.isCancelled {
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let isPending = poll(&request, 1, Self.pollMilliseconds) > 0
            refusals.tell()
            guard isPending else { continue }
            let accepted = accept(descriptor, nil, nil)
            if accepted >= 0 {
                // Left blocking: it is only read after poll(2) said that there is something.
                _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
                take(StreamConnection(owning: accepted))
            } else if errno != EAGAIN, errno != EINTR, errno != ECONNABORTED {
                // Without descriptors left the connection waits; trying at once would only spin.
                BlockingThread.sleep(milliseconds: Int(Self.pollMilliseconds)) { cancellation.isCancelled }
            }
        }
        close(descriptor)
        for each in unknown.withLock({ $0.waiting }) { each.cancellation.cancel() }
        finished.succeed()
    }

    private func take(_ connection: StreamConnection) {
        let own = Cancellation()
        let (number, oldest) = unknown.withLock { unknown -> (Int?, (connection: StreamConnection, Cancellation)?) in
            guard unknown.threads < Self.maxThreads else { return (nil, nil) }
            unknown.threads += 1
            unknown.number += 1
            let isFull = unknown.waiting.count >= Self.maxUnknown
            let oldest = isFull ? unknown.waiting.removeFirst() : nil
            unknown.waiting.append((unknown.number, connection, own))
            return (unknown.number, oldest.map { ($0.connection, $0.cancellation) })
        }
        if let (connection, cancellation) = oldest {
            cancellation.cancel()
            // Its thread need not wait for its next look at the clock.
            shutdown(connection.descriptor, Int32(SHUT_RDWR))
            refusals.note(.tooMany)
        }
        guard let number else { return refusals.note(.tooMany) }
        let isStarted = BlockingThread.start(name: "greet") { [self] in
            greet(connection, own) { forget(number) }
            _ = forget(number)
            unknown.withLock { $0.threads -= 1 }
        }
        if !isStarted {
            refusals.note(.tooMany)
            _ = forget(number)
            unknown.withLock { $0.threads -= 1 }
        }
    }

    /// A connection is not to be looked at any more.
    ///
    /// - Returns: whether it was still there, and not closed for a newer one.
    private func forget(_ number: Int) -> Bool {
        unknown.withLock { unknown in
            guard let place = unknown.waiting.firstIndex(where: { $0.number == number }) else { return false }
            unknown.waiting.remove(at: place)
            return true
        }
    }

    /// A listening TCP socket, and the port that it has.
    ///
    /// - Parameter setting: which setting asks for it, for the error.
    /// - Throws: `DaemonError` where there can't be one.
    static func listen(host: String, port: Int, setting: String) throws(DaemonError) -> (descriptor: Int32, port: Int) {
        do throws(TCPListener.Failure) { return try TCPListener.open(host: host, port: port) } catch {
            throw DaemonError(
                exitCode: 69,
                message: "\(setting): cannot listen on \(host):\(port) (\(error.reason)); choose a free port")
        }
    }
}

extension StreamConnection {
    private static let pollMilliseconds: Int32 = 100

    /// Up to `count` bytes as soon as there are any; empty at the end, nil where nothing comes in time.
    func receive(_ count: Int, until deadlineNanoseconds: Int64, _ cancellation: Cancellation) -> [UInt8]? {
        while !cancellation.isCancelled, HostClock.monotonicNanoseconds() < deadlineNanoseconds {
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&request, 1, Self.pollMilliseconds) > 0 else { continue }
            var result = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                result = recv(descriptor, buffer.baseAddress, count, 0)
                filled = max(0, result)
            }
            if result >= 0 { return bytes }
            if errno != EAGAIN, errno != EINTR { return [] }
        }
        return nil
    }

    /// Sends a few bytes; who does not take them does not get them.
    func send(_ bytes: [UInt8]) {
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    }

    /// Ends the sending side and takes what still comes for a moment: closing at once would discard, with what was
    /// not read, what was sent last.
    func end(_ cancellation: Cancellation) {
        shutdown(descriptor, Int32(SHUT_WR))
        let deadline = HostClock.monotonicNanoseconds() + 500_000_000
        while let bytes = receive(4_096, until: deadline, cancellation), !bytes.isEmpty {}
    }
}
