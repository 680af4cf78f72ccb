import Events
import Glibc
import SeededNumbers
import Testing

@testable import Conversation

@Suite struct SideTests {
    private func team(consentOfBen: ConsentState = .granted) -> [Script] {
        [
            Script(name: "ana", role: "rep", ipus: [1...5, 20...24]),
            Script(name: "bob", role: "host", ipus: [10.5...14]),
            Script(name: "ben", role: "customer", consent: consentOfBen, ipus: [5.8...10, 14.5...19.5]),
        ]
    }

    @Test func sidesAreCountedTogether() throws {
        let totals = play(team(), seconds: 26).totals
        let host = try #require(totals.sides.first { $0.name == "host" })
        let guest = try #require(totals.sides.first { $0.name == "guest" })
        #expect(host.speakers == ["ana", "bob"] && guest.speakers == ["ben"])
        #expect(abs(host.speechSeconds - 11.5) < 0.05 && abs(guest.speechSeconds - 9.2) < 0.05)
        #expect(abs((host.talkRatio ?? 0) + (guest.talkRatio ?? 0) - 1) < 1e-9)
        #expect(host.turns == 3 && guest.turns == 2)
        #expect(guest.responseLagMedianMilliseconds == 650 && guest.responseLags == 2, "0.8 s and 0.5 s")
        #expect(host.responseLagMedianMilliseconds == 500 && host.responseLags == 2)
        let ana = try #require(totals.speakers.first?.metrics)
        #expect(ana.sideTalkRatio == host.talkRatio)
        #expect(ana.patienceMedianMilliseconds == 500 && ana.patienceCount == 1)
        #expect(totals.speakers.last?.metrics?.patienceCount == nil, "patience is the host's")
    }

    /// What a side does together would tell what its only member does.
    @Test func aSideWithSomebodyWithoutConsentIsNotTold() {
        let totals = play(team(consentOfBen: .withheld), seconds: 26).totals
        #expect(totals.sides.map(\.name) == ["host"])
        #expect(totals.balance == nil && totals.freedom == nil && totals.entrainment.isEmpty)
    }

    @Test func uncertainTimesGiveNoLags() throws {
        for (milliseconds, lags) in [(20.0, 2), (30.0, 0)] {
            var engine = SessionEngine(id: "s")
            let scripts = team()
            let speakers = scripts.map { engine.join(name: $0.name, role: $0.role, consent: $0.consent, at: 0) }
            for script in scripts { engine.setTiming(of: script.name, .apart(milliseconds: milliseconds)) }
            for hop in 0..<Int64(2_600) {
                for (speaker, script) in zip(speakers, scripts) { engine.play(speaker: speaker, script.record(hop)) }
            }
            let ben = try #require(engine.finish().speakers.last?.metrics)
            #expect(ben.responseLags == lags, "\(milliseconds) ms each")
            #expect(ben.turns == 2)
        }
    }

    @Test func balanceAndFreedomAreThoseOfTheirDefinitions() throws {
        #expect(Balance(talk: [10, 10]) == nil, "for more than two")
        let even = try #require(Balance(talk: [10, 10, 10, 10]))
        #expect(abs(even.entropy - 1) < 1e-9 && abs(even.gini) < 1e-9)
        let one = try #require(Balance(talk: [0, 0, 30]))
        #expect(one.entropy == 0 && abs(one.gini - 2.0 / 3) < 1e-9)

        var roundRobin = Transfers()
        var free = Transfers()
        for _ in 0..<50 {
            for speaker in 0..<3 {
                roundRobin.add(from: speaker, to: (speaker + 1) % 3)
                free.add(from: speaker, to: (speaker + 1) % 3)
                free.add(from: speaker, to: (speaker + 2) % 3)
            }
        }
        #expect(roundRobin.freedom(speakers: 3) == 0)
        #expect(abs((free.freedom(speakers: 3) ?? 0) - 1) < 1e-9)
    }
}

@Suite struct EntrainmentTests {
    /// Turns of two speakers; `second` is made from the partner's value and a private random one.
    private func exchange(_ second: (_ partner: Double, _ own: Double, _ turn: Int) -> Double) -> [String: SessionTotals
        .Entrainment]
    {
        var random = SeededRandom(seed: 5)
        var entrainment = Entrainment()
        func draw() -> Double { Double.random(in: -1...1, using: &random) }
        for turn in 0..<120 {
            let first = draw()
            entrainment.add(speaker: 0, voice: .init(values: [first, draw(), draw()]))
            entrainment.add(speaker: 1, voice: .init(values: [second(first, draw(), turn), draw(), draw()]))
        }
        let found = entrainment.summaries { ["a", "b"][$0] }
        return Dictionary(uniqueKeysWithValues: found.map { ($0.feature, $0) })
    }

    @Test func synchronyIsFoundAndChanceIsNot() throws {
        let found = exchange { partner, own, _ in partner + 0.3 * own }
        let pitch = try #require(found["pitch"])
        #expect(pitch.exchanges == 239 && pitch.speakers == ["a", "b"])
        #expect(pitch.synchrony > 0.4 && pitch.synchrony > pitch.shamSynchrony && pitch.proximity > 3)
        let loudness = try #require(found["loudness"])
        #expect(abs(loudness.synchrony) < 0.2 && abs(loudness.proximity) < 3)
        #expect(abs(loudness.synchrony) <= loudness.shamSynchrony)
    }

    @Test func convergenceIsFound() throws {
        let pitch = try #require(
            exchange { partner, own, turn in
                let nearness = Double(turn) / 120
                return nearness * partner + (1 - nearness) * own
            }["pitch"])
        #expect(pitch.convergence > 0.15)
    }

    @Test func aForgottenSpeakerLeavesNothing() {
        var entrainment = Entrainment()
        for turn in 0..<20 { entrainment.add(speaker: turn % 2, voice: .init(values: [Double(turn), 0, 0])) }
        #expect(!entrainment.summaries { "\($0)" }.isEmpty)
        entrainment.forget(speaker: 1)
        #expect(entrainment.summaries { "\($0)" }.isEmpty)
    }
}
