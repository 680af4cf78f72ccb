import Events
import Foundation
import Testing

@testable import Conversation

/// What is usual for people goes along where their session goes on elsewhere.
@Suite struct UsualValuesTests {
    private static let names = ["rep", "customer"]

    /// Turns of four seconds each, half a second apart.
    private func scripts(seconds: Double) -> [Script] {
        var ipus: [[ClosedRange<Double>]] = [[], []]
        var (time, speaker) = (0.5, 0)
        while time + 4 < seconds {
            ipus[speaker].append(time...(time + 4))
            (time, speaker) = (time + 4.5, 1 - speaker)
        }
        return zip(Self.names, ipus).map { Script(name: $0, ipus: $1) }
    }

    /// Plays into an engine that may know the people already.
    private func play(_ engine: inout SessionEngine, seconds: Int, consent: ConsentState = .granted) -> [Event] {
        let scripts = scripts(seconds: Double(seconds))
        let people = Self.names.map { engine.join(name: $0, role: nil, consent: consent, at: 0) }
        for hop in 0..<Int64(seconds * 100) {
            for (person, script) in zip(people, scripts) { engine.play(speaker: person, script.record(hop)) }
        }
        return engine.takeEvents()
    }

    private func scores(_ events: [Event]) -> [(seconds: Double, score: EngagementScore)] {
        events.compactMap { event in
            guard event.speaker == "customer", case .tick(let tick) = event.body,
                case .scored(let score) = tick.engagement
            else { return nil }
            return (event.timeSeconds ?? 0, score)
        }
    }

    /// An engine that goes on with what another one knew, as it goes over the wire.
    private func next(
        _ usual: [String: UsualValues]?, _ remembered: [RememberedSpeaker]
    ) throws -> SessionEngine {
        var engine = SessionEngine(id: "s")
        engine.restore(remembered, lostSince: 0)
        let wire = try JSONEncoder().encode(usual ?? [:])
        engine.restore(usual: try JSONDecoder().decode([String: UsualValues].self, from: wire))
        return engine
    }

    @Test func scoresGoOnOnceTheWindowIsFull() throws {
        var first = SessionEngine(id: "s")
        _ = play(&first, seconds: 200)
        let usual = first.usualValues
        #expect(Set(usual.keys) == Set(Self.names))

        var with = try next(usual, first.remembered)
        let known = scores(play(&with, seconds: 60))
        let begin = try #require(known.first)
        #expect(begin.seconds <= 33 && !begin.score.isProvisional)
        #expect(known.allSatisfy { abs($0.score.score - 50) < 10 }, "nothing is unusual here")

        var without = try next(nil, first.remembered)
        let unknown = try #require(scores(play(&without, seconds: 60)).first)
        #expect(unknown.seconds > begin.seconds + 8 && unknown.score.isProvisional)
    }

    @Test func whoDoesNotAgreeHasNone() throws {
        var first = SessionEngine(id: "s")
        _ = play(&first, seconds: 60)
        let before = first.usualValues
        _ = first.setConsent(name: "customer", to: .withheld)
        #expect(Set(first.usualValues.keys) == ["rep"])
        // What was written before that is not taken in any more.
        var other = try next(before, first.remembered)
        #expect(other.speakers.first { $0.name == "customer" }?.measures.knownSpeechSeconds == 0)
        // Who comes back with another consent begins anew.
        _ = play(&other, seconds: 1, consent: .unknown)
        #expect(other.speakers.allSatisfy { $0.measures.knownSpeechSeconds == 0 })
    }

    /// The bus is believed, but nothing that comes from it can be worse than no baseline.
    @Test func whatCannotBeIsNotTakenIn() throws {
        var first = SessionEngine(id: "s")
        _ = play(&first, seconds: 60)
        let wrong = [
            UsualValues.Value(centre: 1e9, deviation: 1, samples: 20), .init(centre: 0, deviation: -1, samples: 20),
            .init(centre: 0, deviation: 1, samples: -20), .init(centre: 0, deviation: 1, samples: .max),
        ]
        for value in wrong {
            let usual = UsualValues(
                engagement: ["talk_ratio": value, "colour": value], activation: ["pitch_level": value],
                speechSeconds: -1e300, turns: .min)
            var engine = try next(["customer": usual], first.remembered)
            let speaker = try #require(engine.speakers.first { $0.name == "customer" })
            #expect(speaker.measures.engagement.usualValues["talk_ratio"]?.samples == 0)
            #expect(speaker.measures.knownSpeechSeconds == 0 && speaker.measures.knownTurns == 0)
            #expect(!play(&engine, seconds: 3).isEmpty)
        }
    }

    /// What a role had narrowed stays so in another process.
    @Test func whatWasNarrowedStaysNarrowed() throws {
        var first = SessionEngine(id: "s")
        _ = play(&first, seconds: 2)
        #expect(first.speakers.allSatisfy { $0.measures.sentiment != nil })
        var remembered = first.remembered
        for index in remembered.indices { remembered[index].permissions.sentiment = false }
        let second = try next(nil, remembered)
        #expect(second.speakers.allSatisfy { $0.measures.sentiment == nil })
    }
}
