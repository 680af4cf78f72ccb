import CPlatform
import Glibc

/// The files that the recogniser is made of: a folder that scripts/models/fetch_recogniser.py fills.
public struct RecogniserFiles: Sendable, Equatable {
    /// Name of the folder.
    public static let folderName = "moonshine-base-en-0.1.4"
    /// The model in words.
    public static let modelName = "Moonshine base, English"
    /// What to tell where they are missing.
    public static let missingNote = "no recogniser found, nothing is written down here; make models gets it"

    struct Part: Equatable {
        let name: String
        let bytes: Int
        /// The same as in the script: what is measured of it holds for these files.
        let sha256: String
    }

    static let encoder = Part(
        name: "encoder.onnx", bytes: 31_157_044,
        sha256: "4c889c4e094d2a632a19e2a63f553290da53bbd3e3e66258e94fcf3feed87111")
    static let decoder = Part(
        name: "decoder.onnx", bytes: 56_549_712,
        sha256: "912d66046af77ce46772dced25a8b2376ebe404efd8a65e8253486aa932b3b76")
    static let tokens = Part(
        name: "tokens.txt", bytes: 532_090,
        sha256: "c6e35883ba038f70ceea8b4a21cf79742adbda7e6730cbff27460857e0667a02")
    static let library = Part(
        name: "libsherpa-onnx-c-api.so", bytes: 4_892_512,
        sha256: "250bf877faccc35d311041f7da84ad652772857be935eaa789f4c621a1d56e3e")
    static let runtime = Part(
        name: "libonnxruntime.so", bytes: 27_026_609,
        sha256: "4b3607aebd1784b26b6f9b20e4bd974c7ab8287043e4d095cb7d2cb40b5e566e")
    static let all = [encoder, decoder, tokens, library, runtime]

    /// The folder.
    public let folder: String

    /// The files in a folder.
    public init(folder: String) { self.folder = folder }

    func path(of part: Part) -> String { "\(folder)/\(part.name)" }

    /// Makes sure that the files are there and are as long as they should be.
    ///
    /// - Throws: `RecogniserError` naming the first that is not.
    public func checkSizes() throws(RecogniserError) {
        for part in Self.all {
            var status = stat()
            guard stat(path(of: part), &status) == 0, access(path(of: part), R_OK) == 0 else {
                throw trouble(part, "is missing or may not be read")
            }
            guard Int(status.st_size) == part.bytes else { throw trouble(part, "has not the size that it should have") }
        }
    }

    /// Makes sure that the files are what they should be; reads all of them.
    ///
    /// - Throws: `RecogniserError` naming the first that is not.
    public func checkContents() throws(RecogniserError) {
        try checkSizes()
        for part in Self.all where digest(ofFile: path(of: part), bytes: part.bytes) != part.sha256 {
            throw trouble(part, "is damaged or of another version (its SHA-256 is another one)")
        }
    }

    private func trouble(_ part: Part, _ what: String) -> RecogniserError {
        RecogniserError("recogniser \(path(of: part)) \(what); get it anew with make models")
    }

    /// The SHA-256 of a file, which is mapped: it is large.
    private func digest(ofFile path: String, bytes: Int) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard let memory = mmap(nil, bytes, PROT_READ, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED else {
            return nil
        }
        defer { munmap(memory, bytes) }
        var digest = [UInt8](repeating: 0, count: 32)
        // The mapping has so many bytes, and the digest the room that the function needs.
        attune_sha256(memory.assumingMemoryBound(to: UInt8.self), bytes, &digest)
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
