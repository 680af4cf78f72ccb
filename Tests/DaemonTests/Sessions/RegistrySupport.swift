import ControlAPI
import Conversation
import Events
import Foundation
import Glibc
import Isolation
import Logging
import NIOPosix
import Pipeline
import Publish
import Settings
import Synchronization
import TestSupport
import Testing
import Text

@testable import Daemon

/// The daemon's registry with a publisher behind it, without sockets; what it publishes and logs is kept.
final class RegistryBench: Sendable {
    let registry: SessionRegistry
    let publisher: Publisher
    let log = LogMemory()
    let calls = AudioSocketCalls()
    private let folder: String

    init(
        worker: String? = WorkerProgram.find(), expected: CallExpectation? = nil, recogniser: RecogniserModel? = nil,
        voices: VoicePool? = nil, profile: Policy.Profile = .standard, _ change: (inout Settings) -> Void = { _ in }
    ) throws {
        var settings = Settings()
        settings.policy.noticeID = "n-1"
        change(&settings)
        folder = "/tmp/attune-registry-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        settings.state.path = settings.state.path ?? folder + "/calls.json"
        let log = log
        let logger = Logger(label: "test") { _ in log }
        let group = MultiThreadedEventLoopGroup.singleton
        // Never started: nobody but readers of this process wants its events.
        let publisher = Publisher(
            configuration: PublisherConfiguration(
                socketPath: folder + "/e.sock", daemonVersion: "0", policy: "standard", epoch: "e1"),
            eventLoopGroup: group, logger: logger)
        self.publisher = publisher
        let box = Box()
        registry = SessionRegistry(
            settings: settings, configuration: ConfigurationFile(path: nil, logLevel: LogRules("info")),
            policy: Policy(profile), eventLoopGroup: group, logger: logger, detection: .builtIn,
            store: StoredSessions(settings.store, logger), analyzer: TextAnalyzer(lexicon: nil, fillers: []),
            calls: calls, expected: expected, worker: worker,
            recogniser: RecogniserPool(recogniser, logger: logger), voices: voices, sinks: [publisher, box])
        self.box = box
    }

    static let group = MultiThreadedEventLoopGroup.singleton
    static let silent = Logger(label: "test") { _ in LogMemory() }

    /// A session that nobody hears of.
    static func session() -> LiveSession {
        LiveSession(
            id: "s", started: SessionStarted(noticeID: "n-1", policy: "standard"),
            configuration: ConversationConfiguration(), detection: .builtIn
        ) { _, _ in }
    }

    deinit {
        registry.recogniser?.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private final class Box: EventSink {
        private let events = Mutex<[Event]>([])
        func take(_ event: Event, arrivedNanoseconds: Int64?) { events.withLock { $0.append(event) } }
        var all: [Event] { events.withLock { $0 } }
    }

    private let box: Box
    var events: [Event] { box.all }
    var types: [String] { events.map(\.body.typeName).filter { !["tick", "heartbeat"].contains($0) } }

    static func request(_ url: String, session: String = "s", speaker: String = "a") -> AttachRequest {
        AttachRequest(
            url: url, session: session, tracks: [AttachRequest.Track(track: nil, speaker: speaker, role: nil)],
            consent: "granted", noticeID: nil)
    }

    @discardableResult
    func attach(_ url: String, session: String = "s", speaker: String = "a") async throws -> SourceSummary {
        try await registry.attach(Self.request(url, session: session, speaker: speaker))
    }

    /// A recording that is over at once.
    func shortRecording() throws -> String {
        let path = folder + "/short.wav"
        try Data(waveFile([Int16](repeating: 100, count: 800), rateHz: 16_000)).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// What the snapshot of the event socket says of the sources of all sessions.
    func snapshotSources() async throws -> [[String: String]] {
        let reader = try publisher.reader(sessions: [], speakers: [], types: [], tickIntervalSeconds: nil, after: nil)
        defer { reader.end() }
        var sources: [[String: String]] = []
        while let lines = await reader.next() {
            for line in lines {
                let object = try JSONSerialization.jsonObject(with: Data(line.json)) as? [String: Any] ?? [:]
                guard object["type"] as? String == "snapshot" else { continue }
                for session in object["sessions"] as? [[String: Any]] ?? [] {
                    sources += session["sources"] as? [[String: String]] ?? []
                }
                if object["more"] as? Bool == false { return sources }
            }
        }
        return sources
    }

    /// The same as the control socket tells it.
    func listedSources() async -> [[String: String]] {
        await registry.sessions().flatMap(\.sources).map { source in
            var fields = ["source": source.source, "url": source.url, "state": source.state]
            fields["reason"] = source.reason
            return fields
        }
    }
}

/// Waits until something holds, in steps that leave the machine to others; a test that waits in vain hangs, and is
/// ended by its time limit.
func eventually(_ condition: () async throws -> Bool) async throws {
    while try await !condition() { try await Task.sleep(for: .milliseconds(5)) }
}

/// Whether nobody has the UDP port.
func isFree(port: Int) -> Bool {
    // Another test may have been given it meanwhile; what is left behind is not free in the end either.
    for _ in 0..<600 {
        if canBind(port: port) { return true }
        usleep(50_000)
    }
    return false
}

private func canBind(port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}
