import Events
import Testing

@testable import Conversation

/// Cues from what was said: counts of phrases, which come with the lines of captions.
@Suite struct MentionTests {
    private static let rules: [CueRule] = ["price", "rival"].map { id in
        var rule = CueRule(id: id, metric: .mentions)
        rule.about = .guest
        rule.windowSeconds = 30
        rule.above = 0
        rule.phrases = [id]
        rule.cooldownSeconds = 0
        return rule
    }

    /// A session in which the customer speaks all the time.
    private struct Call {
        var engine: SessionEngine
        let speaker: Int
        private var hop: Int64 = 0
        private let script = Script(name: "ben", role: "customer", ipus: [1...500])

        init(consent: ConsentState = .granted, rules: [CueRule] = MentionTests.rules) {
            var configuration = ConversationConfiguration()
            configuration.cues = rules
            configuration.cueGapSeconds = 0
            engine = SessionEngine(id: "s", configuration: configuration)
            speaker = engine.join(name: "ben", role: "customer", consent: consent, at: 0)
        }

        mutating func advance(to seconds: Int) {
            while hop < Int64(seconds * 100) {
                engine.play(speaker: speaker, script.record(hop))
                hop += 1
            }
        }

        mutating func say(at second: Int, _ mentions: [Int], id: String? = nil, isPartial: Bool = false)
            -> CaptionOutcome
        {
            let hop = Int64(second * 100)
            return engine.take(
                CaptionLine(
                    startHop: hop - 200, endHop: hop, id: id, isPartial: isPartial, words: 5, mentions: mentions),
                speaker: "ben")
        }

        mutating func told() -> [String] {
            engine.takeEvents().compactMap { event in
                switch event.body {
                case .cueRaised(let cue): "\(cue.cue) \(cue.metric) \(Int(cue.value)) \(event.speaker ?? "-")"
                case .cueCleared(let cue): "\(cue.cue) \(cue.reason.rawValue)"
                default: nil
                }
            }
        }
    }

    @Test func theCueSaysItsTrackerAndHowOften() {
        var call = Call()
        call.advance(to: 10)
        #expect(call.say(at: 10, [0, 2]) == .counted)
        call.advance(to: 20)
        #expect(call.told() == ["rival mentions 2 ben"])
        call.advance(to: 60)
        #expect(call.told() == ["rival back_to_normal"], "out of its window")
    }

    @Test func whatAPartialLineTakesBackWasNeverSaid() {
        var call = Call()
        call.advance(to: 10)
        #expect(call.say(at: 12, [1], id: "x", isPartial: true) == .counted)
        #expect(call.say(at: 12, [], id: "x") == .counted)
        call.advance(to: 20)
        #expect(call.told().isEmpty)
    }

    @Test func withoutConsentNothingIsCountedAndConsentTakenBackClears() {
        var silent = Call(consent: .withheld)
        silent.advance(to: 10)
        #expect(silent.say(at: 10, [1]) == .ignored)
        silent.advance(to: 20)
        #expect(silent.told().isEmpty)

        var call = Call()
        call.advance(to: 10)
        #expect(call.say(at: 10, [1]) == .counted)
        call.advance(to: 15)
        #expect(call.told() == ["price mentions 1 ben"])
        _ = call.engine.setConsent(name: "ben", to: .withheld)
        #expect(call.told() == ["price consent_changed"])
        _ = call.engine.setConsent(name: "ben", to: .granted)
        call.advance(to: 25)
        #expect(call.told().isEmpty, "what was said before is forgotten")
    }

    @Test func countsOfAnotherLengthThanTheRulesTrapNothing() {
        var call = Call()
        call.advance(to: 10)
        for mentions in [[0, 0, 0, 5], [], [0]] { _ = call.say(at: 10, mentions) }
        call.advance(to: 12)
        #expect(call.told().isEmpty)
        var none = Call(rules: [])
        none.advance(to: 10)
        #expect(none.say(at: 10, [3, 4]) == .counted)
        none.advance(to: 12)
        #expect(none.told().isEmpty)
    }

    @Test func rulesThatAreOffHaveNoTracker() {
        var rules = Self.rules
        rules[0].isEnabled = false
        var configuration = ConversationConfiguration()
        configuration.cues = rules
        #expect(configuration.searched.map(\.phrases) == [["rival"]])
        var call = Call(rules: rules)
        call.advance(to: 10)
        _ = call.say(at: 10, [1])
        call.advance(to: 12)
        #expect(call.told() == ["rival mentions 1 ben"])
    }
}
