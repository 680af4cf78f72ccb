import Testing

@testable import Text

@Suite struct TextAnalyzerTests {
    @Test(arguments: [
        ("", 0, 0, 0), ("Um, well, you know, I mean it.", 7, 3, 0), ("What? Why?? Really?! No!", 4, 0, 3),
        ("UM uh, erm\u{2026}", 3, 3, 0), ("You know what you knew.", 5, 1, 0), ("Does it work, yes or no", 6, 0, 0),
        ("It\u{2019}s well-known \u{2014} isn\u{2019}t it?", 4, 0, 1), ("... !!! ---", 0, 0, 0),
        ("Ça va\u{FF1F}", 2, 0, 1), ("1,000 of 3.5", 3, 0, 0), ("the drummer hums", 3, 0, 0),
    ])
    func linesAreCounted(text: String, words: Int, fillers: Int, questions: Int) {
        let expected = TextFigures(words: words, fillers: fillers, questions: questions, compound: nil)
        #expect(TextAnalyzer().figures(of: text, scoresSentiment: true) == expected)
    }

    @Test func otherLanguagesHaveOtherFillers() {
        let german = TextAnalyzer(fillers: ["äh", "Ähm", "sag ich mal"])
        #expect(german.figures(of: "Äh, das ist ähm, sag ich mal, gut um zehn", scoresSentiment: false).fillers == 3)
        #expect(TextAnalyzer(fillers: []).figures(of: "um uh", scoresSentiment: false).fillers == 0)
    }

    @Test func sentimentIsComputedOnlyWhereItMayBe() throws {
        let lexicon = try Lexicon(Array("word\tgood\t2".utf8))
        let analyzer = TextAnalyzer(lexicon: lexicon)
        #expect(analyzer.figures(of: "good", scoresSentiment: false).compound == nil)
        #expect(analyzer.figures(of: "good", scoresSentiment: true).compound ?? 0 > 0)
        #expect(analyzer.figures(of: "table", scoresSentiment: true).compound == 0)
    }
}
