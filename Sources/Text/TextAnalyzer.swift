/// Counts what is said in a line of captions. Pure: the same text gives the same figures.
public struct TextAnalyzer: Sendable, Equatable {
    /// Filled pauses and phrases that fill, in English.
    public static let englishFillers = ["um", "umm", "uh", "uhh", "uhm", "er", "erm", "you know", "i mean"]

    /// The lexicon; nil where there is none, and then no sentiment either.
    public let lexicon: Lexicon?
    /// Words of each filler, by its first word, longest first.
    private let fillers: [String: [[String]]]

    /// An analyzer.
    ///
    /// - Parameter fillers: words, or phrases of several, that fill; in any case.
    public init(lexicon: Lexicon? = nil, fillers: [String] = Self.englishFillers) {
        self.lexicon = lexicon
        let phrases = fillers.map { Words($0).lower }.filter { !$0.isEmpty }
        self.fillers = Dictionary(grouping: phrases, by: { $0[0] }).mapValues { $0.sorted { $0.count > $1.count } }
    }

    /// The figures of a line.
    ///
    /// - Parameters:
    ///   - scoresSentiment: whether sentiment may be computed.
    ///   - trustsMarks: whether each question mark is a question; those that the recogniser here sets are not.
    public func figures(of text: String, scoresSentiment: Bool, trustsMarks: Bool = true) -> TextFigures {
        let all = Words(text)
        // Of a short word the punctuation is still there, since it might be an emoticon.
        let words = all.lower.flatMap(Self.apart)
        let questions = Questions(text, trustsMarks: trustsMarks)
        return TextFigures(
            words: words.count, fillers: fillerCount(words), questions: questions.count,
            mayAskAtEnd: questions.isLastOpen,
            compound: scoresSentiment
                ? lexicon.map { LexiconSentiment.compound(of: text, words: all, lexicon: $0) } : nil)
    }

    /// The words of what stands between two spaces: what is joined by a hyphen, an apostrophe or within a number is one,
    /// anything else between letters ends a word.
    private static func apart(_ piece: String) -> [String] {
        var words: [String] = []
        var word = ""
        var joint: Character?
        for character in piece {
            if character.isLetter || character.isNumber || character.unicodeScalars.allSatisfy(isMark) {
                if let joint { word.append(joint) }
                joint = nil
                word.append(character)
            } else if !word.isEmpty, joint == nil, joints.contains(character) {
                joint = character
            } else {
                if !word.isEmpty { words.append(word) }
                (word, joint) = ("", nil)
            }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    private static let joints: Set<Character> = ["'", "-", "\u{2010}", "\u{2011}", ".", ",", ":", "_", "@"]

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }

    /// Sounds of listening in several words, which begin like a filler.
    private static let listening = [["uh", "huh"], ["uh", "oh"], ["um", "hum"], ["um", "hmm"]]

    private func fillerCount(_ words: [String]) -> Int {
        var count = 0
        var index = 0
        while index < words.count {
            let rest = words[index...]
            if let sound = Self.listening.first(where: rest.starts(with:)) {
                index += sound.count
                continue
            }
            if let filler = fillers[words[index]]?.first(where: rest.starts(with:)) {
                count += 1
                index += filler.count
            } else {
                index += 1
            }
        }
        return count
    }
}

/// What a line of text holds.
public struct TextFigures: Sendable, Equatable {
    /// Words.
    public var words: Int
    /// Fillers among them, a phrase of several words being one.
    public var fillers: Int
    /// Questions.
    public var questions: Int
    /// Whether the last sentence is one if the voice rises at its end.
    public var mayAskAtEnd: Bool
    /// Compound sentiment, −1…1; nil where it was not computed.
    public var compound: Double?

    /// Figures.
    public init(words: Int, fillers: Int, questions: Int, mayAskAtEnd: Bool = false, compound: Double?) {
        self.words = words
        self.fillers = fillers
        self.questions = questions
        self.mayAskAtEnd = mayAskAtEnd
        self.compound = compound
    }
}
