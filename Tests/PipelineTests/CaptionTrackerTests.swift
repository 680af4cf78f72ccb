import Conversation
import Testing
import Text

@testable import Pipeline

@Suite struct CaptionTrackerTests {
    private func mentions(_ phrase: String, _ text: String) -> [Int] {
        CaptionTrackers([[phrase]]).mentions(in: text)
    }

    @Test(arguments: [
        ("Zu Teuer", "das ist ZU TEUER"), ("café", "Cafe\u{301}"), ("cafe", "CAFÉ"), ("Škoda", "skoda"),
        ("İstanbul", "istanbul"), ("Λόγος", "ΛΟΓΟΣ"), ("don't", "Don\u{2019}t"), ("한국", "\u{1112}\u{1161}\u{11AB}국"),
        ("μου", "μού"),
    ])
    func caseAccentsAndCompositionMakeNoDifference(phrase: String, text: String) {
        #expect(mentions(phrase, text) == [1])
    }

    @Test(arguments: [("か", "が"), ("हिन्दी", "हनद"), ("teuer", "teuerung"), ("は", "ぱ")])
    func otherLettersAreOthers(phrase: String, text: String) {
        #expect(mentions(phrase, text) == [])
    }

    @Test func hostileTextsAreSearchedToTheirEnd() {
        let marks = String(repeating: "\u{301}\u{323}", count: 1_000)
        #expect(mentions("a", "a\(marks) a") == [2])
        #expect(mentions("a", String(repeating: "\u{1F468}\u{200D}", count: 500) + "a\0a") == [2])
        #expect(mentions("\u{301}", marks) == [])
        #expect(mentions(".*", "x.*") == [] && mentions("(a+)+$", "aaaa!") == [])
    }

    /// Of the text only counts go on, and nothing where nothing may be counted.
    @Test func aLineHasCountsAndOnlyWhereItMayBeCounted() throws {
        let trackers = CaptionTrackers([["too expensive"], ["acme"]])
        let caption = try Caption(speaker: "a", startSeconds: 1, endSeconds: 2, text: "Acme, acme: too expensive")
        let line = CaptionLine(caption, counting: TextAnalyzer(), trackers: trackers, permission: .counts)
        #expect(line?.mentions == [1, 2])
        for permission in [CaptionPermission.nothing, .unknownSpeaker] {
            #expect(CaptionLine(caption, counting: TextAnalyzer(), trackers: trackers, permission: permission) == nil)
        }
    }
}
