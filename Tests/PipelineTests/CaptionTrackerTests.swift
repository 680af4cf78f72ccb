import Conversation
import Testing
import Text

@testable import Pipeline

@Suite struct CaptionTrackerTests {
    private func mentions(_ phrase: String, _ text: String) -> [Int] {
        CaptionTrackers([WordTracker(name: "t", phrases: [phrase], matchesForms: false)]).mentions(in: text)
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

    @Test(arguments: [
        ("price", "The prices, the pricing; priced!", [3]), ("cancel", "I am cancelling, I cancelled", [2]),
        ("competitor", "your competitor's competitors", [2]), ("price", "precious priest", []),
        ("sign the contract", "signing the contracts", [1]), ("Café", "two cafes", [1]), ("teuer", "teuerung", []),
        ("24/7", "24 7", [1]), ("they'll", "they\u{2019}ll", [1]),
    ])
    func wordsAreFoundInAllTheirForms(phrase: String, text: String, expected: [Int]) {
        #expect(CaptionTrackers([WordTracker(name: "t", phrases: [phrase])]).mentions(in: text) == expected)
    }

    @Test func eachTrackerKeepsItsPlaceWhicheverWayItIsCompared() {
        let trackers = CaptionTrackers([
            WordTracker(name: "a", phrases: ["plan"]), WordTracker(name: "b", phrases: ["plan"], matchesForms: false),
            WordTracker(name: "c", phrases: ["plans"]),
        ])
        #expect(trackers.mentions(in: "plans and a plan") == [2, 1, 2])
        #expect(trackers.mentions(in: "plans") == [1, 0, 1])
        #expect(trackers.mentions(in: "none of it") == [])
    }

    /// Of the text only counts go on, and nothing where nothing may be counted.
    @Test func aLineHasCountsAndOnlyWhereItMayBeCounted() throws {
        let trackers = CaptionTrackers(
            [["too expensive"], ["acme"]].map { WordTracker(name: $0[0], phrases: $0, matchesForms: false) })
        let caption = try Caption(speaker: "a", startSeconds: 1, endSeconds: 2, text: "Acme, acme: too expensive")
        let line = CaptionLine(caption, counting: TextAnalyzer(), trackers: trackers, permission: .counts)
        #expect(line?.mentions == [1, 2])
        for permission in [CaptionPermission.nothing, .unknownSpeaker] {
            #expect(CaptionLine(caption, counting: TextAnalyzer(), trackers: trackers, permission: permission) == nil)
        }
    }
}
