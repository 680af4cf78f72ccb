import Events
import MediaTypes
import Testing

@testable import Conversation

/// Voices that are found on a track with several: anonymous until somebody says whose they are.
@Suite struct VoiceRosterTests {
    private static let patience: Int64 = 450

    /// A session in which two voices of one track speak in turns; what they say comes 4 s after the present.
    private final class Room {
        var engine: SessionEngine
        let track: Int
        var voices: [Int] = []
        private var next: Int64 = 0
        private let scripts = [
            Script(name: "voice-1", ipus: stride(from: 1.0, to: 200, by: 8).map { $0...$0 + 3 }),
            Script(name: "voice-2", ipus: stride(from: 5.0, to: 200, by: 8).map { $0...$0 + 3 }),
        ]

        init(_ configuration: ConversationConfiguration = .init(), finds count: Int = 2) throws {
            engine = SessionEngine(id: "s", configuration: configuration)
            let admitted = engine.admitMixture(name: "room", patienceHops: VoiceRosterTests.patience, at: 0)
            track = try #require(admitted)
            for _ in 0..<count {
                let found = engine.findVoice(on: track, at: 0)
                voices.append(try #require(found))
            }
        }

        func events() -> [Event] { engine.takeEvents() }

        /// What the first voice was permitted last.
        var permit: Permit? { engine.takePermits().last { $0.speaker == voices[0] }?.permit }

        /// Goes on up to `seconds` of what is said.
        func play(to seconds: Int) {
            while next < Int64(seconds * 100) {
                engine.advance(to: next + 440)
                engine.push(
                    speaker: track,
                    HopRecord(
                        index: next, levelDb: -60, speechProbability: 0, f0Hz: 0, voicingProbability: 0,
                        isSpeech: false,
                        isLost: false))
                for (place, voice) in voices.enumerated() {
                    engine.push(speaker: voice, scripts[place].record(next))
                }
                next += 1
            }
        }
    }

    private func kinds(_ events: [Event], of speaker: String) -> Set<String> {
        Set(events.filter { $0.speaker == speaker }.map(\.body.typeName))
    }

    @Test func whatComesLateIsWaitedForAndNothingIsLost() throws {
        let room = try Room()
        room.play(to: 60)
        #expect(room.engine.droppedHops.late == 0 && room.engine.settledHops == 6_000)
        let spoken = room.events().compactMap { event -> Double? in
            guard event.speaker == "voice-2", case .speechEnded(let ended) = event.body else { return nil }
            return ended.endSeconds - ended.startSeconds
        }
        #expect(spoken.count >= 6 && spoken.allSatisfy { abs($0 - 3) < 0.02 })
    }

    @Test func aVoiceIsAnonymousUntilSomebodySaysWhoseItIs() throws {
        let room = try Room()
        room.play(to: 30)
        var events = room.events()
        #expect(kinds(events, of: "voice-1") == ["speaker.joined", "voice.found", "speech.started", "speech.ended"])
        #expect(kinds(events, of: "room") == ["speaker.joined"])
        #expect(room.permit == .likeness)

        let joined = room.engine.nameVoice("voice-1", displayName: "Ana", role: "guest", consent: .granted)
        #expect(joined?.displayName == "Ana" && joined?.consent == .granted)
        #expect(room.permit == [.likeness, .voice])
        room.play(to: 60)
        events = room.events()
        #expect(kinds(events, of: "voice-1").isSuperset(of: ["voice.named", "consent", "tick", "turn"]))
        #expect(kinds(events, of: "voice-2") == ["speech.started", "speech.ended"])
        let covered = try #require(events.ticks(of: "voice-1").last?.windows.last)
        #expect(covered.name == "session")
        // Nothing of what was before somebody agreed.
        let turns = events.compactMap { event -> Double? in
            if case .turn(let turn) = event.body { turn.startSeconds } else { nil }
        }
        #expect(turns.allSatisfy { $0 >= 30 })

        _ = room.engine.setConsent(name: "voice-1", to: .withheld)
        #expect(room.permit == [])
        room.play(to: 90)
        #expect(kinds(room.events(), of: "voice-1") == ["consent"])
    }

    @Test func theTrackIsNobody() throws {
        let room = try Room()
        let isChanged = room.engine.setConsent(name: "room", to: .granted)
        #expect(!isChanged)
        for name in ["voice-1", "voice-2"] {
            _ = room.engine.nameVoice(name, displayName: nil, role: nil, consent: .granted)
        }
        room.play(to: 40)
        // Two take part; with three there would be a balance.
        #expect(room.engine.participants == room.voices)
        let tick = try #require(room.events().ticks(of: "voice-1").last)
        #expect(tick.windows.allSatisfy { $0.balance == nil })
        let named = room.engine.nameVoice("room", displayName: "x", role: nil, consent: nil)
        #expect(named == nil)
    }

    @Test func aVoiceThatIsAnotherOneLeaves() throws {
        let room = try Room()
        room.play(to: 20)
        room.engine.mergeVoice(room.voices[1], into: room.voices[0])
        let events = room.events()
        let merges = events.compactMap { event -> String? in
            if case .voiceMerged(let merged) = event.body { merged.into } else { nil }
        }
        #expect(merges == ["voice-1"] && !room.engine.isPresent("voice-2"))
        #expect(room.engine.participants == [room.voices[0]])
        room.engine.countVoices(on: room.track, VoicesCounted(least: 1, most: 2))
        room.engine.countVoices(on: 99, VoicesCounted(least: 1, most: 1))
        let counted = room.events().filter { $0.body.kind == .voicesCounted }
        #expect(counted.map(\.speaker) == ["room"])
        // The name is not given again.
        let next = room.engine.findVoice(on: room.track, at: 2_000)
        #expect(next.map { room.engine.speakers[$0].name } == "voice-3")
    }

    @Test func aNameFromBeforeARestartIsNobodyElses() throws {
        var engine = SessionEngine(id: "s")
        let former = engine.join(name: "voice-1", role: nil, consent: .granted, at: 0)
        let track = engine.admitMixture(name: "room", patienceHops: Self.patience, at: 0) ?? -1
        let found = engine.findVoice(on: track, at: 0) ?? -1
        try #require(found >= 0)
        #expect(found != former && engine.speakers[found].name == "voice-2")
        #expect(!engine.isMeasured(speaker: found))
    }

    @Test func withoutANoticeNothingIsToldOfAVoice() throws {
        var configuration = ConversationConfiguration()
        configuration.hasNotice = false
        let room = try Room(configuration)
        room.play(to: 20)
        #expect(kinds(room.events(), of: "voice-1") == ["speaker.joined", "voice.found"])
    }
}
