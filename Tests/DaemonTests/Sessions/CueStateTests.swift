import ControlAPI
import Conversation
import Events
import Settings
import TestSupport
import Testing

@testable import Daemon

/// What people make of cues, by the registry that the control socket commands.
@Suite(.timeLimit(.minutes(30))) struct CueStateTests {
    private func bench() throws -> RegistryBench {
        try RegistryBench { settings in
            var unheard = CueRule(id: "unheard", metric: .unheard)
            unheard.about = .anyone
            unheard.above = 0.5
            settings.conversation.cues = [unheard]
        }
    }

    private func changes(_ bench: RegistryBench) -> [CueChange] {
        bench.events.compactMap { event in
            if case .cueChanged(let change) = event.body { change } else { nil }
        }
    }

    @Test func aCueIsAcknowledgedAndPutOff() async throws {
        let bench = try bench()
        try await bench.attach("rtp://127.0.0.1:0")
        try await eventually { bench.types.contains("cue.raised") }
        let acknowledged = CueStateRequest(state: "acknowledged")
        for _ in 0..<2 { try await bench.registry.setCue(session: "s", cue: "1", acknowledged) }
        try await bench.registry.setCue(session: "s", cue: "1", CueStateRequest(state: "snoozed", forSeconds: 300))
        try await bench.registry.setCue(session: "s", cue: "unheard", CueStateRequest(state: "snoozed", forSeconds: 60))
        try await bench.registry.setCue(session: "s", cue: "unheard", CueStateRequest(state: "raised"))
        let told = changes(bench)
        #expect(told.map(\.state) == [.acknowledged, .snoozed, .snoozed, .raised])
        #expect(told.map(\.id) == [1, 1, nil, nil] && told.allSatisfy { $0.cue == "unheard" })
        #expect(told.map(\.forSeconds) == [nil, 300, 60, nil])
        _ = try await bench.registry.detach(session: "s")
        await #expect(throws: Problem.self) { try await bench.registry.setCue(session: "s", cue: "1", acknowledged) }
    }

    @Test func whatCannotBeIsRefusedAndNamesTheRemedy() async throws {
        let bench = try bench()
        try await bench.attach("rtp://127.0.0.1:0")
        let requests: [(cue: String, request: CueStateRequest, type: ProblemType)] = [
            ("7", CueStateRequest(state: "acknowledged"), .noSuchCue),
            ("99999999999999999999", CueStateRequest(state: "raised"), .noSuchCue),
            ("talk", CueStateRequest(state: "snoozed", forSeconds: 5), .noSuchCue),
            ("unheard", CueStateRequest(state: "acknowledged"), .invalidRequest),
            ("1", CueStateRequest(state: "gone"), .stateInvalid),
            ("1", CueStateRequest(state: "snoozed"), .invalidRequest),
            ("1", CueStateRequest(state: "snoozed", forSeconds: 0.5), .invalidRequest),
            ("1", CueStateRequest(state: "snoozed", forSeconds: 1e300), .invalidRequest),
            ("1", CueStateRequest(state: "snoozed", forSeconds: .nan), .invalidRequest),
            ("1", CueStateRequest(state: "raised", forSeconds: 5), .invalidRequest),
        ]
        for (cue, request, type) in requests {
            let problem = await #expect(throws: Problem.self) {
                try await bench.registry.setCue(session: "s", cue: cue, request)
            }
            #expect(problem?.type == type, "\(cue) \(request)")
        }
        let missing = await #expect(throws: Problem.self) {
            try await bench.registry.setCue(session: "t", cue: "1", CueStateRequest(state: "raised"))
        }
        #expect(missing?.type == .noSuchSession)
        #expect(changes(bench).isEmpty)
        _ = try await bench.registry.detach(session: "s")
    }

    /// The words of a caption get out in no event: the cue says which rule, and how often.
    @Test func aMentionIsToldWithoutItsWords() async throws {
        let bench = try RegistryBench { settings in
            var price = CueRule(id: "price", metric: .mentions)
            price.about = .anyone
            price.above = 0
            price.phrases = ["zu teuer"]
            settings.conversation.cues = [price]
        }
        for (speaker, consent) in [("a", "granted"), ("b", "withheld")] {
            var request = RegistryBench.request("rtp://127.0.0.1:0", speaker: speaker)
            request.consent = consent
            _ = try await bench.registry.attach(request)
        }
        let age = try #require(await bench.registry.sessions().first).ageSeconds
        let lines = ["b", "a"].map {
            CaptionRequest.Line(
                speaker: $0, startSeconds: age + 0.1, endSeconds: age + 0.6, text: "Das ist ZU  TEUER, geheimnis")
        }
        let summary = try await bench.registry.caption(session: "s", CaptionRequest(lines: lines))
        #expect(summary.counted == 1 && summary.ignored == 1)
        try await eventually { bench.types.contains("cue.raised") }
        let raised = bench.events.compactMap { event -> (String?, CueRaised)? in
            if case .cueRaised(let cue) = event.body { (event.speaker, cue) } else { nil }
        }
        #expect(raised.map(\.0) == ["a"])
        #expect(raised.first?.1.metric == "mentions" && raised.first?.1.value == 1 && raised.first?.1.cue == "price")
        _ = try await bench.registry.detach(session: "s")
        for event in bench.events {
            let line = String(decoding: event.encoded(sequence: 1, at: "").line, as: UTF8.self).lowercased()
            #expect(!line.contains("teuer") && !line.contains("geheimnis"))
        }
        #expect(!bench.log.text.contains { $0.lowercased().contains("teuer") })
    }
}
