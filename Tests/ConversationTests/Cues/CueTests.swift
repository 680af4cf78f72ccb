import Events
import Testing

@testable import Conversation

@Suite struct CueTests {
    private func cues(_ events: [Event]) -> [(name: String, type: String, speaker: String?, time: Double)] {
        events.compactMap { event in
            switch event.body {
            case .cueRaised(let cue): (cue.cue, "raised", event.speaker, event.timeSeconds ?? 0)
            case .cueCleared(let cue): (cue.cue, cue.reason.rawValue, event.speaker, event.timeSeconds ?? 0)
            default: nil
            }
        }
    }

    private func dialogue(_ rep: [ClosedRange<Double>], _ customer: [ClosedRange<Double>]) -> [Script] {
        [Script(name: "ana", role: "rep", ipus: rep), Script(name: "ben", role: "customer", ipus: customer)]
    }

    @Test func aLongMonologueIsToldOnceAndClearsItself() {
        var configuration = ConversationConfiguration()
        configuration.cues = CueRule.standard.filter { $0.id == "monologue" }
        let events = play(
            dialogue([1...100, 110...112], [102...108]), seconds: 120, configuration: configuration
        ).events
        let told = cues(events)
        #expect(told.map(\.name) == ["monologue", "monologue"])
        #expect(told.map(\.type) == ["raised", "back_to_normal"])
        #expect(told.allSatisfy { $0.speaker == "ana" })
        #expect(told.first?.time == 92, "ninety seconds after its begin at 1 s, at the next full second")
        #expect(told.last?.time == 103 || told.last?.time == 104, "\(told)")
    }

    @Test func theGuestsMonologueIsNoCue() {
        let told = cues(play(dialogue([102...108], [1...100]), seconds: 120).events)
        #expect(!told.contains { $0.name == "monologue" })
    }

    /// A cue that has cleared is not raised again before its cool-down is over.
    @Test func coolDownsHold() {
        var rule = CueRule(id: "silence", metric: .silence)
        rule.about = .session
        rule.above = 2
        rule.cooldownSeconds = 30
        var configuration = ConversationConfiguration()
        configuration.cues = [rule]
        let bursts = stride(from: 1.0, to: 100, by: 5).map { $0...($0 + 1) }
        let told = cues(play(dialogue(bursts, []), seconds: 100, configuration: configuration).events)
        let raised = told.filter { $0.type == "raised" }.map(\.time)
        #expect(raised.count == 3, "\(raised)")
        #expect(zip(raised, raised.dropFirst()).allSatisfy { $1 - $0 >= 30 })
        #expect(told.allSatisfy { $0.speaker == nil })
    }

    @Test func talkRatioInterruptionsAndHastyAnswersAreCounted() {
        // The rep answers after 0.1 s each time and has four fifths of the talk.
        var rep: [ClosedRange<Double>] = []
        var customer: [ClosedRange<Double>] = []
        for start in stride(from: 1.0, to: 200, by: 11) {
            customer.append(start...(start + 2))
            rep.append((start + 2.1)...(start + 10))
        }
        let told = cues(play(dialogue(rep, customer), seconds: 200).events)
        #expect(told.contains { $0.name == "talk_ratio" && $0.type == "raised" && $0.time >= 120 })
        #expect(told.contains { $0.name == "no_patience" && $0.type == "raised" && $0.time < 60 })
        #expect(!told.contains { $0.name == "interrupting" })
    }

    @Test func cuesAboutTheOtherSidesScoreAreOffByDefault() throws {
        let rule = try #require(CueRule.standard.first { $0.metric == .engagementChange })
        #expect(!rule.isEnabled)
        #expect(CueRule.standard.filter { $0.about == .guest && $0.isEnabled }.map(\.metric) == [.unheard])
    }

    @Test func anEngagementThatFellIsStatedWhenAskedFor() throws {
        var configuration = ConversationConfiguration()
        configuration.cues = CueRule.standard.filter { $0.id == "engagement_fell" }
        configuration.cues[0].isEnabled = true
        var scripts = dialogue([], [])
        for start in stride(from: 1.0, to: 200, by: 8) {
            scripts[0].ipus.append(start...(start + 3.5))
            scripts[1].ipus.append((start + 4)...(start + 7.5))
        }
        // From 205 s on the rep does not stop.
        scripts[0].ipus.append(209...300)
        let events = play(scripts, seconds: 300, configuration: configuration).events
        let raised = try #require(
            events.compactMap { event -> CueRaised? in
                if case .cueRaised(let cue) = event.body, event.speaker == "ben" { cue } else { nil }
            }.first)
        #expect(raised.metric == "engagement_change" && raised.value < -10 && raised.limit == -10)
        #expect(raised.windowSeconds == 60)
    }

    @Test func whoJoinsLateIsNotMissedBeforehand() {
        var engine = SessionEngine(id: "s")
        let scripts = dialogue([1...2], [])
        let rep = engine.join(name: "ana", role: "rep", consent: .granted, at: 0)
        for hop in 0..<Int64(35_000) { engine.play(speaker: rep, scripts[0].record(hop)) }
        let ben = engine.join(name: "ben", role: "customer", consent: .granted, at: 35_000)
        for hop in Int64(35_000)..<36_000 {
            engine.play(speaker: rep, scripts[0].record(hop))
            engine.play(speaker: ben, scripts[1].record(hop))
        }
        #expect(!cues(engine.takeEvents()).contains { $0.name == "customer_not_heard" })
    }

    /// Consent taken back by joining again clears cues too.
    @Test func joiningAgainWithoutConsentClearsTheCues() {
        var engine = SessionEngine(id: "s")
        let script = dialogue([1...200], [])[0]
        let ana = engine.join(name: "ana", role: "rep", consent: .granted, at: 0)
        for hop in 0..<Int64(10_000) { engine.play(speaker: ana, script.record(hop)) }
        #expect(cues(engine.takeEvents()).map(\.type) == ["raised"])
        _ = engine.join(name: "ana", role: "rep", consent: .withheld, at: 10_000)
        #expect(cues(engine.takeEvents()).map(\.type) == ["consent_changed"])
    }

    /// Consent taken back clears what is raised, and says no value.
    @Test func revokedConsentClearsItsCues() throws {
        var engine = SessionEngine(id: "s")
        let scripts = dialogue([1...200], [])
        let speakers = scripts.map { engine.join(name: $0.name, role: $0.role, consent: .granted, at: 0) }
        for hop in 0..<Int64(10_000) {
            for (speaker, script) in zip(speakers, scripts) { engine.play(speaker: speaker, script.record(hop)) }
        }
        #expect(cues(engine.takeEvents()).contains { $0.name == "monologue" && $0.type == "raised" })
        _ = engine.setConsent(name: "ana", to: .withheld)
        let cleared = engine.takeEvents().compactMap { event -> CueCleared? in
            if case .cueCleared(let cue) = event.body { cue } else { nil }
        }
        #expect(!cleared.isEmpty && cleared.allSatisfy { $0.reason == .consentChanged && $0.value == nil })
    }
}
