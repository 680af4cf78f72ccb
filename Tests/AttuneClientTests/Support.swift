import AttuneClient
import Foundation
import Glibc
import Logging
import NIOCore
import NIOPosix
import Publish
import Synchronization
import Testing

/// A publisher at `path`; ended by `stop`.
final class TestDaemon: Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let publisher: Publisher

    init(_ path: String, epoch: String = "e1", configure: (inout PublisherConfiguration) -> Void = { _ in })
        async throws
    {
        var configuration = PublisherConfiguration(
            socketPath: path, daemonVersion: "0.0.1", policy: "standard", epoch: epoch)
        // Nothing but the test's own events.
        configuration.heartbeatSeconds = 86_400
        configuration.ringSeconds = 86_400
        configuration.clientStallSeconds = 86_400
        configure(&configuration)
        publisher = Publisher(
            configuration: configuration, eventLoopGroup: group,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await publisher.start()
    }

    func stop() async throws {
        await publisher.stop()
        try await group.shutdownGracefully()
    }

    func publish(session: String = "s", seconds: Double) {
        publisher.publish(Event(.speechStarted(SpeechStarted(startSeconds: seconds)), session: session, speaker: "ana"))
    }

    /// A tick of about 2 KiB.
    func publishTick(seconds: Double) {
        let tick = Tick(
            windows: ["10s", "30s", "session"].map { WindowMetrics(name: $0) },
            voice: VoiceMetrics(isSpeaking: true, levelDb: -23.4, relativeLevelDb: 1.2, f0Hz: 181.2),
            engagement: .abstained(reason: .notEnoughSpeech), sentiment: nil,
            baseline: Baseline(speechSeconds: 61, turns: 7, isReady: true), audio: AudioQuality(lossPercent: 0.1))
        publisher.publish(Event(.tick(tick), session: "s", speaker: "ana", timeSeconds: seconds))
    }

    /// What ends a test.
    func publishEnd() { publish(session: "end", seconds: 0) }
}

extension EventLine {
    var isEnd: Bool { event?.session == "end" }
    /// Whether the line has a number of its own in the order of events.
    var isEvent: Bool { EventKind.filterable.map(\.rawValue).contains(type) }
}

/// A folder that is gone after the test.
func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = "/tmp/attune-client-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
}

/// Waits until `condition` holds; fails after a time that only a hung program reaches.
func eventually(_ what: Comment, _ condition: () throws -> Bool) async throws {
    let end = Date(timeIntervalSinceNow: 600)
    while try !condition() {
        try #require(Date() < end, what)
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// Passes on what a daemon sends, and cuts the first connections off, each somewhere in the midst of it.
final class CuttingProxy: Sendable {
    private let listener: CInt
    private let daemonPath: String
    private let onCut: @Sendable (Int) -> Void
    private let made = Atomic<Int>(0)

    /// A proxy at `path` that cuts `cuts` connections, each after so many `bytes`, and calls `onCut` with the number
    /// of each.
    init(
        _ path: String, to daemonPath: String, cuts: Int, bytes: ClosedRange<Int>,
        onCut: @escaping @Sendable (Int) -> Void
    ) throws {
        listener = try Self.socket(path) { bind($0, $1, $2) }
        try #require(listen(listener, 1) == 0)
        self.daemonPath = daemonPath
        self.onCut = onCut
        Thread.detachNewThread { [self] in serve(cuts: cuts, bytes: bytes) }
    }

    /// Connections that were cut off.
    var cuts: Int { made.load(ordering: .acquiring) }

    /// Ends the wait for another client.
    func stop() { shutdown(listener, CInt(SHUT_RDWR)) }

    /// One connection after the other: the client makes the next one when the last is gone.
    private func serve(cuts: Int, bytes: ClosedRange<Int>) {
        defer { close(listener) }
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { return }
            let isCut = self.cuts < cuts
            let limit = isCut ? Int.random(in: bytes) : .max
            if let daemon = try? Self.socket(daemonPath, { connect($0, $1, $2) }) {
                Self.pass(client, daemon, limit: limit)
                close(daemon)
            }
            if isCut {
                made.add(1, ordering: .acquiringAndReleasing)
                onCut(self.cuts)
            }
            close(client)
        }
    }

    /// Passes bytes in both directions until `limit` of the daemon's have passed or one side closes.
    private static func pass(_ client: CInt, _ daemon: CInt, limit: Int) {
        var passed = 0
        var chunk = [UInt8](repeating: 0, count: 1 << 14)
        while passed < limit {
            var ready = [client, daemon].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&ready, 2, -1) > 0 else { return }
            if ready[0].revents != 0 {
                let count = recv(client, &chunk, chunk.count, 0)
                guard count > 0, send(daemon, chunk, count, CInt(MSG_NOSIGNAL)) == count else { return }
            }
            if ready[1].revents != 0 {
                let count = recv(daemon, &chunk, min(chunk.count, limit - passed), 0)
                guard count > 0, send(client, chunk, count, CInt(MSG_NOSIGNAL)) == count else { return }
                passed += count
            }
        }
    }

    private static func socket(
        _ path: String, _ use: (CInt, UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) throws -> CInt {
        let descriptor = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                use(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw EventStreamError.notReachable(path: path, reason: String(cString: strerror(errno)))
        }
        return descriptor
    }
}
