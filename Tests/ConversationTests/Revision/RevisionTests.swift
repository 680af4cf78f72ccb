import Events
import MediaTypes
import SeededNumbers
import Testing

@testable import Conversation

/// What turns out otherwise than was told comes to the same as if it had been known.
@Suite struct RevisionTests {
    private static let seconds = 90

    /// A room in which some voices speak, told hop by hop.
    private struct Room {
        var engine: SessionEngine
        var voices: [Int] = []
        private var next: Int64 = 0

        init(voices count: Int) throws {
            engine = SessionEngine(id: "s")
            let admitted = engine.admitMixture(name: "room", patienceHops: 450, at: 0)
            let track = try #require(admitted)
            for _ in 0..<count {
                let found = engine.findVoice(on: track, at: 0)
                let voice = try #require(found)
                voices.append(voice)
                let name = engine.speakers[voice].name
                let role = voices.count == 1 ? "rep" : "customer"
                _ = engine.nameVoice(name, displayName: nil, role: role, consent: .granted)
            }
        }

        /// Goes on to `end`; `speech` is of each voice.
        mutating func play(to end: Int64, _ speech: [HopRuns]) {
            while next < end {
                engine.advance(to: next + 440)
                for (voice, runs) in zip(voices, speech) {
                    engine.push(
                        speaker: voice,
                        HopRecord(
                            index: next, levelDb: -30, speechProbability: 0, f0Hz: 0, voicingProbability: 0,
                            isSpeech: runs.contains(next), isLost: false))
                }
                next += 1
            }
        }

        func windows(of voice: Int) -> [WindowMetrics] {
            engine.windowMetrics(of: voices[voice], shared: engine.sharedMetrics())
        }
    }

    /// Turns of one to four seconds, with pauses, gaps and overlaps.
    private static func conversation(of voices: Int, _ random: inout SeededRandom) -> [HopRuns] {
        var runs = [[Range<Int64>]](repeating: [], count: voices)
        var hop: Int64 = 20, voice = 0
        while hop < Int64(seconds) * 100 {
            let length = Int64.random(in: 40...400, using: &random)
            let start = max(hop + Int64.random(in: -40...80, using: &random), runs[voice].last?.upperBound ?? 0)
            runs[voice].append(start..<start + length)
            hop = start + length
            voice = Int.random(in: 0..<voices, using: &random)
        }
        return runs.map { HopRuns($0) }
    }

    @Test(arguments: 1...12) func itComesToTheSameAsIfItHadBeenKnown(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let voices = 3
        let right = Self.conversation(of: voices, &random)
        // Some stretches are taken for somebody else's, or for nobody's.
        var told = right
        for _ in 0..<10 {
            let start = Int64.random(in: 0..<Int64(Self.seconds) * 100 - 1_000, using: &random)
            let range = start..<start + Int64.random(in: 50...500, using: &random)
            let (from, to) = (Int.random(in: 0..<voices, using: &random), Int.random(in: 0..<voices, using: &random))
            let moved = told[from].clamped(to: range)
            told[from].replace(in: range, with: HopRuns())
            if Bool.random(using: &random) { told[to] = told[to].combined(with: moved) { $0 || $1 } }
        }
        var knowing = try Room(voices: voices), learning = try Room(voices: voices)
        for end in stride(from: Int64(100), through: Int64(Self.seconds) * 100, by: 100) {
            knowing.play(to: end, right)
            learning.play(to: end, told)
            // Every second what is six seconds old is told as it was, as a track does.
            let range = max(0, end - 3_000)..<max(0, end - 600)
            guard !range.isEmpty else { continue }
            let revised = learning.voices.indices.map {
                (speaker: learning.voices[$0], hops: right[$0].clamped(to: range))
            }
            learning.engine.reviseSpeech(in: range, revised)
        }
        let rest = Int64(0)..<Int64(Self.seconds) * 100
        learning.engine.reviseSpeech(
            in: rest, learning.voices.indices.map { (learning.voices[$0], right[$0].clamped(to: rest)) })
        for voice in 0..<voices {
            for (mine, theirs) in zip(learning.windows(of: voice), knowing.windows(of: voice)) {
                let name = "\(voice) \(mine.name)"
                #expect(mine.speechSeconds == theirs.speechSeconds, "\(name)")
                #expect(mine.talkRatio == theirs.talkRatio, "\(name)")
                #expect(mine.pauseRatio == theirs.pauseRatio && mine.pauses == theirs.pauses, "\(name)")
                #expect(mine.turns == theirs.turns, "\(name)")
                #expect(mine.responseLags == theirs.responseLags, "\(name)")
                #expect(mine.ftoMedianMilliseconds == theirs.ftoMedianMilliseconds, "\(name)")
                #expect(mine.longestMonologueSeconds == theirs.longestMonologueSeconds, "\(name)")
                #expect(mine.speakerChangesPerMinute == theirs.speakerChangesPerMinute, "\(name)")
                #expect(mine.overlapRatio == theirs.overlapRatio, "\(name)")
                #expect(mine.patienceMedianMilliseconds == theirs.patienceMedianMilliseconds, "\(name)")
                #expect(mine.freedom == theirs.freedom, "\(name)")
            }
        }
        #expect(learning.engine.takeEvents().contains { $0.body.kind == .speechRevised })
    }

    /// Who puts what is told anew in the place of what was told has what is right in the end.
    @Test func eventsTellWhatWasWrong() throws {
        let right = [
            HopRuns([100..<400, 900..<1_200, 1_700..<2_000]), HopRuns([500..<800, 1_300..<1_600, 2_100..<2_400]),
        ]
        // The second stretch of the first one was taken for the other one's.
        let told = [
            HopRuns([100..<400, 1_700..<2_000]), HopRuns([500..<800, 900..<1_200, 1_300..<1_600, 2_100..<2_400]),
        ]
        var room = try Room(voices: 2)
        room.play(to: 2_500, told)
        let before = room.engine.takeEvents()
        let range = Int64(200)..<Int64(1_900)
        room.engine.reviseSpeech(in: range, room.voices.indices.map { (room.voices[$0], right[$0].clamped(to: range)) })
        let revised = room.engine.takeEvents()
        #expect(revised.map(\.body.kind) == [.speechRevised, .speechRevised])
        var speech = [[ClosedRange<Double>]](repeating: [], count: 2), turns = speech
        for event in before + revised {
            guard let voice = ["voice-1", "voice-2"].firstIndex(of: event.speaker) else { continue }
            switch event.body {
            case .speechEnded(let ended): speech[voice].append(ended.startSeconds...ended.endSeconds)
            case .turn(let turn): turns[voice].append(turn.startSeconds...turn.endSeconds)
            case .speechRevised(let revised):
                func isMeant(_ span: ClosedRange<Double>) -> Bool {
                    span.lowerBound < revised.toSeconds && span.upperBound > revised.fromSeconds
                }
                speech[voice].removeAll(where: isMeant)
                turns[voice].removeAll(where: isMeant)
                speech[voice] += revised.speech.map { $0.startSeconds...$0.endSeconds }
                turns[voice] += revised.turns.map { $0.startSeconds...$0.endSeconds }
                #expect(revised.turns.allSatisfy { $0.previousSpeaker == nil })
            default: break
            }
        }
        for list in speech.indices {
            speech[list].sort { $0.lowerBound < $1.lowerBound }
            turns[list].sort { $0.lowerBound < $1.lowerBound }
        }
        #expect(speech == [[1...4, 9...12, 17...20], [5...8, 13...16, 21...24]])
        // The last turn is not over.
        #expect(turns == [[1...4, 9...12, 17...20], [5...8, 13...16]])
    }

    @Test func whatAVoiceSaidThatIsAnotherOneWasSaidByThat() throws {
        let runs = [HopRuns([100..<400, 2_100..<2_400]), HopRuns([500..<800]), HopRuns([900..<1_500])]
        var room = try Room(voices: 3)
        room.play(to: 2_600, runs)
        #expect(room.windows(of: 0).last?.speechSeconds == 6)
        room.engine.mergeVoice(room.voices[2], into: room.voices[0])
        let session = try #require(room.windows(of: 0).last)
        #expect(session.speechSeconds == 12 && session.talkRatio == 0.8 && session.turns == 2)
        // Nobody else spoke between the last two stretches.
        #expect(session.longestMonologueSeconds == 15)
        #expect(room.windows(of: 1).last?.talkRatio == 0.2)
    }

    @Test func ofWhomNothingIsMeasuredOnlySpeechIsTold() throws {
        var engine = SessionEngine(id: "s")
        let admitted = engine.admitMixture(name: "room", patienceHops: 450, at: 0)
        let track = try #require(admitted)
        let found = (0..<2).map { _ in engine.findVoice(on: track, at: 0) ?? -1 }
        func play(_ hops: Range<Int64>, _ speech: Range<Int64>) {
            for hop in hops {
                engine.advance(to: hop + 440)
                for voice in found {
                    engine.push(
                        speaker: voice,
                        HopRecord(
                            index: hop, levelDb: -30, speechProbability: 0, f0Hz: 0, voicingProbability: 0,
                            isSpeech: voice == found[0] && speech.contains(hop), isLost: false))
                }
            }
        }
        play(0..<1_000, 100..<400)
        _ = engine.takeEvents()
        _ = engine.setConsent(name: "voice-2", to: .withheld)
        // What was before that is not gone into any more.
        engine.reviseSpeech(in: 0..<900, [(found[0], HopRuns()), (found[1], HopRuns([100..<400]))])
        #expect(!engine.takeEvents().contains { $0.body.kind == .speechRevised })
        play(1_000..<2_000, 1_100..<1_400)
        engine.reviseSpeech(in: 1_000..<1_900, [(found[0], HopRuns()), (found[1], HopRuns([1_100..<1_400]))])
        let revised = engine.takeEvents().filter { $0.body.kind == .speechRevised }
        #expect(revised.map(\.speaker) == ["voice-1"])
        guard case .speechRevised(let body)? = revised.first?.body else { return }
        #expect(body.speech.isEmpty && body.turns.isEmpty && body.fromSeconds == 11 && body.toSeconds == 14)
    }
}
