import CKernels
import MediaTypes

/// Which detector tells speech from silence.
public enum SpeechDetectorKind: String, Sendable, Hashable {
    /// Spectral features and a memory cell: always there.
    case builtIn = "built-in"
    /// The Silero network, spared where nothing can be, and helped at boundaries.
    case network = "silero"
}

/// What is believed about one hop.
struct SpeechEstimate: Sendable, Hashable, BitwiseCopyable {
    /// Probability that somebody speaks in this hop.
    var probability: Float
    /// What the segmentation goes by, on the same scale.
    var activity: Float
    /// Whether the voice is near, as with a headset; of distant ones the edges are less sharp.
    var isNear = true
}

/// Judges every hop a few hops later: by the network where its weights are given, else by the built-in detector.
struct SpeechEstimator: ~Copyable, Sendable {
    let kind: SpeechDetectorKind
    /// `push` answers for the hop that came this many hops before.
    let delayHops: Int

    /// What measures pace and quality looks at its spectra and its noise floor, too.
    private(set) var features = SpeechFeatures()
    private var network: NetworkDetector?
    /// Where there is no network.
    private var recurrent: RecurrentDetector?

    /// What the network's detector knows of the last hop that was judged; nil without it.
    var evidence: NetworkDetector.Evidence? {
        switch network {
        case .some(let detector): detector.evidence
        case .none: nil
        }
    }

    init(network: SpeechNetwork?) {
        if let network {
            kind = .network
            delayHops = NetworkDetector.delayHops
            self.network = NetworkDetector(network: network)
            recurrent = nil
        } else {
            kind = .builtIn
            delayHops = RecurrentDetector.delayHops
            self.network = nil
            recurrent = RecurrentDetector()
        }
    }

    /// Takes the next cleaned hop; the estimate for the hop `delayHops` before it (zero at first).
    mutating func push(_ hop: UnsafePointer<Float>, isSilent: Bool) -> SpeechEstimate {
        features.push(hop, isSilent: isSilent)
        if let estimate = network?.push(hop, isSilent: isSilent, features) { return estimate }
        let probability = recurrent?.push(features, isSilent: isSilent) ?? 0
        return SpeechEstimate(probability: probability, activity: probability)
    }
}
