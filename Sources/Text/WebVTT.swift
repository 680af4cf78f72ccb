/// Reads captions in WebVTT (W3C, 2019), as far as they say who spoke when: cues with their times and voice tags.
public enum WebVTT {
    /// The lines of a file; every voice in a cue gives one. Styles, regions, notes and settings are skipped.
    ///
    /// - Parameter speaker: who speaks in cues without a voice tag.
    /// - Throws: `CaptionError` naming the line that can't be understood.
    public static func captions(in text: String, speaker: String? = nil) throws(CaptionError) -> [Caption] {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard isHeader(lines.first ?? "") else { throw CaptionError("it does not begin with WEBVTT") }
        var captions: [Caption] = []
        var index = 0
        while index < lines.count {
            defer { index += 1 }
            guard lines[index].contains("-->") else { continue }
            let timing = index
            guard let times = times(lines[timing]) else {
                throw CaptionError("line \(timing + 1): expected times such as 00:01.000 --> 00:02.500")
            }
            var payload: [Substring] = []
            while index + 1 < lines.count, !lines[index + 1].isEmpty, !lines[index + 1].contains("-->") {
                index += 1
                payload.append(lines[index])
            }
            for (place, voice) in voices(payload.joined(separator: " ")).enumerated() where !voice.text.isEmpty {
                guard let name = voice.speaker ?? speaker else {
                    throw CaptionError("line \(timing + 2): nobody is named; put <v NAME> before the text")
                }
                do {
                    captions.append(
                        try Caption(
                            speaker: name, startSeconds: times.start, endSeconds: times.end, text: voice.text,
                            id: "\(timing + 1).\(place)"))
                } catch {
                    throw CaptionError("line \(timing + 1): \(error)")
                }
            }
        }
        return captions
    }

    /// Whether a file begins like WebVTT.
    public static func isHeader(_ line: some StringProtocol) -> Bool {
        let name = line.hasPrefix("\u{FEFF}") ? line.dropFirst() : line[...]
        return name == "WEBVTT" || name.hasPrefix("WEBVTT ") || name.hasPrefix("WEBVTT\t")
    }

    private static func times(_ line: Substring) -> (start: Double, end: Double)? {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words.count >= 3, words[1] == "-->", let start = seconds(words[0]), let end = seconds(words[2])
        else { return nil }
        return (start, end)
    }

    /// `[HH:]MM:SS.mmm` in seconds.
    private static func seconds(_ time: Substring) -> Double? {
        let parts = time.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count) else { return nil }
        var sum = 0.0
        for part in parts {
            guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }), let value = Double(part)
            else { return nil }
            sum = sum * 60 + value
        }
        return sum
    }

    /// The text of a cue by voice, without tags and with its escapes resolved.
    private static func voices(_ payload: String) -> [(speaker: String?, text: String)] {
        var voices: [(speaker: String?, text: String)] = [(nil, "")]
        var rest = payload[...]
        while let tag = rest.firstIndex(of: "<") {
            voices[voices.count - 1].text += rest[..<tag]
            let end = rest[tag...].firstIndex(of: ">") ?? rest.index(before: rest.endIndex)
            let content = rest[rest.index(after: tag)...].prefix { $0 != ">" }
            // `<v Name>` or `<v.class Name>`.
            if let kind = content.split(whereSeparator: \.isWhitespace).first, kind == "v" || kind.hasPrefix("v.") {
                voices.append((trimmed(unescaped(content.dropFirst(kind.count))), ""))
            } else if content == "/v" {
                voices.append((nil, ""))
            }
            rest = rest[rest.index(after: end)...]
        }
        voices[voices.count - 1].text += rest
        return voices.map { ($0.speaker, trimmed(unescaped($0.text[...]))) }
    }

    private static func trimmed(_ text: String) -> String {
        let end = text.reversed().drop(while: \.isWhitespace).count
        return String(text.prefix(end).drop(while: \.isWhitespace))
    }

    private static func unescaped(_ text: Substring) -> String {
        guard text.contains("&") else { return String(text) }
        var result = ""
        var rest = text
        while let start = rest.firstIndex(of: "&") {
            result += rest[..<start]
            rest = rest[start...]
            let known = escapes.first { rest.hasPrefix($0.escape) }
            result += known?.character ?? "&"
            rest = rest.dropFirst(known?.escape.count ?? 1)
        }
        return result + rest
    }

    private static let escapes: [(escape: String, character: String)] = [
        ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&lrm;", ""), ("&rlm;", ""),
    ]
}
