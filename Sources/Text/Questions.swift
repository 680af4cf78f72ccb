/// Questions in a text: by their marks, and by the form that they have in English (Quirk et al., 1985, “A Comprehensive
/// Grammar of the English Language”, 11.4 to 11.20: question words, inverted auxiliaries, tags).
struct Questions {
    /// Questions for sure.
    private(set) var count = 0
    /// Whether the last sentence has a question mark and nothing else of a question: how it was said may tell.
    private(set) var isLastOpen = false

    /// The questions of a text.
    ///
    /// - Parameter trustsMarks: whether a mark is enough, as where people set them. The recogniser here sets five of
    ///   thirteen wrongly; of its sentences with a mark those of three words and more count that have the form as well.
    init(_ text: String, trustsMarks: Bool) {
        let sentences = Self.sentences(text)
        for (place, sentence) in sentences.enumerated() where sentence.isAsked {
            if trustsMarks || Self.isFormed(PhraseTrackers.words(sentence.text.lowercased())) {
                count += 1
            } else if place == sentences.count - 1 {
                isLastOpen = true
            }
        }
        // Who sets no marks at all sets none after questions.
        if sentences.count == 1, !sentences[0].hasMark, Self.isPlain(PhraseTrackers.words(text.lowercased())) {
            count = 1
        }
    }

    private struct Sentence {
        var text: Substring
        var isAsked = false, hasMark = false
    }

    private static let questionMarks = Set("?\u{FF1F}\u{061F}")
    private static let otherMarks = Set(".!\u{2026}\u{3002}")

    /// A run of marks ends a sentence; one with a question mark in it asks. A point ends one where white space follows.
    private static func sentences(_ text: String) -> [Sentence] {
        var sentences: [Sentence] = []
        var start = text.startIndex, place = text.startIndex
        while place < text.endIndex {
            guard questionMarks.contains(text[place]) || otherMarks.contains(text[place]) else {
                place = text.index(after: place)
                continue
            }
            let end = place
            var isAsked = false
            while place < text.endIndex, questionMarks.contains(text[place]) || otherMarks.contains(text[place]) {
                if questionMarks.contains(text[place]) { isAsked = true }
                place = text.index(after: place)
            }
            guard isAsked || place == text.endIndex || text[place].isWhitespace else { continue }
            sentences.append(Sentence(text: text[start..<end], isAsked: isAsked, hasMark: true))
            start = place
        }
        if text[start...].contains(where: { $0.isLetter || $0.isNumber }) {
            sentences.append(Sentence(text: text[start...]))
        }
        return sentences
    }

    // MARK: Form

    private static let askers: Set<String> = [
        "what", "when", "where", "who", "whom", "whose", "which", "why", "how", "what's", "when's", "where's", "who's",
        "why's", "how's", "what're", "who're", "how're", "what'd", "how'd", "where'd",
    ]
    private static let auxiliaries: Set<String> = [
        "do", "does", "did", "is", "are", "am", "was", "were", "have", "has", "had", "can", "could", "will", "would",
        "shall", "should", "may", "might", "must", "don't", "doesn't", "didn't", "isn't", "aren't", "wasn't", "weren't",
        "haven't", "hasn't", "hadn't", "can't", "couldn't", "won't", "wouldn't", "shouldn't", "mightn't", "mustn't",
    ]
    private static let pronouns: Set<String> = ["i", "you", "he", "she", "it", "we", "they", "there", "that", "this"]
    private static let subjects = pronouns.union([
        "these", "those", "the", "a", "an", "my", "your", "his", "her", "its", "our", "their", "anyone", "anybody",
        "anything", "someone", "somebody", "something", "everyone", "everybody", "everything", "people", "any",
    ])
    /// Before anything else these give an order (“have a look”, “do the first one”).
    private static let orders: Set<String> = ["do", "have"],
        ordered: Set<String> = ["i", "you", "he", "she", "we", "they"]
    /// What may stand before a question without being part of it.
    private static let openings: Set<String> = [
        "so", "and", "but", "or", "well", "okay", "ok", "oh", "yeah", "yes", "no", "right", "now", "then", "um", "uh",
        "erm", "sorry", "hey", "hi", "hello", "also", "because", "please", "alright", "great", "sure", "actually",
    ]
    private static let tags: Set<String> = ["right", "okay", "ok", "correct", "huh", "eh", "yeah", "no"]

    /// Whether words have anything of the form of a question: what a mark confirms.
    private static func isFormed(_ all: [String]) -> Bool {
        guard all.count >= 3 else { return false }
        let words = all.drop { openings.contains($0) }
        guard let first = words.first else { return false }
        if askers.contains(first) || auxiliaries.contains(first) || isPlain(all) { return true }
        if let last = all.last, tags.contains(last) { return true }
        // A tag (“isn't it”), or another clause that asks (“if it rains, what do we do”).
        return zip(words, words.dropFirst()).enumerated().contains { place, pair in
            guard auxiliaries.contains(pair.0), pronouns.contains(pair.1) else { return false }
            return place == words.count - 2 || place > 0 && askers.contains(words[words.startIndex + place - 1])
        }
    }

    /// Whether words are plainly a question, without a mark: an auxiliary before its subject in front, or soon after a
    /// question word.
    private static func isPlain(_ all: [String]) -> Bool {
        guard all.count >= 3 else { return false }
        let words = Array(all.drop { openings.contains($0) })
        guard words.count >= 3 else { return false }
        if auxiliaries.contains(words[0]) {
            return (orders.contains(words[0]) ? ordered : subjects).contains(words[1])
        }
        guard askers.contains(words[0]) else { return false }
        if words[0].contains("'") { return subjects.contains(words[1]) }
        // What has a subject before it is told (“what I mean is that”).
        return (1...3).contains { place in
            place + 1 < words.count && auxiliaries.contains(words[place]) && subjects.contains(words[place + 1])
                && !words[1..<place].contains(where: pronouns.contains)
        }
    }
}
