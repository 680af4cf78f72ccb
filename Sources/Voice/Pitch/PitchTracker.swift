import CKernels
import MediaTypes

/// The settings of the pitch tracker. Strengths and costs are in units of normalised correlation (0…1).
struct PitchParameters: Sendable {
    /// Lowest and highest fundamental frequency in Hz.
    var minHz: Float = 60
    var maxHz: Float = 500
    /// Periods are looked for up to this frequency, in Hz: what is above `maxHz` is unvoiced, and not half of it.
    var searchedHz: Float = 880
    /// Strength of the unvoiced candidate: a periodic one must beat it.
    var voicingThreshold: Float = 0.56
    /// Below this level relative to the loudest recent hop (dB) the unvoiced candidate grows stronger …
    var quietDb: Float = -16
    /// … by this much per dB.
    var quietCostPerDb: Float = 0.028
    /// Advantage of a candidate over one an octave lower.
    var octaveCost: Float = 0.04
    /// Cost of a jump by one octave between neighbouring hops.
    var jumpCost: Float = 0.48
    /// Cost of a change between voiced and unvoiced.
    var voicingCost: Float = 0.23
    /// A candidate this far (octaves) from the speaker's usual pitch pays nothing …
    var habitOctaves: Float = 0.5
    /// … and for each octave further this much: what decides between a creaky voice's period and twice it.
    var habitCost: Float = 0.3
    /// How fast the memory of the loudest hop fades, in dB per hop.
    var peakDecayDb: Float = 0.015
    /// Stretch that is correlated, in milliseconds.
    var widthMilliseconds: Float = 10.5
    /// Corner of the low-pass in Hz.
    var lowPassHz: Float = 700
}

/// Fundamental frequency and voicing of one hop.
struct PitchEstimate: Sendable, Hashable {
    /// In Hz, 0 where unvoiced.
    var f0Hz: Float
    var voicingProbability: Float

    static let unvoiced = PitchEstimate(f0Hz: 0, voicingProbability: 0)
}

/// Streaming pitch tracker: normalised cross-correlation on the low-passed signal at 8 kHz, a handful of
/// peaks per hop as candidates, and a short-lag Viterbi search over them.
///
/// In the manner of RAPT (Talkin 1995) and of Praat (Boersma 1993: octave, jump and voicing costs, strength
/// of the unvoiced candidate by relative level). Where noise is near, `NoiseCorrelation` has most of the say.
struct PitchTracker: ~Copyable, Sendable {
    /// `analyze` answers for the hop this many hops before the analysed one: the look-ahead of the search.
    static let delayHops = 6
    /// The correlations need this many hops after the analysed one.
    static let windowHops = 3

    private static let hopValues = AudioGrid.hopSamples / 2
    private static let rateHz = Float(AudioGrid.sampleRateHz / 2)
    private static let tapCount = 49
    /// The low-pass delays by this many values of the 8 kHz signal.
    private static let filterDelay = tapCount / 4
    private static let maxWidth = 200
    /// From here on (500 Hz) the octave cost counts, whatever the ceiling is.
    private static let log2OfReference: Float = 8.965_784

    private let parameters: PitchParameters
    /// Hops between the analysed one and the newest one.
    private let age: Int
    private let width: Int
    private let firstLag: Int
    private let lagCount: Int

    private let taps: FloatBuffer
    private let input = FloatBuffer(count: tapCount - 1 + AudioGrid.hopSamples)
    private let decimated = FloatBuffer(count: hopValues)
    private let signal: FloatBuffer
    private let correlation: FloatBuffer
    private let energy: OwnedBuffer<Double>
    private var search: PitchSearch
    private var noise = NoiseCorrelation()
    private var peakDb: Float = -200
    /// How many of the last hops, one after the other, are silent; counted up to where nothing else is left.
    private var silentHops = 0

    /// - Parameter age: hops between the one that is analysed and the newest, at least `windowHops`.
    init(parameters: PitchParameters, age: Int) {
        self.parameters = parameters
        search = PitchSearch(delayHops: Self.delayHops, highestHz: parameters.maxHz)
        self.age = max(Self.windowHops, age)
        width = max(40, min(Self.maxWidth, Int(parameters.widthMilliseconds * Self.rateHz / 1000)))
        firstLag = max(8, Int(Self.rateHz / max(parameters.maxHz, parameters.searchedHz)) - 1)
        let lastLag = min(140, Int(Self.rateHz / parameters.minHz) + 2)
        lagCount = max(3, lastLag - firstLag + 1)
        taps = Self.lowPass(cornerHz: parameters.lowPassHz)
        let reach = (width + firstLag + lagCount) / 2 + 1
        signal = FloatBuffer(count: (self.age + 1) * Self.hopValues + max(reach, NoiseCorrelation.reach))
        correlation = FloatBuffer(count: lagCount)
        energy = OwnedBuffer(count: 2 * reach + 1, filledWith: 0)
    }

    /// Takes the next cleaned hop.
    ///
    /// - Parameter isSilent: all of its samples are 0.
    mutating func append(_ hop: UnsafePointer<Float>, isSilent: Bool) {
        if !isSilent { silentHops = 0 }
        // One hop more than the signal holds, because of the filter.
        guard silentHops * Self.hopValues < signal.count + Self.hopValues else { return }
        if isSilent { silentHops += 1 }
        input.append(hop, length: AudioGrid.hopSamples)
        ck_fir_decimate(input.base, taps.base, taps.count, 2, decimated.base, Self.hopValues)
        signal.append(decimated.base, length: Self.hopValues)
        if !isSilent { noise.hear(decimated.base, count: Self.hopValues) }
    }

    /// Looks at the hop `age` before the newest and answers for the one `delayHops` before that.
    ///
    /// - Parameter mayBeVoiced: false spares the correlation: the hop is unvoiced.
    mutating func analyze(mayBeVoiced: Bool) -> PitchEstimate {
        search.beginHop()
        if mayBeVoiced {
            findCandidates()
        } else {
            noise.learn(around: signal.base + center, hopValues: Self.hopValues)
        }
        return search.endHop(parameters)
    }

    /// The middle of the analysed hop within the signal.
    private var center: Int { signal.count - age * Self.hopValues - Self.hopValues / 2 + Self.filterDelay }

    private mutating func findCandidates() {
        let center = center
        let reach = (energy.count - 1) / 2
        // Sums of squares up to each place around the centre: the energy of any stretch is a difference.
        var sum = 0.0
        energy[0] = 0
        for offset in 0..<(2 * reach) {
            let value = Double(signal[center - reach + offset])
            sum += value * value
            energy[offset + 1] = sum
        }
        let middle = energy[reach + width / 2] - energy[reach - width / 2]
        let levelDb = 10 * ck_log10(Float(middle) / Float(width) + 1e-14)
        peakDb = max(levelDb, peakDb - parameters.peakDecayDb)
        search.unvoicedStrength =
            parameters.voicingThreshold
            + parameters.quietCostPerDb * max(0, parameters.quietDb - (levelDb - peakDb))

        ck_centered_correlation(signal.base + center, width, firstLag, lagCount, correlation.base)
        for index in 0..<lagCount {
            let lag = firstLag + index
            let early = reach - (width + lag) / 2
            let left = energy[early + width] - energy[early]
            let right = energy[early + lag + width] - energy[early + lag]
            let norm = Float((left * right).squareRoot())
            correlation[index] = norm > 1e-12 ? correlation[index] / norm : 0
        }
        noise.blend(into: correlation, around: signal.base + center, firstLag: firstLag)
        for index in 1..<(lagCount - 1) {
            let here = correlation[index]
            guard here > 0.25, here > correlation[index - 1], here >= correlation[index + 1] else { continue }
            // The peak of the parabola through the three values.
            let slope = (correlation[index + 1] - correlation[index - 1]) / 2
            let bend = 2 * here - correlation[index + 1] - correlation[index - 1]
            let shift = bend > 0 ? slope / bend : 0
            let f0Hz = Self.rateHz / (Float(firstLag + index) + shift)
            guard f0Hz >= parameters.minHz, f0Hz <= parameters.searchedHz else { continue }
            let peak = min(1, here + slope * shift / 2)
            let log2F0 = ck_log2(f0Hz)
            let octaves = Self.log2OfReference - log2F0
            search.add(PitchCandidate(log2F0: log2F0, strength: peak - parameters.octaveCost * octaves), parameters)
        }
    }

    /// Hamming-windowed sinc.
    private static func lowPass(cornerHz: Float) -> FloatBuffer {
        let taps = FloatBuffer(count: tapCount)
        let ratio = 2 * Double(cornerHz) / Double(AudioGrid.sampleRateHz)
        var sum: Float = 0
        for index in 0..<tapCount {
            let offset = Double(index - tapCount / 2)
            let sinc = offset == 0 ? ratio : ck_sin(Double.pi * ratio * offset) / (Double.pi * offset)
            let hamming = 0.54 + 0.46 * ck_cos(2 * Double.pi * offset / Double(tapCount - 1))
            taps[index] = Float(sinc * hamming)
            sum += taps[index]
        }
        for index in 0..<tapCount { taps[index] /= sum }
        return taps
    }
}
