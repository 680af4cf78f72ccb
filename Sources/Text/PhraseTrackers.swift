/// Looks for phrases in a text, word by word: each place of the text walks down a tree of words, no deeper than the
/// longest phrase. So the work is bounded by words times that depth, whatever the phrases and the text are.
public struct PhraseTrackers: Sendable, Equatable {
    /// Trackers, phrases of all of them together, and of one.
    public static let maxTrackers = 32, maxPhrases = 1_000, maxPhrasesEach = 200
    /// Words of a phrase.
    public static let maxWords = 12

    private struct Node: Equatable {
        var next: [Int: Int] = [:]
        /// Trackers of which a phrase ends here.
        var ends: [Int] = []
    }

    /// Numbers of the words that phrases have.
    private var numbers: [String: Int] = [:]
    private var nodes = [Node()]
    private let count: Int
    private let comparesStems: Bool

    /// Trackers with the phrases of each. Phrases and texts are compared as they are: both have to be folded alike.
    /// What is beyond the bounds is left out.
    ///
    /// - Parameter comparesStems: whether words are found in all their forms, in English.
    public init(_ trackers: [[String]], comparesStems: Bool = false) {
        self.comparesStems = comparesStems
        count = min(trackers.count, Self.maxTrackers)
        var phrases = 0
        for (tracker, own) in trackers.prefix(Self.maxTrackers).enumerated() {
            for phrase in own.prefix(Self.maxPhrasesEach) where phrases < Self.maxPhrases {
                let words = Self.words(phrase).map(compared)
                guard (1...Self.maxWords).contains(words.count) else { continue }
                phrases += 1
                add(words, tracker)
            }
        }
    }

    /// What of a word has to be the same.
    private func compared(_ word: String) -> String { comparesStems ? PorterStemmer.stem(word) : word }

    private mutating func add(_ words: [String], _ tracker: Int) {
        var node = 0
        for word in words {
            let number = numbers[word] ?? numbers.count
            numbers[word] = number
            let next = nodes[node].next[number] ?? nodes.count
            if next == nodes.count { nodes.append(Node()) }
            nodes[node].next[number] = next
            node = next
        }
        if !nodes[node].ends.contains(tracker) { nodes[node].ends.append(tracker) }
    }

    /// How often phrases of each tracker are in a text; empty where there is none. Of phrases of one tracker that
    /// overlap, the first counts, and of those the longest.
    public func mentions(in text: String) -> [Int] {
        guard !numbers.isEmpty else { return [] }
        // A word that no phrase has is nil, and ends every phrase.
        let words = Self.words(text).map { numbers[compared($0)] }
        var mentions: [Int] = []
        var freeFrom = Array(repeating: 0, count: count)
        var ends = Array(repeating: 0, count: count)
        for start in words.indices where words[start] != nil {
            var node = 0
            var found: [Int] = []
            for place in start..<min(words.count, start + Self.maxWords) {
                guard let word = words[place], let next = nodes[node].next[word] else { break }
                node = next
                for tracker in nodes[node].ends where start >= freeFrom[tracker] {
                    if ends[tracker] <= start { found.append(tracker) }
                    ends[tracker] = place + 1
                }
            }
            if !found.isEmpty, mentions.isEmpty { mentions = Array(repeating: 0, count: count) }
            for tracker in found {
                mentions[tracker] += 1
                freeFrom[tracker] = ends[tracker]
            }
        }
        return mentions
    }

    /// The words of a text: runs of letters, digits and marks, with apostrophes in them. In scripts that put no space
    /// between words each letter is one, so that a phrase is found wherever its letters stand together.
    public static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = String.UnicodeScalarView()
        var isLetter = false  // the last word, which a mark may follow
        func end() {
            while word.last == "'" { word.removeLast() }
            if !word.isEmpty { words.append(String(word)) }
            word = String.UnicodeScalarView()
        }
        for scalar in text.unicodeScalars {
            let kind = kind(of: scalar)
            defer { isLetter = kind == .alone || isLetter && kind == .mark }
            switch kind {
            case .alone:
                end()
                words.append(String(scalar))
            case .mark where isLetter: words[words.count - 1].unicodeScalars.append(scalar)
            case .mark: word.append(scalar)
            case .inWord: word.append(scalar)
            case .apostrophe where !word.isEmpty: word.append("'")
            case .apostrophe, .between: end()
            }
        }
        end()
        return words
    }

    private enum Kind { case inWord, alone, mark, apostrophe, between }

    private static func kind(of scalar: Unicode.Scalar) -> Kind {
        switch scalar.value {
        case 0x27, 0x2019: return .apostrophe
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: return .inWord
        case 0..<0x80: return .between
        default: break
        }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark: return .mark
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber:
            return hasNoSpaces(scalar) ? .alone : .inWord
        default: return .between
        }
    }

    private static func hasNoSpaces(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // Thai, Lao; Burmese; Khmer; kana.
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3041...0x30FF: true
        default: scalar.properties.isIdeographic
        }
    }
}
