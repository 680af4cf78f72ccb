import Conversation
import Foundation
import Testing
import Text

@testable import Pipeline

@Suite struct CaptionLexiconTests {
    @Test func aFileThatIsNoLexiconIsNamed() throws {
        let path = NSTemporaryDirectory() + "attune-lexicon-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        for (text, reason) in [("word\tgood\n", "line 1"), (nil, "can't be read")] as [(String?, String)] {
            try? FileManager.default.removeItem(atPath: path)
            try text?.write(toFile: path, atomically: true, encoding: .utf8)
            let error = #expect(throws: CaptionLexiconError.self) { try CaptionLexicon(file: path) }
            #expect(error?.description.contains(reason) == true && error?.description.contains(path) == true)
        }
        try "word\tgood\t2\n".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try CaptionLexicon(file: path).lexicon.count == 1)
    }

    /// Where sentiment may not be computed it is not, and where nothing is measured no word is looked at.
    @Test func linesAreCountedAsFarAsTheyMayBe() throws {
        let analyzer = TextAnalyzer(lexicon: try Lexicon(Array("word\tgood\t2".utf8)))
        let caption = try Caption(speaker: "ana", startSeconds: 0.5, endSeconds: 0.504, text: "Good?", id: "7")
        for permission in [CaptionPermission.unknownSpeaker, .nothing] {
            #expect(CaptionLine(caption, counting: analyzer, permission: permission) == nil)
        }
        var counted = CaptionLine(startHop: 50, endHop: 51, id: "7", words: 1, questions: 1)
        #expect(CaptionLine(caption, counting: analyzer, permission: .counts) == counted)
        counted.compound = 2 / 19.0.squareRoot()
        #expect(CaptionLine(caption, counting: analyzer, permission: .sentiment) == counted)
    }
}
