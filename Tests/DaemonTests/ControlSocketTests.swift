import Control
import ControlAPI
import Events
import Foundation
import Glibc
import Logging
import NIOCore
import NIOPosix
import Pipeline
import Publish
import SeededNumbers
import ServiceLifecycle
import Settings
import Synchronization
import TestSupport
import Testing
import Text

@testable import Daemon

/// The control socket against clients that do not keep to anything.
@Suite(.waiting) struct ControlSocketTests {
    /// Runs the daemon's own control server, with the registry and the publisher behind it, while `body` does.
    private func withServer(
        _ change: (inout ConnectionLimits, inout PublisherConfiguration) -> Void = { _, _ in },
        _ body: @escaping @Sendable (String, Publisher, LogMemory) async throws -> Void
    ) async throws {
        let folder = "/tmp/attune-control-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let log = LogMemory()
        let logger = Logger(label: "test") { _ in log }
        var publishing = PublisherConfiguration(
            socketPath: folder + "/e.sock", daemonVersion: "0", policy: "standard", epoch: "e1")
        publishing.heartbeatSeconds = 86_400
        var limits = ConnectionLimits(
            allowsPeer: { _ in true }, stallSeconds: 86_400, maxConnections: 64,
            refusals: SocketRefusals(logger).control)
        (limits.bodySeconds, limits.idleSeconds) = (86_400, 86_400)
        change(&limits, &publishing)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let publisher = Publisher(configuration: publishing, eventLoopGroup: group, logger: logger)
        try await publisher.start()
        var settings = Settings()
        settings.state.maxAgeSeconds = 0
        let store = StoredSessions(settings.store, logger)
        let registry = SessionRegistry(
            settings: settings, configuration: ConfigurationFile(path: nil, logLevel: LogRules("info")),
            policy: Policy(.standard), eventLoopGroup: group, logger: logger, detection: .builtIn, store: store,
            analyzer: TextAnalyzer(lexicon: nil, fillers: []), sinks: [publisher])
        let listener = try UnixListener.open(path: folder + "/c.sock", mode: 0o600, group: nil)
        let server = ControlServer(
            descriptor: listener.descriptor, version: "0", backend: registry, store: store,
            status: DaemonStatus(
                publisher: publisher, registry: registry, store: store, refusals: SocketRefusals(logger)),
            events: PublishedEvents(publisher: publisher), tokens: try BrowserAccess(settings.sockets, logger),
            limits: limits, eventLoopGroup: group, logger: logger
        ) {}
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [.init(service: server)], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await services.run() }
            do {
                try await body(folder + "/c.sock", publisher, log)
            } catch {
                await services.triggerGracefulShutdown()
                throw error
            }
            await services.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        await publisher.stop()
        try await group.shutdownGracefully()
    }

    private static let health = "GET /v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    private func expectHealth(_ path: String) async throws {
        var answer = ""
        // Closed without an answer there was no place for it: those who have gone may still have theirs.
        while answer.isEmpty { answer = try await Connection(path, sending: Self.health).readToEnd() }
        #expect(answer.contains(#""status":"ok""#), "\(answer)")
    }

    @Test func aBodyThatDoesNotComeIsAnswered408AndOneThatIsTooLarge413() async throws {
        let head = "POST /v1/sessions/s/sources HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: "
        try await withServer({ limits, _ in limits.bodySeconds = 1 }) { path, _, _ in
            let slow = try await Connection(path, sending: head + "100\r\n\r\n{\"url\":").readToEnd()
            #expect(slow.hasPrefix("HTTP/1.1 408 ") && slow.contains("too_slow"), "\(slow)")
            try await expectHealth(path)
        }
        // However slowly this machine takes it, it is too large and not too slow.
        try await withServer { path, _, _ in
            let large = try await Connection(
                path, sending: head + "70000\r\n\r\n" + String(repeating: " ", count: 70_000)
            ).readToEnd()
            #expect(large.hasPrefix("HTTP/1.1 413 ") && large.contains("too_large"), "\(large)")
            try await expectHealth(path)
        }
    }

    /// RFC 9110, 9.3.2: the headers of the GET, and no body, on every route and for every error.
    @Test(arguments: [
        "/v1/health", "/v1/ready", "/metrics", "/v1/policy", "/v1/sessions", "/v1/stored", "/v1/stored/none",
        "/v1/sessions/s/sources", "/v1/reload", "/nothing",
    ])
    func aHeadIsAnsweredWithoutABody(route: String) async throws {
        try await withServer { path, _, _ in
            func answer(_ method: String) async throws -> (head: [Substring], body: String) {
                let request = "\(method) \(route) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                let text = try await Connection(path, sending: request).readToEnd()
                let end = try #require(text.firstRange(of: "\r\n\r\n"))
                // Numbers change from one look to the next, and with them how long they are.
                let lines = text[..<end.lowerBound].split(separator: "\r\n")
                    .filter { !$0.lowercased().hasPrefix("date:") }
                return (
                    route == "/metrics" ? lines.filter { !$0.lowercased().hasPrefix("content-length") } : lines,
                    String(text[end.upperBound...])
                )
            }
            let get = try await answer("GET")
            let head = try await answer("HEAD")
            #expect(!get.body.isEmpty && head.body.isEmpty, "\(head.body)")
            #expect(head.head == get.head)
        }
    }

    @Test func theEventsHaveAHeadToo() async throws {
        try await withServer { path, _, _ in
            let request = "HEAD /v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            let text = try await Connection(path, sending: request).readToEnd()
            #expect(text.contains("200 OK") && text.contains("text/event-stream") && text.hasSuffix("\r\n\r\n"))
            #expect(!text.contains("data:"))
        }
    }

    @Test func halfAHeadIsGivenUp() async throws {
        try await withServer({ limits, _ in limits.idleSeconds = 1 }) { path, _, _ in
            for text in ["GET /v1/hea", ""] {
                let answer = try await Connection(path, sending: text).readToEnd()
                #expect(answer.isEmpty)
            }
            try await expectHealth(path)
        }
    }

    @Test func moreConnectionsThanAllowedAreClosedAndThatIsLoggedOnceASecond() async throws {
        try await withServer({ limits, _ in limits.maxConnections = 8 }) { path, _, log in
            let start = ContinuousClock.now
            var held: [Connection] = []
            for _ in 0..<8 {
                let connection = try Connection(path, sending: "GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
                let head = await connection.read()
                #expect(head.contains("200 OK"))
                held.append(connection)
            }
            for _ in 0..<2_000 {
                let answer = try await Connection(path, sending: Self.health).readToEnd()
                #expect(answer.isEmpty)
            }
            let seconds = Int((ContinuousClock.now - start).components.seconds)
            let lines = log.text.count { $0.contains("over the limit") }
            #expect(lines >= 1 && lines <= seconds + 2, "\(lines) lines in \(seconds) s")
            held.removeAll()
            while try await Connection(path, sending: Self.health).readToEnd().isEmpty {
                usleep(5_000)
            }
        }
    }

    @Test func whatIsNoRequestDisturbsNobody() async throws {
        try await withServer { path, publisher, _ in
            let witness = try Connection(path, sending: "GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
            let head = await witness.read()
            #expect(head.contains("200 OK"))
            var random = SeededRandom(seed: 5)
            let texts = [
                "GET", "GET / HTTP/1.1\r\n", "\u{0}\u{1}\u{2}\r\n\r\n", String(repeating: "x", count: 1 << 20),
                "GET / HTTP/1.1\r\nX: " + String(repeating: "y", count: 1 << 20),
                "POST /v1/reload HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
                "POST /v1/sessions/%FF/captions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", Self.health,
            ]
            for _ in 0..<1_000 {
                let text = Array(texts[Int.random(in: 0..<texts.count, using: &random)].utf8)
                let part = text.prefix(Int.random(in: 0...text.count, using: &random))
                let connection = try Connection(path)
                connection.send(Array(part), waits: false)
                if Bool.random(using: &random) { _ = connection.readWithoutWaiting() }
            }
            publisher.publish(Event(.heartbeat(Heartbeat(sessions: 1, subscribers: 4711))))
            let seen = try await witness.read(until: "4711")
            #expect(!seen.contains("lagged"))
            try await expectHealth(path)
        }
    }

    /// Requests whose end can be understood in two ways: what one side takes for a body must not be a request for the
    /// other (RFC 9112, section 11.2).
    @Test(arguments: [
        "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5, 6", "Content-Length: +5", "Content-Length: 0x5",
        "Content-Length: 5 5", "Content-Length : 5", "Transfer-Encoding : chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "X: y\r\n Transfer-Encoding: chunked", "Content-Length: 99999999999999999999",
        "Transfer-Encoding:\u{0B}chunked",
    ])
    func noRequestIsSmuggled(header: String) async throws {
        try await withServer { path, _, _ in
            let smuggled = "0\r\n\r\n" + Self.health
            let answer = try await Connection(
                path, sending: "POST /v1/reload HTTP/1.1\r\nHost: x\r\n\(header)\r\n\r\n\(smuggled)"
            ).readToEnd()
            #expect(!answer.contains(#""status":"ok""#), "\(answer)")
            try await expectHealth(path)
        }
    }

    /// The parser of bodies has a bound of its own on what lies within what.
    @Test(arguments: ["[", #"{"lines":"#, #"[{"a":"#])
    func aBodyWithoutEndIsRefused(level: String) async throws {
        try await withServer { path, _, _ in
            let body = String(repeating: level, count: 60_000 / level.utf8.count)
            let answer = try await Connection(
                path,
                sending: "POST /v1/sessions/s/captions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            ).readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains("malformed_request"), "\(answer)")
            try await expectHealth(path)
        }
    }

    /// A browser that does not read lags in the ring; when it reads again it is told what it missed, and comes back
    /// with the id of its last event.
    @Test func aSlowStreamLagsAndGoesOn() async throws {
        try await withServer({ _, publishing in
            (publishing.ringBytes, publishing.clientQueueBytes) = (1 << 18, 1 << 16)
        }) { path, publisher, _ in
            let slow = try Connection(path, sending: "GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
            let first = try await slow.read(until: #""type":"snapshot""#)
            for number in 1...20_000 {
                publisher.publish(Event(.speechStarted(SpeechStarted(startSeconds: Double(number))), session: "s"))
            }
            let text = try await slow.read(until: #""start_s":20000}"#, after: first)
            let ids = text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("id: ") }
            let (events, lost) = Self.account(text)
            #expect(lost > 0 && events + lost == 20_000)

            publisher.publish(Event(.speechStarted(SpeechStarted(startSeconds: 20_001)), session: "s"))
            let last = try #require(ids.last).dropFirst(4)
            let again = try Connection(
                path, sending: "GET /v1/events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: \(last)\r\n\r\n")
            let rest = try await again.read(until: #""start_s":20001}"#)
            let (more, missed) = Self.account(rest)
            #expect(more == 1 && missed == 0)
        }
    }

    @Test func aStreamThatIsNotReadIsClosed() async throws {
        try await withServer({ limits, _ in limits.stallSeconds = 0.2 }) { path, publisher, _ in
            let stalled = try Connection(path, sending: "GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
            let head = await stalled.read()
            #expect(head.contains("200 OK"))
            for number in 1...10_000 {
                publisher.publish(Event(.speechStarted(SpeechStarted(startSeconds: Double(number))), session: "s"))
            }
            while publisher.statistics.clients > 0 { usleep(5_000) }
            try await expectHealth(path)
        }
    }

    /// Whoever connects while the server shuts down is dropped; the server ends all the same.
    @Test func connectionsDuringTheShutdownEndWithIt() async throws {
        for _ in 0..<20 {
            let isOver = Flag()
            try await withServer { path, _, _ in
                Thread.detachNewThread {
                    while !isOver.isSet { _ = try? Connection(path, sending: Self.health) }
                }
                try await expectHealth(path)
            }
            isOver.set()
        }
    }

    private final class Flag: Sendable {
        private let value = Atomic<Bool>(false)
        var isSet: Bool { value.load(ordering: .acquiring) }
        func set() { value.store(true, ordering: .releasing) }
    }

    /// Events that came, and those that were announced as lost.
    private static func account(_ text: String) -> (events: Int, lost: Int) {
        var events = 0
        var lost = 0
        for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("data: ") {
            switch EventLine(Array(line.dropFirst(6).utf8)).event?.body {
            case .speechStarted: events += 1
            case .lagged(let lagged): lost += lagged.count
            default: break
            }
        }
        return (events, lost)
    }
}
