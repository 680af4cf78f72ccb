/// What tells voices apart: who speaks in a window of audio, and what a stretch of one voice sounds like. Belongs to
/// one thread at a time.
public protocol VoiceModel {
    /// Logarithms of the probabilities of each of `SpeakerFrame.classCount` states in every frame of a window.
    ///
    /// - Parameter window: `SpeakerFrame.windowSamples` samples of 16 kHz.
    /// - Returns: frame by frame; empty where it fails.
    func states(in window: [Float]) -> [Float]

    /// What a voice sounds like, as a direction of length 1.
    ///
    /// - Parameter features: frames of `MelFeatures.bandCount` values without their mean.
    /// - Returns: empty where it fails.
    func embedding(of features: [Float]) -> [Float]
}

/// How the segmentation network divides time and people.
public enum SpeakerFrame {
    /// Samples of a window, 10 s.
    public static let windowSamples = 160_000
    /// Frames of a window, and the samples from one to the next.
    public static let count = 589, stepSamples = 270
    /// Where the stretch begins that a window's first frame stands for: the middle of what it sees, half a step before.
    public static let firstSample = 360
    /// Nobody, one of three speakers, or two of them.
    public static let classCount = 7
    /// Speakers of a window.
    public static let speakerCount = 3

    /// Who speaks in each state, a bit each.
    static let speakers: [UInt8] = [0b000, 0b001, 0b010, 0b100, 0b011, 0b101, 0b110]
}

/// pyannote segmentation 3.0 (Plaquet & Bredin, 2023, arXiv:2310.13025) and CAM++ (Wang et al., 2023,
/// arXiv:2303.00332), run by ONNX Runtime.
public final class VoiceNetworks: VoiceModel {
    /// Numbers of an embedding.
    public static let embeddingCount = 192

    private let segmentation: OnnxNetwork, embedder: OnnxNetwork

    /// The networks in the bytes of their files.
    public init(library: OnnxLibrary, segmentation: [UInt8], embedding: [UInt8]) throws(VoiceModelError) {
        self.segmentation = try OnnxNetwork(library, weights: segmentation, name: "segmentation", input: "samples")
        embedder = try OnnxNetwork(library, weights: embedding, name: "embedding", input: "features")
    }

    /// Who speaks when; also in quiet recordings, for the network makes all windows alike in level.
    public func states(in window: [Float]) -> [Float] {
        guard window.count == SpeakerFrame.windowSamples else { return [] }
        var power: Float = 0
        for sample in window { power += sample * sample }
        let level = (power / Float(window.count)).squareRoot()
        guard level.isFinite else { return [] }
        let scale = 1 / max(1e-5, level)
        var output = [Float](repeating: 0, count: SpeakerFrame.count * SpeakerFrame.classCount)
        let isDone = segmentation.run(
            window.map { $0 * scale }, [1, 1, window.count], into: &output,
            [SpeakerFrame.count, SpeakerFrame.classCount])
        return isDone && output.allSatisfy(\.isFinite) ? output : []
    }

    /// What a voice sounds like.
    public func embedding(of features: [Float]) -> [Float] {
        let frames = features.count / MelFeatures.bandCount
        guard frames >= 8, features.count == frames * MelFeatures.bandCount else { return [] }
        var output = [Float](repeating: 0, count: Self.embeddingCount)
        guard embedder.run(features, [1, frames, MelFeatures.bandCount], into: &output, [1, Self.embeddingCount]) else {
            return []
        }
        // In place: what a voice sounds like lies nowhere else.
        return output.normalise(from: 0, count: output.count) ? output : []
    }
}

extension [Float] {
    /// Gives the direction of `count` numbers from `first` on the length 1.
    ///
    /// - Returns: false where it has none.
    @discardableResult
    mutating func normalise(from first: Int, count: Int) -> Bool {
        var sum: Float = 0
        for index in first..<first + count { sum += self[index] * self[index] }
        let length = sum.squareRoot()
        guard length.isFinite, length > 0 else { return false }
        for index in first..<first + count { self[index] /= length }
        return true
    }

    /// The same direction with length 1; empty where there is none.
    var normalised: [Float] {
        let length = reduce(0) { $0 + $1 * $1 }.squareRoot()
        return length.isFinite && length > 0 ? map { $0 / length } : []
    }
}
