// How wide texts are on a terminal, whose characters take one column, two, or none.
import CNcurses
import Kit

/// A locale with wide characters; without one everything but ASCII would have no width.
private let hasWideLocale = attune_wide_locale()

extension Unicode.Scalar {
    fileprivate var columns: Int {
        if isASCII { return value >= 0x20 && value != 0x7F ? 1 : 0 }
        return hasWideLocale ? max(0, Int(attune_character_columns(wchar_t(bitPattern: value)))) : 1
    }
}

/// Columns that a text takes.
func columns(of text: some StringProtocol) -> Int {
    text.unicodeScalars.reduce(0) { $0 + $1.columns }
}

/// The text in exactly so many columns: filled with blanks, or cut off with `…` at its end.
func fitted(_ text: String, _ width: Int, toTheRight: Bool = false) -> String {
    guard width > 0 else { return "" }
    let text = printable(text)
    let taken = columns(of: text)
    if taken <= width, text.unicodeScalars.count <= 4 * width {
        let blanks = String(repeating: " ", count: width - taken)
        return toTheRight ? blanks + text : text + blanks
    }
    var kept = String.UnicodeScalarView()
    var left = width - 1
    // Marks that combine take no column: they must not go on without end.
    for scalar in text.unicodeScalars.prefix(4 * width) {
        guard scalar.columns <= left else { break }
        kept.append(scalar)
        left -= scalar.columns
    }
    return String(kept) + "\u{2026}" + String(repeating: " ", count: left)
}
