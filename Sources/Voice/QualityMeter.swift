import CKernels
import MediaTypes

/// Keeps the running figures behind `VoiceQuality`; a handful of sums per hop.
struct QualityMeter: ~Copyable, Sendable {
    /// Half a second: less tells nothing.
    private static let minHops: Float = 50
    /// Noise this soon after speech may be its echo.
    private static let echoHops = 10
    /// Forgetting times in hops: half a minute of speech or signal, ten seconds of noise.
    private static let speechMemory: Float = 3000
    private static let noiseMemory: Float = 1000
    /// The median moves by this much per hop of speech, 1 dB per second; by 1 dB at first, by half of that
    /// after so many hops, and so on.
    private static let medianStepDb: Float = 0.01
    private static let medianHaste: Float = 20
    /// The bands whose presence tells the bandwidth, from 1.3 kHz on.
    private static let bands = 11..<21
    /// Speech is present in a band where it is stronger than the floor of the noise by this ratio (8 dB, of which
    /// noise itself has about half), and no further below the strongest of the bands than that (-32 dB: the slope
    /// of a resampler leaks more than nothing).
    private static let presence: Float = 6
    private static let minShare: Float = 6e-4
    /// Tops are looked at from -26 dBFS on: below, the steps of the samples themselves look flat.
    private static let minTop: Float = 0.05
    /// A flat top: three samples or more within this share of the top …
    private static let flatness: Float = 0.002
    private static let flatSamples = 3
    /// … next to one that is this share below it. The crest of no wave without corners does so.
    private static let edge: Float = 0.02

    private var signalHops: Int64 = 0
    private var clippedHops: Int64 = 0
    private var recentlyClipped = RunningMean(memory: speechMemory)
    private var speech = RunningMean(memory: speechMemory)
    private var noise = RunningMean(memory: noiseMemory)
    private var medianDb: Float = 0
    private var hopsSinceSpeech = 0
    private let speechBands = FloatBuffer(count: bands.count)
    private var speechBandHops: Float = 0

    /// Looks for clipping in the samples of a hop as they came, whose range is `low...high`.
    mutating func examine(_ samples: UnsafePointer<Float>, count: Int, low: Float, high: Float) {
        let isClipped = Self.isClipped(samples, count: count, low: low, high: high)
        signalHops += 1
        if isClipped { clippedHops += 1 }
        recentlyClipped.append(isClipped ? 1 : 0)
    }

    private static func isClipped(_ samples: UnsafePointer<Float>, count: Int, low: Float, high: Float) -> Bool {
        let lowEdge = low <= -minTop ? low * (1 - flatness) : -.greatestFiniteMagnitude
        let highEdge = high >= minTop ? high * (1 - flatness) : .greatestFiniteMagnitude
        guard ck_count_outside(samples, lowEdge, highEdge, count) >= flatSamples else { return false }
        var start = 0
        for index in 0...count {
            if index < count, samples[index] <= lowEdge || samples[index] >= highEdge { continue }
            // A run ends here: is it long, of one sign, and cut off?
            if index - start >= flatSamples, samples[start] * samples[index - 1] > 0 {
                let limit = samples[start].magnitude * (1 - edge)
                let before = start > 0 ? samples[start - 1].magnitude : .greatestFiniteMagnitude
                let after = index < count ? samples[index].magnitude : .greatestFiniteMagnitude
                if before < limit || after < limit { return true }
            }
            start = index + 1
        }
        return false
    }

    /// Takes the spectrum of a hop and how likely it is speech.
    mutating func append(bandPower: borrowing FloatBuffer, speechProbability: Float) {
        guard speechProbability >= 0.7 else { return }
        speechBandHops = min(Self.speechMemory, speechBandHops + 1)
        for band in 0..<Self.bands.count {
            let mean = speechBands[band]
            speechBands[band] = mean + (bandPower[Self.bands.lowerBound + band] - mean) / speechBandHops
        }
    }

    /// Takes a final record; the level relative to the median speech level, 0 before there was speech.
    mutating func append(_ record: HopRecord) -> Float {
        hopsSinceSpeech = record.isSpeech ? 0 : min(hopsSinceSpeech, Self.echoHops) + 1
        if record.levelDb > -120 {
            if record.isSpeech {
                speech.append(Self.power(record.levelDb))
                moveMedian(towards: record.levelDb)
            } else if speech.count > 0, hopsSinceSpeech > Self.echoHops, record.speechProbability < 0.5 {
                // Before the first speech that is found there may be some that was not.
                // The mean of the level, not of power: a little speech that was missed must not weigh much.
                noise.append(record.levelDb)
            }
        }
        return speech.count > 0 ? record.levelDb - medianDb : 0
    }

    /// The figures so far.
    ///
    /// - Parameter noiseFloorDb: of the bands of `SpeechFeatures`.
    func quality(noiseFloorDb: borrowing FloatBuffer) -> VoiceQuality {
        var quality = VoiceQuality()
        if signalHops > 0 { quality.clippedPercent = 100 * Float(clippedHops) / Float(signalHops) }
        quality.recentlyClippedPercent = 100 * recentlyClipped.mean
        guard speech.count >= Self.minHops else { return quality }
        quality.speechLevelDb = medianDb
        if noise.count >= Self.minHops {
            let noisePower = Self.power(noise.mean)
            let ratio = max(1e-1, (speech.mean - noisePower) / noisePower)
            quality.snrDb = min(80, 10 * ck_log10(ratio))
        }
        quality.bandwidthHz = bandwidthHz(noiseFloorDb: noiseFloorDb)
        return quality
    }

    private func bandwidthHz(noiseFloorDb: borrowing FloatBuffer) -> Float? {
        guard speechBandHops >= Self.minHops else { return nil }
        var strongest: Float = 0
        for band in 0..<Self.bands.count { strongest = max(strongest, speechBands[band]) }
        for band in (0..<Self.bands.count).reversed() {
            let floor = Self.power(noiseFloorDb[Self.bands.lowerBound + band])
            guard speechBands[band] > max(strongest * Self.minShare, Self.presence * floor) else { continue }
            let edge = SpeechFeatures.edges[Self.bands.lowerBound + band + 1]
            // The last band ends a little below the half of the sampling rate.
            return band == Self.bands.count - 1 ? 8000 : Float(edge) * 31.25
        }
        return nil
    }

    private static func power(_ levelDb: Float) -> Float {
        ck_exp(levelDb * 0.230_258_5)
    }

    private mutating func moveMedian(towards levelDb: Float) {
        if speech.count <= 1 { medianDb = levelDb }
        let step = max(Self.medianStepDb, Self.medianHaste / (Self.medianHaste + speech.count))
        medianDb += levelDb > medianDb ? step : -step
    }
}

/// A mean that forgets: over everything at first, over about `memory` values later.
private struct RunningMean {
    let memory: Float
    private(set) var mean: Float = 0
    /// Values taken, `memory` at the most.
    private(set) var count: Float = 0

    init(memory: Float) {
        self.memory = memory
    }

    mutating func append(_ value: Float) {
        count = min(memory, count + 1)
        mean += (value - mean) / count
    }
}
