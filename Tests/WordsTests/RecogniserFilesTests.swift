import Foundation
import Testing

@testable import Words

@Suite struct RecogniserFilesTests {
    @Test func whatIsMissingIsNamed() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("words-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let files = RecogniserFiles(folder: folder)
        func trouble() -> String {
            do throws(RecogniserError) {
                try files.checkContents()
                return ""
            } catch { return error.description }
        }
        #expect(trouble().contains("\(folder)/encoder.onnx is missing") && trouble().contains("make models"))
        for part in RecogniserFiles.all {
            FileManager.default.createFile(atPath: files.path(of: part), contents: nil)
            truncate(files.path(of: part), off_t(part.bytes - 1))
        }
        #expect(trouble().contains("encoder.onnx has not the size"))
        for part in RecogniserFiles.all { truncate(files.path(of: part), off_t(part.bytes)) }
        #expect(trouble().contains("encoder.onnx is damaged or of another version"))
    }

    /// The script that fetches them has the same sums.
    @Test func theScriptFetchesTheSameFiles() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let script = try String(
            contentsOf: root.appendingPathComponent("scripts/models/fetch_recogniser.py"), encoding: .utf8)
        #expect(script.contains("NAME = \"\(RecogniserFiles.folderName)\""))
        for part in RecogniserFiles.all {
            #expect(script.contains("\"\(part.name)\": (\(part.bytes), \"\(part.sha256)\")"), "\(part.name)")
        }
    }
}
