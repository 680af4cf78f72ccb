import MediaTypes
import Testing

@testable import Sight

/// What pictures and mouths are, out of made-up looks.
@Suite struct WatchTests {
    private func look(
        mean: Double = 120, deviation: Double = 50, flat: Double = 0.1, difference: Double? = 2, face: Bool = true
    ) -> PictureWatch.Look {
        PictureWatch.Look(mean: mean, deviation: deviation, flatShare: flat, difference: difference, hasFace: face)
    }

    /// The states that a row of looks comes to, ten a second, with the seconds at which each begins.
    private func states(_ looks: [PictureWatch.Look]) -> [(PictureState, Double)] {
        var watch = PictureWatch(), told: [(PictureState, Double)] = []
        for (index, look) in looks.enumerated() {
            watch.take(look, at: Double(index) / 10)
            if told.last?.0 != watch.state { told.append((watch.state, Double(index) / 10)) }
        }
        return told
    }

    @Test func aStateIsToldWithinTwoSeconds() {
        let live = [PictureWatch.Look](repeating: look(), count: 50)
        let others: [(PictureState, PictureWatch.Look)] = [
            (.black, look(mean: 16, deviation: 1, flat: 1, difference: 0, face: false)),
            (.covered, look(mean: 50, deviation: 4, difference: 1, face: false)),
            (.frozen, look(difference: 0.01)),
            (.screen, look(mean: 220, deviation: 60, flat: 0.95, difference: 0, face: false)),
        ]
        for (state, look) in others {
            let told = states(live + [PictureWatch.Look](repeating: look, count: 30))
            #expect(told.map(\.0) == [.unknown, .live, state])
            #expect((told.last?.1 ?? 99) <= 7)
        }
    }

    @Test func onePictureIsNoState() {
        var looks = [PictureWatch.Look](repeating: look(), count: 50)
        looks[30] = look(mean: 10, deviation: 0, difference: 100, face: false)
        looks[40] = look(difference: 0)
        #expect(states(looks).map(\.0) == [.unknown, .live])
    }

    @Test func nothingIsToldOfThePastWherePicturesStop() {
        var watch = PictureWatch()
        for index in 0..<20 { watch.take(look(), at: Double(index) / 10) }
        watch.takeNothing()
        #expect(watch.state == .off)
        watch.take(look(), at: 9)
        #expect(watch.state == .off)
        watch.take(look(), at: 10.5)
        #expect(watch.state == .live)
    }

    @Test func aMouthThatOpensAndClosesSpeaks() throws {
        var speaking = MouthActivity(), yawning = MouthActivity(), hidden = MouthActivity()
        for index in 0..<20 {
            let seconds = Double(index) / 10
            speaking.take(opening: index.isMultiple(of: 2) ? 0.02 : 0.12, yawDeg: 0, at: seconds)
            yawning.take(opening: 0.4, yawDeg: 0, at: seconds)
            hidden.take(opening: index == 15 ? nil : 0.1, yawDeg: 0, at: seconds)
        }
        #expect(try #require(speaking.speech(at: 1.5)) > 0.8)
        #expect(try #require(yawning.speech(at: 1.5)) < 0.1)
        #expect(hidden.speech(at: 1.5) == nil)
        #expect(speaking.speech(at: 5) == nil)
    }

    @Test func aMouthFromTheSideOrSeldomSeenIsNotJudged() {
        var aside = MouthActivity(), seldom = MouthActivity()
        for index in 0..<20 {
            aside.take(opening: index.isMultiple(of: 2) ? 0 : 0.2, yawDeg: 50, at: Double(index) / 10)
            seldom.take(opening: index.isMultiple(of: 2) ? 0 : 0.2, yawDeg: 0, at: Double(index) / 5)
        }
        #expect(aside.speech(at: 1) == nil)
        #expect(seldom.speech(at: 2) == nil)
    }

    @Test func whatRestsIsSmoothedAndWhatMovesIsFollowed() {
        var filter = OneEuroFilter(leastHz: 1, slope: 0.05)
        var rest: [Double] = []
        for index in 0..<100 {
            rest.append(filter.smooth(index.isMultiple(of: 2) ? 0.5 : -0.5, at: Double(index) / 10))
        }
        #expect(rest.suffix(20).allSatisfy { abs($0) < 0.3 })
        for index in 100..<110 { rest.append(filter.smooth(40, at: Double(index) / 10)) }
        #expect((rest.last ?? 0) > 38)
        #expect(filter.smooth(-7, at: 100) == -7)
    }

    @Test func everySightingComesOutOnceAndInOrder() {
        var behaviour = FaceBehaviour(), seen: [Int64] = []
        for index in 0..<300 {
            let sighting = FaceSighting(time: MediaTime(samples: Int64(index * 1_600)), state: .live)
            seen += behaviour.take(sighting).seen.map(\.sighting.time.samples)
        }
        seen += behaviour.finish().map(\.sighting.time.samples)
        #expect(seen == (0..<300).map { Int64($0 * 1_600) })
    }
}
