import Conversation
import Events
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

    /// Where the policy forbids sentiment, the lexicon is not asked at all; where nothing is measured, no word is.
    @Test(arguments: [
        (Policy.Profile.standard, CaptionOutcome.counted), (.behaviourOnly, .counted), (.ownVoice, .ignored),
    ])
    func linesAreCountedAsFarAsTheyMayBe(profile: Policy.Profile, outcome: CaptionOutcome) throws {
        var configuration = ConversationConfiguration()
        configuration.policy = Policy(profile)
        var engine = SessionEngine(id: "s", configuration: configuration)
        _ = engine.join(name: "ana", role: "rep", consent: .granted, at: 0)
        let caption = try Caption(speaker: "ana", startSeconds: 0.5, endSeconds: 0.504, text: "good")
        #expect(engine.take(caption, counting: TextAnalyzer()) == outcome)
        let stranger = try Caption(speaker: "eve", startSeconds: 0, endSeconds: 1, text: "good")
        #expect(engine.take(stranger, counting: TextAnalyzer()) == .ignored)
    }
}
