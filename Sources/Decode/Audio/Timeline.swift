import MediaTypes

/// Turns the timestamps of decoded frames into positions of resampled output on the 16 kHz grid.
///
/// Frames whose timestamps say what their sample counts already said continue exactly where the last ended,
/// so rounded or jittering timestamps leave no seams and hours accumulate no error. Only a deviation beyond
/// `tolerance` moves the position.
struct Timeline {
    /// Largest deviation, in seconds, that counts as jitter of timestamps.
    static let tolerance = 0.010
    /// Longest jump ahead, in seconds, that is taken for a gap; a longer one is a restarted clock.
    static let maxGap = 3600.0
    /// Longest stretch before the origin, in seconds, that is taken for an encoder's priming and dropped.
    static let maxPriming = 1.0
    /// One output sample in seconds.
    private static let resolution = 1 / Double(AudioGrid.sampleRateHz)
    /// A restart this close (in output samples) to what was delivered is rounding, not a jump.
    private static let roundingSamples: Int64 = 4

    enum Placement: Equatable {
        /// The frame follows the one before.
        case continuous
        /// The frame starts at this many seconds; drain the resampler, then call `begin(at:)`.
        case jump(to: Double)
    }

    private var hasBegun = false
    private var anchor = 0.0
    private var samplesSinceAnchor: Int64 = 0
    private var rateHz = AudioGrid.sampleRateHz
    /// Added to timestamps: what restarts of the source's clock came to.
    private(set) var offset = 0.0
    /// The offset before the last restart.
    private var offsetBefore = 0.0
    /// Where the next output sample lies.
    private var position: Int64 = 0
    /// End of what was handed out; nothing before it is handed out again.
    private var end: Int64 = 0

    /// End of what was handed out, seconds.
    var endSeconds: Double { MediaTime(samples: end).seconds }

    /// Where the next frame should start, in seconds, going by the samples so far.
    private var expected: Double {
        anchor + Double(samplesSinceAnchor) / Double(rateHz)
    }

    /// Decides where a frame belongs that lasts `duration` seconds and says that it starts at `seconds`.
    mutating func place(_ seconds: Double?, duration: Double) -> Placement {
        let expected = expected
        guard let seconds, seconds.isFinite else {
            return hasBegun ? .continuous : .jump(to: expected)
        }
        let time = seconds + offset
        let deviation = time - expected
        guard hasBegun else {
            let isPlausible = deviation > -Timeline.maxPriming && deviation <= Timeline.maxGap
            if !isPlausible { offset -= deviation }
            return .jump(to: isPlausible ? time : expected)
        }
        if deviation.magnitude <= Timeline.tolerance { return .continuous }
        let isGap = deviation > 0 && deviation <= Timeline.maxGap
        // A frame that repeats the end of the last one and goes on is cut; one wholly in the past would
        // starve the output for as long as the source's clock stands still, so it means a restarted clock.
        let isOverlap = deviation < 0 && time + duration > expected + Timeline.resolution
        // A demuxer that does not know the length of its first frames yet repeats a timestamp, counts on from
        // there and then corrects itself: no restart after all.
        if (seconds + offsetBefore - expected).magnitude <= Timeline.tolerance {
            swap(&offset, &offsetBefore)
            return .continuous
        }
        if isGap || isOverlap { return .jump(to: time) }
        offsetBefore = offset
        offset -= deviation
        return .continuous
    }

    /// Counts on from `seconds`. The resampler must have been drained of what came before.
    mutating func begin(at seconds: Double) {
        anchor = seconds
        samplesSinceAnchor = 0
        let exact = MediaTime(seconds: seconds).samples
        let isRounding = hasBegun && (exact - end).magnitude <= Timeline.roundingSamples.magnitude
        position = isRounding ? end : exact
        hasBegun = true
    }

    /// Counts on without a jump, for audio of another shape. The resampler must have been drained.
    mutating func changeShape() {
        if hasBegun { begin(at: expected) }
    }

    /// Counts the samples of a frame that went into the resampler.
    mutating func advance(inputSamples: Int, rateHz: Int) {
        self.rateHz = rateHz
        samplesSinceAnchor += Int64(inputSamples)
    }

    /// Claims the place of `count` output samples: where they start and how many at their front are dropped,
    /// because they lie before the origin or repeat what was handed out.
    mutating func emit(_ count: Int) -> (start: MediaTime, skipped: Int) {
        let skipped = min(max(end - position, 0), Int64(count))
        let start = MediaTime(samples: position + skipped)
        position += Int64(count)
        end = max(end, position)
        return (start, Int(skipped))
    }
}
