import ControlAPI
import Events
import Foundation
import Kit

/// A table of the speakers of running sessions, redrawn in place on a terminal.
struct LiveTable: Sendable {
    private struct Row {
        var session: String
        var speaker: String
        var name: String
        var role: String?
        var consent: ConsentState
        var time: Double?
        var tick: Tick?
    }

    /// Rows that are kept; what a terminal could show is less.
    private static let maxRows = 256
    private static let maxNote = 110
    private static let barLength = 20

    private var rows: [Row] = []
    /// Lines that this version could not read, and why the last one was refused.
    private var refused = 0, refusal = ""
    private var notes: [String] = []
    /// How long events take from the packet that decides them to a subscriber; shown below the table.
    var latency: EventLatencySummary?
    private var drawnLines = 0

    /// An empty table.
    init() {}

    /// Takes in an event.
    ///
    /// - Returns: whether the table has changed and is to be drawn anew.
    mutating func take(_ line: EventLine) -> Bool {
        guard let event = line.event else {
            refused += 1
            refusal = line.refusal ?? ""
            return true
        }
        switch event.body {
        case .snapshot(let snapshot):
            for session in snapshot.sessions {
                for speaker in session.speakers { join(session.id, speaker.name, speaker.joined) }
            }
        case .speakerJoined(let joined):
            guard let session = event.session, let speaker = event.speaker else { return false }
            join(session, speaker, joined)
        case .consent(let change):
            guard let index = index(of: event) else { return false }
            rows[index].consent = change.state
            rows[index].tick = nil
        case .speakerLeft: rows.removeAll { $0.session == event.session && $0.speaker == event.speaker }
        case .tick(let tick):
            guard let index = index(of: event) else { return false }
            rows[index].tick = tick
            rows[index].time = event.timeSeconds
        case .sessionEnded: rows.removeAll { $0.session == event.session }
        case .sourceConnecting, .sourceConnected, .sourceStalled, .sourceReconnecting, .sourceEnded, .gap, .turn,
            .overlap, .quality, .degraded, .recovered:
            notes.append(line.summary)
            notes = notes.suffix(4)
        default: return false
        }
        return true
    }

    private func index(of event: Event) -> Int? {
        rows.firstIndex { $0.session == event.session && $0.speaker == event.speaker }
    }

    private mutating func join(_ session: String, _ speaker: String, _ joined: SpeakerJoined) {
        rows.removeAll { $0.session == session && $0.speaker == speaker }
        guard rows.count < Self.maxRows else { return }
        rows.append(
            Row(
                session: session, speaker: speaker, name: joined.displayName ?? speaker, role: joined.role,
                consent: joined.consent))
    }

    /// The table as text that overwrites what was drawn before.
    mutating func redraw() -> String {
        var lines = [
            "  " + column("speaker", 20) + column("time", 8) + column("talk 30s", 10) + column("talk all", 10)
                + column("lag", 9) + column("chg/min", 9) + "engagement (80 % interval) and what moved it"
        ]
        lines += rows.map(text(of:))
        if rows.count == Self.maxRows { lines.append("  speakers beyond \(Self.maxRows) are not shown") }
        lines.append("")
        if let latency, let median = latency.medianMilliseconds, let p99 = latency.p99Milliseconds {
            lines.append(String(format: "packet to event: median %.1f ms, 99 %% within %.1f ms", median, p99))
        }
        if refused > 0 {
            lines.append("\(refused) lines could not be read; the last: \(Self.clipped(printable(refusal)))")
        }
        lines += notes.map(Self.clipped)
        let up = drawnLines > 0 ? "\u{1B}[\(drawnLines)A\u{1B}[J" : ""
        drawnLines = lines.count
        // Without line wrap: a line cut off by a narrow terminal still is one line to go up.
        return up + "\u{1B}[?7l" + lines.joined(separator: "\n") + "\u{1B}[?7h\n"
    }

    /// By scalars: marks that combine without end are one grapheme.
    private static func clipped(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(maxNote)))
    }

    private func text(of row: Row) -> String {
        let name = Self.clipped(printable(row.role.map { "\(row.name) (\($0))" } ?? row.name))
        guard row.consent == .granted else {
            return "  " + column(name, 20) + "consent \(row.consent.rawValue): not measured"
        }
        let tick = row.tick
        let recent = tick?.windows.first { $0.name == "30s" }
        let all = tick?.windows.last { $0.name == "session" }
        return (tick?.voice.isSpeaking == true ? "\u{25CF} " : "  ") + column(name, 20)
            + column(row.time.map { String(format: "%.0f s", $0) }, 8)
            + column(recent?.talkRatio.map { String(format: "%.0f %%", $0 * 100) }, 10)
            + column(all?.talkRatio.map { String(format: "%.0f %%", $0 * 100) }, 10)
            + column(all?.responseLagMedianMilliseconds.map { String(format: "%.0f ms", $0) }, 9)
            + column(recent?.speakerChangesPerMinute.map { String(format: "%.1f", $0) }, 9)
            + Self.score(tick?.engagement)
    }

    static func score(_ engagement: Engagement?) -> String {
        switch engagement {
        case nil: return ""
        case .abstained(let reason): return "\u{2013} (\(clipped(printable(reason.rawValue))))"
        case .scored(let scored):
            // What was read is within 0 and 100; a score made in another way may not be.
            let share = min(1, max(0, scored.score / 100))
            let filled = Int((share.isNaN ? 0 : share * Double(barLength)).rounded())
            let bar =
                String(repeating: "\u{2588}", count: filled)
                + String(repeating: "\u{2591}", count: barLength - filled)
            let parts = scored.contributions.filter { $0.input != "neutral" && abs($0.points) >= 0.1 }
                .map { clipped(printable(String(format: "%@ %+.1f", $0.input, $0.points))) }
            let interval = String(format: "%.0f\u{2013}%.0f", scored.low, scored.high)
            return "\(bar) \(String(format: "%.1f", scored.score)) (\(interval))  \(parts.joined(separator: ", "))"
        }
    }

    private func column(_ text: String?, _ width: Int) -> String {
        let text = text ?? "\u{2013}"
        return text.count >= width
            ? text.prefix(width - 1) + " " : text + String(repeating: " ", count: width - text.count)
    }
}
