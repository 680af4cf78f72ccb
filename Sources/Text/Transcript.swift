/// Reads transcripts that say when somebody began, and not when they ended: those that Zoom, Google Meet and Teams save as
/// text. What was said ends where the next line begins, or after as long as its words take.
///
/// Lines are `[00:01:05] Ana: hello`, `00:01:05 Ana: hello`, `Ana: hello` behind a line that is a time, or `Ana 00:01:05`
/// (or `[Ana] 00:01:05`) with the words on the lines after it.
public enum Transcript {
    /// Seconds that a word takes (150 a minute), and the longest line.
    private static let secondsPerWord = 0.4, maxSeconds = 30.0

    private struct Turn {
        var line: Int
        var speaker: String?
        var start: Double
        var text: String
    }

    /// Whether a text is one: among its first lines there is a time with a name, or a name behind a line with a time.
    public static func isOne(_ text: String) -> Bool {
        let lines = CaptionReading.lines(of: text).prefix(40).filter { !$0.allSatisfy(\.isWhitespace) }
        guard let first = lines.first, !first.hasPrefix("{"), !first.hasPrefix("[{") else { return false }
        return lines.contains { head(String($0)) != nil }
    }

    /// The lines of a transcript.
    ///
    /// - Parameter speaker: who speaks where nobody is named.
    public static func read(_ text: String, speaker: String? = nil) -> CaptionReading {
        var reading = CaptionReading()
        var turns: [Turn] = []
        var time: Double?
        for (index, raw) in CaptionReading.lines(of: text).enumerated() {
            let line = CaptionReading.trimmed(raw)
            guard !line.isEmpty else { continue }
            if let (seconds, rest) = head(line) {
                time = seconds
                let named = CaptionReading.named(rest.text)
                let name = named?.name ?? rest.speaker
                let text = named?.text ?? rest.text
                if name != nil || !text.isEmpty || rest.isHeading {
                    turns.append(Turn(line: index + 1, speaker: name, start: seconds, text: text))
                }
            } else if let named = CaptionReading.named(line), let time {
                // Several may speak behind one time: each a little later.
                let start = turns.last.map { $0.start >= time ? $0.start + length(of: $0.text) : time } ?? time
                turns.append(Turn(line: index + 1, speaker: named.name, start: start, text: named.text))
            } else if let last = turns.indices.last, time != nil {
                turns[last].text += (turns[last].text.isEmpty ? "" : " ") + line
            } else {
                reading.skip(line: index + 1, "no time stands before it")
            }
        }
        for (index, turn) in turns.enumerated() where !turn.text.isEmpty {
            guard let name = turn.speaker ?? speaker else {
                reading.skip(line: turn.line, "nobody is named; put NAME: before the text")
                continue
            }
            let spoken = length(of: turn.text)
            let next = index + 1 < turns.count ? turns[index + 1].start : .infinity
            let end = next > turn.start ? min(turn.start + spoken, max(next, turn.start + 0.2)) : turn.start + spoken
            reading.add(line: turn.line, speaker: name, (turn.start, end), turn.text, id: "\(turn.line)")
        }
        return reading
    }

    private static func length(of text: String) -> Double {
        min(maxSeconds, max(0.5, Double(text.split(whereSeparator: \.isWhitespace).count) * secondsPerWord))
    }

    /// The time that a line has at its beginning or its end, and what else it says: who, or words.
    private static func head(_ line: String) -> (Double, (speaker: String?, text: String, isHeading: Bool))? {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard let first = words.first, let last = words.last else { return nil }
        func time(_ word: Substring) -> Double? {
            let bare = word.drop { "[(".contains($0) }
            let plain = bare.prefix { $0.isASCII && ($0.isNumber || ":.,".contains($0)) }
            let rest = bare.dropFirst(plain.count)
            guard plain.contains(":"), rest.allSatisfy({ "])".contains($0) }) else { return nil }
            let digits = plain.hasSuffix(":") ? plain.dropLast() : plain
            return CaptionReading.seconds(digits)
        }
        if let seconds = time(first) {
            let rest = CaptionReading.trimmed(line[first.endIndex...].drop { $0 == "-" || $0.isWhitespace })
            return (seconds, (nil, rest, false))
        }
        guard words.count > 1, words.count <= 8, let seconds = time(last), !line[..<last.startIndex].contains(":")
        else {
            return nil
        }
        let name = CaptionReading.trimmed(line[..<last.startIndex]).filter { !"[]".contains($0) }
        return name.isEmpty ? nil : (seconds, (name, "", true))
    }
}
