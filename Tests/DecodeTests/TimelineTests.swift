import MediaTypes
import Testing

@testable import Decode

@Suite struct TimelineTests {
    /// Frames of 20 ms at 48 kHz, whose samples come out at once.
    private func place(_ seconds: [Double?], frame: Int = 960) -> [(start: Int64, count: Int)] {
        var timeline = Timeline()
        return seconds.map { time in
            if case .jump(let start) = timeline.place(time, duration: Double(frame) / 48_000) {
                timeline.begin(at: start)
            }
            timeline.advance(inputSamples: frame, rateHz: 48_000)
            let (start, skipped) = timeline.emit(frame / 3)
            return (start.samples, frame / 3 - skipped)
        }
    }

    @Test func jitterBelowToleranceLeavesNoSeams() {
        let placed = place([0, 0.0291, 0.031, 0.0699, 0.08])
        #expect(placed.map(\.start) == [0, 320, 640, 960, 1280])
    }

    @Test func hoursOfMillisecondTimestampsAccumulateNothing() {
        let frames = 100_000
        let times = (0..<frames).map { Optional((Double($0) * 1024 / 48).rounded() / 1000) }
        var timeline = Timeline()
        var jumps = 0
        for time in times {
            if case .jump(let start) = timeline.place(time, duration: 1024.0 / 48_000) {
                jumps += 1
                timeline.begin(at: start)
            }
            timeline.advance(inputSamples: 1024, rateHz: 48_000)
        }
        #expect(jumps == 1)
    }

    @Test func gapIsAJumpOfItsLength() {
        let placed = place([0, 0.02, 0.54, 0.56])
        #expect(placed.map(\.start) == [0, 320, 8640, 8960])
    }

    @Test func overlapIsCutNotRepeated() {
        let placed = place([0, 0.02, 0.025, 0.045])
        #expect(placed.map(\.start) == [0, 320, 640, 720])
        #expect(placed.map(\.count) == [320, 320, 80, 320])
    }

    @Test func restartedClockGoesOnWhereItWas() {
        let placed = place([1000, 1000.02, 5, 5.02, 90_000, 90_000.02])
        #expect(
            placed.map(\.start) == [16_000_000, 16_000_320, 16_000_640, 16_000_960, 16_001_280, 16_001_600])
    }

    @Test func standingClockStarvesNothing() {
        let placed = place([0, 0, 0, 0, 0])
        #expect(placed.map(\.start) == [0, 320, 640, 960, 1280])
        #expect(placed.allSatisfy { $0.count == 320 })
    }

    /// As seen of AAC in HLS and RTSP, whose first packet's length is not known in time.
    @Test func repeatedTimestampThatIsCorrectedLeavesNoTrace() {
        let placed = place([0, 0, 0.02, 0.04, 0.08, 0.1, 0.62])
        #expect(placed.map(\.start) == [0, 320, 640, 960, 1280, 1600, 9920])
    }

    @Test func missingTimestampsContinue() {
        let placed = place([nil, nil, 0.04, nil])
        #expect(placed.map(\.start) == [0, 320, 640, 960])
    }

    @Test func primingBeforeTheOriginIsDropped() {
        let placed = place([-0.03, -0.01, 0.01])
        #expect(placed.map(\.count) == [0, 160, 320])
        #expect(placed.map(\.start).suffix(2) == [0, 160])
    }

    @Test func timestampsThatMeanNothingAreIgnored() {
        let placed = place([.nan, .infinity, 1e300, -1e300, 0.08])
        #expect(placed.map(\.start) == [0, 320, 640, 960, 1280])
    }
}
