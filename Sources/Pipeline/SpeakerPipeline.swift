public import MediaTypes
import Voice

/// One speaker's audio on its way from the decoder into the session: lays blocks of media time onto the
/// session's hop grid, marks what is missing as lost, and runs the voice core on the rest.
///
/// Time of a block is compared with the number of samples seen since the first one, so that rounding of time
/// stamps never adds up; a difference below one hop is jitter and ignored.
public struct SpeakerPipeline: ~Copyable {
    private var analyzer: VoiceAnalyzer
    /// Lost hops that the voice core sees before the rest is passed over: they bring out what was still looked ahead
    /// for, and end its speech.
    private static let drainHops = 64
    /// Silence that the voice core hears before the rest is passed over, in hops: it has settled by then.
    private static let heardSilenceHops = 200
    private static let zeros = [Float](repeating: 0, count: 10 * AudioGrid.hopSamples)

    /// Hop of the session with which the analyzer's hop 0 coincides; moves on with what is passed over.
    private var originHop: Int64
    /// The hop of the session behind the newest record.
    private var emittedHop: Int64
    /// Where media that is missing began, as long as that was not told.
    private var missingFrom: Int64?
    /// Lost hops in a row that the voice core has seen.
    private var drainedHops = 0
    /// Session time of the next sample.
    private var nextSample: Int64
    private let measuresFeatures: Bool
    /// Samples, taken or lost, before the quality is told again.
    private var samplesToQuality = AudioGrid.sampleRateHz

    /// A pipeline whose first block starts at `start` of the session.
    ///
    /// - Parameters:
    ///   - measuresFeatures: false for a speaker without consent: silence and speech are told apart, nothing else
    ///     is computed.
    ///   - detection: what tells speech.
    public init(start: MediaTime, measuresFeatures: Bool, detection: SpeechDetection = .builtIn) {
        var configuration = VoiceConfiguration()
        configuration.measuresFeatures = measuresFeatures
        self.measuresFeatures = measuresFeatures
        analyzer = VoiceAnalyzer(configuration: configuration, network: detection.network)
        let hop = Int64(AudioGrid.hopSamples)
        originHop = (max(0, start.samples) + hop / 2) / hop
        emittedHop = originHop
        nextSample = start.samples
    }

    /// Whether there was speech in the newest hop that was judged.
    public var isActive: Bool { analyzer.isActive }

    /// Session time up to which media was taken in.
    public var end: MediaTime { MediaTime(samples: nextSample) }

    /// Takes in a block of 16 kHz mono samples that starts at `start` of the session.
    public mutating func feed(
        start: MediaTime, samples: Span<Float>, into sink: (SpeakerOutput) -> Void
    ) {
        guard let dropped = approach(start, count: samples.count, sink) else { return }
        hear(samples.extracting(droppingFirst: dropped), sink)
    }

    /// Takes in `count` samples of silence that start at `start` of the session; a long one is passed over in one step.
    public mutating func feedSilence(start: MediaTime, count: Int, into sink: (SpeakerOutput) -> Void) {
        guard let dropped = approach(start, count: count, sink) else { return }
        let hop = AudioGrid.hopSamples
        let passed = max(0, (count - dropped) / hop - Self.heardSilenceHops)
        hearSilence(count: count - dropped - passed * hop, sink)
        guard passed > 0 else { return }
        // What the voice core still holds back is silence, too, and then comes behind what is passed over.
        pass(hops: Int64(passed))
        sink(.silence(fromHop: emittedHop, toHop: emittedHop + Int64(passed)))
        emittedHop += Int64(passed)
    }

    private mutating func hearSilence(count: Int, _ sink: (SpeakerOutput) -> Void) {
        var left = count
        while left > 0 {
            let length = min(left, Self.zeros.count)
            hear(Self.zeros.span.extracting(first: length), sink)
            left -= length
        }
    }

    /// Marks the next `hops` as lost, and tells so.
    public mutating func lose(hops: Int, into sink: (SpeakerOutput) -> Void) {
        miss(hops: Int64(hops), sink)
        tellMissing(sink)
    }

    /// Media does not come for now: brings out what was looked ahead for, at most `hops` of it, and ends speech. What
    /// is missing is told once media comes again, or the audio ends.
    ///
    /// - Returns: whether nothing is held back any more.
    public mutating func drain(hops: Int, into sink: (SpeakerOutput) -> Void) -> Bool {
        miss(hops: Int64(max(0, min(hops, Self.drainHops - drainedHops))), sink)
        return drainedHops >= Self.drainHops
    }

    /// Moves on to where a block of `count` samples lies.
    ///
    /// - Returns: how many samples at its front were accounted for before; nil for all of them.
    private mutating func approach(_ start: MediaTime, count: Int, _ sink: (SpeakerOutput) -> Void) -> Int? {
        let hop = Int64(AudioGrid.hopSamples)
        let ahead = start.samples - nextSample
        if ahead >= hop {
            miss(hops: ahead / hop, sink)
        } else if ahead <= -hop {
            // Media that was already accounted for: played twice by the sender, or too late.
            guard -ahead < Int64(count) else { return nil }
            tellMissing(sink)
            return Int(-ahead)
        }
        tellMissing(sink)
        return 0
    }

    /// Passes over lost hops; the voice core sees as many of them as it needs to come to an end.
    private mutating func miss(hops: Int64, _ sink: (SpeakerOutput) -> Void) {
        guard hops > 0 else { return }
        if missingFrom == nil { missingFrom = nextSample / Int64(AudioGrid.hopSamples) }
        let seen = min(hops, Int64(Self.drainHops - drainedHops))
        drainedHops += Int(seen)
        nextSample += seen * Int64(AudioGrid.hopSamples)
        let origin = originHop
        var emitted = emittedHop
        analyzer.lose(hops: Int(seen)) { Self.emit($0.shifted(by: origin), &emitted, sink) }
        emittedHop = emitted
        count(samples: Int(seen) * AudioGrid.hopSamples, sink)
        pass(hops: hops - seen)
    }

    /// What the voice core sees next lies so much later.
    private mutating func pass(hops: Int64) {
        originHop += hops
        nextSample += hops * Int64(AudioGrid.hopSamples)
    }

    private mutating func tellMissing(_ sink: (SpeakerOutput) -> Void) {
        drainedHops = 0
        guard let from = missingFrom else { return }
        missingFrom = nil
        sink(.lost(fromHop: from, toHop: nextSample / Int64(AudioGrid.hopSamples)))
    }

    private mutating func hear(_ samples: Span<Float>, _ sink: (SpeakerOutput) -> Void) {
        var block = samples
        nextSample += Int64(block.count)
        let origin = originHop
        var emitted = emittedHop
        // Cut where the quality is told, so that it does not depend on the cuts of the blocks.
        while !block.isEmpty {
            let part = block.extracting(first: min(block.count, samplesToQuality))
            block = block.extracting(droppingFirst: part.count)
            analyzer.process(part) { Self.emit($0.shifted(by: origin), &emitted, sink) }
            count(samples: part.count, sink)
        }
        emittedHop = emitted
    }

    private static func emit(_ output: SpeakerOutput, _ emitted: inout Int64, _ sink: (SpeakerOutput) -> Void) {
        if case .hop(let record) = output { emitted = record.index + 1 }
        sink(output)
    }

    /// Ends the audio: what waits for look-ahead comes out.
    public mutating func finish(into sink: (SpeakerOutput) -> Void) {
        tellMissing(sink)
        let origin = originHop
        analyzer.finish { sink($0.shifted(by: origin)) }
        if measuresFeatures { sink(.quality(analyzer.quality)) }
    }

    private mutating func count(samples: Int, _ sink: (SpeakerOutput) -> Void) {
        samplesToQuality -= samples
        guard samplesToQuality <= 0 else { return }
        samplesToQuality = AudioGrid.sampleRateHz
        if measuresFeatures { sink(.quality(analyzer.quality)) }
    }
}

extension SpeakerOutput {
    /// The same of hops that count from `hops` before.
    fileprivate func shifted(by hops: Int64) -> SpeakerOutput {
        switch self {
        case .hop(var record):
            record.index += hops
            return .hop(record)
        case .change(.started(let hop)): return .change(.started(hop: hop + hops))
        case .change(.ended(let hop)): return .change(.ended(hop: hop + hops))
        case .lost(let from, let to): return .lost(fromHop: from + hops, toHop: to + hops)
        case .silence(let from, let to): return .silence(fromHop: from + hops, toHop: to + hops)
        case .quality: return self
        }
    }
}
