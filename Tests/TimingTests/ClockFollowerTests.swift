import MediaTypes
import SeededNumbers
import Testing
import Timing

/// Live inputs without RTP, in simulated time.
@Suite struct ClockFollowerTests {
    /// What a follower gave: how far its time is off the host's at the end of each minute, in ms.
    private struct Result {
        var offMilliseconds: [Double] = []
        var overlaps = 0
        var drift: Double?
    }

    /// Plays `seconds` in blocks of 20 ms that arrive when `arrival` says, given the sender's time of their end (s).
    private func play(
        seconds: Int, driftPartsPerMillion: Double, mayPause: Bool, isHeldUp: Bool = false,
        arrival: (Double, inout SeededRandom) -> Double
    ) -> Result {
        var random = SeededRandom(seed: 3)
        let follower = ClockFollower(mayPause: mayPause)
        let block = [Float](repeating: 0.1, count: 320)
        var result = Result()
        var end: Int64 = 0
        var latest = 0.0
        let origin = arrival(0, &random)
        for index in 0..<(seconds * 50) {
            let sent = Double(index + 1) * 0.02 * (1 + driftPartsPerMillion / 1e6)
            // Blocks of a connection come in order.
            latest = max(latest, arrival(sent, &random))
            if isHeldUp, index % 5 == 0 { follower.noteHoldUp(at: 7_000_000_000 + Int64(latest * 1e9)) }
            follower.follow(
                start: MediaTime(samples: Int64(index) * 320), samples: block.span,
                arrivalNanoseconds: 7_000_000_000 + Int64(latest * 1e9)
            ) { start, samples in
                if start.samples < end { result.overlaps += 1 }
                end = start.samples + Int64(samples.count)
            }
            if index % 3_000 == 2_999 {
                result.offMilliseconds.append((Double(end) / 16_000 - (sent + origin)) * 1_000)
            }
        }
        result.drift = follower.driftPartsPerMillion
        return result
    }

    @Test(arguments: [200.0, -200], [true, false])
    func mediaKeepsUpWithTheHostForAnHour(drift: Double, mayPause: Bool) throws {
        let result = play(seconds: 3_600, driftPartsPerMillion: drift, mayPause: mayPause) { sent, random in
            sent + Double.random(in: 0...0.015, using: &random)
        }
        #expect(result.offMilliseconds.allSatisfy { abs($0) < 20 }, "\(result.offMilliseconds)")
        #expect(result.overlaps == 0)
        #expect(abs(try #require(result.drift) - drift) < 40)
    }

    @Test func aClockThatIsRightIsLeftAlone() {
        let result = play(seconds: 300, driftPartsPerMillion: 0, mayPause: true) { sent, _ in sent }
        #expect(result.offMilliseconds.allSatisfy { abs($0) < 0.1 })
    }

    /// Samples that count the time say nothing of a pause of 1.5 s; arrival does.
    @Test func aPauseOfTheSenderIsFound() {
        let result = play(seconds: 240, driftPartsPerMillion: 0, mayPause: true) { sent, random in
            sent + (sent > 100 ? 1.5 : 0) + Double.random(in: 0...0.005, using: &random)
        }
        let after = result.offMilliseconds.suffix(2)
        #expect(after.allSatisfy { abs($0 - 1_500) < 20 }, "\(result.offMilliseconds)")
        #expect(result.overlaps == 0)
    }

    /// A connection that was held up for 2 s and catches up at double speed has lost no time.
    @Test func whatCatchesUpKeepsItsTime() {
        let result = play(seconds: 240, driftPartsPerMillion: 0, mayPause: false) { sent, _ in
            (100..<102).contains(sent) ? 102 : (102..<104).contains(sent) ? 103 + (sent - 102) / 2 : sent
        }
        #expect(result.offMilliseconds.allSatisfy { abs($0) < 20 }, "\(result.offMilliseconds)")
    }

    /// What waits here to be read says nothing of the sender's clock.
    @Test func whatIsHeldUpHereIsLeftAlone() {
        let result = play(seconds: 300, driftPartsPerMillion: 200, mayPause: true, isHeldUp: true) { sent, _ in sent }
        #expect(result.drift == nil)
        // 200 ppm of 300 s.
        #expect(abs((result.offMilliseconds.last ?? 0) + 60) < 1)
    }
}
