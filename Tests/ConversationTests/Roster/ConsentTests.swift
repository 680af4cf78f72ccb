import Events
import MediaTypes
import Testing

@testable import Conversation

/// The roster decides who is measured; no form of coming back undoes what somebody has decided.
@Suite struct ConsentTests {
    /// A port with a consent that was declared for whoever sends.
    private struct Port {
        var engine = SessionEngine(id: "s")
        var hop: Int64 = 0
        private var numbers: [String: Int] = [:]

        init() {}

        mutating func come(_ name: String, person: String? = nil) {
            numbers[name] = engine.join(
                name: name, role: nil, consent: .granted, origin: SpeakerOrigin(isNamed: false, person: person),
                at: hop)
        }

        mutating func leave(_ name: String) {
            if let number = numbers[name] { engine.leave(speaker: number, reason: "goodbye") }
        }

        mutating func set(_ name: String, _ state: ConsentState) {
            _ = engine.setConsent(name: name, to: Consent(state))
        }

        /// All of them speak for a while.
        mutating func speak(_ names: String..., seconds: Int) {
            let script = Script(name: "x", ipus: [0...10_000])
            for _ in 0..<seconds * 100 {
                for name in names { engine.push(speaker: numbers[name] ?? 0, script.record(hop)) }
                hop += 1
                engine.advance(to: hop)
            }
        }

        func consent(_ name: String) -> ConsentState? { engine.consent(of: name) }
    }

    @Test func whatIsDeclaredAgainDoesNotGiveConsentAgain() {
        var engine = SessionEngine(id: "s")
        func join(_ consent: ConsentState, role: String? = nil, origin: SpeakerOrigin? = nil) -> ConsentState? {
            _ = engine.join(name: "a", role: role, consent: consent, origin: origin, at: 0)
            return engine.consent(of: "a")
        }
        #expect(join(.granted) == .granted)
        _ = engine.setConsent(name: "a", to: .withheld)
        #expect(join(.granted) == .withheld)
        #expect(join(.unknown, role: "guest") == .withheld)
        #expect(join(.granted, origin: SpeakerOrigin(isNamed: false)) == .withheld)
        #expect(engine.takeEvents().allSatisfy { $0.body.typeName != "tick" })
        _ = engine.setConsent(name: "a", to: .granted)
        #expect(join(.granted) == .granted)
        #expect(join(.withheld) == .withheld)
        #expect(join(.granted) == .withheld)
    }

    @Test func aNoHoldsForTheOtherNamesOfAPerson() {
        var port = Port()
        port.come("a", person: "p@host")
        port.come("b", person: "p@host")
        port.come("c", person: "q@host")
        port.set("a", .granted)
        port.set("b", .withheld)
        #expect(port.consent("a") == .withheld && port.consent("c") == .granted)
        // Whoever says yes after that means it, for the one name.
        port.set("a", .granted)
        #expect(port.consent("a") == .granted && port.consent("b") == .withheld)
        // Who turns out to be that person later is no exception.
        port.come("d")
        port.set("d", .granted)
        port.set("b", .withheld)
        port.engine.identify(name: "d", person: "p@host")
        #expect(port.consent("a") == .withheld && port.consent("d") == .withheld)
    }

    /// Of who has left, what may be somebody's who said no is forgotten, too.
    @Test func aNoHoldsForWhoHasLeft() {
        var port = Port()
        port.come("a")
        port.speak("a", seconds: 2)
        port.leave("a")
        port.come("b", person: "p@host")
        port.speak("b", seconds: 2)
        port.leave("b")
        port.set("a", .withheld)
        #expect(port.consent("b") == .unknown)
        let totals = port.engine.finish()
        #expect(totals.speakers.allSatisfy { $0.metrics == nil })
    }

    @Test func whatIsDeclaredForANameInDoubtEndsNoDoubt() {
        var port = Port()
        port.come("a")
        port.leave("a")
        port.set("a", .withheld)
        port.come("b")
        port.leave("b")
        #expect(port.consent("b") == .unknown)
        _ = port.engine.takeEvents()
        _ = port.engine.join(name: "b", role: nil, consent: .granted, at: port.hop)
        #expect(port.consent("b") == .unknown)
        // Nor is it told for a moment.
        let told = port.engine.takeEvents().compactMap { event in
            if case .speakerJoined(let joined) = event.body { joined.consent } else { nil }
        }
        #expect(told == [.unknown])
        port.set("b", .granted)
        #expect(port.consent("b") == .granted)
    }

    /// A turn that was begun without consent is not told of because it ends with one.
    @Test func whatBeganWithoutConsentIsNotTold() {
        var engine = SessionEngine(id: "s")
        let scripts = [Script(name: "a", ipus: [0...6, 20...23]), Script(name: "b", ipus: [10...13])]
        let speakers = [ConsentState.withheld, .granted].enumerated().map { index, consent in
            engine.join(name: scripts[index].name, role: nil, consent: consent, at: 0)
        }
        for hop in 0..<Int64(3_000) {
            if hop == 300 { _ = engine.setConsent(name: "a", to: .granted) }
            for (speaker, script) in zip(speakers, scripts) { engine.play(speaker: speaker, script.record(hop)) }
        }
        _ = engine.finish()
        let starts = engine.takeEvents().compactMap { event in
            if case .turn(let turn) = event.body, event.speaker == "a" { turn.startSeconds } else { nil }
        }
        #expect(starts == [20])
    }

    @Test func whoComesAfterSomebodyWithheldIsNotMeasuredWithoutProof() {
        var port = Port()
        port.come("one")
        port.speak("one", seconds: 2)
        port.set("one", .withheld)
        port.leave("one")
        port.come("two")
        #expect(port.consent("two") == .unknown)
        port.engine.identify(name: "two", person: "new@host")
        port.speak("two", seconds: 20)
        #expect(port.consent("two") == .unknown, "nobody knows that this is another one")
        let events = port.engine.takeEvents()
        #expect(!events.contains { $0.speaker == "two" && $0.body.typeName != "speaker.joined" })
        // Whoever knows says so, and it holds.
        port.set("two", .granted)
        port.leave("two")
        port.come("two")
        #expect(port.consent("two") == .granted)
        port.speak("two", seconds: 2)
        #expect(port.engine.takeEvents().contains { $0.speaker == "two" && $0.body.typeName == "tick" })
        port.come("three", person: "new@host")
        #expect(port.consent("three") == .granted, "the same person as the second")
    }

    @Test func theNameOfWhoWithheldStaysWithheld() {
        var port = Port()
        port.come("one", person: "ana@host")
        port.come("two", person: "bo@host")
        port.speak("one", "two", seconds: 2)
        port.set("one", .withheld)
        #expect(port.consent("two") == .granted)
        port.come("three", person: "ana@host")
        #expect(port.consent("three") == .withheld)
        port.come("four")
        #expect(port.consent("four") == .unknown)
        port.engine.identify(name: "four", person: "ana@host")
        #expect(port.consent("four") == .withheld)
        port.come("five")
        port.engine.identify(name: "five", person: "bo@host")
        #expect(port.consent("five") == .granted, "somebody who was there beside")
        // What is the same is so however it is composed.
        port.come("six", person: "ren\u{E9}@host")
        port.set("six", .withheld)
        port.come("seven", person: "rene\u{301}@host")
        #expect(port.consent("seven") == .withheld)
    }

    @Test func oneOfSeveralSourcesOfAPersonWithdrawsForAll() {
        var port = Port()
        port.come("one", person: "ana@host")
        port.speak("one", seconds: 1)
        port.leave("one")
        port.come("two", person: "ana@host")
        port.come("three", person: "bo@host")
        port.speak("two", "three", seconds: 1)
        _ = port.engine.takeEvents()
        port.set("one", .withheld)
        #expect(port.consent("two") == .withheld && port.consent("three") == .granted)
        let changed = port.engine.takeEvents().compactMap { event in
            if case .consent = event.body { event.speaker } else { nil }
        }
        #expect(changed == ["one", "two"])
    }

    /// Who goes on to speak under the own SSRC, which says that nothing is measured, is not the one who came beside.
    @Test func whoIsHeardBesideTheOtherIsAnother() {
        var port = Port()
        port.come("one", person: "ana@host")
        port.speak("one", seconds: 1)
        port.set("one", .withheld)
        port.come("two")
        port.speak("one", "two", seconds: 20)
        #expect(port.consent("two") == .unknown, "without a name there is no proof")
        port.engine.identify(name: "two", person: "bo@host")
        #expect(port.consent("two") == .granted)
        port.come("three", person: "cy@host")
        port.speak("one", "three", seconds: 8)
        #expect(port.consent("three") == .unknown, "a client that starts anew may be heard twice for a moment")
        port.leave("three")
        port.come("three", person: "cy@host")
        port.speak("one", "three", seconds: 8)
        #expect(port.consent("three") == .unknown, "counted from the return")
        port.speak("one", "three", seconds: 4)
        #expect(port.consent("three") == .granted)
    }

    @Test func whoWasNeverThereTogetherWithTheOtherIsDoubted() {
        var port = Port()
        port.come("before")
        port.come("one")
        port.speak("before", "one", seconds: 1)
        port.leave("one")
        port.come("after")
        port.come("named", person: "bo@host")
        port.speak("after", "named", seconds: 1)
        port.set("one", .withheld)
        #expect(port.consent("before") == .granted, "was there before, and is still")
        #expect(port.consent("after") == .unknown)
        #expect(port.consent("named") == .unknown, "the first one has said no name")
        port.set("one", .granted)
        #expect(port.consent("after") == .granted && port.consent("named") == .granted)
    }

    @Test func whoWasNamedIsNotDoubted() {
        var engine = SessionEngine(id: "s")
        _ = engine.join(
            name: "ana", role: nil, consent: .withheld, origin: SpeakerOrigin(isNamed: true, person: "ana@host"), at: 0)
        _ = engine.join(name: "bo", role: nil, consent: .granted, origin: SpeakerOrigin(isNamed: true), at: 0)
        _ = engine.join(name: "pcm", role: nil, consent: .granted, at: 0)
        _ = engine.join(name: "guest", role: nil, consent: .granted, origin: SpeakerOrigin(isNamed: false), at: 0)
        #expect(["bo", "pcm", "guest"].map { engine.consent(of: $0) } == [.granted, .granted, .unknown])
        engine.identify(name: "guest", person: "ana@host")
        #expect(engine.consent(of: "guest") == .withheld)
    }
}
