import Conversation
import ConversationGenerator
import Events
import MediaTypes
import Testing

/// `make soak` does it with eight hours of audio.
@Suite struct LongMeetingTests {
    @Test func timesOfALongMeetingDoNotDrift() throws {
        let voices = try #require(Material.voices, "needs FFmpeg with Flite")
        var plan = ConversationPlan()
        plan.speakers = 10...10
        plan.seconds = 600...600
        let made = ScriptedConversation(seed: 3, voices: voices, plan: plan)
        let hops = made.sampleCount / AudioGrid.hopSamples
        var speaks = Array(repeating: [Bool](repeating: false, count: hops), count: made.speakers)
        for placement in made.placements {
            for hop in placement.start / AudioGrid.hopSamples..<placement.end / AudioGrid.hopSamples {
                speaks[placement.speaker][hop] = true
            }
        }
        var engine = SessionEngine(id: "s")
        for index in speaks.indices {
            _ = engine.join(name: "s\(index)", role: nil, consent: .granted, at: 0)
        }
        var turns: [(speaker: Int, seconds: Double)] = []
        for hop in 0..<hops {
            for (index, speaks) in speaks.enumerated() {
                engine.play(
                    speaker: index,
                    HopRecord(
                        index: Int64(hop), levelDb: speaks[hop] ? -20 : -70, speechProbability: speaks[hop] ? 1 : 0,
                        f0Hz: 0, voicingProbability: 0, isSpeech: speaks[hop], isLost: false))
            }
            for event in engine.takeEvents() {
                guard case .turn(let turn) = event.body, let speaker = Int(event.speaker?.dropFirst() ?? "")
                else { continue }
                turns.append((speaker, turn.startSeconds))
            }
        }
        let totals = engine.finish()
        #expect(totals.speakerChanges == made.holders.count - 1)
        #expect(turns.count > 50)
        for turn in turns {
            #expect(
                made.placements.contains {
                    $0.speaker == turn.speaker
                        && abs(Double($0.start) / Double(AudioGrid.sampleRateHz) - turn.seconds) <= 0.01
                }, "\(turn)")
        }
    }
}

extension SessionEngine {
    /// Pushes a record at the moment in which its hop is over.
    mutating func play(speaker: Int, _ record: HopRecord) {
        advance(to: record.index + 1)
        push(speaker: speaker, record)
    }
}
