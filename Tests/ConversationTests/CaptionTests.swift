import Events
import MediaTypes
import SeededNumbers
import Testing

@testable import Conversation

/// Captions become counts by media time, and nothing else.
@Suite struct CaptionTests {
    private func line(
        _ start: Double, _ end: Double, words: Int = 10, compound: Double? = nil, id: String? = nil,
        isPartial: Bool = false, fillers: Int = 0, questions: Int = 0
    ) -> CaptionLine {
        CaptionLine(
            startHop: Int64((start * 100).rounded()), endHop: Int64((end * 100).rounded()), id: id,
            isPartial: isPartial, words: words, fillers: fillers, questions: questions, compound: compound)
    }

    /// A session of one speaker whose media has come to a second of the session.
    private struct Session {
        var engine: SessionEngine
        let speaker: Int
        private var hop: Int64 = 0
        private let script = Script(name: "a", role: "rep", ipus: [1...500])

        init(_ profile: Policy.Profile = .standard, consent: ConsentState = .granted) {
            var configuration = ConversationConfiguration()
            configuration.policy = Policy(profile)
            engine = SessionEngine(id: "s", configuration: configuration)
            speaker = engine.join(name: "a", role: "rep", consent: consent, at: 0)
        }

        mutating func advance(to seconds: Int) {
            while hop < Int64(seconds * 100) {
                engine.play(speaker: speaker, script.record(hop))
                hop += 1
            }
        }

        var windows: [String: WindowMetrics.Captions?] {
            mutating get {
                let last = engine.takeEvents().ticks(of: "a").last?.windows ?? []
                return Dictionary(uniqueKeysWithValues: last.map { ($0.name, $0.captions) })
            }
        }

        /// Goes on to a second; the sentiment score of the last tick on the way.
        mutating func score(at seconds: Int) -> SentimentScore? {
            advance(to: seconds)
            guard case .scored(let score) = engine.takeEvents().ticks(of: "a").last?.sentiment else { return nil }
            return score
        }

        var evidence: TextEvidence? {
            engine.speakers[speaker].measures.captions.evidence(before: engine.settledHops, windowHops: 3_000)
        }
    }

    /// A recogniser without ids revises where a line starts with each partial result.
    @Test func whatLiesOverAPartialLineReplacesIt() {
        var session = Session()
        session.advance(to: 6)
        for (start, end, words, isPartial) in [
            (5.0, 5.4, 1, true), (4.98, 5.6, 3, true), (5.04, 5.8, 4, true), (5.06, 6, 6, false),
            // What only touches the next one is another.
            (6.1, 7, 2, true), (6.95, 7.8, 3, true),
            // A partial one that comes after its final changes nothing.
            (5.0, 5.9, 5, true),
        ] {
            _ = session.engine.take(line(start, end, words: words, isPartial: isPartial), speaker: "a")
        }
        session.advance(to: 10)
        #expect(
            session.engine.speakers[session.speaker].measures.captions.counts(before: 900, windowHops: nil).words == 16)
    }

    /// Who was renamed on the screen is the same person to a recogniser that reads the screen.
    @Test func captionsComeByTheNameThatIsShown() {
        var session = Session()
        _ = session.engine.describe(name: "a", displayName: "Dr. Ana", role: nil)
        #expect(session.engine.captionPermission(speaker: "Dr. Ana") == .sentiment)
        #expect(session.engine.captionPermission(speaker: "Ana") == .unknownSpeaker)
    }

    @Test func linesCountInTheWindowsInWhichTheyEnd() {
        var session = Session()
        session.advance(to: 20)
        #expect(session.windows.values.allSatisfy { $0 == nil }, "nothing as long as there are no captions")
        #expect(session.engine.take(line(12, 15, words: 9, fillers: 2, questions: 1), speaker: "a") == .counted)
        #expect(session.engine.take(line(18, 20, words: 5), speaker: "a") == .counted)
        session.advance(to: 21)
        let both = WindowMetrics.Captions(words: 14, wordsPerMinute: 14 * 60 / 5.0, fillerWords: 2, questions: 1)
        #expect(session.windows == ["10s": both, "30s": both, "120s": both, "session": both])
        session.advance(to: 25)
        let second = WindowMetrics.Captions(words: 5, wordsPerMinute: 150, fillerWords: 0, questions: 0)
        #expect(session.windows == ["10s": second, "30s": both, "120s": both, "session": both])
        session.advance(to: 140)
        let none = WindowMetrics.Captions(words: 0, wordsPerMinute: nil, fillerWords: 0, questions: 0)
        #expect(session.windows == ["10s": none, "30s": none, "120s": none, "session": both])
        #expect(session.engine.finish().speakers.first?.metrics?.captions == both)
    }

    @Test func aLineAheadCountsWhenTheSessionGetsThere() {
        var session = Session()
        session.advance(to: 5)
        #expect(session.engine.take(line(6, 8), speaker: "a") == .counted)
        session.advance(to: 7)
        #expect(session.windows["session"]??.words == 0 && session.windows["10s"] == nil)
        session.advance(to: 8)
        let windows = session.windows
        #expect(windows["session"]??.words == 10 && windows["10s"]??.words == 10)
    }

    @Test func linesFarFromThePresentAreRefused() {
        var session = Session()
        session.advance(to: 30)
        for late in [(10.0, 19.9), (1, 2), (39, 40.1), (1e6, 1e6 + 1)] as [(Double, Double)] {
            #expect(session.engine.take(line(late.0, late.1), speaker: "a") == .outOfTime)
        }
        for good in [(10.0, 20.0), (39, 40)] as [(Double, Double)] {
            #expect(session.engine.take(line(good.0, good.1), speaker: "a") == .counted)
        }
    }

    @Test(arguments: ["x", nil])
    func aLineReplacesThatOfTheSameName(id: String?) {
        var session = Session()
        session.advance(to: 10)
        var outcomes: [CaptionOutcome] = []
        for (end, words, isPartial) in [(6.0, 2, true), (7, 5, true), (8, 7, false), (7.5, 6, true), (9, 8, false)] {
            outcomes.append(
                session.engine.take(line(5, end, words: words, id: id, isPartial: isPartial), speaker: "a"))
        }
        #expect(outcomes == [.counted, .counted, .counted, .ignored, .counted])
        session.advance(to: 11)
        #expect(session.windows["10s"]??.words == 8)
        #expect(session.engine.take(line(5.5, 9, words: 1, id: id.map { $0 + "2" }), speaker: "a") == .counted)
        session.advance(to: 12)
        #expect(session.windows["session"]??.words == 9)
    }

    /// Whatever is added, replaced and left behind: windows are the sums of the lines that end in them.
    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func windowsAreSumsOfLines(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        func draw(_ most: Int) -> Int { Int(random.next() % UInt64(most)) }
        var windows = CaptionWindows(horizonSeconds: 120)
        var id = ""
        var kept: [CaptionLine] = []
        for step in 1...600 {
            let now = Int64(step * 100)
            let end = max(2, now + Int64(draw(1_900) - 950))
            let replaces = draw(3) == 0
            if replaces, !kept.isEmpty { kept.removeLast() } else { id = "\(step)" }
            kept.append(
                CaptionLine(
                    startHop: max(0, end - Int64(draw(500) + 1)), endHop: end, id: id, isPartial: true,
                    words: draw(20), compound: draw(4) == 0 ? nil : Double(draw(2_001) - 1_000) / 1_000))
            #expect(kept.last.map { windows.add($0, at: now) } == .counted)
            for window in [1_000, 3_000, 12_000, nil] as [Int64?] {
                var expected = CaptionWindows.Counts()
                let from = window.map { now - $0 } ?? -1
                for line in kept where line.endHop > from && line.endHop <= now {
                    expected += CaptionWindows.Counts(line)
                }
                #expect(windows.counts(before: now, windowHops: window) == expected, "\(step) \(window ?? 0)")
            }
        }
    }

    @Test func evidenceWeighsLinesByTheirWords() throws {
        var session = Session()
        session.advance(to: 20)
        #expect(session.evidence == nil)
        for sample in [line(10, 12, words: 30, compound: 0.5), line(13, 14, words: 10, compound: -0.5)] {
            #expect(session.engine.take(sample, speaker: "a") == .counted)
        }
        // Neither a line without words nor one that was not scored says anything.
        for sample in [line(15, 16, words: 0, compound: 0), line(17, 18, words: 9)] {
            #expect(session.engine.take(sample, speaker: "a") == .counted)
        }
        #expect(session.evidence == TextEvidence(valence: 0.25, words: 40, lines: 2, spread: 0.5))
        session.advance(to: 43)
        #expect(session.evidence == TextEvidence(valence: -0.5, words: 10, lines: 1, spread: 0))
        session.advance(to: 44)
        #expect(session.evidence == nil)
    }

    /// What comes in is there for the tick of the same second, partial or not.
    @Test(arguments: [(0.8, true), (0.8, false), (-0.8, true)])
    func aLineIsEvidenceAtOnce(compound: Double, isPartial: Bool) {
        var session = Session()
        session.advance(to: 60)
        _ = session.engine.take(line(58, 60, compound: compound, isPartial: isPartial), speaker: "a")
        session.advance(to: 61)
        #expect(session.evidence?.valence == compound)
    }

    /// A line of known sentiment moves the score its way within 2 s of its arrival, with the words as a ground, and
    /// is forgotten with the window.
    @Test(arguments: [0.8, -0.8])
    func aLineMovesTheSentimentScoreItsWay(compound: Double) throws {
        var session = Session()
        #expect(session.score(at: 60) == nil, "without words there is none")
        _ = session.engine.take(line(58, 60, compound: compound), speaker: "a")
        let moved = session.score(at: 62)
        let after = try #require(moved)
        #expect((after.score - 50) * compound > 4, "\(after.score)")
        #expect(after.basis == [.text])
        #expect(session.score(at: 95) == nil, "the line has left the window")
    }

    @Test func consentTakenBackWipesTheCaptions() {
        var session = Session()
        session.advance(to: 10)
        #expect(session.engine.take(line(8, 9, compound: 0.5), speaker: "a") == .counted)
        _ = session.engine.setConsent(name: "a", to: .withheld)
        #expect(session.engine.captionPermission(speaker: "a") == .nothing)
        #expect(session.engine.take(line(9, 10), speaker: "a") == .ignored)
        _ = session.engine.setConsent(name: "a", to: .granted)
        session.advance(to: 12)
        #expect(session.evidence == nil && session.windows.values.allSatisfy { $0 == nil })
    }

    @Test(arguments: [
        (Policy.Profile.standard, CaptionPermission.sentiment), (.behaviourOnly, .counts), (.euWork, .counts),
        (.euEducation, .counts), (.ownVoice, .nothing),
    ])
    func thePolicyDecidesWhatIsComputed(profile: Policy.Profile, permission: CaptionPermission) {
        var session = Session(profile)
        #expect(session.engine.captionPermission(speaker: "a") == permission)
        #expect(session.engine.captionPermission(speaker: "nobody") == .unknownSpeaker)
        session.advance(to: 10)
        let outcome = session.engine.take(line(8, 9, compound: 0.5), speaker: "a")
        #expect(outcome == (permission == .nothing ? .ignored : .counted))
        session.advance(to: 11)
        #expect((session.evidence != nil) == (permission == .sentiment), "the score itself is not taken either")
        #expect((session.windows["10s"]??.words == 10) == (permission != .nothing))
    }
}
