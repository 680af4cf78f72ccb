import CKernels
import MediaTypes

/// Collects samples into hops and cleans them: values no medium can mean become harmless, and what lies below
/// the voice (offset, rumble) is removed by a second-order Butterworth high-pass, mains hum by a canceller.
struct HopInput: ~Copyable, Sendable {
    /// Corner of the high-pass in Hz: low enough to leave a voice of 60 Hz alone.
    static let cornerHz = 45.0
    /// Decoders may overshoot full scale a little; everything beyond this is no signal.
    private static let maxSample: Float = 2
    /// Samples of 16 bits that nobody scaled come up to half of this: they are clipped, so that the quality tells of
    /// it. Beyond is nothing that was ever sound; as loud clicks it would be remembered for as long as a shout.
    private static let absurdSample: Float = 65_536
    /// Half a step of a 16-bit sample is 1.5e-5: a hop that moves less than a whole step carries nothing.
    private static let silentRange: Float = 3.1e-5

    /// The cleaned hop that was completed last.
    let hop = FloatBuffer(count: AudioGrid.hopSamples)
    /// Whether that hop was digitally silent (constant to within a 16-bit step).
    private(set) var isSilent = true

    private var hum = HumFilter()
    /// The hop as it came; complete when `complete` says so.
    let pending = FloatBuffer(count: AudioGrid.hopSamples)
    /// The range of the samples of the hop as it came.
    private(set) var low: Float = 0
    private(set) var high: Float = 0
    private var pendingCount = 0
    private let b0: Double
    private let a1: Double
    private let a2: Double
    private var state1 = 0.0
    private var state2 = 0.0

    init() {
        let omega = 2 * Double.pi * Self.cornerHz / Double(AudioGrid.sampleRateHz)
        let alpha = ck_sin(omega) / 2.0.squareRoot()
        let cosine = ck_cos(omega)
        b0 = (1 + cosine) / 2 / (1 + alpha)
        a1 = -2 * cosine / (1 + alpha)
        a2 = (1 - alpha) / (1 + alpha)
    }

    /// Takes samples from `first` on until a hop is complete; how many were taken.
    mutating func take(_ samples: Span<Float>, from first: Int) -> Int {
        let count = min(AudioGrid.hopSamples - pendingCount, samples.count - first)
        for index in 0..<count {
            let sample = samples[first + index]
            // No number is less than anything, so that it counts as 0 too.
            let limited =
                sample.magnitude < Self.absurdSample ? max(-Self.maxSample, min(Self.maxSample, sample)) : 0
            pending[pendingCount + index] = limited
        }
        pendingCount += count
        return count
    }

    /// Cleans the hop if it is complete; false where it is not.
    mutating func complete() -> Bool {
        guard pendingCount == AudioGrid.hopSamples else { return false }
        pendingCount = 0
        filter()
        return true
    }

    /// Makes the current hop one of silence, for media that never came.
    mutating func setSilent() {
        hop.fill(with: 0)
        isSilent = true
        hum.skip()
        state1 = 0
        state2 = 0
    }

    private mutating func filter() {
        ck_range(pending.base, AudioGrid.hopSamples, &low, &high)
        if high - low < Self.silentRange {
            // The state restarts at zero: it would decay into denormal numbers, which cost a hundredfold.
            setSilent()
            return
        }
        isSilent = false
        // Transposed direct form II; b1 = -2 b0 and b2 = b0 for a high-pass.
        for index in 0..<AudioGrid.hopSamples {
            let input = Double(pending[index])
            let output = b0 * input + state1
            state1 = -2 * b0 * input - a1 * output + state2
            state2 = b0 * input - a2 * output
            hop[index] = Float(output)
        }
        hum.filter(hop.base)
    }
}
