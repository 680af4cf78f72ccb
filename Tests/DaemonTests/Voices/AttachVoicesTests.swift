import ControlAPI
import Diarisation
import Events
import Logging
import Settings
import Testing

@testable import Daemon

/// Which sources may have their voices told apart, and how it is said whose they are.
@Suite struct AttachVoicesTests {
    private struct Nobody: VoiceModel {
        func states(in window: [Float]) -> [Float] { [] }
        func embedding(of features: [Float]) -> [Float] { [] }
    }

    private static func pool() -> VoicePool { VoicePool({ Nobody() }, logger: RegistryBench.silent) }

    private static func request(
        voices: String? = "auto", consent: String? = "granted",
        tracks: [AttachRequest.Track] = [AttachRequest.Track(track: nil, speaker: "room", role: nil)]
    ) -> AttachRequest {
        AttachRequest(
            url: "rtp://127.0.0.1:0", session: "s", tracks: tracks, consent: consent, noticeID: nil, voices: voices)
    }

    private func problem(_ bench: RegistryBench, _ request: AttachRequest) async -> Problem? {
        do throws(Problem) {
            _ = try await bench.registry.attach(request)
            return nil
        } catch {
            return error
        }
    }

    @Test func whatCannotBeIsRefusedWithTheRemedy() async throws {
        let bench = try RegistryBench(voices: Self.pool())
        let two = ["a", "b"].map { AttachRequest.Track(track: nil, speaker: $0, role: nil) }
        for (request, type, words) in [
            (Self.request(voices: "0"), ProblemType.invalidRequest, "use auto, or 1 to 20"),
            (Self.request(voices: "many"), .invalidRequest, "use auto, or 1 to 20"),
            (Self.request(tracks: two), .invalidRequest, "name that alone"),
            (
                Self.request(tracks: [AttachRequest.Track(track: nil, speaker: "room", role: "rep")]), .invalidRequest,
                "without a role"
            ),
            (Self.request(consent: "voice,words"), .consentInvalid, "attune name"),
            (Self.request(consent: "withheld"), .consentInvalid, "attune name"),
            (Self.request(consent: nil), .consentMissing, "declare it"),
        ] {
            let problem = await problem(bench, request)
            #expect(problem?.type == type && problem?.detail.contains(words) == true, "\(problem.debugDescription)")
        }
        #expect(bench.types.isEmpty)
    }

    @Test(arguments: Policy.Profile.allCases) func aProfileMayForbidIt(profile: Policy.Profile) async throws {
        let bench = try RegistryBench(voices: Self.pool(), profile: profile)
        let problem = await problem(bench, Self.request())
        if [.standard, .behaviourOnly].contains(profile) {
            #expect(problem == nil)
        } else {
            #expect(problem?.status == 403 && problem?.type == .forbiddenByPolicy)
            #expect(problem?.detail.contains(profile.rawValue) == true)
        }
        await bench.registry.shutDown()
    }

    @Test func withoutANoticeOrNetworksItIsRefused() async throws {
        let unnoticed = try RegistryBench(voices: Self.pool()) { $0.policy.noticeID = nil }
        #expect(await problem(unnoticed, Self.request())?.type == .consentMissing)
        let bench = try RegistryBench(voices: VoicePool(nil, logger: RegistryBench.silent))
        let problem = await problem(bench, Self.request())
        #expect(problem?.status == 503 && problem?.detail.contains("make models") == true)
        // Others are attached as ever.
        #expect(await self.problem(bench, Self.request(voices: nil)) == nil)
        await bench.registry.shutDown()
    }

    /// A call that is expected with voices is refused before its sender comes, and no token is given.
    @Test func whatIsExpectedIsRefusedAtOnce() async throws {
        func problem(_ voices: VoicePool, _ profile: Policy.Profile, notice: String?) async throws -> (Problem?, Int) {
            let expectation = CallExpectation(calls: ExpectedCalls(), address: "ws://x")
            let bench = try RegistryBench(expected: expectation, voices: voices, profile: profile) {
                $0.policy.noticeID = notice
            }
            let wanted = ExpectRequest(
                session: "s", speakers: [.init(speaker: "room")], consent: "granted", voices: "auto")
            var told: Problem?
            do throws(Problem) { _ = try await bench.registry.expect(wanted) } catch { told = error }
            let count = expectation.calls.revoke(session: nil)
            await bench.registry.shutDown()
            return (told, count)
        }
        let without = VoicePool(nil, logger: RegistryBench.silent)
        #expect(try await problem(Self.pool(), .standard, notice: "n") == (nil, 1))
        let forbidden = try await problem(Self.pool(), .euWork, notice: "n")
        #expect(forbidden.0?.type == .forbiddenByPolicy && forbidden.1 == 0)
        let unnoticed = try await problem(Self.pool(), .standard, notice: nil)
        #expect(unnoticed.0?.type == .consentMissing && unnoticed.1 == 0)
        let missing = try await problem(without, .standard, notice: "n")
        #expect(missing.0?.status == 503 && missing.1 == 0)
    }

    @Test func consentIsSaidOfVoicesOnly() async throws {
        let bench = try RegistryBench(voices: Self.pool())
        #expect(await problem(bench, Self.request()) == nil)
        for (name, consent, type) in [
            ("room", "granted", ProblemType.consentInvalid), ("voice-1", "granted", .noSuchSpeaker),
            ("room", "voice,words", .consentInvalid), ("room", "maybe", .consentInvalid),
        ] {
            await #expect(throws: Problem.self) {
                _ = try await bench.registry.describe(
                    session: "s", speaker: name, SpeakerRequest(name: "Ana", consent: consent))
            }
            do throws(Problem) {
                _ = try await bench.registry.describe(
                    session: "s", speaker: name, SpeakerRequest(name: "Ana", consent: consent))
            } catch {
                #expect(error.type == type)
            }
        }
        let room = try await bench.registry.describe(
            session: "s", speaker: "room", SpeakerRequest(name: "Board room"))
        #expect(room.name == "Board room" && room.consent == "unknown")
        await bench.registry.shutDown()
    }
}
