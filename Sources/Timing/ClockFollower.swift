public import MediaTypes

/// Makes the media of a live input that is no RTP follow the host's clock.
///
/// Such an input says only what its media time is. How its end lies to its arrival over minutes, as `ClockTracker` sees
/// it, is how the sender's clock runs; what has changed since the beginning is put right by single samples, as for
/// plain RTP. One object follows one track, on one thread.
public final class ClockFollower {
    private static let nanosecondsPerSample = 1_000_000_000 / Int64(AudioGrid.sampleRateHz)
    /// Errors below this are let be (2 ms); from this on (100 ms) samples that count the time have paused.
    private static let minError: Int64 = 32, pauseError: Int64 = 1_600
    /// Media with time stamps that is late by more than this, and stays so, is of a clock that stood still (1 s).
    private static let stepError: Int64 = 16_000

    /// Media that was held up here leaves more behind that might have been read before, for so long.
    private static let holdUpNanoseconds: Int64 = 10_000_000_000

    /// Whether the sender may pause without a trace in its media time, because its samples count the time.
    private let mayPause: Bool
    private var clock: ClockTracker
    /// Least delay of media time 0 with the correction of then; nil before there is one.
    private var originNanoseconds: Int64?
    /// What is added to media time, in samples.
    private var correction: Int64 = 0
    private var latestHoldUpNanoseconds: Int64?
    private var slewed: [Float] = []

    /// - Parameter mayPause: whether samples count the time, so that a pause of the sender is none of its media time.
    public init(mayPause: Bool) {
        self.mayPause = mayPause
        clock = Self.tracker(mayPause: mayPause)
    }

    /// Samples that count the time come in even pieces. What comes by a connection catches up in larger ones.
    private static func tracker(mayPause: Bool) -> ClockTracker {
        ClockTracker(settlingMilliseconds: mayPause ? 100 : 1_000)
    }

    /// How much faster (positive) the host's clock runs than the sender's, in parts per million; nil before that is
    /// known (about a minute), and where what arrives is held up here.
    public var driftPartsPerMillion: Double? { clock.driftPartsPerMillion }

    /// Says that the line so far does not go on: media was interrupted.
    public func restart() {
        clock = Self.tracker(mayPause: mayPause)
        originNanoseconds = nil
    }

    /// Says that media was not read for a while though it was there: when it is read says nothing of its sender then.
    public func noteHoldUp(at nanoseconds: Int64) {
        latestHoldUpNanoseconds = nanoseconds
        restart()
    }

    /// Where a block that starts at `start` will be lent.
    public func place(of start: MediaTime) -> MediaTime { MediaTime(samples: start.samples &+ correction) }

    /// Says that the sender had paused for so many samples, without a trace in its media time.
    public func notePause(samples: Int64) {
        correction += samples
        restart()
    }

    /// Takes a block of 16 kHz samples that starts at `start` and lends it to `body`, where it belongs by the host's
    /// clock.
    ///
    /// - Parameter arrivalNanoseconds: when it arrived, by a monotonic clock.
    public func follow(
        start: MediaTime, samples: Span<Float>, arrivalNanoseconds: Int64, _ body: (MediaTime, Span<Float>) -> Void
    ) {
        let isHeldUp = latestHoldUpNanoseconds.map { arrivalNanoseconds &- $0 < Self.holdUpNanoseconds } ?? false
        if !isHeldUp {
            let end = (start.samples + Int64(samples.count)) &* Self.nanosecondsPerSample
            clock.note(mediaEnd: end, arrival: arrivalNanoseconds)
        }
        var error = error(at: arrivalNanoseconds)
        if error >= (mayPause ? Self.pauseError : Self.stepError) {
            correction += error
            error = 0
        }
        let place = MediaTime(samples: start.samples + correction)
        let room = Slew.limit(count: samples.count)
        guard abs(error) >= Self.minError, room > 0 else { return body(place, samples) }
        if slewed.count < samples.count + room {
            slewed = [Float](repeating: 0, count: samples.count + room)
        }
        let count = slewed.withUnsafeMutableBufferPointer { target in
            samples.withUnsafeBufferPointer { source in
                guard let from = source.baseAddress, let to = target.baseAddress else { return 0 }
                return Slew.apply(
                    from, count: source.count, change: Int(clamping: error / 64 + error.signum()), into: to)
            }
        }
        correction += Int64(count - samples.count)
        slewed.withUnsafeBufferPointer { body(place, UnsafeBufferPointer(rebasing: $0[..<count]).span) }
    }

    /// By how many samples the correction is to grow.
    private func error(at nanoseconds: Int64) -> Int64 {
        guard clock.isSettled else { return 0 }
        let least = clock.leastDelay(at: nanoseconds)
        let origin = originNanoseconds ?? least &- correction &* Self.nanosecondsPerSample
        originNanoseconds = origin
        return (least &- origin) / Self.nanosecondsPerSample - correction
    }
}
