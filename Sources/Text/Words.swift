/// A line of text taken apart at white space, with the punctuation around the words taken off.
struct Words {
    /// The words as they stand; an emoticon keeps its punctuation.
    let exact: [String]
    /// The same in lower case.
    let lower: [String]

    private static let punctuation = Set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".unicodeScalars)

    init(_ text: String) {
        exact = text.split(whereSeparator: \.isWhitespace).map(Self.strip)
        lower = exact.map { $0.lowercased() }
    }

    /// A word without the punctuation around it, unless two or fewer characters would be left: then it may be an
    /// emoticon. The apostrophe of typesetters becomes the plain one, with which lexicons are written.
    private static func strip(_ word: Substring) -> String {
        let scalars = word.unicodeScalars.map { $0 == "\u{2019}" ? "'" : $0 }
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
