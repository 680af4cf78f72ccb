public import ControlAPI
import Foundation

/// A table of the speakers of running sessions, redrawn in place on a terminal.
public struct LiveTable: Sendable {
    private struct Row {
        var session: String
        var speaker: String
        var role: String?
        var consent: String?
        var time: Double?
        var tick: EventLine?
    }

    private var rows: [Row] = []
    private var notes: [String] = []
    /// How long events take from the packet that decides them to a subscriber; shown below the table.
    public var latency: EventLatencySummary?
    private var drawnLines = 0

    /// An empty table.
    public init() {}

    /// Takes in an event.
    ///
    /// - Returns: whether the table has changed and is to be drawn anew.
    public mutating func take(_ event: EventLine) -> Bool {
        switch event.type {
        case "snapshot":
            for session in event.sessions?.all ?? [] {
                for speaker in session.speakers {
                    join(session.session, speaker.speaker, role: speaker.role, consent: speaker.consent)
                }
            }
        case "speaker.joined":
            guard let session = event.session, let speaker = event.speaker else { return false }
            join(session, speaker, role: event.role, consent: event.consent)
        case "tick":
            guard let index = rows.firstIndex(where: { $0.session == event.session && $0.speaker == event.speaker })
            else { return false }
            rows[index].tick = event
            rows[index].time = event.t
        case "session.ended": rows.removeAll { $0.session == event.session }
        case "source.connected", "source.stalled", "source.reconnecting", "source.ended", "gap", "turn",
            "overlap", "quality":
            notes.append(event.summary)
            notes = notes.suffix(4)
        default: return false
        }
        return true
    }

    private mutating func join(_ session: String, _ speaker: String, role: String?, consent: String?) {
        rows.removeAll { $0.session == session && $0.speaker == speaker }
        rows.append(Row(session: session, speaker: speaker, role: role, consent: consent))
    }

    /// The table as text that overwrites what was drawn before.
    public mutating func redraw() -> String {
        var lines = [
            "  " + column("speaker", 20) + column("time", 8) + column("talk 30s", 10) + column("talk all", 10)
                + column("lag", 9) + column("chg/min", 9) + "engagement (80 % interval) and what moved it"
        ]
        lines += rows.map(text(of:))
        lines.append("")
        if let latency, let median = latency.medianMilliseconds, let p99 = latency.p99Milliseconds {
            lines.append(String(format: "packet to event: median %.1f ms, 99 %% within %.1f ms", median, p99))
        }
        lines += notes.map { String($0.prefix(110)) }
        let up = drawnLines > 0 ? "\u{1B}[\(drawnLines)A\u{1B}[J" : ""
        drawnLines = lines.count
        // Without line wrap: a line cut off by a narrow terminal still is one line to go up.
        return up + "\u{1B}[?7l" + lines.joined(separator: "\n") + "\u{1B}[?7h\n"
    }

    private func text(of row: Row) -> String {
        let name = row.role.map { "\(row.speaker) (\($0))" } ?? row.speaker
        guard row.consent == "granted" else {
            return "  " + column(name, 20) + "consent \(row.consent ?? "unknown"): not measured"
        }
        let tick = row.tick
        let recent = tick?.windows?["30s"]
        let all = tick?.windows?["session"]
        return (tick?.voice?.speaking == true ? "\u{25CF} " : "  ") + column(name, 20)
            + column(row.time.map { String(format: "%.0f s", $0) }, 8)
            + column(recent?.talkRatio.map { String(format: "%.0f %%", $0 * 100) }, 10)
            + column(all?.talkRatio.map { String(format: "%.0f %%", $0 * 100) }, 10)
            + column(all?.responseLagMedianMilliseconds.map { String(format: "%.0f ms", $0) }, 9)
            + column(recent?.speakerChangesPerMinute.map { String(format: "%.1f", $0) }, 9)
            + score(tick?.engagement)
    }

    private func score(_ engagement: EventLine.Score?) -> String {
        guard let engagement else { return "" }
        guard let score = engagement.score else { return "\u{2013} (\(engagement.abstained ?? ""))" }
        let filled = Int((score / 5).rounded())
        let bar =
            String(repeating: "\u{2588}", count: filled) + String(repeating: "\u{2591}", count: max(0, 20 - filled))
        let parts = (engagement.contributions ?? []).filter { $0.input != "neutral" && abs($0.points) >= 0.1 }
            .map { String(format: "%@ %+.1f", $0.input, $0.points) }
        let interval = (engagement.interval ?? []).map { String(format: "%.0f", $0) }.joined(separator: "\u{2013}")
        return "\(bar) \(String(format: "%.1f", score)) (\(interval))  \(parts.joined(separator: ", "))"
    }

    private func column(_ text: String?, _ width: Int) -> String {
        let text = text ?? "\u{2013}"
        return text.count >= width
            ? text.prefix(width - 1) + " " : text + String(repeating: " ", count: width - text.count)
    }
}
