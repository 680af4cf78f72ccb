import CKernels
import MediaTypes

@testable import Voice

/// The parts of the voice core, each by itself on what the parts before it gave.
struct VoiceParts {
    private let samples: [Float]
    private let network: SpeechNetwork?
    /// Cleaned hops one behind the other, and whether each is silent.
    private var hops: [Float] = []
    private var isSilent: [Bool] = []
    /// Power of the bands of each hop.
    private var bandPower: [Float] = []
    private var estimates: [SpeechEstimate] = []
    private var records: [HopRecord] = []

    private static let hop = AudioGrid.hopSamples

    init(samples: [Float], network: SpeechNetwork?) {
        self.samples = samples
        self.network = network
        var input = HopInput()
        var estimator = SpeechEstimator(network: network)
        var taken = 0
        while taken < samples.count {
            taken += input.take(samples.span, from: taken)
            guard input.complete() else { break }
            for index in 0..<Self.hop { hops.append(input.hop[index]) }
            isSilent.append(input.isSilent)
            estimates.append(estimator.push(input.hop.base, isSilent: input.isSilent))
            let bands = estimator.features.bandPower.count
            for band in 0..<bands { bandPower.append(estimator.features.bandPower[band]) }
        }
        var analyzer = VoiceAnalyzer(network: network)
        analyzer.process(samples.span) { if case .hop(let record) = $0 { records.append(record) } }
    }

    /// CPU seconds of `body` for every hop of these samples.
    private func time(_ samples: [Float], _ body: (Int, UnsafePointer<Float>) -> Void) -> Double {
        samples.withUnsafeBufferPointer { samples in
            // The pointer is lent for one hop, which lies inside the array.
            guard let start = samples.baseAddress else { return 0 }
            return cpu {
                for index in 0..<samples.count / Self.hop { body(index, start + index * Self.hop) }
            }
        }
    }

    /// Lays the bands of a hop into a buffer.
    private func lay(_ hop: Int, into buffer: borrowing FloatBuffer) {
        for band in 0..<buffer.count { buffer[band] = bandPower[hop * buffer.count + band] }
    }

    private var bandBuffer: FloatBuffer { FloatBuffer(count: bandPower.count / isSilent.count) }

    func input() -> Double {
        var input = HopInput()
        return time(samples) { _, hop in
            _ = input.take(UnsafeBufferPointer(start: hop, count: Self.hop).span, from: 0)
            if input.complete() { consume(input.isSilent) }
        }
    }

    func hum() -> Double {
        var filter = HumFilter()
        let buffer = FloatBuffer(count: Self.hop)
        return time(hops) { index, hop in
            buffer.base.update(from: hop, count: Self.hop)
            if isSilent[index] { filter.skip() } else { filter.filter(buffer.base) }
        }
    }

    func detector(network: SpeechNetwork?) -> Double {
        var estimator = SpeechEstimator(network: network)
        return time(hops) { index, hop in consume(estimator.push(hop, isSilent: isSilent[index])) }
    }

    func segmenter() -> Double {
        let configuration = VoiceConfiguration()
        var segmenter = SpeechSegmenter(
            minimalSpeechHops: configuration.minimalSpeechMilliseconds / AudioGrid.hopMilliseconds,
            minimalPauseHops: configuration.minimalPauseMilliseconds / AudioGrid.hopMilliseconds,
            onThreshold: configuration.onThreshold, offThreshold: configuration.offThreshold)
        return time(hops) { index, _ in
            consume(segmenter.push(estimates[index].activity, isNear: estimates[index].isNear))
        }
    }

    func pitch() -> Double {
        var pitch = PitchTracker(parameters: PitchParameters(), age: SpeechEstimator(network: network).delayHops)
        return time(hops) { index, hop in
            pitch.append(hop, isSilent: isSilent[index])
            consume(pitch.analyze(mayBeVoiced: estimates[index].activity >= VoiceAnalyzer.pitchGate))
        }
    }

    func pace() -> Double {
        var pace = PaceTracker(patienceHops: PaceTracker.minPatienceHops)
        let buffer = bandBuffer
        return time(hops) { index, _ in
            lay(index, into: buffer)
            pace.append(bandPower: buffer)
            consume(pace.find(isVoiced: index < records.count && records[index].f0Hz > 0))
        }
    }

    func quality() -> Double {
        var meter = QualityMeter()
        let buffer = bandBuffer
        let noise = FloatBuffer(count: buffer.count)
        noise.fill(with: -60)
        return time(samples) { index, hop in
            let power = ck_dot(hop, hop, Self.hop) / Float(Self.hop)
            consume(ck_log10(power + 1e-13))
            var (low, high): (Float, Float) = (0, 0)
            ck_range(hop, Self.hop, &low, &high)
            meter.examine(hop, count: Self.hop, low: low, high: high)
            lay(index, into: buffer)
            meter.append(bandPower: buffer, speechProbability: estimates[index].probability)
            if index < records.count { consume(meter.append(records[index])) }
            if index % AudioGrid.hopsPerSecond == 0 { consume(meter.quality(noiseFloorDb: noise)) }
        }
    }
}
