import Events

extension CallRecord {
    /// The scores as CSV (RFC 4180): a row per speaker and tick that had one, in the order of their times.
    func csv(_ totals: SessionTotals) -> String {
        var rows: [(seconds: Double, text: String)] = []
        for speaker in totals.speakers {
            guard let voice = voices[speaker.name] else { continue }
            let sentiment = Dictionary(voice.sentiment.map { ($0.seconds, $0) }, uniquingKeysWith: { $1 })
            let engagement = Dictionary(voice.engagement.map { ($0.seconds, $0) }, uniquingKeysWith: { $1 })
            for seconds in Set(sentiment.keys).union(engagement.keys) {
                let fields =
                    [ReportText.decimal(seconds, 3), Self.field(speaker.name)] + Self.fields(engagement[seconds])
                    + Self.fields(sentiment[seconds])
                rows.append((seconds, fields.joined(separator: ",")))
            }
        }
        let header =
            "time_s,speaker,engagement,engagement_low,engagement_high,engagement_confidence,"
            + "sentiment,sentiment_low,sentiment_high,sentiment_confidence"
        let lines = rows.sorted { ($0.seconds, $0.text) < ($1.seconds, $1.text) }.map(\.text)
        return ([header] + lines).joined(separator: "\n") + "\n"
    }

    private static func fields(_ score: Score?) -> [String] {
        guard let score else { return ["", "", "", ""] }
        return [
            ReportText.decimal(score.score, 1), ReportText.decimal(score.low, 1), ReportText.decimal(score.high, 1),
            score.confidence.map { ReportText.decimal($0, 2) } ?? "",
        ]
    }

    /// A text that a spreadsheet takes for a text: neither for two fields nor for a formula.
    static func field(_ text: String) -> String {
        let isFormula = text.unicodeScalars.first.map { "=+-@\t\r".unicodeScalars.contains($0) } ?? false
        let safe = isFormula ? "'" + text : text
        guard safe.unicodeScalars.contains(where: { ",\"\n\r".unicodeScalars.contains($0) }) else { return safe }
        var quoted = "\""
        for scalar in safe.unicodeScalars { quoted += scalar == "\"" ? "\"\"" : String(scalar) }
        return quoted + "\""
    }
}
