import Events
import Testing

@testable import Conversation

/// What the policy forbids of a speaker is neither computed nor told.
@Suite struct PolicyTests {
    private let dialogue = [
        Script(name: "a", role: "rep", ipus: [1...5, 8...12, 16...20]),
        Script(name: "b", role: "customer", ipus: [5.4...7.6, 12.8...15.5]),
    ]

    private func play(_ profile: Policy.Profile, hasNotice: Bool = true, seconds: Double = 22) -> (
        events: [Event], totals: SessionTotals
    ) {
        var configuration = ConversationConfiguration()
        configuration.policy = Policy(profile)
        configuration.hasNotice = hasNotice
        let (events, totals, _) = ConversationTests.play(dialogue, seconds: seconds, configuration: configuration)
        return (events, totals)
    }

    @Test(arguments: [
        (Policy.Profile.standard, ["a", "b"]), (.behaviourOnly, []), (.euWork, ["b"]), (.euEducation, []),
    ])
    func sentimentIsAbsentWhereItIsForbidden(profile: Policy.Profile, speakers: [String]) {
        let (events, totals) = play(profile)
        for name in ["a", "b"] {
            let ticks = events.ticks(of: name)
            #expect(ticks.count == 22)
            #expect(ticks.allSatisfy { ($0.sentiment != nil) == speakers.contains(name) }, "\(name)")
        }
        for event in events where event.speaker.map({ !speakers.contains($0) }) ?? false {
            let line = String(decoding: event.line(sequence: 1, at: ""), as: UTF8.self)
            #expect(!line.contains("sentiment"), "\(line)")
        }
        #expect(totals.speakers.allSatisfy { $0.metrics != nil })
    }

    @Test func inTheProfileSelfTheOthersAreAsWithoutConsent() throws {
        var scripts = dialogue
        scripts[0].role = "self"
        var configuration = ConversationConfiguration()
        configuration.policy = Policy(.ownVoice)
        let (events, totals, _) = ConversationTests.play(scripts, seconds: 22, configuration: configuration)
        #expect(Set(events.filter { $0.speaker == "b" }.map(\.body.typeName)) == ["speaker.joined", "speaker.left"])
        #expect(events.ticks(of: "a").count == 22)
        for event in events {
            if case .turn(let turn) = event.body { #expect(turn.previousSpeaker != "b") }
        }
        let (own, other) = (try #require(totals.speakers.first), try #require(totals.speakers.last))
        #expect(other.metrics == nil && other.engagement == nil)
        // The floor is what it would be.
        #expect(own.metrics?.turns == 3 && own.metrics?.responseLagMedianMilliseconds == 450)
    }

    @Test func withoutANoticeNobodyIsMeasured() {
        // Long enough for the cue on a silence of the whole session.
        let (events, totals) = play(.standard, hasNotice: false, seconds: 60)
        #expect(Set(events.map(\.body.typeName)) == ["speaker.joined", "speaker.left"])
        #expect(totals.speakers.allSatisfy { $0.metrics == nil && $0.engagement == nil })
    }

    @Test(arguments: [("rep", "customer"), (nil, "customer"), ("customer", "rep")])
    func whoWasProtectedStaysSoForTheSession(first: String?, second: String) {
        var configuration = ConversationConfiguration()
        configuration.policy = Policy(.euWork)
        var engine = SessionEngine(id: "s", configuration: configuration)
        let script = Script(name: "a", ipus: [0...4, 10...14])
        let speaker = engine.join(name: "a", role: first, consent: .granted, at: 0)
        for hop in 0..<Int64(500) { engine.play(speaker: speaker, script.record(hop)) }
        engine.leave(speaker: speaker, reason: "detached")
        _ = engine.takeEvents()
        _ = engine.join(name: "a", role: second, consent: .granted, at: 900)
        // Consent, once more, does not override it either.
        _ = engine.setConsent(name: "a", to: .withheld)
        _ = engine.setConsent(name: "a", to: .granted)
        for hop in Int64(900)..<1_500 { engine.play(speaker: speaker, script.record(hop)) }
        let ticks = engine.takeEvents().ticks(of: "a")
        #expect(!ticks.isEmpty && ticks.allSatisfy { $0.sentiment == nil })
    }

    @Test func whatWasMeasuredBeforeTheProtectionIsForgotten() throws {
        var configuration = ConversationConfiguration()
        configuration.policy = Policy(.euWork)
        var engine = SessionEngine(id: "s", configuration: configuration)
        let script = Script(name: "a", ipus: [0...4, 10...13])
        let speaker = engine.join(name: "a", role: "customer", consent: .granted, at: 0)
        for hop in 0..<Int64(500) { engine.play(speaker: speaker, script.record(hop)) }
        engine.leave(speaker: speaker, reason: "detached")
        _ = engine.join(name: "a", role: "employee", consent: .granted, at: 900)
        for hop in Int64(900)..<1_500 { engine.play(speaker: speaker, script.record(hop)) }
        let metrics = try #require(engine.finish().speakers.first?.metrics)
        #expect(abs(metrics.speechSeconds - 3) < 0.03)
    }

    /// A role that is given later narrows what is computed, and never widens it.
    @Test(arguments: [("customer", "employee", true), ("employee", "customer", false), ("customer", "guest", false)])
    func aRoleGivenLaterOnlyNarrows(before: String, after: String, forgets: Bool) throws {
        var configuration = ConversationConfiguration()
        configuration.policy = Policy(.euWork)
        var engine = SessionEngine(id: "s", configuration: configuration)
        let script = Script(name: "a", ipus: [0...4, 10...13])
        let speaker = engine.join(name: "a", role: before, consent: .granted, at: 0)
        for hop in 0..<Int64(900) { engine.play(speaker: speaker, script.record(hop)) }
        _ = engine.takeEvents()
        #expect(engine.describe(name: "a", displayName: "Ana", role: after)?.role == after)
        for hop in Int64(900)..<1_500 { engine.play(speaker: speaker, script.record(hop)) }
        let ticks = engine.takeEvents().ticks(of: "a")
        #expect(!ticks.isEmpty)
        let isFree = before != "employee" && after != "employee"
        #expect(ticks.allSatisfy { ($0.sentiment != nil) == isFree })
        let metrics = try #require(engine.finish().speakers.first?.metrics)
        #expect(abs(metrics.speechSeconds - (forgets ? 3 : 7)) < 0.05)
        #expect(engine.describe(name: "a", displayName: "Ana", role: nil) == nil, "who has left is not there")
    }

    @Test func consentTakenBackByJoiningAgainForgets() throws {
        var engine = SessionEngine(id: "s")
        let script = Script(name: "a", ipus: [0...4, 30...33])
        let speaker = engine.join(name: "a", role: nil, consent: .granted, at: 0)
        func push(_ hops: Range<Int64>) { for hop in hops { engine.play(speaker: speaker, script.record(hop)) } }
        push(0..<500)
        for (hop, consent) in [(Int64(900), ConsentState.withheld), (2_000, .granted)] {
            engine.leave(speaker: speaker, reason: "detached")
            _ = engine.join(name: "a", role: nil, consent: consent, at: hop)
            #expect(engine.consent(of: "a") == .withheld, "what is declared with a source does not give it again")
        }
        _ = engine.setConsent(name: "a", to: .granted)
        push(2_000..<3_500)
        let metrics = try #require(engine.finish().speakers.first?.metrics)
        #expect(abs(metrics.speechSeconds - 3) < 0.03, "nothing from before")
    }
}
