import Foundation
import Kit
public import Voice

/// What tells speech from silence: loaded once, shared by all pipelines.
public struct SpeechDetection: Sendable {
    /// The detector that needs no file. It takes sustained tones and music for speech more often.
    public static let builtIn = SpeechDetection(network: nil, file: nil)

    /// What to tell where the weights are missing.
    public static let missingNote =
        "no weights of the speech network found, the built-in detector is used; "
        + "scripts/models/fetch-vad-weights.py gets them"

    /// Where the weights of the network came from; nil for the built-in detector.
    public let file: String?

    /// The network; nil for the built-in detector.
    public let network: SpeechNetwork?

    private static let fileName = "silero-vad-6.2.3.bin"
    /// The SHA-256 that scripts/models/fetch-vad-weights.py checks, too: what decides is tuned to these weights.
    static let digest = "0003e929b1e958b4d8417e50371c42489595e3e86cac803ae9a3dc3b0e69a00a"

    private init(network: SpeechNetwork?, file: String?) {
        self.network = network
        self.file = file
    }

    /// The network with the weights in this file.
    ///
    /// - Throws: `SpeechWeightsError` where it can't be read or holds something else.
    public init(file: String) throws(SpeechWeightsError) {
        guard let handle = FileHandle(forReadingAtPath: file),
            let contents = try? handle.read(upToCount: SpeechNetwork.byteCount + 1)
        else { throw SpeechWeightsError(file: file, reason: "can't be read") }
        let weights = Array(contents)
        do throws(SpeechNetworkError) {
            network = try SpeechNetwork(weights: weights)
        } catch {
            throw SpeechWeightsError(file: file, reason: error.description)
        }
        guard sha256(weights) == Self.digest else {
            throw SpeechWeightsError(file: file, reason: "does not have the SHA-256 of \(Self.fileName)")
        }
        self.file = file
    }

    /// The network if its weights are where they are installed (`../share/attune` from the executable) or fetched
    /// (`models` of the checkout that the executable was built in), else the built-in detector.
    ///
    /// - Throws: `SpeechWeightsError` where there is such a file that can't be used.
    public static func standard() throws(SpeechWeightsError) -> SpeechDetection {
        guard let path = InstalledFile.path(of: fileName) else { return .builtIn }
        return try SpeechDetection(file: path)
    }

    /// The detector in words.
    public var name: String {
        (network == nil ? SpeechDetectorKind.builtIn : .network).rawValue
    }
}

/// The weights of the speech network can't be used.
public struct SpeechWeightsError: Error, CustomStringConvertible {
    let file: String
    let reason: String

    /// One line naming the file and the remedy.
    public var description: String {
        "speech detector weights \(file): \(reason); fetch them anew with scripts/models/fetch-vad-weights.py"
    }
}
