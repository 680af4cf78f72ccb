import MediaTypes
import SeededNumbers
import Testing
import Timing

@Suite struct PlacementTests {
    private func seconds(_ seconds: Double) -> MediaTime { MediaTime(seconds: seconds) }

    /// Places blocks of 20 ms of a live sender; `shift` is what its time stamps are off, at a time in seconds.
    private func play(
        _ placement: inout Placement, from start: Double, to end: Double, track: Int = 0, arrival: Double = 0,
        shift: (Double) -> Double = { _ in 0 }
    ) -> [(media: Double, place: Double)] {
        stride(from: start, to: end, by: 0.02).map { time in
            let place = placement.place(
                track: track, start: seconds(time + shift(time)), count: 320, now: seconds(time + 0.02 + arrival))
            return (time, place.seconds)
        }
    }

    private func expectInPlace(_ placed: [(media: Double, place: Double)], within tolerance: Double = 0.001) {
        #expect(placed.allSatisfy { abs($0.media - $0.place) <= tolerance })
    }

    @Test(arguments: [Placement.Pace.live, .hostClock]) func theFirstMediaLiesWhereItArrived(pace: Placement.Pace) {
        var placement = Placement(pace)
        let placed = play(&placement, from: 5, to: 6) { _ in 1_000 }
        expectInPlace(placed)
        #expect(placement.offset.map { abs(Double($0) / 16_000 + 1_000) < 0.001 } == true)
    }

    @Test(arguments: [1.0, 60, 3_600, 1e9]) func aStepAheadWithoutAPauseIsARestartedClock(step: Double) {
        var placement = Placement(.live)
        expectInPlace(play(&placement, from: 0, to: 2))
        expectInPlace(play(&placement, from: 2, to: 4) { _ in step })
        #expect(placement.steps == 1)
    }

    @Test func aGapOfTheTimeStampsIsNoLongerThanWhatArrivalAllows() {
        var placement = Placement(.live)
        _ = play(&placement, from: 0, to: 2)
        // Five seconds without media, and time stamps a minute on.
        expectInPlace(play(&placement, from: 7, to: 8) { _ in 55 })
        // Three seconds without media, and time stamps that say so.
        expectInPlace(play(&placement, from: 11, to: 12) { _ in 55 })
        #expect(placement.steps == 1)
    }

    @Test func whatIsLateKeepsItsTime() {
        var placement = Placement(.live)
        _ = play(&placement, from: 0, to: 2)
        // Held up for three seconds, then all at once.
        let late = stride(from: 2.0, to: 5, by: 0.02).map { time in
            (time, placement.place(track: 0, start: seconds(time), count: 320, now: seconds(5.02)).seconds)
        }
        expectInPlace(late)
        expectInPlace(play(&placement, from: 5, to: 6))
        #expect(placement.steps == 0)
    }

    @Test func mediaThatComesFasterThanItLastsKeepsItsOrder() {
        var placement = Placement(.live)
        // Three segments of a live playlist at once.
        let places = stride(from: 0.0, to: 18, by: 0.02).map { time in
            placement.place(track: 0, start: seconds(time), count: 320, now: seconds(0.02)).seconds
        }
        #expect(zip(places, places.dropFirst()).allSatisfy { abs($1 - $0 - 0.02) < 0.001 })
        #expect(placement.steps == 0)
    }

    @Test func tracksOfASourceStayTogetherThroughAStep() {
        var placement = Placement(.live)
        for time in stride(from: 0.0, to: 4, by: 0.02) {
            for track in 0..<2 {
                // The step is seen on one track 60 ms before the other.
                let step = time + (track == 0 ? 0.06 : 0) >= 2 ? 90.0 : 0
                let place = placement.place(
                    track: track, start: seconds(time + step), count: 320, now: seconds(time + 0.02))
                #expect(abs(place.seconds - time) < 0.001)
            }
        }
        #expect(placement.steps == 1)
    }

    @Test func aReaderGoesOnFromThePresent() {
        var placement = Placement(.reader)
        #expect(placement.place(track: 0, start: .zero, count: 32_000, now: seconds(60)).seconds == 60)
        // A gap of a recording stays one, however long.
        #expect(placement.place(track: 0, start: seconds(600), count: 320, now: seconds(62)).seconds == 660)
        // The disk did not answer for a minute.
        #expect(placement.place(track: 0, start: seconds(600.02), count: 320, now: seconds(800)).seconds == 800)
    }

    @Test func noTimeStampTrapsOrLiesAhead() {
        var random = SeededRandom(seed: 1)
        for pace in [Placement.Pace.live, .hostClock, .reader] {
            var placement = Placement(pace)
            var end: Int64 = 0
            for round in 0..<20_000 {
                let start = MediaTime(
                    samples: random.next() % 3 == 0 ? Int64(bitPattern: random.next()) : Int64(round * 320))
                let now = MediaTime(samples: Int64(round * 320))
                let place = placement.place(track: Int(random.next() % 3), start: start, count: 320, now: now)
                guard pace == .live else { continue }
                // Never further ahead than what there is, by more than what is tolerated of a clock.
                #expect(place.samples <= max(end, now.samples) + 4_000)
                end = max(end, place.samples + 320)
            }
        }
    }
}
