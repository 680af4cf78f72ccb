import Testing

@testable import Text

@Suite struct TextAnalyzerTests {
    @Test(arguments: [
        ("", 0, 0, 0), ("Um, well, you know, I mean it.", 7, 3, 0), ("What? Why?? Really?! No!", 4, 0, 3),
        ("UM uh, erm\u{2026}", 3, 3, 0), ("You know what you knew.", 5, 1, 0), ("Does it work, yes or no", 6, 0, 1),
        ("It\u{2019}s well-known \u{2014} isn\u{2019}t it?", 4, 0, 1), ("... !!! ---", 0, 0, 0),
        ("Ça va\u{FF1F}", 2, 0, 1), ("1,000 of 3.5", 3, 0, 0), ("the drummer hums", 3, 0, 0),
    ])
    func linesAreCounted(text: String, words: Int, fillers: Int, questions: Int) {
        let expected = TextFigures(words: words, fillers: fillers, questions: questions, compound: nil)
        #expect(TextAnalyzer().figures(of: text, scoresSentiment: true) == expected)
    }

    /// Listening is no hesitation, and what a hyphen joins is one word.
    @Test(arguments: [
        ("Uh-huh. Uh-huh. Mm-hmm. Uh-oh, e-mail", 5, 0), ("uh huh, uh oh, um", 5, 1), ("er-ror uh, er\u{2026}", 3, 2),
        ("Uh, huh?", 2, 0), ("and/or well\u{2014}yes ok...fine", 6, 0), ("anna@example.org at 10:30", 3, 0),
    ])
    func listeningIsNoFiller(text: String, words: Int, fillers: Int) {
        let figures = TextAnalyzer().figures(of: text, scoresSentiment: false)
        #expect(figures.words == words && figures.fillers == fillers)
    }

    /// Scripts that have no spaces are taken apart by dictionaries.
    @Test(arguments: [
        ("你好，我们今天讨论一下这个问题的解决方案，你觉得怎么样？", 12...20, 1),
        ("こんにちは、今日はこの問題の解決策について話し合いましょう。どう思いますか。", 13...24, 0),
        ("สวัสดีครับวันนี้เราจะคุยเรื่องการแก้ปัญหานี้กันนะครับ", 10...18, 0),
        ("我用 Swift 写 code", 4...5, 0), ("안녕하세요 여러분", 2...2, 0),
    ])
    func wordsWithoutSpacesAreCounted(text: String, words: ClosedRange<Int>, questions: Int) {
        let figures = TextAnalyzer().figures(of: text, scoresSentiment: false)
        #expect(words.contains(figures.words), "\(figures.words)")
        #expect(figures.questions == questions)
    }

    @Test func fillersAndFeelingsAreFoundWithinALine() throws {
        let lexicon = try Lexicon(Array("word\t问题\t-2".utf8))
        let analyzer = TextAnalyzer(lexicon: lexicon, fillers: ["那个", "えっと"])
        let figures = analyzer.figures(of: "那个我们有一个问题", scoresSentiment: true)
        #expect(figures.fillers == 1)
        #expect(figures.compound ?? 0 < 0)
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
