import SeededNumbers
import Testing

@testable import Text

@Suite struct PhraseTrackerTests {
    @Test(arguments: [
        ("it is too expensive", [1, 0]), ("too, expensive!", [1, 0]), ("tooexpensive too expensively", []),
        ("too too expensive", [1, 0]), ("acme and acme corp", [0, 2]), ("acme corp acme", [0, 2]),
        ("that's acme's price", [0, 1]), ("acme's", [0, 1]), ("", []), ("\u{2026}!", []),
        ("acme-corp too  expensive", [1, 1]),
    ])
    func wholeWordsAreFound(text: String, expected: [Int]) {
        let trackers = PhraseTrackers([["too expensive", "price tag"], ["acme", "acme corp", "acme's"]])
        #expect(trackers.mentions(in: text) == expected)
    }

    @Test func whatHasNoSpacesIsFoundLetterByLetter() {
        let trackers = PhraseTrackers([["高い"], ["แพง"]])
        #expect(trackers.mentions(in: "ちょっと高いですね、高い") == [2, 0])
        #expect(trackers.mentions(in: "มันแพงไป") == [0, 1])
    }

    @Test func whatIsBeyondTheBoundsIsLeftOut() {
        let long = Array(repeating: "a", count: PhraseTrackers.maxWords + 1).joined(separator: " ")
        #expect(PhraseTrackers([[long, "", "!"]]).mentions(in: long) == [])
        let many = PhraseTrackers(Array(repeating: ["x"], count: PhraseTrackers.maxTrackers + 5))
        #expect(many.mentions(in: "x").count == PhraseTrackers.maxTrackers)
        let each = PhraseTrackers([(0..<1_000).map { "w\($0)" }])
        #expect(each.mentions(in: "w199 w200") == [1])
        #expect(PhraseTrackers([]).mentions(in: "x") == [])
    }

    /// The phrases and texts that would make a matcher that goes back run for ever.
    @Test func repetitionsAreWalkedOnce() {
        let phrases = (1...PhraseTrackers.maxWords).map { Array(repeating: "a", count: $0).joined(separator: " ") }
        let trackers = PhraseTrackers(Array(repeating: phrases.map { $0 + " b" } + phrases, count: 32))
        let text = String(repeating: "a ", count: 2_048)
        let mentions = trackers.mentions(in: text)
        #expect(mentions.count == 32 && mentions.allSatisfy { $0 == (2_048 + 11) / 12 })
    }

    /// Against a search that compares every phrase at every place.
    @Test(arguments: 0..<50) func randomTextsAreCountedAsByASlowSearch(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let letters = ["a", "b", "c", "'", " ", " ", "-", "é", "高", "\u{301}", "\u{200B}"]
        func text(_ length: Int) -> String {
            (0..<length).map { _ in letters.randomElement(using: &random) ?? "a" }.joined()
        }
        let trackers = (0..<3).map { _ in (0..<4).map { _ in text(Int.random(in: 1...5, using: &random)) } }
        let matcher = PhraseTrackers(trackers)
        for _ in 0..<20 {
            let text = text(60)
            let words = PhraseTrackers.words(text)
            var expected = trackers.map { phrases -> Int in
                let phrases = phrases.map(PhraseTrackers.words).filter { !$0.isEmpty }.sorted { $0.count > $1.count }
                var (count, place) = (0, 0)
                while place < words.count {
                    let found = phrases.first { words[place...].starts(with: $0) }
                    count += found == nil ? 0 : 1
                    place += found?.count ?? 1
                }
                return count
            }
            if expected.allSatisfy({ $0 == 0 }) { expected = [] }
            #expect(matcher.mentions(in: text) == expected, "\(text)")
        }
    }
}
