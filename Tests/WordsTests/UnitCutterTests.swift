import MediaTypes
import Testing

@testable import Words

@Suite struct UnitCutterTests {
    /// A cutter that hears a voice of 1 where `speech` says so, and silence elsewhere, in blocks of two hops, with what
    /// the voice core says of it as late as it does.
    private func units(
        _ speech: [Range<Int64>], hops: Int64, from start: Int64 = 0, quiet: Range<Int64>? = nil
    ) -> [SpeechUnit] {
        var units: [SpeechUnit] = []
        var cutter = UnitCutter()
        var changes: [(at: Int64, change: SpeechChange)] = []
        for run in speech {
            changes.append((run.lowerBound + 10, .started(hop: run.lowerBound)))
            changes.append((run.upperBound + 22, .ended(hop: run.upperBound)))
        }
        for hop in stride(from: start, to: hops, by: 2) {
            let samples = (0..<320).map { index -> Float in
                let place = hop + Int64(index / 160)
                if quiet?.contains(place) == true { return 0.01 }
                return speech.contains { $0.contains(place) } ? 1 : 0
            }
            cutter.hear(start: MediaTime(samples: hop * 160), samples: samples.span) { units.append($0) }
            for change in changes where (hop..<hop + 2).contains(change.at) {
                cutter.take(change.change) { units.append($0) }
            }
            cutter.advance { units.append($0) }
        }
        cutter.finish { units.append($0) }
        return units
    }

    @Test func aPauseEndsAUnitAndAShortOneDoesNot() {
        let units = units([100..<200, 220..<300, 400..<450], hops: 600)
        #expect(units.map(\.startHop) == [100, 400] && units.map(\.endHop) == [300, 450])
        #expect(units.first?.runs == [100..<200, 220..<300] && units.first?.speechHops == 180)
        // Some of what was before and after is there, and all of the speech.
        #expect(units.first?.samples.count == (200 + 25 + 40) * 160)
        #expect(units.first?.samples.filter { $0 == 1 }.count == 180 * 160)
    }

    /// Nobody waits for speech that may be told late: it begins a unit of its own then, and nothing of it is lost.
    @Test func whatIsToldAfterThePauseBeginsTheNextUnitWhole() {
        let units = units([100..<200, 235..<300], hops: 400)
        #expect(units.map(\.startHop) == [100, 235] && units.map(\.endHop) == [200, 300])
        #expect(units.map { $0.samples.filter { $0 == 1 }.count } == [105 * 160, 65 * 160])
    }

    @Test func aUnitIsCompleteWhenThePauseIsLongEnough() {
        var cutter = UnitCutter(hangoverHops: 40)
        var units = 0
        let hop = [Float](repeating: 0, count: 160)
        cutter.take(.started(hop: 0)) { _ in units += 1 }
        for place in Int64(0)..<139 {
            cutter.hear(start: MediaTime(samples: place * 160), samples: hop.span) { _ in units += 1 }
            if place == 120 { cutter.take(.ended(hop: 100)) { _ in units += 1 } }
            cutter.advance { _ in units += 1 }
        }
        #expect(units == 0)
        cutter.hear(start: MediaTime(samples: 139 * 160), samples: hop.span) { _ in units += 1 }
        cutter.advance { _ in units += 1 }
        #expect(units == 1)
    }

    /// What goes on is due after a second and a half, and then ever more rarely; it begins where the whole does.
    @Test func whatGoesOnIsDueNowAndThen() {
        var cutter = UnitCutter()
        var whole: [SpeechUnit] = [], partial: [SpeechUnit] = []
        let samples = [Float](repeating: 1, count: 320)
        cutter.hear(start: MediaTime(samples: 0), samples: samples.span) { whole.append($0) }
        var isDue = cutter.isPartialDue
        #expect(!isDue)
        cutter.take(.started(hop: 0)) { whole.append($0) }
        for hop in stride(from: Int64(2), to: 700, by: 2) {
            cutter.hear(start: MediaTime(samples: hop * 160), samples: samples.span) { whole.append($0) }
            if cutter.isPartialDue, let unit = cutter.takePartial() { partial.append(unit) }
        }
        #expect(partial.map(\.endHop) == [150, 250, 376, 564] && whole.isEmpty)
        #expect(partial.allSatisfy { $0.startHop == 0 && $0.isPartial && $0.samples.count == Int($0.endHop) * 160 })
        #expect(partial.map(\.hadPartials) == [false, true, true, true])
        cutter.take(.ended(hop: 690)) { whole.append($0) }
        isDue = cutter.isPartialDue
        #expect(!isDue, "nobody speaks")
        cutter.finish { whole.append($0) }
        #expect(whole.map(\.hadPartials) == [true] && whole.first?.isPartial == false && whole.first?.startHop == 0)
        cutter.take(.started(hop: 698)) { whole.append($0) }
        isDue = cutter.isPartialDue
        #expect(!isDue, "the next one is another")
    }

    @Test func aLongUnitIsCutWhereItIsQuiet() {
        let units = units([100..<1_700], hops: 2_000, quiet: 830..<845)
        #expect(units.count == 2)
        #expect(units.first.map { (830..<845).contains($0.endHop) } == true, "\(units.map(\.endHop))")
        #expect(units.first?.endHop == units.last?.startHop && units.last?.endHop == 1_700)
        #expect(units.allSatisfy { $0.samples.count <= MoonshineRecogniser.maxSamples })
    }

    /// However long somebody speaks, a unit fits into what the recogniser takes, and nothing is said twice.
    @Test(arguments: [1_000, 1_030, 1_031, 1_500, 5_000, 12_345] as [Int64])
    func unitsFitAndTogetherAreAll(length: Int64) {
        let units = units([50..<50 + length], hops: length + 200)
        #expect(units.allSatisfy { $0.samples.count <= MoonshineRecogniser.maxSamples })
        #expect(units.reduce(0) { $0 + $1.speechHops } == length)
        #expect(zip(units, units.dropFirst()).allSatisfy { $0.endHop == $1.startHop })
    }

    @Test func aHoleEndsAUnit() {
        var units: [SpeechUnit] = []
        var cutter = UnitCutter()
        let second = [Float](repeating: 1, count: 16_000)
        cutter.hear(start: .zero, samples: second.span) { units.append($0) }
        cutter.take(.started(hop: 20)) { units.append($0) }
        #expect(units.isEmpty)
        cutter.hear(start: MediaTime(seconds: 5), samples: second.span) { units.append($0) }
        #expect(units.map(\.startHop) == [20] && units.map(\.endHop) == [100])
    }

    @Test func silenceThatNobodySentEndsAUnit() {
        var units: [SpeechUnit] = []
        var cutter = UnitCutter()
        let second = [Float](repeating: 1, count: 16_000)
        cutter.hear(start: .zero, samples: second.span) { units.append($0) }
        cutter.take(.started(hop: 20)) { units.append($0) }
        cutter.hearSilence(start: MediaTime(seconds: 1), count: 160_000) { units.append($0) }
        cutter.hear(start: MediaTime(seconds: 11), samples: second.span) { units.append($0) }
        cutter.take(.started(hop: 1_110)) { units.append($0) }
        cutter.finish { units.append($0) }
        #expect(units.map(\.startHop) == [20, 1_110])
    }

    @Test func whatWasForgottenIsNoUnit() {
        var cutter = UnitCutter()
        let second = [Float](repeating: 1, count: 16_000)
        var units = 0
        cutter.hear(start: .zero, samples: second.span) { _ in units += 1 }
        cutter.take(.started(hop: 20)) { _ in units += 1 }
        cutter.wipe()
        cutter.take(.ended(hop: 90)) { _ in units += 1 }
        cutter.finish { _ in units += 1 }
        #expect(units == 0)
    }

    @Test func wordsLieInTheirSpeech() {
        let words = WordTimes.spread("Hello there, everybody", over: [100..<150, 200..<250])
        #expect(words.map(\.text) == ["Hello", "there,", "everybody"])
        #expect(words.first?.startHop == 100 && words.last?.endHop == 250)
        #expect(zip(words, words.dropFirst()).allSatisfy { $0.startHop < $0.endHop && $0.endHop <= $1.startHop })
        #expect(WordTimes.spread("", over: [0..<10]).isEmpty && WordTimes.spread("a", over: []).isEmpty)
    }
}
