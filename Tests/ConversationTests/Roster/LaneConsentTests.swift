import Events
import MediaTypes
import Testing

@testable import Conversation

/// Words and the picture are agreed to each by itself, and taken back so.
@Suite struct LaneConsentTests {
    private var engine = SessionEngine(id: "s")

    private mutating func join(
        _ name: String, _ lanes: ConsentLanes, isNamed: Bool? = nil, person: String? = nil, at hop: Int64 = 0
    ) -> Int {
        engine.join(
            name: name, role: nil, consent: .granted, lanes: lanes,
            origin: isNamed.map { SpeakerOrigin(isNamed: $0, person: person) }, at: hop)
    }

    /// What was pushed last to whoever measures a speaker.
    private mutating func permit(_ speaker: Int) -> Permit? {
        engine.takePermits().last { $0.0 == speaker }?.1
    }

    private func lanes(_ name: String) -> ConsentLanes? { engine.speakers.first { $0.name == name }?.lanes }

    @Test mutating func consentToTheVoiceIsNoneToMore() {
        let voice = join("a", [])
        #expect(permit(voice) == [.voice])
        let more = join("b", [.words, .face])
        #expect(permit(more) == [.voice, .words, .face])
        // Nothing is agreed to of what is withheld.
        let none = engine.join(name: "c", role: nil, consent: .withheld, lanes: .all, at: 0)
        #expect(permit(none) == [])
        let joined = engine.takeEvents().compactMap { event in
            if case .speakerJoined(let joined) = event.body { joined.lanes } else { nil }
        }
        #expect(joined == [[], [.words, .face], []])
    }

    @Test mutating func aLaneIsTakenBackByItself() {
        let speaker = join("a", .all)
        _ = engine.takeEvents()
        let isDone = engine.setConsent(name: "a", in: .words, isGranted: false)
        #expect(isDone && permit(speaker) == [.voice, .face])
        let changes = engine.takeEvents().compactMap { event in
            if case .consent(let change) = event.body { change } else { nil }
        }
        #expect(changes.map(\.state) == [.granted] && changes.map(\.lanes) == [.face])
        #expect(changes.map(\.previousLanes) == [.all] && changes.map(\.takesBack) == [true])
        // Neither another source nor coming back gives it again, only saying so does.
        _ = join("a", .all)
        engine.leave(speaker: speaker, reason: "goodbye")
        _ = join("a", .words)
        #expect(lanes("a") == [])
        let isGiven = engine.setConsent(name: "a", in: .words, isGranted: true)
        #expect(isGiven && permit(speaker) == [.voice, .words])
    }

    @Test mutating func takingAllBackTakesBackTheLanes() {
        let speaker = join("a", .all)
        _ = engine.setConsent(name: "a", to: .withheld)
        #expect(permit(speaker) == [])
        let isGiven = engine.setConsent(name: "a", in: .face, isGranted: true)
        #expect(!isGiven && lanes("a") == [], "nothing is given without the voice")
        // Yes to the voice is yes to the voice.
        _ = engine.setConsent(name: "a", to: .granted)
        _ = join("a", .all)
        #expect(permit(speaker) == [.voice])
        _ = engine.setConsent(name: "a", to: Consent(.granted, lanes: .face))
        #expect(permit(speaker) == [.voice, .face])
    }

    @Test mutating func wordsThatWereTakenBackAreNotHandedInEither() {
        _ = join("a", .words)
        let line = CaptionLine(startHop: 0, endHop: 100, words: 3)
        #expect(engine.take(line, speaker: "a") != .ignored)
        _ = engine.setConsent(name: "a", in: .words, isGranted: false)
        #expect(engine.captionPermission(speaker: "a") == .nothing && engine.take(line, speaker: "a") == .ignored)
        _ = engine.setConsent(name: "a", in: .words, isGranted: true)
        #expect(engine.captionPermission(speaker: "a") == .sentiment)
    }

    /// An SSRC is drawn anew with every start of a sender.
    @Test mutating func aLaneThatWasTakenBackStaysSoUnderAnotherName() {
        _ = join("a", .all, isNamed: false, person: "p@host")
        _ = join("b", .all, isNamed: false, person: "q@host")
        _ = engine.setConsent(name: "a", in: .face, isGranted: false)
        _ = join("c", .all, isNamed: false, person: "p@host")
        _ = join("d", .all, isNamed: false)
        #expect(lanes("c") == .words && lanes("b") == .all)
        #expect(lanes("d") == .words, "it may be the one who said no")
        engine.identify(name: "d", person: "r@host")
        #expect(lanes("d") == .all)
        _ = join("e", .all, isNamed: true)
        engine.identify(name: "e", person: "p@host")
        #expect(lanes("e") == .words)
        // Whoever says yes after that means it.
        _ = engine.setConsent(name: "c", in: .face, isGranted: true)
        #expect(lanes("c") == .all && lanes("e") == .words)
        #expect(engine.consent(of: "c") == .granted, "a lane says nothing of the voice")
    }

    /// A decision on a lane is none on the voice: a no to that, by another name of the person, holds.
    @Test mutating func aLaneDoesNotUndoANoToTheVoice() {
        _ = join("a", .all, isNamed: false, person: "p@host")
        _ = join("b", .all, isNamed: true)
        _ = engine.setConsent(name: "a", to: .withheld)
        _ = engine.setConsent(name: "b", in: .words, isGranted: false)
        engine.identify(name: "b", person: "p@host")
        #expect(engine.consent(of: "b") == .withheld)
    }

    @Test(arguments: [
        ("granted", Consent.granted), ("withheld", .withheld), ("voice", .granted),
        ("voice,words", Consent(.granted, lanes: .words)), ("face,voice,words", Consent(.granted, lanes: .all)),
    ])
    func consentIsWritten(_ text: String, _ consent: Consent) throws {
        #expect(try Consent(parsing: text) == consent)
    }

    @Test(arguments: ["", "unknown", "words", "voice,", "voice,Words", "granted,words", "face,words", "voice, face"])
    func whatIsNoConsentIsRefused(_ text: String) {
        #expect(throws: Consent.ParsingError.self) { try Consent(parsing: text) }
    }
}
