public import MediaTypes

/// Makes the media of a live input that is no RTP follow the host's clock.
///
/// Such an input says only what its media time is. When that ends where it arrives, as `ClockTracker` sees it over
/// minutes, is how the sender's clock runs; what it is off is put right by single samples, as for plain RTP. One object
/// follows one track, on one thread.
public final class ClockFollower {
    private static let nanosecondsPerSample = 1_000_000_000 / Int64(AudioGrid.sampleRateHz)
    /// Errors below this are let be (2 ms); from this on (100 ms) samples that count the time have paused.
    private static let leastError: Int64 = 32, pauseError: Int64 = 1_600

    /// Whether the sender may pause without a trace in its media time, because its samples count the time.
    private let mayPause: Bool
    private var clock: ClockTracker
    /// Host's time at media time 0, as the first block has it.
    private var originNanoseconds: Int64?
    /// What is added to media time, in samples.
    private var correction: Int64 = 0
    private var latestPacedNanoseconds: Int64?
    private var latestNanoseconds: Int64 = 0
    private var slewed: [Float] = []

    /// - Parameter mayPause: whether samples count the time, so that a pause of the sender is none of its media time.
    public init(mayPause: Bool) {
        self.mayPause = mayPause
        clock = ClockTracker(findsPauses: mayPause)
    }

    /// How much faster (positive) the host's clock runs than the sender's, in parts per million; nil before that is known
    /// (about a minute), and where what arrives is held up here.
    public var driftPartsPerMillion: Double? {
        let isPaced = latestPacedNanoseconds.map { latestNanoseconds &- $0 < 120_000_000_000 } ?? false
        return isPaced ? nil : clock.driftPartsPerMillion
    }

    /// Says that the line so far does not go on: media was interrupted.
    public func restart() {
        clock = ClockTracker(findsPauses: mayPause)
        originNanoseconds = nil
    }

    /// Takes a block of 16 kHz samples that starts at `start` and lends it to `body`, where it belongs by the host's
    /// clock.
    ///
    /// - Parameters:
    ///   - arrivalNanoseconds: when it arrived, by a monotonic clock.
    ///   - isPaced: whether it might have been read before; then its arrival says nothing.
    public func follow(
        start: MediaTime, samples: Span<Float>, arrivalNanoseconds: Int64, isPaced: Bool,
        _ body: (MediaTime, Span<Float>) -> Void
    ) {
        let end = (start.samples + Int64(samples.count)) &* Self.nanosecondsPerSample
        let origin = originNanoseconds ?? arrivalNanoseconds &- end &- correction &* Self.nanosecondsPerSample
        originNanoseconds = origin
        latestNanoseconds = arrivalNanoseconds
        if isPaced {
            latestPacedNanoseconds = arrivalNanoseconds
        } else {
            clock.note(mediaEnd: end, arrival: arrivalNanoseconds)
        }
        var error: Int64 = 0
        if clock.isSettled {
            let least = clock.leastDelay(at: arrivalNanoseconds) &- origin
            error = least / Self.nanosecondsPerSample - correction
        }
        if mayPause, error >= Self.pauseError {
            correction += error
            error = 0
        }
        let place = MediaTime(samples: start.samples + correction)
        let room = Slew.limit(count: samples.count)
        guard abs(error) >= Self.leastError, room > 0 else { return body(place, samples) }
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
}
