import Events
import MediaTypes
import SeededNumbers
import Testing

@testable import Conversation

/// Invented IPUs of one speaker, in seconds.
struct Script {
    var name: String
    var role: String?
    var consent = ConsentState.granted
    var ipus: [ClosedRange<Double>]
    /// F0 in Hz and level in dB of voiced speech, by second; syllables per second.
    var f0Hz: @Sendable (Double) -> Double = { _ in 200 }
    var levelDb: @Sendable (Double) -> Double = { _ in -20 }
    var nucleiPerSecond: @Sendable (Double) -> Double = { _ in 4 }

    func record(_ hop: Int64) -> HopRecord {
        let centre = (Double(hop) + 0.5) / 100
        let speaks = ipus.contains { $0.contains(centre) }
        let period = Int64((100 / nucleiPerSecond(centre)).rounded())
        return HopRecord(
            index: hop, levelDb: speaks ? Float(levelDb(centre)) : -60, speechProbability: speaks ? 1 : 0,
            f0Hz: speaks ? Float(f0Hz(centre)) : 0, voicingProbability: speaks ? 1 : 0, isSpeech: speaks,
            isLost: false, isNucleus: speaks && hop % period == 0)
    }
}

/// Plays scripts through an engine.
func play(
    _ scripts: [Script], seconds: Double, configuration: ConversationConfiguration = .init(),
    blockHops: (Int) -> Int = { _ in 1 }
) -> (events: [Event], totals: SessionTotals, late: Int) {
    var engine = SessionEngine(id: "s", configuration: configuration)
    let speakers = scripts.map { engine.join(name: $0.name, role: $0.role, consent: $0.consent, at: 0) }
    let hops = Int64((seconds * 100).rounded())
    var done = scripts.map { _ in Int64(0) }
    var turn = 0
    while done.contains(where: { $0 < hops }) {
        let index = turn % scripts.count
        turn += 1
        for _ in 0..<blockHops(turn) where done[index] < hops {
            engine.play(speaker: speakers[index], scripts[index].record(done[index]))
            done[index] += 1
        }
    }
    let totals = engine.finish()
    return (engine.takeEvents(), totals, engine.droppedHops.late)
}

extension SpeakerTiming {
    /// Times by arrival, which may be off by so much.
    static func apart(milliseconds: Double) -> SpeakerTiming {
        SpeakerTiming(clock: nil, offsetNanoseconds: 0, sharedMilliseconds: 0, ownMilliseconds: milliseconds)
    }
}

extension SessionEngine {
    /// Pushes a record at the moment in which its hop is over.
    mutating func play(speaker: Int, _ record: HopRecord) {
        advance(to: record.index + 1)
        push(speaker: speaker, record)
    }
}

extension [Event] {
    func ticks(of speaker: String) -> [Tick] {
        compactMap { event in
            if event.speaker == speaker, case .tick(let tick) = event.body { tick } else { nil }
        }
    }
}

@Suite struct SessionEngineTests {
    private let dialogue = [
        Script(name: "a", ipus: [1...5, 8...12, 16...20]),
        Script(name: "b", ipus: [5.4...7.6, 12.8...15.5]),
    ]

    @Test func totalsAreThoseOfTheScript() throws {
        let totals = play(dialogue, seconds: 22).totals
        #expect(totals.speakerChanges == 4)
        #expect(totals.durationSeconds == 22)
        #expect(totals.overlapRatio == 0)
        let a = try #require(totals.speakers.first?.metrics)
        let b = try #require(totals.speakers.last?.metrics)
        #expect(abs(a.speechSeconds - 12) < 0.03)
        #expect(abs(b.speechSeconds - 4.9) < 0.03)
        #expect(abs((a.talkRatio ?? 0) - 12 / 16.9) < 0.002)
        #expect(a.turns == 3 && b.turns == 2)
        #expect(b.responseLagMedianMilliseconds == 600)
        #expect(a.responseLagMedianMilliseconds == 450)
    }

    @Test(arguments: [(25.0, true), (26.0, false)])
    func lagsAreMeasuredOnlyWhereTheTimingAllows(uncertainty: Double, isMeasured: Bool) {
        var engine = SessionEngine(id: "s")
        let speakers = dialogue.map { engine.join(name: $0.name, role: nil, consent: .granted, at: 0) }
        for script in dialogue { engine.setTiming(of: script.name, .apart(milliseconds: uncertainty)) }
        for hop in 0..<2_200 {
            for (speaker, script) in zip(speakers, dialogue) {
                engine.play(speaker: speaker, script.record(Int64(hop)))
            }
        }
        let totals = engine.finish()
        #expect((totals.speakers[1].metrics?.responseLagMedianMilliseconds == 600) == isMeasured)
        #expect((totals.speakers[1].metrics?.responseLags == 0) == !isMeasured)
        #expect(totals.speakerChanges == 4)
        let offsets = engine.takeEvents().compactMap { event in
            if case .turn(let turn) = event.body { turn.ftoMilliseconds } else { nil }
        }
        #expect(offsets.count == (isMeasured ? 4 : 0))
    }

    @Test func oneTickASecondPerSpeaker() {
        let events = play(dialogue, seconds: 22).events
        for speaker in ["a", "b"] {
            let times = events.filter { $0.speaker == speaker && $0.body.typeName == "tick" }.map(\.timeSeconds)
            #expect(times == (1...22).map { Double($0) })
        }
    }

    /// However the records of the speakers interleave, the session sees the same conversation.
    @Test func interleavingChangesNothing() {
        // Waits for the slowest: the random walk below strays further than the skew of a live session.
        var configuration = ConversationConfiguration()
        configuration.skewHops = nil
        let reference = play(dialogue, seconds: 22).events.map { $0.line(sequence: 0, at: "") }
        for seed in 1...5 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            let shuffled = play(
                dialogue, seconds: 22, configuration: configuration, blockHops: { _ in Int(random.next() % 20) + 1 })
            #expect(shuffled.events.map { $0.line(sequence: 0, at: "") } == reference)
            #expect(shuffled.late == 0)
        }
    }

    @Test func aSpeakerThatFallsSilentOnTheWireDoesNotHoldUpTheOthers() {
        var engine = SessionEngine(id: "s")
        let a = engine.join(name: "a", role: nil, consent: .granted, at: 0)
        let b = engine.join(name: "b", role: nil, consent: .granted, at: 0)
        engine.play(speaker: b, Script(name: "b", ipus: []).record(0))
        for hop in 0..<Int64(1_000) { engine.play(speaker: a, dialogue[0].record(hop)) }
        #expect(engine.settledHops == 910, "the skew of half a second is waited for")
        let ticks = engine.takeEvents().ticks(of: "b")
        #expect(ticks.count == 9)
        #expect((ticks.last?.audio.lossPercent ?? 0) > 95)
        engine.play(speaker: b, Script(name: "b", ipus: []).record(5))
        #expect(engine.droppedHops.late == 1)
    }

    @Test func withheldConsentShowsNoValues() throws {
        var scripts = dialogue
        scripts[1].consent = .withheld
        let (events, totals, _) = play(scripts, seconds: 22)
        let types = Set(events.filter { $0.speaker == "b" }.map(\.body.typeName))
        #expect(types == ["speaker.joined", "speaker.left"])
        for event in events {
            if case .turn(let turn) = event.body { #expect(turn.previousSpeaker == nil || turn.previousSpeaker == "a") }
        }
        let withheld = try #require(totals.speakers.last)
        #expect(withheld.metrics == nil && withheld.engagement == nil)
        let text = String(decoding: totals.json(), as: UTF8.self)
        #expect(text.contains(#""b":{"consent":"withheld"}"#))
        // The other speaker's turn metrics are what they would be.
        #expect(totals.speakers.first?.metrics?.turns == 3)
        #expect(totals.speakers.first?.metrics?.responseLagMedianMilliseconds == 450)
    }

    @Test func windowsForgetWhatIsPast() throws {
        let events = play([Script(name: "a", ipus: [0...10]), Script(name: "b", ipus: [12...40])], seconds: 40).events
        let last = try #require(events.ticks(of: "a").last)
        let windows = Dictionary(uniqueKeysWithValues: last.windows.map { ($0.name, $0) })
        #expect(windows.keys.sorted() == ["10s", "120s", "30s", "session"])
        #expect(windows["10s"]?.speechSeconds == 0)
        #expect(windows["10s"]?.talkRatio == 0)
        #expect(windows["30s"]?.speechSeconds == 0)
        #expect(abs((windows["session"]?.speechSeconds ?? 0) - 10) < 0.02)
    }

    @Test func aSpeakerWhoComesBackKeepsWhatWasMeasured() throws {
        var engine = SessionEngine(id: "s")
        let script = Script(name: "a", ipus: [0...2, 10...12])
        let first = engine.join(name: "a", role: "rep", consent: .granted, at: 0)
        for hop in 0..<Int64(300) { engine.play(speaker: first, script.record(hop)) }
        engine.leave(speaker: first, reason: "detached")
        let second = engine.join(name: "a", role: nil, consent: .granted, at: 900)
        #expect(second == first)
        for hop in Int64(900)..<1_300 { engine.play(speaker: second, script.record(hop)) }
        let totals = engine.finish()
        let metrics = try #require(totals.speakers.first?.metrics)
        #expect(totals.speakers.count == 1 && totals.speakers.first?.role == "rep")
        #expect(abs(metrics.speechSeconds - 4) < 0.03)
    }

    @Test func ratesAreSyllablesPerSecondOfSpeechAndOfTurn() throws {
        var engine = SessionEngine(id: "s")
        let script = Script(name: "a", ipus: [1...5, 6...10])
        let speaker = engine.join(name: "a", role: nil, consent: .granted, at: 0)
        for hop in 0..<Int64(1_200) {
            var record = script.record(hop)
            // Four a second, in pauses too: only those in speech count.
            record.isNucleus = hop % 25 == 0
            engine.play(speaker: speaker, record)
        }
        let metrics = try #require(engine.finish().speakers.first?.metrics)
        #expect(abs((metrics.articulationRate ?? 0) - 4) < 0.1)
        #expect(abs((metrics.speechRate ?? 0) - 4 * 8 / 9) < 0.1)
    }

    @Test func theLongestMonologueIsThatOfTheTurns() throws {
        let scripts = [
            Script(name: "a", ipus: [1...5, 5.5...21]), Script(name: "b", ipus: [9...9.5, 22...24]),
        ]
        let (events, totals, _) = play(scripts, seconds: 40)
        let a = try #require(totals.speakers.first?.metrics)
        #expect(abs(a.longestMonologueSeconds - 20) < 0.03, "a pause and a backchannel do not break it")
        #expect(abs((totals.speakers.last?.metrics?.longestMonologueSeconds ?? 0) - 2) < 0.03)
        let tick = try #require(events.ticks(of: "a").last)
        let windows = Dictionary(uniqueKeysWithValues: tick.windows.map { ($0.name, $0.longestMonologueSeconds) })
        #expect(windows["10s"] == 0)
        #expect(abs((windows["30s"] ?? 0) - 11) < 0.03, "what lies before the window does not count")
    }

    @Test func revokedConsentForgetsTheSpeakerAndNewConsentBeginsAnew() throws {
        var engine = SessionEngine(id: "s")
        let scripts = [
            Script(name: "a", ipus: [1...5, 20...24, 40...44, 60...64]),
            Script(name: "b", ipus: [6...12, 26...32, 46...52]),
        ]
        let speakers = scripts.map { engine.join(name: $0.name, role: nil, consent: .granted, at: 0) }
        func advance(to hop: Int64, from start: Int64) {
            for hop in start..<hop {
                for (speaker, script) in zip(speakers, scripts) { engine.play(speaker: speaker, script.record(hop)) }
            }
        }
        advance(to: 2_800, from: 0)
        _ = engine.takeEvents()
        let isKnown = [engine.setConsent(name: "b", to: .withheld), engine.setConsent(name: "nobody", to: .withheld)]
        #expect(isKnown == [true, false])
        advance(to: 4_500, from: 2_800)
        let silent = engine.takeEvents()
        #expect(silent.filter { $0.speaker == "b" }.map(\.body.typeName) == ["consent"])
        #expect(!silent.ticks(of: "a").isEmpty)
        #expect(engine.totals().speakers.last?.metrics == nil)
        for event in silent {
            if case .turn(let turn) = event.body { #expect(turn.previousSpeaker != "b") }
        }

        _ = engine.setConsent(name: "b", to: .granted)
        advance(to: 6_600, from: 4_500)
        let ticks = engine.takeEvents().ticks(of: "b")
        let tick = try #require(ticks.last)
        #expect(abs(tick.baseline.speechSeconds - 6) < 0.02, "only what was said since")
        #expect(abs((engine.totals().speakers.first?.metrics?.speechSeconds ?? 0) - 16) < 0.05)
    }
}
