import Events
import Testing

@testable import Conversation

@Suite struct IncursionTests {
    private func overlaps(_ scripts: [Script], seconds: Double) -> [(speaker: String?, overlap: Overlap)] {
        play(scripts, seconds: seconds).events.compactMap { event in
            guard case .overlap(let overlap) = event.body else { return nil }
            return (event.speaker, overlap)
        }
    }

    /// The last telling of each incursion.
    private func final(_ told: [(speaker: String?, overlap: Overlap)]) -> [Overlap] {
        Dictionary(told.map { ($0.overlap.id, $0.overlap) }, uniquingKeysWith: { $1 })
            .sorted { $0.key < $1.key }.map(\.value)
    }

    @Test func aShortIPUUnderTheHoldersVoiceIsABackchannel() {
        let told = overlaps([Script(name: "a", ipus: [1...10]), Script(name: "b", ipus: [4...4.6])], seconds: 14)
        #expect(told.map(\.overlap.kind) == [.overlap, .backchannel])
        #expect(told.map(\.overlap.revision) == [0, 1])
        #expect(Set(told.map(\.overlap.id)).count == 1)
        #expect(told.allSatisfy { $0.speaker == "b" && $0.overlap.holder == "a" })
        #expect(abs((told.last?.overlap.sharedSeconds ?? 0) - 0.6) < 0.02)
    }

    @Test func aShortIPUInAPauseOfTheHolderIsABackchannel() {
        let told = overlaps(
            [Script(name: "a", ipus: [1...4, 5...10]), Script(name: "b", ipus: [4.2...4.7])], seconds: 14)
        #expect(told.map(\.overlap.kind) == [.backchannel])
        #expect(told.first?.overlap.sharedSeconds == 0)
    }

    /// The turn is a second old when the floor is found to have changed; the one who held it before is back already.
    @Test func breakingIntoAYoungTurnIsAnInterruption() {
        let told = overlaps(
            [Script(name: "a", ipus: [1...4, 5.2...9]), Script(name: "b", ipus: [4.5...5.9])], seconds: 14)
        let last = final(told)
        #expect(last.map(\.kind) == [.overlap, .interruption], "b came in the silence, a broke into b's turn")
        #expect(last.last?.holder == "b" && abs((last.last?.startSeconds ?? 0) - 5.2) < 0.02)
        #expect(abs((last.last?.sharedSeconds ?? 0) - 0.7) < 0.03)
    }

    @Test func takingTheFloorFromSomebodyWhoStopsIsAnInterruption() {
        let told = overlaps([Script(name: "a", ipus: [1...6]), Script(name: "b", ipus: [5...9])], seconds: 14)
        #expect(told.map(\.overlap.kind) == [.overlap, .interruption])
        #expect(abs((told.last?.overlap.sharedSeconds ?? 0) - 1) < 0.02)
    }

    @Test func aShortSlipAtTheEndOfATurnIsPlainOverlap() {
        let told = overlaps([Script(name: "a", ipus: [1...5]), Script(name: "b", ipus: [4.8...9])], seconds: 14)
        #expect(final(told).map(\.kind) == [.overlap])
    }

    @Test func talkingAlongWithoutGettingTheFloorIsPlainOverlap() {
        let told = overlaps([Script(name: "a", ipus: [1...10]), Script(name: "b", ipus: [4...6.5])], seconds: 14)
        #expect(final(told).map(\.kind) == [.overlap])
    }

    @Test func aHolderWhoGoesOnForLongIsNotInterrupted() {
        let told = overlaps([Script(name: "a", ipus: [1...8]), Script(name: "b", ipus: [5...12])], seconds: 14)
        #expect(final(told).map(\.kind) == [.overlap], "the holder stopped three seconds after the other began")
    }

    @Test func aShortAnswerInAGapIsNoIncursion() {
        let told = overlaps([Script(name: "a", ipus: [1...4]), Script(name: "b", ipus: [4.5...5])], seconds: 14)
        #expect(told.isEmpty)
    }

    @Test func countsReachTheTotals() {
        let scripts = [
            Script(name: "a", ipus: [1...10, 14...20]), Script(name: "b", ipus: [4...4.5, 7...7.4, 9...13, 16...16.4]),
        ]
        let metrics = play(scripts, seconds: 24).totals.speakers.compactMap(\.metrics)
        // The one that ends 1.6 s before the floor changes is none.
        #expect(metrics.map(\.backchannels) == [0, 2])
        #expect(metrics.map(\.interruptions) == [0, 1])
    }

    private func begun(_ scripts: [Script], seconds: Double) -> [Event] {
        play(scripts, seconds: seconds).events.filter { $0.body.kind == .overlapStarted }
    }

    @Test func thatSomebodyBreaksInIsToldWhileItGoesOn() throws {
        let scripts = [Script(name: "a", ipus: [1...6]), Script(name: "b", ipus: [5...9])]
        let told = begun(scripts, seconds: 14)
        let event = try #require(told.first)
        guard case .overlapStarted(let started) = event.body else { return }
        #expect(told.count == 1 && event.speaker == "b" && started.holder == "a")
        // Within 0.3 s of the begin.
        #expect(started.startSeconds == 5 && event.timeSeconds.map { abs($0 - 5.25) < 0.011 } == true)
        let last = final(overlaps(scripts, seconds: 14))
        #expect(last.map(\.id) == [started.id] && last.map(\.kind) == [.interruption])
        // Nothing is known of the speaker yet: as it mostly goes.
        #expect(started.likely == .backchannel && abs(started.probability - 0.38) < 0.001)
    }

    @Test func whatIsOverAtOnceIsNotToldToHaveBegun() {
        let slip = [Script(name: "a", ipus: [1...5]), Script(name: "b", ipus: [4.8...9])]
        #expect(begun(slip, seconds: 14).isEmpty)
        let answer = [Script(name: "a", ipus: [1...4, 5...10]), Script(name: "b", ipus: [4.2...4.7])]
        #expect(begun(answer, seconds: 14).isEmpty, "nobody spoke at once")
    }

    /// What is likely of somebody is what has become of theirs so far.
    @Test func theVerdictLearnsFromTheSpeakersOwn() {
        let often = (0..<6).map { 4 + Double($0) * 6 }
        let scripts = [
            Script(name: "a", ipus: [1...44]), Script(name: "b", ipus: often.map { $0...$0 + 0.5 }),
            Script(name: "c", ipus: [42...43]),
        ]
        let told = begun(scripts, seconds: 50).compactMap { event in
            if case .overlapStarted(let started) = event.body { (event.speaker, started) } else { nil }
        }
        let own = told.filter { $0.0 == "b" }.map(\.1)
        #expect(own.count == 6 && own.allSatisfy { $0.likely == .backchannel })
        #expect(zip(own, own.dropFirst()).allSatisfy { $0.probability < $1.probability })
        let other = told.filter { $0.0 == "c" }.map(\.1.probability)
        #expect(other == own.prefix(1).map(\.probability), "of another nothing is known")
    }

    @Test func nothingIsToldOfSomebodyWithoutConsent() {
        for withheld in 0...1 {
            var scripts = [Script(name: "a", ipus: [1...6]), Script(name: "b", ipus: [5...9])]
            scripts[withheld].consent = .withheld
            #expect(overlaps(scripts, seconds: 14).isEmpty && begun(scripts, seconds: 14).isEmpty)
        }
    }
}
