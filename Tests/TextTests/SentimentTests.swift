import Foundation
import SeededNumbers
import Testing

@testable import Text

/// The lexicon that the rules are tested with, and where it is.
enum EnglishLexicon {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let file = root.appending(path: "models/vader-3.3.2.lexicon")
    static let isThere = FileManager.default.fileExists(atPath: file.path)
    static let absence: Comment = "no lexicon: scripts/models/fetch-lexicon.py fetches it"

    static func load() throws -> Lexicon { try Lexicon(Array(try Data(contentsOf: file))) }
}

@Suite struct SentimentTests {
    private func small(_ lines: String...) throws -> Lexicon {
        try Lexicon(Array(lines.map { $0.replacing("|", with: "\t") }.joined(separator: "\n").utf8))
    }

    private func score(_ text: String, _ lexicon: Lexicon) -> Double {
        LexiconSentiment.compound(of: text, words: Words(text), lexicon: lexicon)
    }

    /// The package prints four decimals; everything beyond half of the last is a difference in a rule.
    @Test(.enabled(if: EnglishLexicon.isThere, EnglishLexicon.absence))
    func scoresAreThoseOfTheReferenceImplementation() throws {
        let lexicon = try EnglishLexicon.load()
        let file = EnglishLexicon.root.appending(path: "Tests/Fixtures/vader-3.3.2.tsv")
        let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        #expect(rows.count > 400)
        for row in rows {
            let parts = row.split(separator: "\t", maxSplits: 1).map(String.init)
            let expected = try #require(Double(parts[0]))
            let found = score(parts[1], lexicon)
            #expect(abs(found - expected) <= 0.000_051, "\(parts[1]): \(found) instead of \(expected)")
        }
    }

    /// The rules again with a lexicon small enough to compute by hand: x/√(x² + 15).
    @Test func everyRuleMovesTheSumAsThePaperSays() throws {
        let lexicon = try small(
            "# a small one", "", "language|en",
            "word|good|2", "word|bad|-2", "booster|very|0.3", "booster|kind of|-0.3",
            "negation|not", "contrast|but", "phrase|not half bad|3")
        func sum(_ text: String) -> Double {
            let compound = score(text, lexicon)
            return compound / (1 - compound * compound).squareRoot() * 15.0.squareRoot()
        }
        let cases: [(String, Double)] = [
            ("good", 2), ("Good.", 2), ("a bad day", -2), ("very good", 2.3), ("very bad", -2.3),
            ("very much good", 2 + 0.3 * 0.95), ("not good", -2 * 0.74), ("GOOD day", 2.733), ("GOOD DAY", 2),
            ("good!", 2.292), ("bad!!!!!!", -2 - 4 * 0.292), ("good??", 2.36), ("good?", 2), ("good ????", 2.96),
            ("good but bad", 1 - 3), ("it was kind of good", 1.7), ("this is not half bad", 3), ("", 0), ("!!!", 0),
            ("it isn\u{2019}t good", -2 * 0.74), ("nothing at all", 0),
        ]
        for (text, expected) in cases { #expect(abs(sum(text) - expected) < 1e-9, "\(text)") }
    }

    @Test func anotherLanguageIsALexicon() throws {
        let german = try small(
            "language|de", "word|gut|2", "word|schlecht|-2", "booster|sehr|0.3", "negation|nicht", "contrast|aber",
            "word|no|-1")
        #expect(score("Das ist sehr gut", german) > score("Das ist gut", german))
        #expect(score("Das ist nicht gut", german) < 0)
        #expect(score("Gut, aber schlecht", german) < 0)
        #expect(score("no gut", german) > 0, "the English rule of 'no' is not theirs")
    }

    @Test(arguments: [
        ("word", "line 1: a line needs"), ("word|good", "line 1: the third column of a word"),
        ("word|good|9", "from -4 to 4"), ("word|good|nan", "from -4 to 4"), ("noun|good|1", "'noun' is none of"),
        ("negation|not", "no line 'word'"), ("", "no line 'word'"),
    ])
    func aLexiconThatIsNoneIsRefused(line: String, reason: String) {
        let error = #expect(throws: LexiconError.self) { try small(line) }
        #expect(error?.description.contains(reason) == true, "\(error.map(String.init(describing:)) ?? "")")
    }

    @Test func bytesThatAreNoTextAreRefused() {
        #expect(throws: LexiconError.self) { try Lexicon([0xFF, 0xFE]) }
        #expect(throws: LexiconError.self) { try Lexicon(Array(repeating: 0x0A, count: Lexicon.maxBytes + 1)) }
    }

    @Test(.enabled(if: EnglishLexicon.isThere, EnglishLexicon.absence))
    func anyTextHasAScoreWithinTheBounds() throws {
        let lexicon = try EnglishLexicon.load()
        var random = SeededRandom(seed: 5)
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255) }
            #expect(abs(score(String(decoding: bytes, as: UTF8.self), lexicon)) <= 1)
        }
        #expect(score(String(repeating: "great ", count: 680), lexicon) > 0.99)
    }
}
