import CSherpa
import Glibc

/// Moonshine base (Jeffries et al., 2024, arXiv:2410.15608), English, run by sherpa-onnx.
///
/// Unchecked, because the handle is a C pointer: it is set once, the runtime lets threads decode with one model at once,
/// and it is let go of when nobody has this any more.
public final class MoonshineRecogniser: Recogniser, @unchecked Sendable {
    /// Twelve seconds: longer ones are not what the model was trained with.
    public static let maxSamples = 12 * 16_000

    private let handle: OpaquePointer

    /// Loads the model, which takes some 200 MB and a second. Files that are not what they should be can end the
    /// process: `RecogniserFiles.checkContents()` tells before.
    public init(_ files: RecogniserFiles) throws(RecogniserError) {
        var handle: OpaquePointer?
        let result = attune_sherpa_open(
            files.path(of: RecogniserFiles.library), files.path(of: RecogniserFiles.encoder),
            files.path(of: RecogniserFiles.decoder), files.path(of: RecogniserFiles.tokens), &handle)
        guard result == ATTUNE_SHERPA_OPEN, let handle else {
            throw RecogniserError("recogniser in \(files.folder): \(Self.reason(result)); get it anew with make models")
        }
        self.handle = handle
    }

    deinit { attune_sherpa_close(handle) }

    private static func reason(_ result: attune_sherpa_result) -> String {
        switch result {
        case ATTUNE_SHERPA_NO_LIBRARY: "its library can't be opened"
        case ATTUNE_SHERPA_OTHER_VERSION: "its library is not version \(ATTUNE_SHERPA_VERSION)"
        case ATTUNE_SHERPA_NO_MODEL: "its model can't be read"
        default: "there is not enough memory"
        }
    }

    /// What is said in an utterance.
    public func text(of samples: UnsafeBufferPointer<Float>) -> String? {
        guard let base = samples.baseAddress, samples.count <= Self.maxSamples else { return nil }
        guard let text = attune_sherpa_decode(handle, base, samples.count) else { return nil }
        defer {
            attune_wipe(text, strlen(text))
            free(text)
        }
        return String(cString: text)
    }
}
