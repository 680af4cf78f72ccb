import Events
import Kit

/// A report on a session as one HTML page without scripts or outside references: who spoke when, the engagement
/// scores with their intervals, and the totals.
struct ReportPage {
    private struct Voice {
        var ipus: [(start: Double, end: Double)] = []
        var scores: [(time: Double, score: Double, low: Double, high: Double)] = []
    }

    private var voices: [String: Voice] = [:]

    private static let width = 960.0
    private static let laneHeight = 26.0
    private static let chartHeight = 140.0
    private static let colours = ["#2563eb", "#c2410c", "#15803d", "#7e22ce", "#0f766e", "#b91c1c"]

    /// A report of nothing yet.
    init() {}

    /// Takes in an event of the session.
    mutating func take(_ event: Event) {
        guard let speaker = event.speaker else { return }
        switch event.body {
        case .speechEnded(let speech):
            voices[speaker, default: Voice()].ipus.append((speech.startSeconds, speech.endSeconds))
        case .tick(let tick):
            guard let time = event.timeSeconds else { return }
            take(StoredReport.Score(speaker: speaker, timeSeconds: time, engagement: tick.engagement))
        default: break
        }
    }

    /// Takes in a score.
    mutating func take(_ tick: StoredReport.Score) {
        guard case .scored(let score) = tick.engagement else { return }
        voices[tick.speaker, default: Voice()].scores.append((tick.timeSeconds, score.score, score.low, score.high))
    }

    /// The page, once the session has ended.
    func html(_ totals: SessionTotals) -> String {
        let title = "Attune report: \(escaped(totals.session))"
        let measured = totals.speakers.filter { $0.metrics != nil }
        var body = "<h1>\(title)</h1>\n<p>\(summary(totals))</p>\n"
        body += "<h2>Who spoke when</h2>\n\(timeline(measured, totals.durationSeconds))\n"
        body += "<h2>Totals</h2>\n\(table(totals))\n"
        for (index, speaker) in measured.enumerated() {
            body += "<h2>Engagement of \(escaped(speaker.name))</h2>\n"
            body += chart(voices[speaker.name]?.scores ?? [], totals.durationSeconds, colour(index))
            body += explanation(speaker)
        }
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>\(title)</title><style>
            body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2937}
            table{border-collapse:collapse}td,th{padding:.25rem .8rem .25rem 0;text-align:left}
            svg{width:100%;height:auto;background:#f9fafb}text{font:11px system-ui,sans-serif;fill:#6b7280}
            h2{margin-top:2rem;font-size:1.1rem}small{color:#6b7280}
            </style></head><body>
            \(body)<p><small>Scores compare a person with that same person in this conversation; 50 is neutral. They are
            made of measured behaviour only, and say nothing about what anybody felt.</small></p>
            </body></html>

            """
    }

    private func summary(_ totals: SessionTotals) -> String {
        "\(decimal(totals.durationSeconds, 0)) s, \(totals.speakerChanges) speaker changes, "
            + "overlap \(percent(totals.overlapRatio))."
    }

    private func table(_ totals: SessionTotals) -> String {
        var rows =
            "<tr><th>speaker</th><th>talk ratio</th><th>speech</th><th>turns</th><th>response lag (median)</th>"
            + "<th>pauses</th></tr>\n"
        for speaker in totals.speakers {
            let name = escaped(speaker.name) + (speaker.role.map { " (\(escaped($0)))" } ?? "")
            guard let metrics = speaker.metrics else {
                rows +=
                    "<tr><td>\(name)</td><td colspan=\"5\">consent \(speaker.consent.rawValue): not measured</td></tr>\n"
                continue
            }
            let lag = metrics.responseLagMedianMilliseconds.map { "\(decimal($0, 0)) ms (n \(metrics.responseLags))" }
            rows +=
                "<tr><td>\(name)</td><td>\(percent(metrics.talkRatio))</td>"
                + "<td>\(decimal(metrics.speechSeconds, 1)) s</td><td>\(metrics.turns)</td>"
                + "<td>\(lag ?? "–")</td><td>\(percent(metrics.pauseRatio))</td></tr>\n"
        }
        return "<table>\n\(rows)</table>"
    }

    private func timeline(_ speakers: [SessionTotals.Speaker], _ duration: Double) -> String {
        var svg = ""
        for (index, speaker) in speakers.enumerated() {
            let y = Double(index) * Self.laneHeight
            for ipu in voices[speaker.name]?.ipus ?? [] {
                let x = place(ipu.start, duration)
                svg +=
                    "<rect x=\"\(decimal(x, 1))\" y=\"\(decimal(y + 4, 1))\" "
                    + "width=\"\(decimal(max(0.5, place(ipu.end, duration) - x), 1))\" "
                    + "height=\"\(decimal(Self.laneHeight - 8, 1))\" fill=\"\(colour(index))\"/>"
            }
            svg += "<text x=\"2\" y=\"\(decimal(y + 16, 1))\">\(escaped(speaker.name))</text>\n"
        }
        return frame(svg, height: max(1, Double(speakers.count)) * Self.laneHeight)
    }

    private func chart(
        _ scores: [(time: Double, score: Double, low: Double, high: Double)], _ duration: Double, _ colour: String
    ) -> String {
        guard !scores.isEmpty else { return "<p>No score.</p>\n" }
        func point(_ time: Double, _ value: Double) -> String {
            "\(decimal(place(time, duration), 1)),\(decimal(Self.chartHeight * (1 - value / 100), 1))"
        }
        let band =
            scores.map { point($0.time, $0.high) } + scores.reversed().map { point($0.time, $0.low) }
        let line = scores.map { point($0.time, $0.score) }
        return frame(
            """
            <line x1="0" x2="\(Self.width)" y1="\(Self.chartHeight / 2)" y2="\(Self.chartHeight / 2)" stroke="#d1d5db"/>
            <polygon points="\(band.joined(separator: " "))" fill="\(colour)" opacity="0.15"/>
            <polyline points="\(line.joined(separator: " "))" fill="none" stroke="\(colour)" stroke-width="2"/>
            <text x="2" y="11">100</text><text x="2" y="\(Self.chartHeight - 3)">0</text>
            """, height: Self.chartHeight)
    }

    private func explanation(_ speaker: SessionTotals.Speaker) -> String {
        switch speaker.engagement {
        case .scored(let score):
            let parts = score.contributions.map { part in
                "\(escaped(part.input)) \(part.points < 0 ? "−" : "+")\(decimal(abs(part.points), 1))"
            }
            return
                "<p>At the end: \(decimal(score.score, 1)) (\(decimal(score.low, 0)) to \(decimal(score.high, 0))) = "
                + parts.joined(separator: ", ") + ".</p>\n"
        case .abstained(let reason): return "<p>At the end: no score (\(escaped(reason.rawValue))).</p>\n"
        case nil: return ""
        }
    }

    private func frame(_ content: String, height: Double) -> String {
        "<svg viewBox=\"0 0 \(decimal(Self.width, 0)) \(decimal(height, 0))\" role=\"img\">\n\(content)</svg>\n"
    }

    private func place(_ time: Double, _ duration: Double) -> Double {
        duration > 0 ? Self.width * min(1, max(0, time / duration)) : 0
    }

    private func colour(_ index: Int) -> String { Self.colours[index % Self.colours.count] }

    private func percent(_ ratio: Double?) -> String { ratio.map { decimal($0 * 100, 1) + " %" } ?? "–" }

    private func decimal(_ value: Double, _ places: Int) -> String {
        var bytes: [UInt8] = []
        appendDecimal(value, decimals: places, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text for the page: by scalars, because a mark that combines with `<` makes it another grapheme. A browser
    /// obeys bidirectional overrides, too.
    private func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in printable(text).unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
