import CKernels
import MediaTypes

/// What one hop looks like to the speech classifier.
///
/// All values are relative (to the tracked noise, to the loudest recent speech, to the hop's own spectrum): the
/// gain of the channel does not matter.
struct SpeechFeatures: ~Copyable, Sendable {
    /// Number of features.
    static let count = 9
    /// The window spans three hops about its centre: the features of a hop need one hop of look-ahead.
    static let delayHops = 1

    /// The features of the last pushed hop but one.
    let values = FloatBuffer(count: SpeechFeatures.count)

    private static let windowSamples = 3 * AudioGrid.hopSamples
    /// First FFT bins (31.25 Hz each) of the bands, about a Bark wide: 19 up to 4 kHz, 2 above.
    static let edges: [Int] = [
        3, 5, 7, 9, 11, 13, 16, 19, 22, 26, 30, 35, 41, 48, 56, 66, 78, 92, 108, 127, 180, 245,
    ]
    /// Number of bands.
    static let bandCount = 21
    private static let narrowBands = 19
    /// 10 log10 of those bands: what their sum lies above their mean.
    private static let bandsDb: Float = 12.8
    /// ln(10) / 10: from dB to the exponent of a power.
    private static let nepersPerDb: Float = 0.230_258_5
    /// The band that begins near 1 kHz.
    private static let tiltBand = 10
    /// Range of signal-to-noise ratio that tells anything, in dB.
    private static let maxSnrDb: Float = 30
    /// Lags of the harmonicity search: 71 to 400 Hz.
    private static let lags = 40...224

    /// The same for all streams.
    private static let window = HannWindow(length: windowSamples)

    private let samples = FloatBuffer(count: windowSamples)
    private let frame = FloatBuffer(count: CK_FFT_POINTS)
    private let scratch = FloatBuffer(count: CK_FFT_SCRATCH_FLOATS)
    private let power = FloatBuffer(count: CK_FFT_BINS)
    private let correlation = FloatBuffer(count: CK_FFT_BINS)
    /// Mean power per FFT bin in the bands of the hop that `values` describe; zeros where it is not known.
    let bandPower = FloatBuffer(count: bandCount)
    private let bandDb = FloatBuffer(count: bandCount)
    /// Ratio of level and noise in the bands of that hop, in dB, 0 to 30; zeros where it is not known.
    let snrDb = FloatBuffer(count: bandCount)
    private(set) var noise = NoiseTracker(bands: bandCount)
    /// Bit n: the hop n before the last one was silent.
    private var silentHops = 3
    private var smoothLevelDb: Float = -120
    /// The loudest recent speech, as the sum of the bands up to 4 kHz in dB; 15 dB above the noise at the least.
    private(set) var peakDb: Float = -120

    /// Mean signal-to-noise ratio up to 4 kHz of the hop that `values` describes, in dB.
    var meanSnrDb: Float { (values[0] + values[1] + values[2]) * (10 / 3) }
    /// Power from 1 to 4 kHz relative to that from 0.1 to 1 kHz of the hop that `values` describes, in dB.
    var tiltDb: Float {
        var low: Float = 1e-12
        var high: Float = 1e-12
        for band in 0..<Self.tiltBand { low += bandPower[band] * Float(Self.edges[band + 1] - Self.edges[band]) }
        for band in Self.tiltBand..<Self.narrowBands {
            high += bandPower[band] * Float(Self.edges[band + 1] - Self.edges[band])
        }
        return 10 * ck_log10(high / low)
    }

    /// First of the bands, and of those after the last, that make up each of the eight levels.
    private static let groups = [0, 3, 6, 9, 12, 14, 16, 18, bandCount]

    /// Levels of the hop that `values` describe, as they are compared between channels.
    ///
    /// - Parameter inBands: without it all are the level of the whole.
    func levels(inBands: Bool) -> BandLevels {
        guard silentHops & 0b010 == 0 else { return .none }
        var db = SIMD8<Float>.zero
        var whole: Float = 0
        for group in 0..<BandLevels.count {
            let (first, end) = (Self.groups[group], Self.groups[group + 1])
            var sum: Float = 0
            for band in first..<end { sum += bandPower[band] * Float(Self.edges[band + 1] - Self.edges[band]) }
            if inBands { db[group] = 10 * ck_log10(sum / Float(Self.edges[end] - Self.edges[first]) + 1e-12) }
            whole += sum
        }
        if !inBands {
            db = .init(repeating: 10 * ck_log10(whole / Float(Self.edges[Self.bandCount] - Self.edges[0]) + 1e-12))
        }
        return BandLevels(db: db)
    }

    /// How far the loudest recent speech is above the noise, in dB, 60 at the most.
    var rangeDb: Float { values[8] * 20 }
    /// Whether noise has been learnt for long enough (1.5 s) that a pause will have been among it.
    var knowsNoise: Bool { noise.learntHops >= 150 }

    /// Whether there is nothing but digital silence in the window: `values` and `bandPower` are those of nothing.
    var isAtRest: Bool { silentHops == 0b111 }

    /// Takes the next cleaned hop and refreshes `values` for the one before it.
    ///
    /// - Parameter isSilent: the hop is digitally silent or lost; noise is not learnt from it.
    mutating func push(_ hop: UnsafePointer<Float>, isSilent: Bool) {
        // More of nothing changes nothing, and most streams are silent most of the time.
        if isAtRest, isSilent { return }
        samples.append(hop, length: AudioGrid.hopSamples)
        silentHops = (silentHops << 1 | (isSilent ? 1 : 0)) & 0b111
        guard silentHops & 0b010 == 0, silentHops == 0 || noise.hasStarted else {
            setNeutral()
            return
        }
        for index in 0..<Self.windowSamples { frame[index] = samples[index] * Self.window.values[index] }
        ck_power_spectrum(frame.base, Self.window.tables.base, scratch.base, power.base)
        measureBands()
        if silentHops == 0 { noise.push(bandDb) }
        describe()
    }

    /// What a hop looks like of which nothing is known, or in which there is nothing.
    private func setNeutral() {
        bandPower.fill(with: 0)
        snrDb.fill(with: 0)
        values.fill(with: 0)
        values[7] = -1
    }

    /// Mean power per band in dB.
    private func measureBands() {
        var first = Self.edges[0]
        for band in 0..<Self.bandCount {
            let end = Self.edges[band + 1]
            var sum: Float = 0
            for bin in first..<end { sum += power[bin] }
            bandPower[band] = sum / Float(end - first)
            bandDb[band] = 10 * ck_log10(bandPower[band] + 1e-12)
            first = end
        }
    }

    private mutating func describe() {
        var strongest: Float = 0
        for band in 0..<Self.bandCount {
            let ratio = max(0, min(Self.maxSnrDb, bandDb[band] - noise.floorDb[band]))
            snrDb[band] = ratio
            if band < Self.narrowBands { strongest = max(strongest, ratio) }
        }
        var linear: Float = 1e-12
        var logarithmic: Float = 0
        var floorPower: Float = 1e-12
        for band in 0..<Self.narrowBands {
            linear += bandPower[band]
            floorPower += ck_exp(noise.floorDb[band] * Self.nepersPerDb)
            logarithmic += bandDb[band]
        }
        let levelDb = 10 * ck_log10(linear)
        let floorDb = 10 * ck_log10(floorPower)
        let flatness = logarithmic / Float(Self.narrowBands) - (levelDb - Self.bandsDb)
        // The peak follows a smoothed level, so that a click does not count as loud speech, falls by 1 dB per
        // second and stays 15 dB above the noise.
        smoothLevelDb = max(smoothLevelDb + 0.25 * (levelDb - smoothLevelDb), levelDb - 20)
        peakDb = max(smoothLevelDb, peakDb - 0.01, floorDb + 15)

        values[0] = mean(0..<6) / 10
        values[1] = mean(6..<12) / 10
        values[2] = mean(12..<19) / 10
        values[3] = mean(19..<21) / 10
        values[4] = strongest / 10
        values[5] = harmonicity()
        values[6] = max(-3, flatness / 10)
        values[7] = max(-50, min(0, levelDb - peakDb)) / 20
        values[8] = min(60, peakDb - floorDb) / 20
    }

    private func mean(_ bands: Range<Int>) -> Float {
        var sum: Float = 0
        for band in bands { sum += snrDb[band] }
        return sum / Float(bands.count)
    }

    /// Highest normalised peak of the autocorrelation of the compressed spectrum below 4 kHz (the generalised
    /// autocorrelation of Tolonen & Karjalainen 2000: the square root of the power evens out the formants).
    private func harmonicity() -> Float {
        for bin in 0..<Self.edges[0] { power[bin] = 0 }
        for bin in Self.edges[0]..<Self.edges[Self.narrowBands] { power[bin] = power[bin].squareRoot() }
        for bin in Self.edges[Self.narrowBands]..<power.count { power[bin] = 0 }
        ck_autocorrelation(power.base, Self.window.tables.base, scratch.base, correlation.base)
        guard correlation[0] > 0 else { return 0 }
        var best: Float = 0
        for lag in Self.lags
        where correlation[lag] > correlation[lag - 1] && correlation[lag] >= correlation[lag + 1] {
            best = max(best, correlation[lag] * min(3, Self.window.lagWeights[lag]))
        }
        return min(1, best / correlation[0])
    }
}

/// Noise per band as the minimum of the smoothed level over the last three seconds (minimum statistics, Martin
/// 2001): speech leaves every band now and then, noise does not.
struct NoiseTracker: ~Copyable, Sendable {
    /// The window of the minimum: this many blocks of this many hops.
    private static let blocks = 8
    private static let blockHops = 40

    /// Floor per band in dB.
    let floorDb: FloatBuffer
    private let smoothDb: FloatBuffer
    /// Minima of the finished blocks and the one being filled, block by block.
    private let minima: FloatBuffer
    private let bands: Int
    private var hopsInBlock = 0
    private var block = 0
    /// Hops taken so far, at most an hour's; the floors mean nothing before the first.
    private(set) var learntHops = 0
    var hasStarted: Bool { learntHops > 0 }

    init(bands: Int) {
        self.bands = bands
        floorDb = FloatBuffer(count: bands)
        smoothDb = FloatBuffer(count: bands)
        minima = FloatBuffer(count: bands * Self.blocks)
        minima.fill(with: .greatestFiniteMagnitude)
    }

    mutating func push(_ bandDb: borrowing FloatBuffer) {
        if hopsInBlock == Self.blockHops {
            hopsInBlock = 0
            block = (block + 1) % Self.blocks
            for band in 0..<bands { minima[block * bands + band] = .greatestFiniteMagnitude }
        }
        hopsInBlock += 1
        let hasStarted = hasStarted
        for band in 0..<bands {
            let smooth = hasStarted ? smoothDb[band] + 0.2 * (bandDb[band] - smoothDb[band]) : bandDb[band]
            smoothDb[band] = smooth
            let slot = block * bands + band
            minima[slot] = min(minima[slot], smooth)
            var floor = smooth
            for other in 0..<Self.blocks { floor = min(floor, minima[other * bands + band]) }
            floorDb[band] = floor
        }
        learntHops = min(360_000, learntHops + 1)
    }
}
