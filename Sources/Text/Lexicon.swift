/// Words with the feeling that they carry, and the words that change it: what a language needs for lexicon sentiment.
///
/// The format (docs/captions.md) is a line per term, its columns separated by tabs: `word TERM VALENCE`,
/// `booster TERM CHANGE`, `phrase TERM VALENCE`, `negation TERM`, `contrast TERM`, `language CODE`. Valence goes from
/// −4 to 4. Empty lines and lines that begin with `#` say nothing.
public struct Lexicon: Sendable, Equatable {
    /// Bytes that a lexicon may have.
    public static let maxBytes = 4 << 20

    /// Valence of single words.
    var words: [String: Double] = [:]
    /// How much a word, or two together, strengthen (above 0) or weaken what follows them.
    var boosters: [String: Double] = [:]
    /// Valence of two or three words together, which replaces that of the words.
    var phrases: [String: Double] = [:]
    /// Words that turn what follows them round.
    var negations: Set<String> = []
    /// Words after which a sentence counts for more than before, such as `but`.
    var contrasts: Set<String> = []
    /// Whether the rules that concern single English words hold.
    var isEnglish = false
    /// First words of the boosters of two words.
    private(set) var boosterBegins: Set<String> = []

    /// The number of words that carry a feeling.
    public var count: Int { words.count }

    /// Reads a lexicon.
    ///
    /// - Throws: `LexiconError` naming the line that can't be understood.
    public init(_ bytes: [UInt8]) throws(LexiconError) {
        guard bytes.count <= Self.maxBytes else {
            throw LexiconError(line: nil, reason: "is larger than \(Self.maxBytes >> 20) MiB")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw LexiconError(line: nil, reason: "is not UTF-8")
        }
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
        where !line.allSatisfy(\.isWhitespace) && !line.hasPrefix("#") {
            guard let reason = take(line.split(separator: "\t", omittingEmptySubsequences: false)) else { continue }
            throw LexiconError(line: index + 1, reason: reason)
        }
        guard !words.isEmpty else { throw LexiconError(line: nil, reason: "has no line 'word'") }
        boosterBegins = Set(
            boosters.keys.compactMap { term in
                let parts = term.split(separator: " ")
                return parts.count == 2 ? String(parts[0]) : nil
            })
    }

    /// Takes in the columns of a line; what is wrong with them, or nil.
    private mutating func take(_ columns: [Substring]) -> String? {
        let term = columns.count > 1 ? columns[1].lowercased() : ""
        guard !term.isEmpty else { return "a line needs a kind and a term, with a tab between" }
        switch columns[0] {
        case "negation": negations.insert(term)
        case "contrast": contrasts.insert(term)
        case "language": isEnglish = term == "en"
        case "word", "booster", "phrase":
            guard columns.count > 2, let value = Double(columns[2]), (-4...4).contains(value) else {
                return "the third column of a \(columns[0]) must be a number from -4 to 4"
            }
            if columns[0] == "word" { words[term] = value }
            if columns[0] == "booster" { boosters[term] = value }
            if columns[0] == "phrase" { phrases[term] = value }
        default: return "'\(columns[0].prefix(20))' is none of word, booster, phrase, negation, contrast, language"
        }
        return nil
    }
}

/// What is wrong with a lexicon.
public struct LexiconError: Error, Equatable, CustomStringConvertible {
    /// The line, counted from 1; nil where it concerns the whole.
    public var line: Int?
    /// What is wrong.
    public var reason: String

    /// One line: where and what.
    public var description: String { "\(line.map { "line \($0): " } ?? "")\(reason)" }
}
