import Events
import MediaTypes
import Testing

@testable import Conversation

/// A second modality, as small as can be: ten records a second that come two seconds late and are revised once. All
/// that it takes is here: a record, a window, and the field that it fills.
private struct ToyRecord: LaneRecord {
    var id: Int64
    var isUp: Bool
    var hops: Range<Int64> { id * 10..<id * 10 + 10 }
}

private struct ToyWindow: EvidenceWindow {
    static let name = "toy"
    static let patienceHops: Int64 = 250
    private var taken = 0, up = 0
    private var end: Int64 = 0

    mutating func take(_ record: ToyRecord) {
        taken += 1
        up += record.isUp ? 1 : 0
        end = max(end, record.hops.upperBound)
    }

    func fields(at hop: Int64) -> [LaneFields.Field]? {
        taken == 0 ? nil : [.init("up_ratio", Double(up) / Double(taken)), .init("until_s", Double(end) / 100)]
    }
}

@Suite struct LaneTests {
    private let script = Script(name: "a", ipus: [1...5, 8...12])

    @Test func aSecondModalityReachesATick() throws {
        var engine = SessionEngine(id: "s")
        let a = engine.join(name: "a", role: nil, consent: .granted, at: 0)
        for hop in 0..<Int64(1_000) {
            engine.play(speaker: a, script.record(hop))
            guard hop % 10 == 9, hop >= 209 else { continue }
            let number = hop / 10 - 20
            // Everything is up at first; then every second one was down after all.
            engine.push(VoiceLabel(track: a), ToyRecord(id: number, isUp: true), to: ToyWindow.self)
            if number > 0 {
                engine.push(VoiceLabel(track: a), ToyRecord(id: number - 1, isUp: number % 2 == 0), to: ToyWindow.self)
                engine.advance(VoiceLabel(track: a), ToyWindow.self, watermark: (number - 1) * 10 + 10)
            }
        }
        let ticks = engine.takeEvents().ticks(of: "a")
        #expect(ticks.count == 10)
        #expect(ticks[0].lanes.isEmpty, "nothing is final yet")
        let last = try #require(ticks.last?.lanes.first)
        #expect(last.name == "toy")
        #expect(abs((last.fields[0].value ?? 0) - 0.5) < 0.02)
        #expect(abs((last.fields[1].value ?? 0) - 7.9) < 0.11, "what is final is two seconds late")
        let line = String(
            decoding: Event(.tick(ticks[9]), session: "s", speaker: "a", timeSeconds: 10).line(sequence: 1, at: "x"),
            as: UTF8.self)
        #expect(line.contains(#""lanes":["voice","toy"],"toy":{"up_ratio":0.5"#))
    }

    @Test func itsPatienceIsItsOwn() {
        var lane = EvidenceLane<ToyWindow>()
        var evidence: Evidence? = [:]
        for number in 0..<Int64(100) { lane.push(ToyRecord(id: number, isUp: true)) }
        // No word of the lane about how far it is: its patience decides.
        lane.settle(present: 500, into: &evidence)
        #expect(evidence?.values.first?.fields(at: 500)?.fields[1].value == 2.5)
        lane.push(ToyRecord(id: 3, isUp: false))
        #expect(lane.dropped == 1, "final is final")
    }

    /// Two voices on one track, of whom the lane knows no more than that they are two.
    @Test func whoAVoiceIsMayBeSaidLateAndRevised() {
        var engine = SessionEngine(id: "s")
        let people = ["a", "b"].map { engine.join(name: $0, role: nil, consent: .granted, at: 0) }
        let voices = [1, 2].map { VoiceLabel(track: people[0], label: $0) }
        func play(_ seconds: Range<Int64>) {
            for hop in seconds.lowerBound * 100..<seconds.upperBound * 100 {
                for person in people { engine.play(speaker: person, script.record(hop)) }
                guard hop % 10 == 9 else { continue }
                engine.push(voices[0], ToyRecord(id: hop / 10, isUp: true), to: ToyWindow.self)
                engine.push(voices[1], ToyRecord(id: hop / 10, isUp: false), to: ToyWindow.self)
            }
        }
        /// What the last ticks show: the share that is up, and until when.
        func shown() -> [[Double?]] {
            let events = engine.takeEvents()
            return ["a", "b"].map { events.ticks(of: $0).last?.lanes.first?.fields.map(\.value) ?? [] }
        }
        // Nobody is bound: what waits for longer than the lane's patience is dropped.
        play(0..<4)
        #expect(shown() == [[], []])
        // What is not final yet is theirs.
        for (voice, person) in zip(voices, people) { engine.bind(voice, to: person) }
        play(4..<6)
        #expect(shown() == [[1, 3.5], [0, 3.5]])
        // It was the other way round after all, from what is not final yet on.
        engine.bind(voices[0], to: people[1])
        engine.bind(voices[1], to: people[0])
        play(6..<8)
        #expect(shown() == [[0.5, 5.5], [0.5, 5.5]])
        let isBound = engine.bind(voices[0], to: 2)
        #expect(!isBound, "there is no such speaker")
    }

    @Test func withoutConsentNothingOfItIsKept() {
        var engine = SessionEngine(id: "s")
        let a = engine.join(name: "a", role: nil, consent: .granted, at: 0)
        for hop in 0..<Int64(400) { engine.play(speaker: a, script.record(hop)) }
        engine.push(VoiceLabel(track: a), ToyRecord(id: 0, isUp: true), to: ToyWindow.self)
        _ = engine.setConsent(name: "a", to: .withheld)
        #expect(engine.lanes.isEmpty && engine.speakers[a].evidence.isEmpty)
        engine.push(VoiceLabel(track: a), ToyRecord(id: 1, isUp: true), to: ToyWindow.self)
        #expect(engine.lanes.isEmpty)
        // Nor of a voice that turns out to be that of somebody who withholds it.
        let voice = VoiceLabel(track: a, label: 1)
        engine.push(voice, ToyRecord(id: 1, isUp: true), to: ToyWindow.self)
        #expect(engine.lanes.count == 1)
        engine.bind(voice, to: a)
        #expect(engine.lanes.isEmpty)
    }

    @Test func aSessionHoldsAsManyVoicesAsItMay() {
        var engine = SessionEngine(id: "s")
        let a = engine.join(name: "a", role: nil, consent: .granted, at: 0)
        for label in 0..<1_000 {
            engine.push(VoiceLabel(track: a, label: label), ToyRecord(id: 1, isUp: true), to: ToyWindow.self)
        }
        #expect(engine.lanes.count == Roster.maxLabels && engine.refusedLanes == 1_000 - Roster.maxLabels)
        for label in 0..<1_000 { engine.bind(VoiceLabel(track: a, label: label), to: a) }
        let isBound = [1_000, 1].map { engine.bind(VoiceLabel(track: a, label: $0), to: a) }
        #expect(isBound == [false, true], "who is bound may be bound again")
    }
}

/// The session's present is an input, and nobody else's record moves it.
@Suite struct PresentTests {
    private let script = Script(name: "a", ipus: [1...5, 8...12])

    @Test func whoRunsAheadDragsNobody() {
        var engine = SessionEngine(id: "s")
        let a = engine.join(name: "a", role: nil, consent: .granted, at: 0)
        let b = engine.join(name: "b", role: nil, consent: .granted, at: 0)
        // All of b's twenty seconds come at once, and ten more than may lie ahead.
        for hop in 0..<Int64(4_000) { engine.push(speaker: b, script.record(hop)) }
        #expect(engine.settledHops == 0)
        for hop in 0..<Int64(2_000) { engine.play(speaker: a, script.record(hop)) }
        let totals = engine.finish()
        #expect(totals.speakers.map { $0.audio?.lossPercent ?? -1 } == [0, 0])
        #expect(totals.durationSeconds == 20)
        #expect(engine.droppedHops.ahead == 1_000)
        let starts = engine.takeEvents().filter { $0.body.typeName == "tick" && $0.speaker == "b" }
        #expect(starts.count == 20)
    }

    @Test func boundariesAreToldWhenTheirTimeHasCome() {
        var engine = SessionEngine(id: "s")
        let a = engine.join(name: "a", role: nil, consent: .granted, at: 0)
        for hop in Int64(0)..<600 {
            var record = script.record(hop)
            record.isSpeech = (100..<300).contains(hop)
            engine.push(speaker: a, record)
        }
        func told() -> [String] { engine.takeEvents().map(\.body.typeName).filter { $0.hasPrefix("speech") } }
        #expect(told() == [])
        engine.advance(to: 100)
        #expect(told() == [])
        engine.advance(to: 108)
        #expect(told() == ["speech.started"])
        engine.advance(to: 300)
        #expect(told() == [])
        engine.advance(to: 301)
        #expect(told() == ["speech.ended"])
    }

    @Test func speechEndsWhereMediaStops() throws {
        var engine = SessionEngine(id: "s")
        let a = engine.join(name: "a", role: nil, consent: .granted, at: 0)
        for hop in 0..<Int64(300) { engine.play(speaker: a, script.record(hop)) }
        engine.pause(speaker: a)
        for second in 4...9 { engine.advance(to: Int64(second * 100)) }
        let events = engine.takeEvents()
        let ended = try #require(events.first { $0.body.typeName == "speech.ended" })
        #expect(ended.timeSeconds == 3)
        #expect(events.ticks(of: "a").last?.voice.isSpeaking == false)
        #expect(events.ticks(of: "a").count == 8, "ticks go on")
        // It comes back, and what was missing is one gap.
        engine.explainGap(speaker: a, fromHop: 300, toHop: 900, why: .stall)
        for hop in Int64(900)..<1_200 { engine.play(speaker: a, script.record(hop)) }
        let gaps = engine.takeEvents().compactMap { if case .gap(let gap) = $0.body { gap } else { nil } }
        #expect(gaps.map(\.fromSeconds) == [3] && gaps.map(\.toSeconds) == [9] && gaps.map(\.why) == [.stall])
    }

    @Test func whoseMediaNeverCameHasNoTicksAndNoLoss() {
        var engine = SessionEngine(id: "s")
        let a = engine.join(name: "a", role: nil, consent: .granted, at: 0)
        _ = engine.join(name: "idle", role: nil, consent: .granted, at: 0)
        for hop in 0..<Int64(1_000) { engine.play(speaker: a, script.record(hop)) }
        let events = engine.takeEvents()
        #expect(events.ticks(of: "idle").isEmpty && events.ticks(of: "a").count >= 9)
        #expect(engine.finish().speakers[1].audio?.lossPercent == 0)
    }

    @Test(arguments: [Int64(100), 2_880_000]) func aLongStretchCostsAsMuchAsAShortOne(seconds: Int64) {
        var engine = SessionEngine(id: "s")
        let a = engine.join(name: "a", role: nil, consent: .granted, at: 0)
        for hop in 0..<Int64(500) { engine.play(speaker: a, script.record(hop)) }
        engine.pause(speaker: a)
        // A machine that stood still: the present comes all at once.
        engine.advance(to: 500 + seconds * 100)
        #expect(engine.takeEvents().count < 100)
        let loss = engine.totals().speakers[0].audio?.lossPercent ?? 0
        #expect(abs(loss - Double(seconds) / Double(seconds + 5) * 100) < 1)
        for hop in (500 + seconds * 100)..<(1_500 + seconds * 100) {
            var record = script.record(hop % 1_000)
            record.index = hop
            engine.play(speaker: a, record)
        }
        #expect(engine.finish().durationSeconds == Double(seconds + 15))
    }

    @Test func aSessionHoldsAsManyPeopleAsItMay() {
        var configuration = ConversationConfiguration()
        configuration.maxSpeakers = 3
        var engine = SessionEngine(id: "s", configuration: configuration)
        for number in 0..<10 {
            let index = engine.admit(name: "p\(number)", role: nil, consent: .granted, at: 0)
            if let index { engine.leave(speaker: index, reason: "gone") }
        }
        #expect(engine.refusedSpeakers == 7)
        #expect(engine.admit(name: "p1", role: nil, consent: .granted, at: 0) == 1, "who was there may come back")
    }

    @Test func timesAreComparedPairByPair() {
        let aligned = SpeakerTiming(clock: 7, offsetNanoseconds: 5, sharedMilliseconds: 2, ownMilliseconds: 25)
        let other = SpeakerTiming(
            clock: 7, offsetNanoseconds: 50_000_000, sharedMilliseconds: 2, ownMilliseconds: 30)
        let idle = SpeakerTiming(clock: nil, offsetNanoseconds: 0, sharedMilliseconds: 2, ownMilliseconds: 60)
        #expect(aligned.uncertaintyMilliseconds(with: other) == 4)
        #expect(aligned.uncertaintyMilliseconds(with: idle) == 85)
        let far = SpeakerTiming(
            clock: 7, offsetNanoseconds: .min, sharedMilliseconds: 2, ownMilliseconds: 30)
        #expect(aligned.uncertaintyMilliseconds(with: far) == 55)
    }

    @Test func withheldLagsCarryTheReason() throws {
        var engine = SessionEngine(id: "s")
        let scripts = [Script(name: "a", ipus: [1...5]), Script(name: "b", ipus: [5.6...9])]
        let speakers = scripts.map { engine.join(name: $0.name, role: nil, consent: .granted, at: 0) }
        for script in scripts { engine.setTiming(of: script.name, .apart(milliseconds: 30)) }
        for hop in 0..<Int64(1_000) {
            for (speaker, script) in zip(speakers, scripts) { engine.play(speaker: speaker, script.record(hop)) }
        }
        let ticks = engine.takeEvents().ticks(of: "b")
        #expect(ticks.last?.lagsWithheld == .timing)
        #expect(ticks.last?.windows.last?.responseLagMedianMilliseconds == nil)
    }
}
