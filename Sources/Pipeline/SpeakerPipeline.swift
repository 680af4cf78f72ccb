public import MediaTypes
import Voice

/// What one speaker's audio brings into its session; hops count from the session's start.
public enum SpeakerOutput: Sendable {
    /// A measured hop.
    case hop(HopRecord)
    /// An IPU boundary, as early as it is decided.
    case change(SpeechChange)
    /// Media of the hops `from ..< to` was lost.
    case lost(fromHop: Int64, toHop: Int64)
    /// What is known of the channel with the hop that was given last; once a second of media.
    case quality(VoiceQuality)
}

/// One speaker's audio on its way from the decoder into the session: lays blocks of media time onto the
/// session's hop grid, marks what is missing as lost, and runs the voice core on the rest.
///
/// Time of a block is compared with the number of samples seen since the first one, so that rounding of time
/// stamps never adds up; a difference below one hop is jitter and ignored.
public struct SpeakerPipeline: ~Copyable {
    private var analyzer: VoiceAnalyzer
    /// Hop of the session with which the analyzer's hop 0 coincides.
    private let originHop: Int64
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
        let hop = Int64(AudioGrid.hopSamples)
        let ahead = start.samples - nextSample
        var block = samples
        if ahead >= hop {
            lose(hops: Int(clamping: ahead / hop), into: sink)
        } else if ahead <= -hop {
            // Media that was already accounted for: played twice by the sender, or too late.
            let overlap = Int(clamping: -ahead)
            guard overlap < samples.count else { return }
            block = samples.extracting(droppingFirst: overlap)
        }
        nextSample += Int64(block.count)
        let origin = originHop
        // Cut where the quality is told, so that it does not depend on the cuts of the blocks.
        while !block.isEmpty {
            let part = block.extracting(first: min(block.count, samplesToQuality))
            block = block.extracting(droppingFirst: part.count)
            analyzer.process(part) { sink($0.shifted(by: origin)) }
            count(samples: part.count, sink)
        }
    }

    /// Marks the next `hops` as lost.
    public mutating func lose(hops: Int, into sink: (SpeakerOutput) -> Void) {
        guard hops > 0 else { return }
        let hop = Int64(AudioGrid.hopSamples)
        let from = nextSample / hop
        nextSample += Int64(hops) * hop
        let origin = originHop
        analyzer.lose(hops: hops) { sink($0.shifted(by: origin)) }
        sink(.lost(fromHop: from, toHop: nextSample / hop))
        count(samples: hops * AudioGrid.hopSamples, sink)
    }

    /// Ends the audio: what waits for look-ahead comes out.
    public mutating func finish(into sink: (SpeakerOutput) -> Void) {
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

extension VoiceOutput {
    fileprivate func shifted(by hops: Int64) -> SpeakerOutput {
        switch self {
        case .hop(var record):
            record.index += hops
            return .hop(record)
        case .change(.started(let hop)): return .change(.started(hop: hop + hops))
        case .change(.ended(let hop)): return .change(.ended(hop: hop + hops))
        }
    }
}
