import CKernels
import MediaTypes

/// The network on a stream of hops: spares it the chunks in which nothing can be, lays its answers (one per
/// 32 ms) onto the hops, calibrates them, and joins them with the boundary detector for the segmentation.
struct NetworkDetector: ~Copyable, Sendable {
    /// `push` answers for the hop that came this many hops before: 120 ms, of which the chunk itself takes up
    /// to 32 and the later of the two places below 91.
    static let delayHops = 12

    /// The network is late: about a moment it is surest in the chunks this many samples (75 and 20 ms) later.
    private static let lateSamples = 1200
    private static let earlySamples = 320
    // The numbers down to `sharpRangeDb`, but for `Calibration`, were fitted and chosen as docs/voice.md says ("What was
    // fitted on what"), by programs that are not part of the project: they cannot be had again from it. `make evaluate`
    // measures their worth.

    /// How its answers at these two places are joined.
    private static let lateWeight: Float = 0.36
    private static let earlyWeight: Float = 0.48
    private static let bias: Float = -0.5
    /// Log odds of the boundary detector count up to this.
    private static let boundaryRange: Float = 3
    /// In the activity they count everywhere, and the floor of the network's answers is taken off, so that
    /// distant voices are no less active than near ones.
    private static let boundaryActivity: Float = 0.4
    private static let floorWeight: Float = 1.1
    private static let activityBias: Float = 0.4
    /// Where the loudest recent speech is this far (dB) above the noise, the voice is near and the line quiet: there
    /// the floor is low for that, and taking it off would only lengthen what is found.
    private static let nearRangeDb: ClosedRange<Float> = 58...60
    /// From this range on the edges of the speech are sharp, so that units are shortened by what the network sees of
    /// its surroundings.
    private static let sharpRangeDb: Float = 57

    /// The network knows no voice that is much quieter than what it was trained on. Where the loudest recent speech is
    /// below this (some -43 dBFS), it hears all of it by so much (at the most) louder. The gain grows by a decibel per
    /// hop, while the boundary detector, which knows no levels, hears speech: so a quiet room is not raised before
    /// anybody speaks.
    private static let leastPeakDb: Float = -8
    private static let mostGainDb: Float = 40
    /// ln(10) / 20: from dB to the exponent of an amplitude.
    private static let nepersPerDb: Float = 0.115_129_25

    /// From what is known of a hop to the probability that somebody speaks: a logistic, fitted by
    /// `make fit-detector` (scripts/evaluation/fit_detector.py).
    private enum Calibration {
        static let slope: Float = 0.64
        static let bias: Float = 0.68
        /// What noise adds to these two: speech in it is less certain, and more of it is there than the network says.
        static let noiseSlope: Float = 0.23
        static let noiseBias: Float = 0.64
        /// Weight of the boundary detector where the network is undecided: there it places the boundaries.
        static let boundary: Float = 0.62
        /// Where the loudest recent speech is less than the first above the noise, there is noise; below the second,
        /// nothing but.
        static let noisyRangeDb: (some: Float, much: Float) = (30, 15)
        static let mostOdds: Float = 12
    }

    private let network: SpeechNetwork
    private var state = SpeechNetworkState()
    private var gate = NetworkGate()
    private var boundary = BoundaryDetector()
    private let heard = FloatBuffer(count: AudioGrid.hopSamples)
    private var gainDb: Float = 0
    private var floor = LogOddsFloor()
    /// Log odds of the last chunks, by chunk number modulo their count.
    private let logOdds = FloatBuffer(count: 8)
    private var chunkCount = 0
    private var hopCount = 0
    private var rangeDb: Float = 0
    /// Log odds of the boundary detector for the hops not judged yet, oldest first.
    private let boundaryOdds = FloatBuffer(count: delayHops - BoundaryDetector.delayHops + 1)
    /// Bit n: the hop n before the last one was silent.
    private var silence: UInt32 = .max

    init(network: SpeechNetwork) {
        self.network = network
    }

    /// Takes the next cleaned hop, and the features that it has been added to; the estimate for the hop `delayHops` before
    /// it.
    mutating func push(
        _ hop: UnsafePointer<Float>, isSilent: Bool, _ features: borrowing SpeechFeatures
    ) -> SpeechEstimate {
        silence = silence << 1 | (isSilent ? 1 : 0)
        let probability = boundary.push(features, isSilent: isSilent)
        var odds = ck_log(max(1e-6, probability) / max(1e-6, 1 - probability))
        odds = max(-Self.boundaryRange, min(Self.boundaryRange, odds))
        boundaryOdds.append(&odds, length: 1)
        gate.push(snrDb: features.meanSnrDb, knowsNoise: isSilent || features.knowsNoise)
        raise(hop, peakDb: features.peakDb, isSpeech: probability > 0.5)
        var taken = 0
        while taken < AudioGrid.hopSamples {
            taken += state.take(heard.base + taken, count: AudioGrid.hopSamples - taken, isSilent: isSilent)
            if state.isComplete { judgeChunk() }
        }
        hopCount += 1
        rangeDb = features.rangeDb
        return estimate(hopCount - 1 - Self.delayHops)
    }

    /// Brings a hop to where the network can hear it.
    private mutating func raise(_ hop: UnsafePointer<Float>, peakDb: Float, isSpeech: Bool) {
        let wantedDb = max(0, min(Self.mostGainDb, Self.leastPeakDb - peakDb))
        // Falls at once where a voice turns out to be loud.
        gainDb = min(isSpeech ? gainDb + 1 : gainDb, wantedDb)
        let gain = ck_exp(gainDb * Self.nepersPerDb)
        for index in 0..<heard.count { heard[index] = hop[index] * gain }
    }

    private mutating func judgeChunk() {
        let last = chunkCount == 0 ? 0 : logOdds[(chunkCount - 1) % logOdds.count]
        var answer = min(last, NetworkGate.closedLogOdds)
        if gate.decide() {
            answer = state.evaluate(network)
            floor.push(answer)
        }
        logOdds[chunkCount % logOdds.count] = answer
        chunkCount += 1
        state.beginChunk()
    }

    /// What is known of a hop, in log odds and dB: what `Calibration` is fitted on.
    struct Evidence {
        /// Of the network; the boundary detector.
        var network: Float, boundary: Float
        /// The loudest recent speech above the noise, dB.
        var rangeDb: Float

        /// Probability that somebody speaks.
        var probability: Float {
            typealias Fit = Calibration
            let (some, much) = Fit.noisyRangeDb
            let noise = max(0, min(1, (some - rangeDb) / (some - much)))
            let odds = max(-Fit.mostOdds, min(Fit.mostOdds, network))
            let share = NetworkDetector.logistic(network)
            return NetworkDetector.logistic(
                (Fit.slope + Fit.noiseSlope * noise) * odds + Fit.bias + Fit.noiseBias * noise
                    + Fit.boundary * 4 * share * (1 - share) * boundary)
        }
    }

    /// What is known of the last hop that was judged.
    private(set) var evidence = Evidence(network: -.infinity, boundary: 0, rangeDb: 0)

    private mutating func estimate(_ hop: Int) -> SpeechEstimate {
        // Nobody speaks in digital silence, whatever surrounds it.
        guard hop >= 0, silence & (1 << UInt32(Self.delayHops)) == 0 else {
            evidence = Evidence(network: -.infinity, boundary: 0, rangeDb: rangeDb)
            return SpeechEstimate(probability: 0, activity: 0)
        }
        let middle = hop * AudioGrid.hopSamples + AudioGrid.hopSamples / 2
        let odds =
            Self.lateWeight * answer(at: middle + Self.lateSamples)
            + Self.earlyWeight * answer(at: middle + Self.earlySamples) + Self.bias
        evidence = Evidence(network: odds, boundary: boundaryOdds[0], rangeDb: rangeDb)
        let near = Self.nearRangeDb
        let distant = max(0, min(1, (near.upperBound - rangeDb) / (near.upperBound - near.lowerBound)))
        let lift = distant * Self.floorWeight * (LogOddsFloor.highest - floor.value)
        return SpeechEstimate(
            probability: evidence.probability,
            activity: Self.logistic(odds + lift + Self.boundaryActivity * boundaryOdds[0] + Self.activityBias),
            isNear: rangeDb >= Self.sharpRangeDb)
    }

    fileprivate static func logistic(_ odds: Float) -> Float {
        1 / (1 + ck_exp(-odds))
    }

    /// Log odds at a sample, between those of the chunks whose middles lie to both sides.
    private func answer(at sample: Int) -> Float {
        let length = SpeechNetwork.chunkSamples
        let offset = max(0, sample - length / 2)
        let chunk = offset / length
        let share = Float(offset % length) / Float(length)
        let before = logOdds[chunk % logOdds.count]
        return before + share * (logOdds[(chunk + 1) % logOdds.count] - before)
    }
}

/// Decides whether a chunk is worth the network: not where the level keeps to the noise that is known (digital silence,
/// steady noise), nor longer than half a second after it left it.
struct NetworkGate: Sendable {
    /// Log odds of a chunk that was spared, at the most.
    static let closedLogOdds: Float = -4

    /// Mean ratio of level and noise (dB) above which something may be there: the ratio of steady noise to its
    /// own minimum stays below this, speech exceeds it at least every half second.
    private static let openSnrDb: Float = 5.5
    private static let holdChunks = 16

    private var sum: Float = 0
    private var count = 0
    private var isForced = false
    private var chunksLeft = 0

    /// Takes a hop.
    ///
    /// - Parameter knowsNoise: false while the ratio means nothing, because the noise was not heard for long.
    mutating func push(snrDb: Float, knowsNoise: Bool) {
        sum += snrDb
        count += 1
        if !knowsNoise { isForced = true }
    }

    /// Whether the chunk that ends now is worth a look.
    mutating func decide() -> Bool {
        if isForced || sum > Self.openSnrDb * Float(count) { chunksLeft = Self.holdChunks }
        sum = 0
        count = 0
        isForced = false
        guard chunksLeft > 0 else { return false }
        chunksLeft -= 1
        return true
    }
}

/// The lowest log odds of the last half minute: how sure the network is that nobody speaks when nobody does.
struct LogOddsFloor: ~Copyable, Sendable {
    /// Range of the floor; a recording with distant, quiet voices has a low one.
    static let highest: Float = -5.8
    private static let lowest: Float = -9
    private static let blockChunks = 117

    /// Minima of the last blocks, by block number modulo their count.
    private let minima = FloatBuffer(count: 8)
    private var block = 0
    private var chunksInBlock = 0
    private var before = (Float(0), Float(0))
    private(set) var value = highest

    init() {
        minima.fill(with: Self.highest)
    }

    mutating func push(_ logOdds: Float) {
        if chunksInBlock == Self.blockChunks {
            chunksInBlock = 0
            block = (block + 1) % minima.count
            minima[block] = Self.highest
        }
        chunksInBlock += 1
        minima[block] = max(Self.lowest, min(minima[block], (before.0 + before.1 + logOdds) / 3))
        before = (before.1, logOdds)
        value = Self.highest
        for index in 0..<minima.count { value = min(value, minima[index]) }
    }
}
