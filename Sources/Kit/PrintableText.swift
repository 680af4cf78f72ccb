// Texts of peers, servers and files on their way to a person: what a terminal would obey (ESC and the other controls,
// C1 among them) or what would hide or turn round what is written (format characters such as bidirectional overrides)
// is shown instead of sent. One line stays one line.

/// The text as one line for a terminal or a log: controls, format characters and line separators as `\u{1b}`.
public func printable(_ text: some StringProtocol) -> String {
    escaped(text) { "\\u{\(String($0.value, radix: 16))}" }
}

/// A line of JSON for a terminal: the same characters as JSON writes them within texts (`\u001b`), so that it stays the
/// same JSON.
public func printableJSON(_ line: some StringProtocol) -> String {
    escaped(line) { scalar in
        String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}

private func escaped(_ text: some StringProtocol, _ escape: (Unicode.Scalar) -> String) -> String {
    guard !text.utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) else { return String(text) }
    var line = ""
    // Not by grapheme: a control hides in one behind a combining mark, and CR LF is one.
    for scalar in text.unicodeScalars {
        if scalar.isObeyed { line += escape(scalar) } else { line.unicodeScalars.append(scalar) }
    }
    return line
}

extension Unicode.Scalar {
    fileprivate var isObeyed: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }
}
