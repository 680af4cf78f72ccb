import Events
import MediaTypes
import Testing

@testable import Conversation

/// What the recogniser writes down of somebody, in the conversation.
@Suite struct WordsTests {
    private func engine(_ texts: WordTexts = .live, lanes: ConsentLanes = .words) -> SessionEngine {
        var configuration = ConversationConfiguration()
        configuration.wordTexts = texts
        var engine = SessionEngine(id: "s", configuration: configuration)
        _ = engine.join(name: "a", role: nil, consent: .granted, lanes: lanes, at: 0)
        engine.advance(to: 500)
        _ = engine.takeEvents()
        return engine
    }

    private func line(_ start: Int64, _ end: Int64, words: Int = 3) -> CaptionLine {
        var line = CaptionLine(startHop: start, endHop: end, words: words, questions: 1)
        line.spoken = CaptionLine.Spoken(
            text: "what was said", times: .init(method: .spread, startsSeconds: [1, 2, 3], endsSeconds: [2, 3, 4]))
        return line
    }

    private func spans(_ engine: inout SessionEngine) -> [WordSpan] {
        engine.takeEvents().compactMap { if case .words(let span) = $0.body { span } else { nil } }
    }

    @Test(arguments: WordTexts.allCases)
    func textsAreToldWhereThatIsWanted(texts: WordTexts) {
        var engine = engine(texts)
        #expect(engine.takeRecognised(line(100, 200), speaker: 0) == .counted)
        let spans = spans(&engine)
        #expect(spans.map(\.id) == ["w1"] && spans.map(\.words) == [3] && spans.map(\.questions) == [1])
        #expect(spans.map(\.writer) == [.recogniser] && spans.first?.startSeconds == 1 && spans.first?.endSeconds == 2)
        #expect(spans.first?.text == (texts == .none ? nil : "what was said"))
        #expect((spans.first?.times == nil) == (texts == .none))
        #expect(spans.first?.mayStoreText == (texts == .stored))
        #expect(engine.totals().speakers.first?.metrics?.captions?.words == 3)
    }

    /// Whatever was agreed to: at work in the United States what the rep says is counted, and told as a text by nobody.
    @Test(arguments: [("rep", false), ("customer", true), (nil, false)])
    func textsOfProtectedRolesAreNotTold(role: String?, isTold: Bool) {
        var configuration = ConversationConfiguration()
        configuration.wordTexts = .stored
        configuration.policy = Policy(.usWork)
        var engine = SessionEngine(id: "s", configuration: configuration)
        _ = engine.join(name: "a", role: role, consent: .granted, lanes: .words, at: 0)
        engine.advance(to: 500)
        #expect(engine.takeRecognised(line(100, 200), speaker: 0) == .counted)
        let span = spans(&engine).first
        #expect(span?.words == 3 && (span?.text != nil) == isTold && (span?.times != nil) == isTold)
        #expect(span?.mayStoreText == isTold)
    }

    @Test func consentToTheVoiceAloneIsNoneToWords() {
        var engine = engine(lanes: [])
        #expect(engine.wordPermission(speaker: 0) == .nothing)
        #expect(engine.takeRecognised(line(100, 200), speaker: 0) == .ignored)
        // Captions that somebody hands in count as ever, and nothing of their text is told.
        #expect(engine.take(line(100, 200), speaker: "a") == .counted)
        #expect(spans(&engine).isEmpty)
    }

    @Test func wordsThatAreTakenBackAreForgotten() {
        var engine = engine()
        _ = engine.takeRecognised(line(100, 200), speaker: 0)
        _ = engine.setConsent(name: "a", in: .words, isGranted: false)
        #expect(engine.takeRecognised(line(210, 300), speaker: 0) == .ignored)
        #expect(engine.wordPermission(speaker: 0) == .nothing && engine.takePermits().last?.permit == [.voice])
        #expect(engine.totals().speakers.first?.metrics?.captions == nil)
    }

    @Test func captionsThatAreHandedInWin() {
        var engine = engine()
        _ = engine.takeRecognised(line(100, 180, words: 5), speaker: 0)
        _ = engine.takeRecognised(line(200, 300, words: 7), speaker: 0)
        #expect(engine.take(line(190, 310, words: 8), speaker: "a") == .counted)
        // What was written down of the same time counts once, and from now on nothing is written down.
        #expect(engine.totals().speakers.first?.metrics?.captions?.words == 13)
        #expect(engine.takePermits().last?.permit == [.voice])
        #expect(engine.takeRecognised(line(320, 400), speaker: 0) == .ignored)
        #expect(spans(&engine).map(\.writer) == [.recogniser, .recogniser, .captions])
    }

    /// A mark without the form of a question counts where the voice rose at that end.
    @Test(arguments: [(4.0, 2), (3.9, 1), (-20, 1)]) func aRisingEndAsks(slope: Double, questions: Int) {
        var engine = engine()
        engine.speakers[0].measures.recent.noteEnd(before: 198, slope: slope)
        engine.speakers[0].measures.recent.noteEnd(before: 150, slope: 50)
        var said = line(100, 200)
        said.mayAskAtEnd = true
        _ = engine.takeRecognised(said, speaker: 0)
        #expect(spans(&engine).map(\.questions) == [questions])
    }
}
