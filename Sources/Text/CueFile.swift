/// Reads captions whose cues have times: WebVTT (W3C, 2019) and SRT, as far as they say who spoke when. Who it was is told
/// by a voice tag or, as meeting tools write it, by a name in front of the text.
public enum CueFile {
    /// A cue with its lines as they stand.
    private struct Cue {
        var line: Int
        var times: (start: Double, end: Double)
        var voices: [(speaker: String?, lines: [String])]
    }

    /// Whether a text begins like one.
    public static func isOne(_ text: String) -> Bool {
        let lines = CaptionReading.lines(of: text)
        return isHeader(lines.first ?? "") || lines.prefix(20).contains { times($0) != nil }
    }

    /// The lines of a file; every voice in a cue gives one. Styles, regions, notes and settings are skipped, and so is
    /// what rolls up from the cue before.
    ///
    /// - Parameter speaker: who speaks in cues that name nobody.
    public static func read(_ text: String, speaker: String? = nil) -> CaptionReading {
        var reading = CaptionReading()
        var cues = cues(of: CaptionReading.lines(of: text), &reading)
        if areNamed(cues) { nameVoices(&cues) }
        var before: [String: (lines: [String], end: Double)] = [:]
        for cue in cues {
            for (place, voice) in cue.voices.enumerated() where !voice.lines.isEmpty {
                guard let name = voice.speaker ?? speaker else {
                    reading.skip(line: cue.line + 1, "nobody is named; put <v NAME> or NAME: before the text")
                    continue
                }
                let fresh = Self.fresh(voice.lines, after: before[name], at: cue.times.start)
                before[name] = (voice.lines, cue.times.end)
                guard !fresh.isEmpty else { continue }
                reading.add(
                    line: cue.line, speaker: name, cue.times, fresh.joined(separator: " "), id: "\(cue.line).\(place)")
            }
        }
        return reading
    }

    private static func isHeader(_ line: some StringProtocol) -> Bool {
        line == "WEBVTT" || line.hasPrefix("WEBVTT ") || line.hasPrefix("WEBVTT\t")
    }

    // MARK: Cues

    private static func cues(of lines: [Substring], _ reading: inout CaptionReading) -> [Cue] {
        var cues: [Cue] = []
        var index = 0
        while index < lines.count {
            defer { index += 1 }
            guard lines[index].contains("-->") else { continue }
            let timing = index
            var payload: [String] = []
            while index + 1 < lines.count, !lines[index + 1].allSatisfy(\.isWhitespace),
                !lines[index + 1].contains("-->")
            {
                // The number of the next cue, where no empty line stands before it.
                let isNumber = lines[index + 1].allSatisfy { $0.isASCII && $0.isNumber }
                if isNumber, index + 2 < lines.count, lines[index + 2].contains("-->") { break }
                index += 1
                payload.append(String(lines[index]))
            }
            guard let times = times(lines[timing]) else {
                reading.skip(line: timing + 1, "expected times such as 00:01.000 --> 00:02.500")
                continue
            }
            cues.append(Cue(line: timing + 1, times: times, voices: voices(payload.joined(separator: "\n"))))
        }
        if cues.isEmpty, reading.problems.isEmpty { reading.problems = ["there is no cue in it"] }
        return cues
    }

    private static func times(_ line: Substring) -> (start: Double, end: Double)? {
        guard let arrow = line.firstRange(of: "-->") else { return nil }
        let start = CaptionReading.trimmed(line[..<arrow.lowerBound])
        let rest = line[arrow.upperBound...].split(whereSeparator: \.isWhitespace)
        guard let start = CaptionReading.seconds(start), let end = rest.first.flatMap({ CaptionReading.seconds($0) })
        else { return nil }
        return (start, end)
    }

    /// The text of a cue by voice, line by line, without tags.
    private static func voices(_ payload: String) -> [(speaker: String?, lines: [String])] {
        var voices: [(speaker: String?, text: String)] = [(nil, "")]
        var rest = payload[...]
        while let tag = rest.firstIndex(of: "<") {
            voices[voices.count - 1].text += rest[..<tag]
            let end = rest[tag...].firstIndex(of: ">") ?? rest.index(before: rest.endIndex)
            let content = rest[rest.index(after: tag)...].prefix { $0 != ">" }
            // `<v Name>` or `<v.class Name>`.
            if let kind = content.split(whereSeparator: \.isWhitespace).first, kind == "v" || kind.hasPrefix("v.") {
                let name = CaptionReading.trimmed(CharacterReferences.resolved(String(content.dropFirst(kind.count))))
                voices.append((name.isEmpty ? nil : name, ""))
            } else if content == "/v" {
                voices.append((nil, ""))
            }
            rest = rest[rest.index(after: end)...]
        }
        voices[voices.count - 1].text += rest
        return voices.map { voice in
            (voice.speaker, voice.text.split(separator: "\n").map { CaptionReading.trimmed($0) }.filter { !$0.isEmpty })
        }
    }

    // MARK: Names in front of the text

    /// Whether cues have names in front of their text: most do, or some words before a colon would be taken for one.
    private static func areNamed(_ cues: [Cue]) -> Bool {
        let unnamed = cues.flatMap(\.voices).filter { $0.speaker == nil && !$0.lines.isEmpty }
        let named = unnamed.count { CaptionReading.named($0.lines[0]) != nil }
        return named > 0 && 2 * named >= unnamed.count
    }

    private static func nameVoices(_ cues: inout [Cue]) {
        var last: String?
        for number in cues.indices {
            var voices: [(speaker: String?, lines: [String])] = []
            for voice in cues[number].voices where !voice.lines.isEmpty {
                guard voice.speaker == nil else {
                    voices.append(voice)
                    continue
                }
                // Two may speak in one cue, each on a line.
                for line in voice.lines {
                    if let (name, text) = CaptionReading.named(CharacterReferences.resolved(line)) {
                        last = name
                        voices.append((name, text.isEmpty ? [] : [text]))
                    } else if let index = voices.indices.last {
                        voices[index].lines.append(line)
                    } else {
                        voices.append((last, [line]))
                    }
                }
            }
            cues[number].voices = voices
        }
    }

    // MARK: Roll-up

    /// How far apart cues may lie that roll up, seconds.
    private static let rollUpSeconds = 0.5

    /// What is new in a cue that may repeat the end of the one before, as captions do that roll up.
    private static func fresh(
        _ lines: [String], after before: (lines: [String], end: Double)?, at start: Double
    ) -> [String] {
        guard let before, start - before.end <= rollUpSeconds else { return lines }
        for count in stride(from: min(lines.count, before.lines.count), to: 0, by: -1)
        where Array(before.lines.suffix(count)) == Array(lines.prefix(count)) {
            // Somebody may say the same again: that is one line, and a short one.
            let isSaidAgain = count == lines.count && count == 1 && lines[0].split(separator: " ").count < 3
            return isSaidAgain ? lines : Array(lines.dropFirst(count))
        }
        // A line that grows by words.
        if let last = before.lines.last, let first = lines.first, first.hasPrefix(last + " "),
            last.split(separator: " ").count > 1
        {
            return [CaptionReading.trimmed(first.dropFirst(last.count))] + lines.dropFirst()
        }
        return lines
    }
}
