/// Sentiment of a line of text by a lexicon and rules (Hutto & Gilbert, 2014: VADER).
///
/// Each word of the lexicon starts with its valence. The three words before it strengthen, weaken or turn it round,
/// capitals among words without strengthen it, a contrast (`but`) weighs what comes after it higher than what came
/// before. The sum, moved outwards by exclamation and question marks, is brought into −1…1. Figures are those of the
/// paper; where it leaves a case open, that of its reference implementation 3.3.2 is taken, so that scores are the
/// same.
struct LexiconSentiment {
    private static let capitals = 0.733
    private static let negation = -0.74
    private static let exclamationMark = 0.292, maxExclamationMarks = 4
    private static let questionMark = 0.18, manyQuestionMarks = 0.96
    private static let beforeContrast = 0.5, afterContrast = 1.5
    private static let neverSo = 1.25
    /// Share of a booster's change by its distance from the word: one, two, three.
    private static let shares = [1, 0.95, 0.9]
    /// Square of the sum that is brought to 1/√2.
    private static let normalisation = 15.0

    private let lexicon: Lexicon
    private let words: Words
    private let capitalsCount: Bool

    /// The compound score of a text and its words, −1…1; 0 where none carries a feeling.
    static func compound(of text: String, words: Words, lexicon: Lexicon) -> Double {
        let line = LexiconSentiment(words, lexicon)
        var valences = words.lower.indices.map { line.valence(at: $0) }
        if let contrast = words.lower.firstIndex(where: lexicon.contrasts.contains) {
            for index in valences.indices where index != contrast {
                valences[index] *= index < contrast ? beforeContrast : afterContrast
            }
        }
        var sum = valences.reduce(0, +)
        if sum != 0 { sum += (sum > 0 ? 1 : -1) * emphasis(of: text) }
        return sum / (sum * sum + normalisation).squareRoot()
    }

    private init(_ words: Words, _ lexicon: Lexicon) {
        self.words = words
        self.lexicon = lexicon
        let capital = words.exact.count(where: Self.isCapital)
        capitalsCount = capital > 0 && capital < words.exact.count
    }

    private static func emphasis(of text: String) -> Double {
        var exclamationMarks = 0
        var questionMarks = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "!") { exclamationMarks += 1 }
            if byte == UInt8(ascii: "?") { questionMarks += 1 }
        }
        let questions =
            switch questionMarks {
            case ...1: 0.0
            case ...3: Double(questionMarks) * questionMark
            default: manyQuestionMarks
            }
        return Double(min(exclamationMarks, maxExclamationMarks)) * exclamationMark + questions
    }

    /// Whether all letters of a word that have a case are capitals, and there are any.
    private static func isCapital(_ word: String) -> Bool {
        var hasCapital = false
        for scalar in word.unicodeScalars {
            if scalar.properties.isLowercase || scalar.properties.generalCategory == .titlecaseLetter { return false }
            if scalar.properties.isUppercase { hasCapital = true }
        }
        return hasCapital
    }

    // MARK: One word

    private func valence(at index: Int) -> Double {
        let word = words.lower[index]
        guard var valence = lexicon.words[word], lexicon.boosters[word] == nil, !beginsBooster(index) else { return 0 }
        if lexicon.isEnglish { valence = afterNo(valence, at: index) }
        if Self.isCapital(words.exact[index]), capitalsCount { valence += valence > 0 ? Self.capitals : -Self.capitals }
        for distance in 1...3 where index >= distance {
            let before = words.lower[index - distance]
            // A word that carries a feeling itself changes no other's.
            guard lexicon.words[before] == nil else { continue }
            valence += change(by: index - distance, of: valence) * Self.shares[distance - 1]
            valence *= negationFactor(at: index, distance: distance)
            if distance == 3 { valence = phrase(at: index) ?? valence + boosterPairs(before: index) }
        }
        return lexicon.isEnglish ? afterLeast(valence, at: index) : valence
    }

    private func isWord(_ word: String, at index: Int) -> Bool {
        words.lower.indices.contains(index) && words.lower[index] == word
    }

    /// The words of `range` together; nil where it reaches beyond the line.
    private func joined(_ range: ClosedRange<Int>) -> String? {
        guard range.lowerBound >= 0, range.upperBound < words.lower.count else { return nil }
        return words.lower[range].joined(separator: " ")
    }

    private func beginsBooster(_ index: Int) -> Bool {
        guard lexicon.boosterBegins.contains(words.lower[index]), let pair = joined(index...index + 1) else {
            return false
        }
        return lexicon.boosters[pair] != nil
    }

    /// What the booster at `index` adds to a valence.
    private func change(by index: Int, of valence: Double) -> Double {
        guard let booster = lexicon.boosters[words.lower[index]] else { return 0 }
        var change = valence < 0 ? -booster : booster
        if Self.isCapital(words.exact[index]), capitalsCount { change += valence > 0 ? Self.capitals : -Self.capitals }
        return change
    }

    /// What the word `distance` before `index` multiplies the valence with.
    private func negationFactor(at index: Int, distance: Int) -> Double {
        let before = words.lower[index - distance]
        if lexicon.isEnglish, distance > 1 {
            let between = (index - distance + 1)..<index
            // In the reference implementation `so` and `this` right before do it alone, three words from the begin.
            let isDirect = distance == 3 && ["so", "this"].contains(words.lower[index - 1])
            if isDirect || before == "never" && ["so", "this"].contains(words.lower[index - distance + 1]) {
                return Self.neverSo
            }
            if before == "without", words.lower[between].contains("doubt") { return 1 }
        }
        let isNegation = lexicon.negations.contains(before) || lexicon.isEnglish && before.contains("n't")
        return isNegation ? Self.negation : 1
    }

    /// Valence of a phrase that the word at `index` is part of or follows.
    private func phrase(at index: Int) -> Double? {
        // The last of these that is a phrase counts; of those that end at the word or before, the first.
        let ending =
            [index - 1...index, index - 2...index, index - 2...index - 1, index - 3...index - 1]
            + [index - 3...index - 2]
        let beginning = [index...index + 2, index...index + 1]
        for range in beginning + ending {
            if let joined = joined(range), let valence = lexicon.phrases[joined] {
                return valence + boosterPairs(before: index)
            }
        }
        return nil
    }

    /// Sum of the boosters of two words among the three words before `index`.
    private func boosterPairs(before index: Int) -> Double {
        [index - 3...index - 2, index - 2...index - 1].reduce(0) { sum, range in
            sum + (joined(range).flatMap { lexicon.boosters[$0] } ?? 0)
        }
    }

    // MARK: English

    /// `no` before another word of the lexicon is a negation of it and carries nothing itself.
    private func afterNo(_ valence: Double, at index: Int) -> Double {
        let isTurned =
            isWord("no", at: index - 1) || isWord("no", at: index - 2)
            || isWord("no", at: index - 3) && (isWord("or", at: index - 1) || isWord("nor", at: index - 1))
        if isTurned { return valence * Self.negation }
        let isNegation =
            isWord("no", at: index) && index + 1 < words.lower.count && lexicon.words[words.lower[index + 1]] != nil
        return isNegation ? 0 : valence
    }

    /// `least` turns round, but `at least` and `very least` don't.
    private func afterLeast(_ valence: Double, at index: Int) -> Double {
        guard isWord("least", at: index - 1), lexicon.words["least"] == nil,
            !isWord("at", at: index - 2), !isWord("very", at: index - 2)
        else { return valence }
        return valence * Self.negation
    }
}
