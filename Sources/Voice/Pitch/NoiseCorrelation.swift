import CKernels

/// The correlation of what stands out of steady noise, which takes the place of most of the signal's own where noise
/// is near: a short stretch of signal correlates with itself by chance, and the more so the louder the noise is.
///
/// The spectrum of 64 ms, less that of the noise (Boll 1979), over that of the noise, so that the bands count that the
/// noise leaves free; its square root evens out the formants (Tolonen & Karjalainen 2000). Its transform is freed from
/// the window's own correlation (Boersma 1993). Where there is no noise to speak of nothing of this is computed.
struct NoiseCorrelation: ~Copyable, Sendable {
    /// The stretch that is looked at reaches so many values to both sides of its centre.
    static let reach = CK_FFT_POINTS / 2

    /// From this range of speech over noise on (dB) the signal's own correlation does alone; at the lower one and below
    /// it keeps a share of a fifth.
    private static let farDb: Float = 24, nearDb: Float = 12
    private static let mostShare: Float = 0.8
    /// What is added to a correlation out of noise: it keeps less of a voice than there is.
    private static let lead: Float = 0.1
    /// The bins that are looked at, of 15.6 Hz: 47 to 940 Hz.
    private static let bins = 3..<60
    /// The window's own correlation is divided by as far as this.
    private static let mostLagWeight: Float = 4
    /// How loud the noise is now follows from this many of the bins that stand out of it the least, which a voice
    /// leaves free between its harmonics; the greatest of them is this part of the mean of noise (of an exponential
    /// distribution its quantile at 12 of 57), and the noise now at most this much louder or weaker than usual.
    private static let quietBins = 12
    private static let quietPart: Float = 0.236
    private static let mostChange: Float = 4
    /// Noise is learnt from one in so many hops that nobody speaks in, and from so many of these at a time.
    private static let learningHops = 2
    private static let rememberedHops: Float = 10
    /// It has to be known from so many: before the detector has settled, who speaks from the start is taken for noise.
    private static let leastHops: Float = 5
    /// The memory of the loudest speech fades by this much per hop (2 dB a second).
    private static let fading: Float = 0.995_4

    /// The same for all streams.
    private static let window = HannWindow(length: CK_FFT_POINTS)

    private let frame = FloatBuffer(count: CK_FFT_POINTS)
    private let scratch = FloatBuffer(count: CK_FFT_SCRATCH_FLOATS)
    private let power = FloatBuffer(count: CK_FFT_BINS)
    private let correlation = FloatBuffer(count: CK_FFT_BINS)
    /// Mean power per bin of the noise, and how many hops it is known from.
    private let noise = FloatBuffer(count: CK_FFT_BINS)
    private var spectrumHops: Float = 0
    private var hopsUntilLearning = 0
    /// Natural logarithm of the power of the noise, a mean of so many hops. (Ends of speech among them, or cracks, move
    /// the mean of logarithms little.)
    private var noiseLevel: Float = 0
    private var noiseHops: Float = 0
    /// Power of the newest hops, and of the loudest ones lately.
    private var newestPower: Float = 0
    private var loudestPower: Float = 0

    /// By how much of the correlation the one out of noise counts.
    private var share: Float {
        let ratio = loudestPower / ck_exp(noiseLevel) - 1
        let rangeDb = 10 * ck_log10(max(1e-3, ratio))
        return Self.mostShare * max(0, min(1, (Self.farDb - rangeDb) / (Self.farDb - Self.nearDb)))
    }

    /// Takes note of the newest hop, which is heard before it is looked at, so that the beginning of speech counts.
    mutating func hear(_ hop: UnsafePointer<Float>, count: Int) {
        newestPower += 0.4 * (ck_dot(hop, hop, count) / Float(count) - newestPower)
        loudestPower = max(newestPower, loudestPower * Self.fading)
    }

    /// Learns the noise from a hop that nobody speaks in.
    mutating func learn(around center: UnsafePointer<Float>, hopValues: Int) {
        hopsUntilLearning -= 1
        guard hopsUntilLearning <= 0 else { return }
        hopsUntilLearning = Self.learningHops
        let hop = center - hopValues / 2
        let hopPower = ck_dot(hop, hop, hopValues) / Float(hopValues)
        // Digital silence is no noise.
        guard hopPower > 1e-12 else { return }
        noiseHops = min(noiseHops + 1, Self.rememberedHops)
        noiseLevel += (ck_log(hopPower) - noiseLevel) / noiseHops
        guard share > 0 else {
            // What is far below speech need not be known, and is learnt anew where it comes near.
            spectrumHops = 0
            return
        }
        transform(around: center)
        spectrumHops = min(spectrumHops + 1, Self.rememberedHops)
        for bin in Self.bins { noise[bin] += (power[bin] - noise[bin]) / spectrumHops }
    }

    /// Blends the normalised correlation of the signal around `center`, for the lags from `firstLag` on, with that of
    /// what stands out of the noise.
    mutating func blend(
        into values: borrowing FloatBuffer, around center: UnsafePointer<Float>, firstLag: Int
    ) {
        let share = share
        guard share > 0, spectrumHops >= Self.leastHops else { return }
        transform(around: center)
        keepWhatStandsOut()
        ck_autocorrelation(power.base, Self.window.tables.base, scratch.base, correlation.base)
        let scale = correlation[0] > 0 ? 1 / correlation[0] : 0
        for index in 0..<values.count {
            let lag = firstLag + index
            let value = correlation[lag] * scale * min(Self.mostLagWeight, Self.window.lagWeights[lag]) + Self.lead
            values[index] += share * (value - values[index])
        }
    }

    private func transform(around center: UnsafePointer<Float>) {
        let first = center - Self.reach
        for index in 0..<CK_FFT_POINTS { frame[index] = first[index] * Self.window.values[index] }
        ck_power_spectrum(frame.base, Self.window.tables.base, scratch.base, power.base)
    }

    /// Turns the power of each bin into the root of its ratio to the noise, less that of the noise itself.
    private func keepWhatStandsOut() {
        for bin in Self.bins { power[bin] /= noise[bin] + 1e-12 }
        let level = ratioOfNoise()
        for bin in 0..<power.count {
            power[bin] = Self.bins.contains(bin) ? max(0, power[bin] - level).squareRoot() : 0
        }
    }

    /// How loud the noise is now, as a part of what it usually is, by the ratios in `power`.
    private func ratioOfNoise() -> Float {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.quietBins) { least in
            least.initialize(repeating: .greatestFiniteMagnitude)
            for bin in Self.bins where power[bin] < least[Self.quietBins - 1] {
                var place = Self.quietBins - 1
                while place > 0, least[place - 1] > power[bin] {
                    least[place] = least[place - 1]
                    place -= 1
                }
                least[place] = power[bin]
            }
            return max(1 / Self.mostChange, min(Self.mostChange, least[Self.quietBins - 1] / Self.quietPart))
        }
    }
}
