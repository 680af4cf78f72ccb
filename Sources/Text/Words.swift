/// A line of text taken apart at white space (in scripts that have none, by dictionaries), with the punctuation around
/// the words taken off.
struct Words {
    /// The words as they stand; an emoticon keeps its punctuation.
    let exact: [String]
    /// The same in lower case.
    let lower: [String]

    private static let punctuation = Set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".unicodeScalars)

    /// What is typed or set for an apostrophe.
    private static let apostrophes: Set<Unicode.Scalar> = ["\u{2019}", "\u{2BC}", "\u{FF07}", "\u{2018}", "\u{B4}"]

    init(_ text: String) {
        exact = text.split(whereSeparator: \.isWhitespace).flatMap(Self.apart).map(Self.strip)
        lower = exact.map { $0.lowercased() }
    }

    /// What stands between two spaces: a word, or of scripts without spaces several.
    private static func apart(_ piece: Substring) -> [Substring] {
        guard piece.unicodeScalars.contains(where: Segmenter.isUnspaced) else { return [piece] }
        return Segmenter.words(piece).map { $0[...] }
    }

    /// A word without the punctuation around it, unless two or fewer characters would be left: then it may be an
    /// emoticon. The apostrophes of typesetters become the plain one, with which lexicons are written.
    private static func strip(_ word: Substring) -> String {
        let scalars = word.unicodeScalars.map { apostrophes.contains($0) ? "'" : $0 }
        guard let first = scalars.firstIndex(where: { !punctuation.contains($0) }),
            let last = scalars.lastIndex(where: { !punctuation.contains($0) }), last - first >= 2
        else { return string(scalars[...]) }
        return string(scalars[first...last])
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
