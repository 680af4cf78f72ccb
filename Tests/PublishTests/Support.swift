import Events
import Foundation
import Glibc
import Logging
import NIOCore
import NIOPosix
import Publish
import Synchronization
import Testing

/// Longest wait for something that must happen; only a failing test takes it.
let patienceSeconds = 600.0

/// A clock that stands still until it is turned.
final class ManualClock: Sendable {
    private let milliseconds = Atomic<Int64>(1_000_000)

    func advance(seconds: Double) { milliseconds.wrappingAdd(Int64(seconds * 1000), ordering: .relaxed) }

    var clock: PublishClock {
        PublishClock(
            wallMilliseconds: { 1_700_000_000_000 + self.milliseconds.load(ordering: .relaxed) },
            monotonicNanoseconds: { self.milliseconds.load(ordering: .relaxed) * 1_000_000 })
    }
}

/// Keeps what is logged.
final class LogMemory: LogHandler, Sendable {
    private let lines = Mutex<[String]>([])
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.message) \(event.metadata?.description ?? "")") }
    }

    var text: [String] { lines.withLock { $0 } }
}

/// A folder that is gone after the test.
func withFolder<R>(_ body: (String) async throws -> R) async throws -> R {
    let folder = NSTemporaryDirectory() + "publish-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

/// A running publisher on two event loops in a folder of its own.
func withPublisher(
    clock: PublishClock = .system, log: LogMemory = LogMemory(),
    configure: (inout PublisherConfiguration) -> Void = { _ in },
    _ body: (Publisher, String) async throws -> Void
) async throws {
    try await withFolder { folder in
        let path = folder + "/events.sock"
        var configuration = PublisherConfiguration(
            socketPath: path, daemonVersion: "0.0.1", policy: "standard", epoch: "e1")
        // Nothing but the test's own events, unless it asks for them.
        configuration.heartbeatSeconds = 86_400
        // A busy machine may keep a client of the test from reading.
        configuration.clientStallSeconds = 600
        configure(&configuration)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let publisher = Publisher(
            configuration: configuration, eventLoopGroup: group, logger: Logger(label: "test") { _ in log },
            clock: clock)
        try await publisher.start()
        do {
            try await body(publisher, path)
        } catch {
            await publisher.stop()
            try await group.shutdownGracefully()
            throw error
        }
        await publisher.stop()
        try await group.shutdownGracefully()
    }
}

/// Waits until `condition` holds.
func eventually(_ what: Comment, _ condition: () throws -> Bool) async throws {
    let deadline = Date(timeIntervalSinceNow: patienceSeconds)
    while try !condition() {
        try #require(Date() < deadline, what)
        try await Task.sleep(for: .milliseconds(5))
    }
}

struct ClientFailure: Error, CustomStringConvertible {
    var description: String
}

/// A line as any JSON parser sees it.
struct Line {
    var bytes: Int
    var fields: [String: Any]

    var type: String { fields["type"] as? String ?? "" }
    var sequence: Int { fields["seq"] as? Int ?? -1 }
    func int(_ key: String) -> Int { fields[key] as? Int ?? -1 }
    func text(_ key: String) -> String { fields[key] as? String ?? "" }
    func objects(_ key: String) -> [[String: Any]] { fields[key] as? [[String: Any]] ?? [] }
    /// Whether the line has a number of its own in the order of events.
    var isEvent: Bool { EventKind.filterable.map(\.rawValue).contains(type) }
}

/// A client with a plain blocking socket; used by one thread at a time.
final class TestClient {
    private var descriptor: CInt
    private var buffer: [UInt8] = []
    private var start = 0

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let code = errno
            close()
            throw ClientFailure(description: "connect: \(String(cString: strerror(code)))")
        }
    }

    deinit { close() }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Sends all of `bytes`; false if the other side has closed.
    @discardableResult func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult func send(_ line: String) -> Bool { send(Array((line + "\n").utf8)) }

    func endInput() { shutdown(descriptor, CInt(SHUT_WR)) }

    /// The next line; nil at the end of the stream.
    func line() throws -> Line? {
        while true {
            if let end = buffer[start...].firstIndex(of: 0x0A) {
                let bytes = Array(buffer[start..<end])
                start = end + 1
                guard let fields = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
                else {
                    throw ClientFailure(description: "no object: \(String(decoding: bytes, as: UTF8.self))")
                }
                return Line(bytes: bytes.count + 1, fields: fields)
            }
            guard try fill() else {
                guard start == buffer.count else {
                    throw ClientFailure(description: "half a line at the end")
                }
                return nil
            }
        }
    }

    /// The next line, which must be there.
    func next() throws -> Line {
        guard let line = try line() else { throw ClientFailure(description: "the server has closed") }
        return line
    }

    /// Lines up to and with the first for which `isLast` holds.
    func lines(through isLast: (Line) -> Bool) throws -> [Line] {
        var lines: [Line] = []
        repeat { lines.append(try next()) } while !isLast(lines[lines.count - 1])
        return lines
    }

    /// All lines until the server closes.
    func linesToEnd() throws -> [Line] {
        var lines: [Line] = []
        while let line = try line() { lines.append(line) }
        return lines
    }

    private func fill() throws -> Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, CInt(patienceSeconds * 1000)) > 0 else {
            throw ClientFailure(description: "nothing came for \(patienceSeconds) s")
        }
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count < 0, errno == ECONNRESET { return false }
        guard count >= 0 else {
            throw ClientFailure(description: "recv: \(String(cString: strerror(errno)))")
        }
        buffer.append(contentsOf: chunk[..<count])
        return count > 0
    }
}

// MARK: Events

/// A tick as long as a real one.
func tick(score: Double = 50, contributions: Int = 4) -> Tick {
    let parts = (0..<contributions).map {
        Contribution(input: "input_\($0)", value: 0.25, usual: 0.31, z: -0.4, points: 3.5)
    }
    return Tick(
        windows: ["10s", "30s", "120s", "session"].map { WindowMetrics(name: $0) },
        voice: VoiceMetrics(isSpeaking: true, levelDb: -23.4, relativeLevelDb: 1.2, f0Hz: 181.2),
        engagement: .scored(
            EngagementScore(
                score: score, low: score - 5, high: score + 5, confidence: 0.8, isProvisional: false,
                contributions: parts)),
        sentiment: .abstained(reason: Abstention(rawValue: "no model")),
        baseline: Baseline(speechSeconds: 61, turns: 7, isReady: true),
        audio: AudioQuality(lossPercent: 0.1))
}

func tickEvent(_ speaker: String, _ seconds: Double, session: String = "s1", score: Double = 50) -> Event {
    Event(.tick(tick(score: score)), session: session, speaker: speaker, timeSeconds: seconds)
}

func turnEvent(_ speaker: String, _ seconds: Double, session: String = "s1") -> Event {
    Event(
        .turn(
            Turn(startSeconds: seconds, endSeconds: seconds + 1, ftoMilliseconds: 210, previousSpeaker: nil)),
        session: session, speaker: speaker, timeSeconds: seconds)
}

func startEvent(_ session: String = "s1") -> Event {
    Event(
        .sessionStarted(SessionStarted(noticeID: "n-1", policy: "standard")), session: session, timeSeconds: 0
    )
}

func endEvent(_ session: String = "s1") -> Event {
    let totals = SessionTotals(
        session: session, durationSeconds: 1, speakerChanges: 0, overlapRatio: nil, speakers: [])
    return Event(.sessionEnded(SessionEnded(totals: totals)), session: session, timeSeconds: 1)
}

func joinEvent(_ speaker: String, session: String = "s1", consent: ConsentState = .granted) -> Event {
    Event(.speakerJoined(SpeakerJoined(role: "rep", consent: consent)), session: session, speaker: speaker)
}

func leaveEvent(_ speaker: String, session: String = "s1") -> Event {
    Event(.speakerLeft(SpeakerLeft(reason: "detached")), session: session, speaker: speaker)
}

func sourceEvent(
    _ source: String, _ state: SourceState.State, session: String = "s1", url: String = "rtp://x"
) -> Event {
    let payload = SourceState(source: source, url: url, state: state)
    let body: EventBody =
        switch state {
        case .connecting: .sourceConnecting(payload)
        case .live: .sourceConnected(payload)
        case .stalled: .sourceStalled(payload)
        case .reconnecting: .sourceReconnecting(payload)
        case .ended: .sourceEnded(payload)
        }
    return Event(body, session: session)
}
