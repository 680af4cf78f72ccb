import ControlAPI
import Events
import Testing

@testable import attune

/// The screen of `attune top`: a function of what is known, how it is looked at, and the size.
@Suite struct TopTests {
    private static func line(_ body: EventBody, _ session: String, _ speaker: String?, _ time: Double) -> EventLine {
        EventLine(
            Event(body, session: session, speaker: speaker, timeSeconds: time)
                .line(sequence: 1, at: "2026-03-02T09:14:38.701Z"))
    }

    private static func tick(score: Double?, talk: Double, speaks: Bool = false) -> Tick {
        var recent = WindowMetrics(name: "30s"), all = WindowMetrics(name: "session")
        recent.talkRatio = talk
        all.talkRatio = talk
        all.responseLagMedianMilliseconds = talk * 1_000
        let engagement: Engagement =
            if let score {
                .scored(
                    EngagementScore(
                        score: score, low: max(0, score - 10), high: min(100, score + 10), confidence: 0.8,
                        isProvisional: false,
                        contributions: [
                            Contribution(input: "neutral", points: 50),
                            Contribution(input: "talk_ratio", value: 0.7, usual: 0.5, z: 1, points: score - 50),
                        ]))
            } else {
                .abstained(reason: .notEnoughSpeech)
            }
        return Tick(
            windows: [recent, all],
            voice: VoiceMetrics(isSpeaking: speaks, levelDb: -20, relativeLevelDb: 0, f0Hz: 180),
            engagement: engagement, sentiment: nil, baseline: Baseline(speechSeconds: 30, turns: 5, isReady: true),
            audio: AudioQuality(lossPercent: 0))
    }

    /// A session of so many speakers, the n-th with n points.
    private static func state(speakers: Int) -> TopState {
        var state = TopState()
        for number in 0..<speakers {
            let name = "speaker\(number)"
            _ = state.take(line(.speakerJoined(SpeakerJoined(role: "rep", consent: .granted)), "call", name, 0))
            for time in 1...40 {
                let tick = tick(score: Double(number % 100), talk: Double(speakers - number) / 100, speaks: number == 1)
                _ = state.take(line(.tick(tick), "call", name, Double(time)))
            }
        }
        return state
    }

    private static func text(_ state: TopState, _ view: TopView = TopView(), _ width: Int, _ height: Int) -> [String] {
        TopLayout(state, view, width: width, height: height).lines.map { $0.map(\.text).joined() }
    }

    @Test(arguments: [(80, 24), (120, 40), (40, 10), (200, 60), (36, 6)], [0, 1, 3, 100])
    func itFitsAndTheScoreIsInSight(size: (width: Int, height: Int), speakers: Int) {
        let state = Self.state(speakers: speakers)
        let lines = Self.text(state, TopView(), size.width, size.height)
        #expect(lines.count == size.height)
        #expect(lines.allSatisfy { columns(of: $0) <= size.width }, "\(lines)")
        #expect(lines.last?.hasPrefix("q quit") == true)
        guard speakers > 0 else { return }
        let row = lines.first { $0.contains("speaker0") || $0.contains("speaker\u{2026}") }
        #expect(row?.contains("0 (0\u{2013}10)") == true, "\(lines)")
        #expect(lines.contains { $0.contains("engagement") })
    }

    @Test func noSizeIsTooSmall() {
        let state = Self.state(speakers: 3)
        for width in 1...45 {
            for height in 1...12 {
                let lines = Self.text(state, TopView(), width, height)
                #expect(lines.count <= height && lines.allSatisfy { columns(of: $0) <= width })
            }
        }
    }

    @Test func theListScrollsToTheSelectedOne() {
        let state = Self.state(speakers: 100)
        var view = TopView()
        func shows(_ name: String) -> Bool {
            TopLayout(state, view, width: 80, height: 24).lines.contains {
                $0.first?.style == .selected && $0.contains { $0.text.hasPrefix(name) }
            }
        }
        view.press(.down, state, page: 10)
        #expect(shows("speaker0 "))
        for _ in 0..<50 { view.press(.down, state, page: 10) }
        #expect(shows("speaker50 "))
        view.press(.pageUp, state, page: 10)
        #expect(shows("speaker40 "))
        view.press(.last, state, page: 10)
        #expect(shows("speaker99 "))
        view.press(.down, state, page: 10)
        #expect(shows("speaker99 "))
        view.press(.first, state, page: 10)
        #expect(shows("speaker0 "))
    }

    @Test func speakersAreSortedAndFiltered() {
        let state = Self.state(speakers: 12)
        var view = TopView()
        func names() -> [String] { view.sessions(of: state).flatMap(\.speakers).map(\.name) }
        #expect(names().first == "speaker0" && names()[2] == "speaker2")
        view.press(.character("o"), state, page: 10)
        #expect(view.order == .name && names()[2] == "speaker10")
        view.press(.character("o"), state, page: 10)
        #expect(view.order == .score && names().first == "speaker11")
        view.press(.character("o"), state, page: 10)
        #expect(view.order == .talk && names().first == "speaker0")

        view.press(.character("/"), state, page: 10)
        for character in "KER1" { view.press(.character(character), state, page: 10) }
        #expect(names() == ["speaker1", "speaker10", "speaker11"])
        #expect(Self.text(state, view, 80, 24).last?.contains("filter: KER1_") == true)
        view.press(.character("q"), state, page: 10)
        #expect(!view.wantsToQuit && names().isEmpty, "keys go to the filter")
        view.press(.erase, state, page: 10)
        view.press(.enter, state, page: 10)
        #expect(names().count == 3)
        view.press(.escape, state, page: 10)
        #expect(names().count == 12)
        view.press(.character("q"), state, page: 10)
        #expect(view.wantsToQuit)
    }

    @Test func aPauseStandsStill() {
        var state = Self.state(speakers: 1)
        var view = TopView()
        view.press(.character(" "), state, page: 10)
        let before = Self.text(state, view, 80, 24)
        #expect(before[0].contains("PAUSED"))
        _ = state.take(Self.line(.tick(Self.tick(score: 99, talk: 0.9)), "call", "speaker0", 41))
        #expect(Self.text(state, view, 80, 24) == before)
        view.press(.character(" "), state, page: 10)
        #expect(Self.text(state, view, 80, 24).contains { $0.contains("99 (89\u{2013}100)") })
    }

    @Test func sourcesCuesAndConsentAreToldInWords() {
        var state = Self.state(speakers: 2)
        let source = SourceState(
            source: "source-1", url: "rtp://127.0.0.1:5004", state: .stalled, reason: "no media for 5000 ms")
        _ = state.take(Self.line(.sourceStalled(source), "call", nil, 41))
        let cue = CueRaised(
            id: 1, cue: "talks_long", severity: "info", metric: "longest_monologue_s", value: 95, limit: 90,
            windowSeconds: nil)
        _ = state.take(Self.line(.cueRaised(cue), "call", "speaker1", 41))
        let change = ConsentChange(state: .withheld, previous: .granted)
        _ = state.take(Self.line(.consent(change), "call", "speaker0", 41))
        let lines = Self.text(state, TopView(), 120, 40)
        #expect(lines.contains { $0.contains("source-1 stalled: no media for 5000 ms") })
        #expect(lines.contains { $0.contains("! talks_long") && $0.contains("speaker1") })
        #expect(lines.contains { $0.contains("consent withheld: not measured") && !$0.contains("(") })
        #expect(lines.contains { $0.contains("speaker1: 1.0 = 50 talks more \u{2212}49") })
        let cleared = CueCleared(id: 1, cue: "talks_long", reason: .backToNormal, value: 1, afterSeconds: 3)
        _ = state.take(Self.line(.cueCleared(cleared), "call", "speaker1", 42))
        #expect(!Self.text(state, TopView(), 120, 40).contains { $0.contains("! talks_long") })
        _ = state.take(
            Self.line(.sourceEnded(SourceState(source: "source-1", url: "", state: .ended)), "call", nil, 43))
        #expect(state.sessions.first?.sources.isEmpty == true)
    }

    @Test func wideCharactersTakeTwoColumns() {
        #expect(columns(of: "\u{5C71}\u{7530}") == 4 && columns(of: "e\u{301}") == 1)
        #expect(fitted("\u{5C71}\u{7530}\u{592A}\u{90CE}", 5) == "\u{5C71}\u{7530}\u{2026}")
        #expect(fitted("\u{5C71}\u{7530}\u{592A}\u{90CE}", 6) == "\u{5C71}\u{7530}\u{2026} ")
        #expect(fitted("ab", 4, toTheRight: true) == "  ab")
        let marks = "a" + String(repeating: "\u{301}", count: 10_000)
        #expect(fitted(marks, 10).unicodeScalars.count < 60)
    }
}
