import Testing
import Timing

/// How delays of packets of 20 ms are understood.
@Suite struct ClockTrackerTests {
    private let millisecond: Int64 = 1_000_000

    private func send(
        _ tracker: inout ClockTracker, media: Range<Int64>, every interval: Int64 = 20, firstArrival: Int64
    ) {
        for (index, packet) in media.enumerated() {
            tracker.note(
                mediaEnd: packet * 20 * millisecond, arrival: (firstArrival + Int64(index) * interval) * millisecond)
        }
    }

    private func leastDelay(_ tracker: borrowing ClockTracker, at milliseconds: Int64) -> Int64 {
        tracker.leastDelay(at: milliseconds * millisecond) / millisecond
    }

    @Test func aSenderThatPausedIsOnTimeAgain() {
        var tracker = ClockTracker()
        send(&tracker, media: 0..<200, firstArrival: 0)
        #expect(leastDelay(tracker, at: 4_000) == 0)
        // Ten seconds later, as if nothing had been.
        send(&tracker, media: 200..<210, firstArrival: 14_000)
        #expect(leastDelay(tracker, at: 14_200) == 10_000)
    }

    @Test(arguments: [Int64(0), 1, 5, 10, 14]) func whatWasHeldUpAndCatchesUpIsLateAndNothingElse(interval: Int64) {
        var tracker = ClockTracker()
        send(&tracker, media: 0..<200, firstArrival: 0)
        // Three seconds held up; then every packet takes `interval` instead of 20 ms.
        let packets = 3_000 / (20 - interval)
        send(&tracker, media: 200..<200 + packets, every: interval, firstArrival: 7_000)
        let now = 7_000 + packets * interval
        #expect(leastDelay(tracker, at: now) == 0)
        send(&tracker, media: 200 + packets..<400 + packets, firstArrival: now + 20)
        #expect(abs(leastDelay(tracker, at: now + 4_000)) <= 20)
    }

    @Test func aSentenceThatIsSentAtOnceMovesNothing() {
        var tracker = ClockTracker()
        send(&tracker, media: 0..<140, every: 0, firstArrival: 0)
        #expect(leastDelay(tracker, at: 0) >= -300)
        // What is sent then comes when it should.
        send(&tracker, media: 300..<500, firstArrival: 6_000)
        #expect(leastDelay(tracker, at: 10_000) >= -60)
    }

    /// Bursts of two seconds of media in half a second, of which the host reads some packets late.
    @Test(arguments: [1, 2, 3, 7, 20]) func aPacketThatWaitsDoesNotEndABurst(often: Int) {
        var tracker = ClockTracker()
        var shortest = Int64.max
        for packet in Int64(0)..<2_000 {
            let media = packet * 20
            let isLate = Int(packet) % often == often - 1
            let arrival = media - media % 2_000 + media % 2_000 / 4 + (isLate ? 12 : 0)
            tracker.note(mediaEnd: media * millisecond, arrival: arrival * millisecond)
            if packet >= 100 { shortest = min(shortest, leastDelay(tracker, at: arrival)) }
        }
        #expect(shortest >= -60)
    }

    @Test func noNumberIsTooLarge() {
        var tracker = ClockTracker()
        for value in [Int64.max, .min, 0, .max / 2, .min / 2, 1] {
            for arrival in [Int64.max, .min, 0, 1] { tracker.note(mediaEnd: value, arrival: arrival) }
            _ = tracker.leastDelay(at: value)
        }
    }
}
