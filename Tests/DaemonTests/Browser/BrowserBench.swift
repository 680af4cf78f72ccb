import Control
import ControlAPI
import Events
import Foundation
import Glibc
import Kit
import Logging
import NIOCore
import NIOPosix
import Pipeline
import Publish
import ServiceLifecycle
import Settings
import TestSupport
import Testing
import Text

@testable import Daemon

/// The daemon's own listener for browsers, with the registry and the publisher behind it.
struct BrowserBench: Sendable {
    let access: BrowserAccess
    let publisher: Publisher
    let registry: SessionRegistry
    let refusals: SocketRefusals
    let log: LogMemory
    let port: Int

    /// An answer, taken apart.
    struct Answer {
        let status: Int
        let head: String
        let body: String

        init(_ text: String) throws {
            let end = try #require(text.firstRange(of: "\r\n\r\n"), "\(text)")
            head = String(text[..<end.lowerBound])
            body = String(text[end.upperBound...])
            status = Int(head.split(separator: " ")[1]) ?? 0
        }

        /// The values of a header.
        func header(_ name: String) -> [String] {
            head.split(separator: "\r\n").filter { $0.lowercased().hasPrefix(name.lowercased() + ":") }
                .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
        }
    }

    func token(_ session: String? = nil, seconds: Int = 3_600, write: Bool = false) async throws -> String {
        try await access.issue(TokenRequest(session: session, ttlSeconds: seconds, write: write)).token
    }

    /// Sends a request and reads what is answered to the end.
    func ask(
        _ path: String, method: String = "GET", token: String? = nil, host: String? = "127.0.0.1",
        headers: [String] = [], body: String? = nil
    ) async throws -> Answer {
        try Answer(
            try await connection(path, method: method, token: token, host: host, headers: headers, body: body)
                .readToEnd())
    }

    /// Sends a request.
    func connection(
        _ path: String, method: String = "GET", token: String? = nil, host: String? = "127.0.0.1",
        headers: [String] = [], body: String? = nil
    ) throws -> Connection {
        var lines = ["\(method) \(path) HTTP/1.1", "Connection: close"] + headers
        if let host { lines.append("Host: \(host)") }
        if let token { lines.append("Authorization: Bearer \(token)") }
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        return try Connection(port: port, sending: lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? ""))
    }
}

/// Runs the listener while `body` does.
func withBrowsers(
    _ change: (inout Settings.Sockets) -> Void = { _ in },
    limits changeLimits: (inout ConnectionLimits) -> Void = { _ in },
    _ body: @escaping @Sendable (BrowserBench) async throws -> Void
) async throws {
    let folder = "/tmp/attune-http-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let log = LogMemory()
    let logger = Logger(label: "test") { _ in log }
    var publishing = PublisherConfiguration(
        socketPath: folder + "/e.sock", daemonVersion: "0", policy: "standard", epoch: "e1")
    publishing.heartbeatSeconds = 86_400
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    let publisher = Publisher(configuration: publishing, eventLoopGroup: group, logger: logger)
    try await publisher.start()
    var settings = Settings()
    settings.policy.noticeID = "n-1"
    settings.state.maxAgeSeconds = 0
    settings.sockets.http = Settings.ListenAddress(host: "127.0.0.1", port: 0)
    change(&settings.sockets)
    let access = try BrowserAccess(settings.sockets, logger)
    let store = StoredSessions(settings.store, logger)
    let registry = SessionRegistry(
        settings: settings, configuration: ConfigurationFile(path: nil, logLevel: LogRules("info")),
        policy: Policy(.standard), eventLoopGroup: group, logger: logger, detection: .builtIn, store: store,
        analyzer: TextAnalyzer(lexicon: nil, fillers: []), browsers: access, sinks: [publisher])
    let refusals = SocketRefusals(logger)
    var limits = ConnectionLimits(
        allowsPeer: { _ in true }, stallSeconds: 86_400, maxConnections: 64, refusals: refusals.http)
    (limits.bodySeconds, limits.idleSeconds) = (86_400, 86_400)
    changeLimits(&limits)
    let server = try #require(
        access.server(
            backend: registry, store: store,
            status: DaemonStatus(publisher: publisher, registry: registry, store: store, refusals: refusals),
            events: PublishedEvents(publisher: publisher), limits: limits, eventLoopGroup: group))
    let port = try #require(URL(string: try await access.issue(TokenRequest()).url)?.port)
    _ = try await access.revoke()
    let bench = BrowserBench(
        access: access, publisher: publisher, registry: registry, refusals: refusals, log: log, port: port)
    let services = ServiceGroup(
        configuration: ServiceGroupConfiguration(services: [.init(service: server)], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await services.run() }
        do {
            try await body(bench)
        } catch {
            await services.triggerGracefulShutdown()
            throw error
        }
        await services.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
    await registry.shutDown()
    await publisher.stop()
    try await group.shutdownGracefully()
}

/// Ticks of somebody, as they are published.
func browserTick(_ session: String, _ speaker: String, _ seconds: Double, score: Double = 50) -> Event {
    var window = WindowMetrics(name: "30s")
    window.talkRatio = 0.25
    return Event(
        .tick(
            Tick(
                windows: [window],
                voice: VoiceMetrics(isSpeaking: true, levelDb: -20, relativeLevelDb: 1.5, f0Hz: 120),
                engagement: .scored(
                    EngagementScore(
                        score: score, low: score - 5, high: score + 5, confidence: 1, isProvisional: false,
                        contributions: [])),
                sentiment: nil, baseline: Baseline(speechSeconds: 30, turns: 3, isReady: true),
                audio: AudioQuality(lossPercent: 0))),
        session: session, speaker: speaker, timeSeconds: seconds)
}

/// A session that starts, with one speaker.
func browserSession(_ session: String, _ speaker: String) -> [Event] {
    [
        Event(.sessionStarted(SessionStarted(noticeID: "n-1", policy: "standard")), session: session, timeSeconds: 0),
        Event(.speakerJoined(SpeakerJoined(role: nil, consent: .granted)), session: session, speaker: speaker),
    ]
}
