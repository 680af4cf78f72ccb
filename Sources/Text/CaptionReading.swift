/// What was found in a file of captions: the lines that can be counted, and what is wrong with the others.
public struct CaptionReading: Sendable, Equatable {
    /// The lines, in the order of the file.
    public var captions: [Caption] = []
    /// What could not be read, and where: one line each, without the words.
    public var problems: [String] = []

    /// Nothing yet.
    public init() {}

    mutating func add(
        line: Int, speaker: String, _ times: (start: Double, end: Double), _ text: String, id: String
    ) {
        do throws(CaptionError) {
            captions.append(
                try Caption(
                    speaker: speaker, startSeconds: times.start, endSeconds: times.end, text: text, id: id))
        } catch {
            problems.append("line \(line): \(error)")
        }
    }

    mutating func skip(line: Int, _ why: String) { problems.append("line \(line): \(why)") }

    /// The lines of a text: ended by LF, CR LF or CR, and by nothing else that Unicode has for it.
    static func lines(of text: String) -> [Substring] {
        let text = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
        return text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
    }

    static func trimmed(_ text: some StringProtocol) -> String {
        let end = text.reversed().drop(while: \.isWhitespace).count
        return String(text.prefix(end).drop(while: \.isWhitespace))
    }

    /// `[HH:]MM:SS[.mmm]` (or with a comma) in seconds.
    static func seconds(_ time: some StringProtocol) -> Double? {
        let parts = time.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count) else { return nil }
        var sum = 0.0
        for part in parts {
            let digits = part.map { $0 == "," ? "." : $0 }
            guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "." }),
                let value = Double(String(digits))
            else { return nil }
            sum = sum * 60 + value
        }
        return sum
    }

    /// The name in front of what was said, `Ana Silva: hello`, and the rest; nil where there is none that could be one.
    static func named(_ text: String) -> (name: String, text: String)? {
        guard let colon = text.firstIndex(where: { $0 == ":" || $0 == "\u{FF1A}" }) else { return nil }
        let name = trimmed(text[..<colon])
        let rest = text[text.index(after: colon)...]
        let isSpaced = rest.first.map(\.isWhitespace) ?? true
        guard isSpaced || text[colon] == "\u{FF1A}", (1...64).contains(name.count), name.contains(where: \.isLetter),
            name.split(separator: " ").count <= 6,
            !name.contains(where: { "?!.;".contains($0) }) || name.hasSuffix(".")
                || name.contains(". ")
        else { return nil }
        return (name, trimmed(rest))
    }
}
