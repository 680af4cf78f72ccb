import Text

/// What is known of a call from what was said in it, in sentences made by rules.
struct ReportTalk {
    private let lines: [Caption]
    private let duration: Double

    /// Words of a line that are shown to say which is meant.
    private static let openingWords = 8
    /// Shorter ones are no monologue, seconds.
    private static let minMonologueSeconds = 60.0
    /// Shorter calls have no stretch that is worth being told, seconds.
    private static let minStretchSeconds = 120.0

    init(_ transcript: [Caption], duration: Double) {
        lines = transcript.filter { !$0.isPartial }.sorted { $0.startSeconds < $1.startSeconds }
        self.duration = duration
    }

    var sentences: [String] {
        guard !lines.isEmpty else { return [] }
        return questions + [stretch, monologue].compactMap(\.self)
    }

    private func isQuestion(_ line: Caption) -> Bool {
        TextAnalyzer().figures(of: line.text, scoresSentiment: false, trustsMarks: line.trustsMarks).questions > 0
    }

    private var speakers: [String] { lines.reduce(into: []) { if !$0.contains($1.speaker) { $0.append($1.speaker) } } }

    /// How many questions each asked, and to how many the next to speak was somebody else.
    private var questions: [String] {
        speakers.map { speaker in
            var asked = 0, answered = 0
            for (index, line) in lines.enumerated() where line.speaker == speaker && isQuestion(line) {
                asked += 1
                if index + 1 < lines.count, lines[index + 1].speaker != speaker { answered += 1 }
            }
            guard asked > 0 else { return "\(speaker) asked no question." }
            return
                "\(speaker) asked in \(ReportText.count(asked, "place")); in \(answered) of them somebody else spoke next."
        }
    }

    /// The longest stretch without a question of anybody.
    private var stretch: String? {
        guard duration >= Self.minStretchSeconds else { return nil }
        let times = [0] + lines.filter(isQuestion).map(\.endSeconds) + [duration]
        guard let longest = zip(times, times.dropFirst()).max(by: { $0.1 - $0.0 < $1.1 - $1.0 }) else { return nil }
        return
            "The longest stretch without a question lasted \(clock(longest.1 - longest.0)), from \(clock(longest.0))."
    }

    /// The longest time for which one speaker's lines followed each other.
    private var monologue: String? {
        var longest: (start: Caption, seconds: Double)?
        var first: Caption?
        for line in lines {
            if first?.speaker != line.speaker { first = line }
            guard let start = first else { continue }
            let seconds = line.endSeconds - start.startSeconds
            if seconds > longest?.seconds ?? 0 { longest = (start, seconds) }
        }
        guard let longest, longest.seconds >= Self.minMonologueSeconds else { return nil }
        let words = longest.start.text.split(separator: " ")
        let opening = words.prefix(Self.openingWords).joined(separator: " ")
        let text = "“\(opening)\(words.count > Self.openingWords ? " …" : "")”"
        return "The longest that one spoke without another's words between was \(clock(longest.seconds)): "
            + "\(longest.start.speaker), from \(clock(longest.start.startSeconds)), with \(text)."
    }
}
