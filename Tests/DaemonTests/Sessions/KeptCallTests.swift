import Control
import ControlAPI
import Conversation
import Events
import Foundation
import Glibc
import Logging
import Settings
import TestSupport
import Testing

@testable import Daemon

/// Calls go on when the daemon is started anew, and what people have decided holds.
@Suite struct KeptCallTests {
    private let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("attune-kept-\(UInt32.random(in: 0 ... .max))").path
    private var path: String { folder + "/calls.json" }

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    }

    private func bench(maxAgeSeconds: Int = 300) throws -> RegistryBench {
        let path = path
        return try RegistryBench {
            $0.state.path = path
            $0.state.maxAgeSeconds = maxAgeSeconds
        }
    }

    private func file() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private func joined(_ bench: RegistryBench) -> [String: ConsentState] {
        let told = bench.events.compactMap { event -> (String, ConsentState)? in
            if case .speakerJoined(let joined) = event.body { (event.speaker ?? "", joined.consent) } else { nil }
        }
        return Dictionary(told, uniquingKeysWith: { $1 })
    }

    @Test func callsAndConsentSurviveARestart() async throws {
        let before = try bench()
        var request = RegistryBench.request("rtp://127.0.0.1:0", speaker: "a")
        request.consent = "voice,words"
        let first = try await before.registry.attach(request)
        try await before.attach("rtp://127.0.0.1:0", speaker: "b")
        try await before.attach("rtp://127.0.0.1:0", session: "t", speaker: "c")
        try await before.registry.setConsent(session: "s", speaker: "b", to: .exactly(.withheld))
        try await before.registry.setConsent(session: "s", speaker: "a", to: .lanes(.words, isGranted: false))
        _ = try await before.registry.describe(
            session: "s", speaker: "a", SpeakerRequest(name: "Ana", role: "rep"))
        await before.registry.shutDown()

        let after = try bench()
        await after.registry.takeUpCalls()
        let sessions = await after.registry.sessions()
        #expect(Set(sessions.map(\.session)) == ["s", "t"])
        let urls = sessions.flatMap(\.sources).map(\.url)
        #expect(urls.count == 3 && urls.contains(first.url), "port 0 has become the port that its sender knows")
        #expect(joined(after) == ["a": .granted, "b": .withheld, "c": .granted])
        for event in after.events where event.speaker == "a" {
            guard case .speakerJoined(let joined) = event.body else { continue }
            #expect(joined.displayName == "Ana" && joined.role == "rep")
            #expect(joined.lanes == [], "a lane that was taken back is declared in vain")
        }
        // What was missed is told before anything is measured.
        let gaps = after.events.compactMap { event -> (String?, Gap)? in
            if case .gap(let gap) = event.body { (event.speaker, gap) } else { nil }
        }
        #expect(Set(gaps.map(\.0)) == ["a", "b", "c"] && gaps.allSatisfy { $0.1.why == .restart })
        #expect(gaps.allSatisfy { $0.1.fromSeconds >= 0 && $0.1.toSeconds > $0.1.fromSeconds })
        // With the last call its file goes.
        for session in sessions { _ = try await after.registry.detach(session: session.session) }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    /// Who has been told to come by WebSocket may come after a restart, once; the file has no token.
    @Test func callsThatAreExpectedSurviveARestart() async throws {
        let path = path
        func expectation(_ calls: ExpectedCalls) -> CallExpectation {
            CallExpectation(calls: calls, address: "ws://127.0.0.1")
        }
        func bench(_ calls: ExpectedCalls) throws -> RegistryBench {
            try RegistryBench(expected: expectation(calls)) {
                $0.state.path = path
                $0.state.maxAgeSeconds = 300
            }
        }
        let first = ExpectedCalls(), second = ExpectedCalls(), third = ExpectedCalls()
        let before = try bench(first)
        let speakers: [ExpectRequest.Speaker] = [.init(speaker: "a"), .init(speaker: "b")]
        let both = ExpectRequest(session: "s", speakers: speakers, consent: "granted", connections: 2)
        let token = try expectation(first).expect(both).token
        let used = try expectation(first).expect(both).token
        #expect(first.admit(token, speaker: "b") != nil)
        _ = (first.admit(used, speaker: nil), first.admit(used, speaker: nil))
        await before.registry.keepCalls()
        let kept = try file()
        #expect(kept.contains("granted") && !kept.contains(token))

        let after = try bench(second)
        #expect(second.admit(used, speaker: nil) == nil)
        #expect(second.admit(token, speaker: nil)?.tracks.map(\.speaker) == ["a"])
        #expect(second.admit(token, speaker: nil) == nil)
        await after.registry.keepCalls()
        #expect(!FileManager.default.fileExists(atPath: path))
        _ = try bench(third)
        #expect(third.admit(token, speaker: nil) == nil)
    }

    /// The sender of samples comes again by itself, and says what it always says.
    @Test func whatWasDecidedHoldsForASessionThatComesAgainByItself() async throws {
        let before = try bench()
        try await before.attach("rtp://127.0.0.1:0", speaker: "a")
        try await before.registry.setConsent(session: "s", speaker: "a", to: .exactly(.withheld))
        await before.registry.shutDown()
        let after = try bench()
        try await after.attach("rtp://127.0.0.1:0", speaker: "a")
        #expect(joined(after) == ["a": .withheld])
        await after.registry.shutDown()
    }

    @Test func whatIsTooOldIsNotTakenUp() async throws {
        let before = try bench()
        try await before.attach("rtp://127.0.0.1:0")
        await before.registry.shutDown()
        var times = [timeval(tv_sec: time(nil) - 400, tv_usec: 0), timeval(tv_sec: time(nil) - 400, tv_usec: 0)]
        utimes(path, &times)
        let after = try bench()
        await after.registry.takeUpCalls()
        #expect(await after.registry.sessions().isEmpty && after.events.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: path), "nothing of it is left")
    }

    /// The wall clock was set back by a day, or forward by a little, between the two.
    @Test(arguments: [86_400, -100]) func aClockThatWasSetEndsNoCall(aheadSeconds: Int) async throws {
        let before = try bench()
        try await before.attach("rtp://127.0.0.1:0")
        await before.registry.shutDown()
        var times = [
            timeval(tv_sec: time(nil) + aheadSeconds, tv_usec: 0),
            timeval(tv_sec: time(nil) + aheadSeconds, tv_usec: 0),
        ]
        utimes(path, &times)
        let after = try bench()
        await after.registry.takeUpCalls()
        #expect(await after.registry.sessions().count == 1)
        let gaps = after.events.compactMap { if case .gap(let gap) = $0.body { gap } else { nil } }
        #expect(gaps.allSatisfy { $0.toSeconds >= $0.fromSeconds && $0.toSeconds < 3_600 }, "\(gaps)")
        await after.registry.shutDown()
    }

    @Test func nothingIsKeptWhereThatIsNotWanted() async throws {
        let bench = try bench(maxAgeSeconds: 0)
        try await bench.attach("rtp://127.0.0.1:0")
        await bench.registry.shutDown()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    /// The file is the daemon's user's alone, and there is no secret in it.
    @Test func secretsAreNotKept() async throws {
        let bench = try bench()
        try await bench.attach("rtp://127.0.0.1:0", speaker: "a")
        var secret = RegistryBench.request("rtp://127.0.0.1:0", speaker: "b")
        secret.crypto = "AES_CM_128_HMAC_SHA1_80 inline:" + Data(repeating: 7, count: 30).base64EncodedString()
        _ = try await bench.registry.attach(secret)
        await bench.registry.keepCalls()
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let kept = try JSONDecoder().decode(Kept.self, from: Data(file().utf8))
        #expect(kept.sessions.map { $0.sources.flatMap(\.tracks).map(\.speaker) } == [["a"]])
        #expect(kept.sessions.map { $0.speakers.map(\.name) } == [["a", "b"]], "what they have decided is kept")
        #expect(try !file().contains("inline"))
        await bench.registry.shutDown()
    }

    private struct Kept: Decodable { var sessions: [KeptSession] }

    @Test(arguments: ["", "{", "[]", #"{"version":2,"sessions":[]}"#, #"{"version":1,"sessions":[{"name":3}]}"#])
    func whatIsNoSuchFileIsToldAndRemoved(_ text: String) async throws {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        chmod(path, 0o600)
        let bench = try bench()
        await bench.registry.takeUpCalls()
        #expect(await bench.registry.sessions().isEmpty && !FileManager.default.fileExists(atPath: path))
        #expect(bench.log.text.contains { $0.contains("is not what this daemon writes") }, "\(bench.log.text)")
    }

    /// What others could write, or a link to what they could, is not believed.
    @Test func aFileOfOthersIsNotBelieved() async throws {
        let before = try bench()
        try await before.attach("rtp://127.0.0.1:0")
        await before.registry.shutDown()
        chmod(path, 0o666)
        let after = try bench()
        await after.registry.takeUpCalls()
        #expect(await after.registry.sessions().isEmpty)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: folder + "/elsewhere")
        try await after.attach("rtp://127.0.0.1:0")
        await after.registry.keepCalls()
        #expect(!FileManager.default.fileExists(atPath: folder + "/elsewhere"), "the link is replaced, not followed")
        await after.registry.shutDown()
    }

    @Test func aFileThatCannotBeWrittenIsToldOnce() async throws {
        let bench = try bench()
        try FileManager.default.removeItem(atPath: folder)
        try await bench.attach("rtp://127.0.0.1:0", speaker: "a")
        for _ in 0..<2 { await bench.registry.keepCalls() }
        #expect(bench.log.text.count { $0.contains("can't be written") } == 1, "\(bench.log.text)")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        await bench.registry.keepCalls()
        #expect(
            bench.log.text.contains { $0.contains("can be written again") }
                && FileManager.default.fileExists(atPath: path))
        await bench.registry.shutDown()
    }
}
