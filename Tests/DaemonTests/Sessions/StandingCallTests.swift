import Control
import ControlAPI
import Events
import Foundation
import Glibc
import Kit
import Logging
import TestSupport
import Testing

@testable import Daemon
@testable import Settings

/// What the configuration declares, calls that nobody ends, and a daemon that ends with its calls.
@Suite struct StandingCallTests {
    private static func declared(_ url: String, session: String = "desk") -> DeclaredSource {
        DeclaredSource(session: session, url: url, tracks: [.init(speaker: "anna")], consent: "granted")
    }

    private static let hour: Int64 = 3_600_000_000_000

    private func bench(_ sources: DeclaredSource..., state: String? = nil) throws -> RegistryBench {
        try RegistryBench {
            $0.sources.attach = sources
            $0.state.path = state
        }
    }

    @Test func whatIsDeclaredIsAttachedOnceAndStaysUntilSomebodyDetachesIt() async throws {
        let bench = try bench(Self.declared("rtp://127.0.0.1:0"))
        let begin = HostClock.monotonicNanoseconds()
        for hours in 0..<3 { await bench.registry.attachDeclared(now: begin + Int64(hours) * Self.hour) }
        #expect(await bench.registry.sessions().map(\.session) == ["desk"])
        #expect(await bench.registry.sessions().first?.sources.count == 1)
        for hours in 0..<3 { await bench.registry.endIdle(now: begin + Int64(hours) * Self.hour) }
        #expect(await bench.registry.sessions().count == 1, "nothing has come of it, and yet it is awaited")
        _ = try await bench.registry.detach(session: "desk")
        await bench.registry.attachDeclared(now: begin + 9 * Self.hour)
        #expect(await bench.registry.sessions().isEmpty)
    }

    @Test func whatCannotBeAttachedIsToldOnceAndTriedAgain() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".sdp").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let bench = try bench(Self.declared(path))
        let begin = HostClock.monotonicNanoseconds()
        for hours in 0..<5 { await bench.registry.attachDeclared(now: begin + Int64(hours) * Self.hour) }
        let told = bench.log.text.filter { $0.contains("a declared source can't be attached") }
        // Where a file can't be read in time, on a machine that does much else, that is another reason.
        #expect(!told.isEmpty && zip(told, told.dropFirst()).allSatisfy { $0 != $1 }, "\(told)")
        #expect(bench.registry.refusals.counts.reduce(0) { $0 + $1.count } == 0)
        let description =
            "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\n"
        try description.replacing("audio 0", with: "audio 39214").write(toFile: path, atomically: true, encoding: .utf8)
        var hours: Int64 = 9
        repeat {
            await bench.registry.attachDeclared(now: begin + hours * Self.hour)
            hours += 1
        } while await bench.registry.sessions().isEmpty && hours < 1_000
        #expect(await bench.registry.sessions().map(\.session) == ["desk"], "\(bench.log.text)")
        await bench.registry.shutDown()
    }

    /// It is declared and kept; after a restart it must not be there twice, and what was decided holds.
    @Test func whatIsDeclaredComesAgainOnceAfterARestart() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let before = try bench(Self.declared("rtp://127.0.0.1:0"), state: path)
        await before.registry.attachDeclared()
        try await before.registry.setConsent(session: "desk", speaker: "anna", to: .exactly(.withheld))
        await before.registry.shutDown()
        let after = try bench(Self.declared("rtp://127.0.0.1:0"), state: path)
        await after.registry.takeUpCalls()
        await after.registry.attachDeclared()
        #expect(await after.registry.sessions().map(\.sources.count) == [1])
        let joined = after.events.compactMap { event -> ConsentState? in
            if case .speakerJoined(let joined) = event.body { joined.consent } else { nil }
        }
        #expect(joined == [.withheld])
        #expect(
            !after.log.text.contains { $0.contains("can't be attached") }, "it is not tried twice: \(after.log.text)")
        await after.registry.shutDown()
    }

    @Test func secretsOfDeclaredSourcesLieInFilesOfTheirOwn() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try "rtsp://user:pass@127.0.0.1/a\nsecond\n".write(toFile: path, atomically: true, encoding: .utf8)
        let source = DeclaredSource(session: "s", urlFile: path, tracks: [.init(speaker: "a")], consent: "granted")
        chmod(path, 0o644)
        let open = #expect(throws: Problem.self) { try source.request() }
        #expect(open?.detail.contains("chmod 600") == true, "\(String(describing: open))")
        chmod(path, 0o600)
        #expect(try source.request().url == "rtsp://user:pass@127.0.0.1/a")
        let missing = DeclaredSource(session: "s", urlFile: path + "x", tracks: [.init(speaker: "a")])
        #expect(#expect(throws: Problem.self) { try missing.request() }?.detail.contains("can't be read") == true)
    }

    @Test func itsVoicesMayBeToldApart() throws {
        var source = Self.declared("rtp://127.0.0.1:0")
        source.voices = "auto"
        #expect(try AttachValidation.tracks(of: try source.request()).map(\.voices) == [VoicesWanted(count: nil)])
    }

    @Test func aDeclarationThatCannotBeIsRefusedBeforeTheStart() throws {
        var settings = Settings()
        settings.sources.attach = [Self.declared("rtp://127.0.0.1:0"), Self.declared("")]
        settings.sources.attach[1].consent = nil
        let error = #expect(throws: DaemonError.self) { try checkDaemon(settings) }
        #expect(
            error?.exitCode == 78 && error?.message.hasPrefix("sources.attach 2: ") == true,
            "\(String(describing: error))")
    }

    @Test func aSessionOfWhichNothingComesEnds() async throws {
        let bench = try bench()
        try await bench.attach("rtp://127.0.0.1:0", session: "idle")
        let held = try await bench.registry.attach(RegistryBench.request("rtp://127.0.0.1:0", session: "held"))
        try await bench.registry.setState(
            session: "held", source: held.source, SourceStateRequest(state: "hold", track: nil))
        let begin = HostClock.monotonicNanoseconds()
        await bench.registry.endIdle(now: begin)
        await bench.registry.endIdle(now: begin + Self.hour - 1)
        #expect(await bench.registry.sessions().count == 2)
        await bench.registry.endIdle(now: begin + Self.hour)
        #expect(await bench.registry.sessions().map(\.session) == ["held"])
        try await bench.registry.setState(
            session: "held", source: held.source, SourceStateRequest(state: "active", track: nil))
        await bench.registry.endIdle(now: begin + 2 * Self.hour)
        #expect(await bench.registry.sessions().count == 1, "the hour begins with the end of the hold")
        await bench.registry.endIdle(now: begin + 3 * Self.hour)
        #expect(await bench.registry.sessions().isEmpty)
    }

    @Test func aDaemonThatDrainsTakesNoNewCallsAndEndsWithThoseThatRun() async throws {
        let bench = try bench(Self.declared("rtp://127.0.0.1:0", session: "late"))
        try await bench.attach("rtp://127.0.0.1:0", session: "s", speaker: "a")
        let begin = HostClock.monotonicNanoseconds()
        await bench.registry.endIdle(now: begin)
        #expect(await !bench.registry.isDrained(now: begin + Self.hour))
        #expect(try await bench.registry.drain(DrainRequest()).sessions == 1)
        #expect(await !bench.registry.isTakingCalls)
        let refused = await #expect(throws: Problem.self) {
            try await bench.attach("rtp://127.0.0.1:0", session: "t", speaker: "a")
        }
        #expect(refused?.type == .draining && refused?.status == 503)
        try await bench.attach("rtp://127.0.0.1:0", session: "s", speaker: "b")
        await bench.registry.attachDeclared()
        #expect(await bench.registry.sessions().map(\.session) == ["s"])
        #expect(await !bench.registry.isDrained(now: begin + 29_000_000_000))
        #expect(await bench.registry.isDrained(now: begin + 30_000_000_000), "nothing has come of it for 30 s")
        await bench.registry.shutDown()
    }

    @Test func aDaemonThatDrainsEndsAtItsDeadline() async throws {
        let bench = try bench()
        try await bench.attach("rtp://127.0.0.1:0")
        _ = try await bench.registry.drain(DrainRequest(timeoutSeconds: 600))
        let now = HostClock.monotonicNanoseconds()
        #expect(await !bench.registry.isDrained(now: now + 500_000_000_000))
        #expect(await bench.registry.isDrained(now: now + 600_000_000_000))
        let wrong = await #expect(throws: Problem.self) {
            try await bench.registry.drain(DrainRequest(timeoutSeconds: -1))
        }
        #expect(wrong?.type == .invalidRequest)
        await bench.registry.shutDown()
    }
}
