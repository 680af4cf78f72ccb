import CKernels
public import MediaTypes

/// The voice core of one speaker: 16 kHz samples in, a record per hop (10 ms) and IPU boundaries out.
///
/// Works sample by sample in stream time, so that the same samples give the same outputs however they are cut
/// into blocks. Of what a speaker brings it tells hops and changes; lost hops have records like all others, and whoever
/// owns it passes over long silence. After `init` nothing is allocated. Not meant to be shared: one owner feeds it.
public struct VoiceAnalyzer: ~Copyable, Sendable {
    /// Hops between the newest one and the one whose record is emitted.
    public let delayHops: Int

    private let measuresFeatures: Bool
    private var input = HopInput()
    private var detector: SpeechEstimator
    private var segmenter: SpeechSegmenter
    private var pitch: PitchTracker
    private var pace: PaceTracker
    private var meter = QualityMeter()
    /// The records not yet emitted, by hop number modulo their count.
    private let records: OwnedBuffer<HopRecord>
    /// Number of the next hop to come in.
    private var nextHop: Int64 = 0
    private var isFinished = false

    /// Which detector tells speech.
    public var detectorKind: SpeechDetectorKind { detector.kind }

    /// An analyser at the beginning of a stream.
    ///
    /// - Parameter network: weights of the speech network; without them the built-in detector does alone.
    public init(configuration: VoiceConfiguration = .init(), network: SpeechNetwork? = nil) {
        detector = SpeechEstimator(network: network)
        measuresFeatures = configuration.measuresFeatures
        segmenter = SpeechSegmenter(
            minimalSpeechHops: Self.hops(configuration.minimalSpeechMilliseconds, most: 1000),
            minimalPauseHops: Self.hops(configuration.minimalPauseMilliseconds, most: 2000),
            onThreshold: configuration.onThreshold, offThreshold: configuration.offThreshold,
            earlyHops: Self.earlyHops, lateHops: Self.lateHops)
        var parameters = PitchParameters()
        parameters.minHz = Self.clamp(configuration.lowestF0Hz, to: 60...200)
        parameters.maxHz = Self.clamp(configuration.highestF0Hz, to: 200...700)
        pitch = PitchTracker(parameters: parameters, age: detector.delayHops)
        let voicingDelay = PitchTracker.delayHops + PaceTracker.voicingHops
        delayHops =
            detector.delayHops + max(segmenter.delayHops, voicingDelay + PaceTracker.minPatienceHops)
        pace = PaceTracker(patienceHops: delayHops - detector.delayHops - voicingDelay)
        records = OwnedBuffer(count: delayHops + 1, filledWith: .lost(index: 0))
    }

    /// Whether there was speech in the newest hop that was judged.
    public var isActive: Bool { segmenter.isActive }

    /// What is known of the quality of the channel; nothing where features are not measured.
    public var quality: VoiceQuality { meter.quality(noiseFloorDb: detector.features.noise.floorDb) }

    /// Takes the next samples (16 kHz, mono, full scale ±1; any number of them).
    ///
    /// Values beyond ±2 are clipped; values that no sound can have (not finite, beyond ±65,536) count as 0.
    public mutating func process(_ samples: Span<Float>, into sink: (SpeakerOutput) -> Void) {
        guard !isFinished else { return }
        var taken = 0
        while taken < samples.count {
            taken += input.take(samples, from: taken)
            if input.complete() { takeHop(isLost: false, sink) }
        }
    }

    /// Takes note that this many hops of media were lost here.
    ///
    /// Samples of a hop that is not complete yet keep their place in it: the lost hops come before it, and it
    /// is finished by the samples after the loss. To the segmentation lost hops are silence, so that a short
    /// loss inside speech is bridged and a loss of the minimal pause or more ends the unit where it began.
    public mutating func lose(hops: Int, into sink: (SpeakerOutput) -> Void) {
        guard !isFinished, hops > 0 else { return }
        for _ in 0..<hops {
            input.setSilent()
            takeHop(isLost: true, sink)
        }
    }

    /// The end of the stream: emits what is still held back. Samples of an incomplete last hop are dropped,
    /// and nothing is taken afterwards.
    public mutating func finish(into sink: (SpeakerOutput) -> Void) {
        guard !isFinished else { return }
        isFinished = true
        let end = nextHop
        // Silence pushes the last hops through the detector.
        input.setSilent()
        for _ in 0..<detector.delayHops {
            let estimate = detector.push(input.hop.base, isSilent: true)
            appendFeatures()
            if nextHop == end { markTilt() }
            nextHop += 1
            judge(estimate, sink)
        }
        if let change = segmenter.finish() { sink(.change(change)) }
        for _ in 0..<PitchTracker.delayHops {
            nextHop += 1
            measurePitch(mayBeVoiced: false)
        }
        // And the fall to silence the last nucleus through the pace.
        if measuresFeatures {
            for _ in 0..<PaceTracker.minPatienceHops {
                pace.appendSilence()
                markNucleus(isVoiced: false)
            }
        }
        let first = max(0, end - Int64(delayHops))
        for hop in first..<max(first, end) { emit(hop, sink) }
    }
}

extension VoiceAnalyzer {
    /// What the network's detector knows of the last hop that was judged; nil without it.
    var evidence: NetworkDetector.Evidence? { detector.evidence }

    /// By how much the activity of a near voice begins before speech and ends after it, in hops, as the median of
    /// labelled recordings, calls and conversations put together from clips.
    private static var earlyHops: Int { 2 }
    private static var lateHops: Int { 3 }

    /// Below this activity pitch is not looked for.
    static var pitchGate: Float { 0.1 }

    private static func hops(_ milliseconds: Int, most: Int) -> Int {
        max(1, min(most, milliseconds) / AudioGrid.hopMilliseconds)
    }

    /// The lower bound also stands for a value that is no number.
    private static func clamp(_ value: Float, to range: ClosedRange<Float>) -> Float {
        value >= range.lowerBound ? min(value, range.upperBound) : range.lowerBound
    }

    private mutating func takeHop(isLost: Bool, _ sink: (SpeakerOutput) -> Void) {
        let hop = nextHop
        var record = HopRecord.lost(index: hop)
        record.isLost = isLost
        if measuresFeatures && !input.isSilent {
            let power = ck_dot(input.hop.base, input.hop.base, input.hop.count) / Float(input.hop.count)
            record.levelDb = max(-120, 10 * ck_log10(power + 1e-13))
            meter.examine(input.pending.base, count: input.pending.count, low: input.low, high: input.high)
        }
        records[slot(hop)] = record
        let estimate = detector.push(input.hop.base, isSilent: input.isSilent)
        appendFeatures()
        markTilt()
        markLevels()
        nextHop += 1
        judge(estimate, sink)
        let due = hop - Int64(delayHops)
        if due >= 0 { emit(due, sink) }
    }

    /// Hands the hop that came in to what measures features.
    private mutating func appendFeatures() {
        guard measuresFeatures else { return }
        pitch.append(input.hop.base, isSilent: input.isSilent)
        guard nextHop > 0 else { return }
        if detector.features.isAtRest {
            pace.appendRest()
        } else {
            pace.append(bandPower: detector.features.bandPower)
        }
    }

    /// Brings the tilt of the spectrum into the record of the hop before the newest.
    private func markTilt() {
        guard measuresFeatures, nextHop > 0 else { return }
        records[slot(nextHop - 1)].spectralTiltDb = detector.features.tiltDb
    }

    /// Brings the band levels of the hop before the newest into the record that is to carry them.
    private func markLevels() {
        let carrier = nextHop - 1 - HopRecord.levelLeadHops
        guard carrier >= 0 else { return }
        records[slot(carrier)].levelsAhead = detector.features.levels(inBands: measuresFeatures)
    }

    /// Brings the hop that the detector has just judged into the segmentation and the pitch search.
    private mutating func judge(_ estimate: SpeechEstimate, _ sink: (SpeakerOutput) -> Void) {
        let hop = nextHop - 1 - Int64(detector.delayHops)
        guard hop >= 0 else { return }
        if let change = segmenter.push(estimate.activity, isNear: estimate.isNear) { sink(.change(change)) }
        guard measuresFeatures else { return }
        meter.append(bandPower: detector.features.bandPower, speechProbability: estimate.probability)
        records[slot(hop)].speechProbability = estimate.probability
        measurePitch(mayBeVoiced: estimate.activity >= Self.pitchGate)
    }

    private mutating func measurePitch(mayBeVoiced: Bool) {
        guard measuresFeatures else { return }
        let estimate = pitch.analyze(mayBeVoiced: mayBeVoiced)
        let hop = nextHop - 1 - Int64(detector.delayHops + PitchTracker.delayHops)
        guard hop >= 0 else { return }
        records[slot(hop)].f0Hz = estimate.f0Hz
        records[slot(hop)].voicingProbability = estimate.voicingProbability
        markNucleus(isVoiced: estimate.f0Hz > 0)
    }

    private mutating func markNucleus(isVoiced: Bool) {
        if let nucleus = pace.find(isVoiced: isVoiced) { records[slot(nucleus)].isNucleus = true }
    }

    private mutating func emit(_ hop: Int64, _ sink: (SpeakerOutput) -> Void) {
        var record = records[slot(hop)]
        record.isSpeech = segmenter.isSpeech(hop)
        if measuresFeatures {
            record.relativeLevelDb = meter.append(record)
        } else if record.isSpeech && !record.isLost {
            record.speechProbability = 1
        }
        sink(.hop(record))
    }

    private func slot(_ hop: Int64) -> Int {
        Int(hop % Int64(records.count))
    }
}
