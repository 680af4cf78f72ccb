import Foundation
import Testing

@testable import Pipeline

@Suite struct SpeechDetectionTests {
    private func temporaryFile(_ bytes: [UInt8]) throws -> URL {
        let file = FileManager.default.temporaryDirectory.appending(path: "weights-\(UUID().uuidString).bin")
        try Data(bytes).write(to: file)
        return file
    }

    @Test func theBuiltInDetectorNeedsNoFile() {
        #expect(SpeechDetection.builtIn.file == nil)
        #expect(SpeechDetection.builtIn.name == "built-in")
    }

    @Test func aMissingFileIsNamed() {
        #expect {
            _ = try SpeechDetection(file: "/nowhere/weights.bin")
        } throws: { error in
            "\(error)".contains("/nowhere/weights.bin") && "\(error)".contains("fetch-vad-weights.py")
        }
    }

    @Test(arguments: [[], Array("hello".utf8), Array("ATTUNEV1".utf8), [UInt8](repeating: 0, count: 2_000_000)])
    func aWrongFileIsRefused(bytes: [UInt8]) throws {
        let file = try temporaryFile(bytes)
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(throws: SpeechWeightsError.self) { try SpeechDetection(file: file.path) }
    }

    private static let weights = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "models/silero-vad-6.2.3.bin").path

    /// A bit of a weight is enough: they are looked at at every load, not only when they are fetched.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: weights), "needs models/"))
    func changedWeightsAreRefused() throws {
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: Self.weights)))
        bytes[bytes.count / 2] ^= 1
        let file = try temporaryFile(bytes)
        defer { try? FileManager.default.removeItem(at: file) }
        #expect {
            _ = try SpeechDetection(file: file.path)
        } throws: { error in
            "\(error)".contains("SHA-256") && "\(error)".contains("fetch-vad-weights.py")
        }
    }

    /// What the scripts fetch is what is loaded.
    @Test func theScriptsHaveTheSameDigests() throws {
        let scripts = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "scripts/models")
        for (name, digest) in [
            ("fetch-vad-weights.py", SpeechDetection.digest), ("fetch-lexicon.py", CaptionLexicon.digest),
        ] {
            let text = try String(contentsOf: scripts.appending(path: name), encoding: .utf8)
            #expect(text.contains("FLAT_SHA256 = \"\(digest)\""), "\(name)")
        }
    }

    // Skipped where the weights have not been fetched (scripts/models/fetch-vad-weights.py).
    @Test(.enabled(if: FileManager.default.fileExists(atPath: weights), "needs models/"))
    func theWeightsAreLoaded() throws {
        let detection = try SpeechDetection(file: Self.weights)
        #expect(detection.name == "silero")
        #expect(detection.file == Self.weights)
        // The tests run from below the package too.
        #expect(try SpeechDetection.standard().file != nil)
    }
}
