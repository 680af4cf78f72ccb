import ControlAPI
import Events
import Foundation
import Kit

/// A part of a line of the screen in one style.
struct TopSpan: Sendable, Equatable {
    /// What colour and weight say; the words say it too.
    enum Style: Sendable {
        case plain, heading, dim, selected, active, warning, session
    }

    var text: String
    var style: Style = .plain
}

/// The screen of `attune top` as lines: from what is known, how it is looked at, and the size of the terminal.
struct TopLayout {
    typealias Line = [TopSpan]

    let state: TopState
    let view: TopView
    let width: Int, height: Int

    private let columns: [TopColumn]

    init(_ state: TopState, _ view: TopView, width: Int, height: Int) {
        self.state = view.frozen ?? state
        self.view = view
        self.width = max(1, width)
        self.height = max(1, height)
        let hasCues = self.state.sessions.contains { $0.speakers.contains { !$0.cues.isEmpty } }
        columns = TopColumn.chosen(width: self.width, hasCues: hasCues)
    }

    /// Lines that the list of speakers has.
    var page: Int { max(0, height - 3 - details.count) }

    /// All lines of the screen: as many as it has, each as wide at the most.
    var lines: [Line] {
        if view.showsHelp { return help }
        let (list, selectedLine) = list
        // The selected line stays in sight, in the middle as far as there is something to scroll.
        let first = max(0, min(list.count - page, selectedLine - page / 2))
        var shown = Array(list.dropFirst(first).prefix(page))
        let hidden = list.count - first - shown.count
        if hidden > 0, let last = shown.indices.last {
            shown[last] = [span("  \u{2193} \(hidden + 1) more lines", .dim)]
        }
        shown += Array(repeating: [], count: page - shown.count)
        let lines = [header, [span(titles, .heading)]] + shown + details + [footer]
        // Of a screen that is lower than all that: the score before what is around it.
        return height >= 4 ? lines : Array(list.prefix(height))
    }

    private func span(_ text: String, _ style: TopSpan.Style = .plain) -> TopSpan {
        TopSpan(text: fitted(text, width), style: style)
    }

    private var header: Line {
        let sessions = state.sessions.count, speakers = state.speakerCount
        var text =
            "attune top  \(sessions) session\(sessions == 1 ? "" : "s"), "
            + "\(speakers) speaker\(speakers == 1 ? "" : "s")"
        if view.frozen != nil { text += "  PAUSED" }
        if !view.filter.isEmpty { text += "  filter '\(view.filter)'" }
        if view.order != .joined { text += "  by \(view.order.rawValue)" }
        if let median = state.latency?.medianMilliseconds, let p99 = state.latency?.p99Milliseconds {
            text += String(format: "  packet to event %.1f ms, 99 %% in %.1f ms", median, p99)
        }
        return [span(text, .heading)]
    }

    private var titles: String {
        columns.map { fitted($0.kind.title, $0.width, toTheRight: $0.kind.isNumber) }.joined(separator: " ")
    }

    /// The sessions and their speakers, and which line is the selected one.
    private var list: (lines: [Line], selected: Int) {
        var lines: [Line] = []
        var selected = 0
        let sessions = view.sessions(of: state)
        for session in sessions {
            lines.append([span(title(of: session), .session)])
            if view.showsSources {
                for source in session.sources {
                    let reason = source.reason.map { "  (\($0))" } ?? ""
                    lines.append([
                        span(
                            "    \(source.source)  \(source.state.rawValue)  \(source.url)\(reason)",
                            source.state == .live ? .dim : .warning)
                    ])
                }
            }
            for speaker in session.speakers {
                if speaker.id == view.selected { selected = lines.count }
                lines.append(line(of: speaker))
            }
        }
        if sessions.isEmpty {
            let text = view.filter.isEmpty ? "no sessions; 'attune attach --help' says how to begin one" : "nobody"
            lines.append([span("  " + text, .dim)])
        }
        if state.isFull { lines.append([span("  speakers beyond \(TopState.maxSpeakers) are not shown", .dim)]) }
        return (lines, selected)
    }

    private func title(of session: TopState.Session) -> String {
        var text = "\u{25B8} \(session.id)"
        if let seconds = session.seconds { text += "  \(clock(seconds))" }
        // Those that bring media are counted, the others are named.
        let live = session.sources.count { $0.state == .live }
        if live > 0 { text += "  \(live) live" }
        for source in session.sources where source.state != .live {
            text += "  \(source.source) \(source.state.rawValue)" + (source.reason.map { ": \($0)" } ?? "")
        }
        for cue in session.cues.sorted(by: { $0.key < $1.key }) { text += "  ! \(cue.value.cue)" }
        if !session.degraded.isEmpty {
            text += "  gives up " + session.degraded.keys.map(\.rawValue).sorted().joined(separator: ", ")
        }
        return text
    }

    private func line(of speaker: TopState.Speaker) -> Line {
        let isSelected = speaker.id == view.selected
        guard speaker.consent == .granted else {
            let name = "  \(speaker.name)  consent \(speaker.consent.rawValue): not measured"
            return [span(name, isSelected ? .selected : .dim)]
        }
        var line: Line = []
        for (index, column) in columns.enumerated() {
            let style = isSelected ? .selected : column.kind.style(of: speaker)
            let text = fitted(column.text(of: speaker), column.width, toTheRight: column.kind.isNumber)
            line.append(TopSpan(text: text, style: style))
            if index < columns.count - 1 { line.append(TopSpan(text: " ", style: isSelected ? .selected : .plain)) }
        }
        return line
    }

    /// What moved the score of the selected speaker, and the last events, where there is room for them.
    private var details: [Line] {
        guard height >= 16 else { return [] }
        let notes = state.notes.suffix(height >= 30 ? 8 : 4)
        var lines: [Line] = [[span(String(repeating: "\u{2500}", count: width), .dim)]]
        if let speaker = selectedSpeaker { lines.append([span(explanation(of: speaker))]) }
        if state.refused > 0 {
            lines.append([
                span("\(state.refused) lines could not be read; the last: \(state.refusal)", .warning)
            ])
        }
        lines += notes.map { [span($0, .dim)] }
        return lines
    }

    /// The selected one, or the first.
    private var selectedSpeaker: TopState.Speaker? {
        let all = view.sessions(of: state).flatMap(\.speakers)
        return all.first { $0.id == view.selected } ?? all.first { $0.consent == .granted }
    }

    private func explanation(of speaker: TopState.Speaker) -> String {
        switch speaker.tick?.engagement {
        case nil: return "\(speaker.name): nothing measured yet"
        case .abstained(let reason): return "\(speaker.name): no score yet, \(ScoreWords.reason(reason))"
        case .scored(let scored):
            let parts = ScoreWords.movers(scored.contributions)
                .map { "\($0.words) \(ReportText.signed($0.points))" }
            let moved = parts.isEmpty ? "as usual in everything" : parts.joined(separator: ", ")
            return "\(speaker.name): \(String(format: "%.1f", scored.score)) = 50 " + moved
        }
    }

    private var footer: Line {
        if view.isTyping { return [span("filter: \(view.filter)_   (enter keeps it, escape clears it)", .heading)] }
        let keys =
            width >= 76
            ? "q quit  \u{2191}\u{2193} select  o order  / filter  space pause  s sources  ? help"
            : "q quit \u{2191}\u{2193} o sort / find space ? help"
        return [span(keys, .heading)]
    }

    private var help: [Line] {
        let texts = [
            "attune top", "", "q            quit", "\u{2191} \u{2193} j k      select a speaker",
            "PgUp PgDn    a page up or down", "g G          the first, the last", "o            order: \(orders)",
            "/            filter by name, role or session", "escape       no filter", "space p      pause and go on",
            "s            sources, a line each", "",
            "The score compares a person with that person; 50 is as usual.",
            "In brackets: where it lies in 8 of 10 cases.",
        ]
        // As many as there is room for, then the way back.
        let lines = texts.prefix(height - 1).map { [span($0)] }
        let blanks = Array(repeating: Line(), count: max(0, height - 1 - lines.count))
        return lines + blanks + [[span("any key goes back", .heading)]]
    }

    private var orders: String { TopView.Order.allCases.map(\.rawValue).joined(separator: ", ") }
}

/// Seconds as h:mm:ss.
func clock(_ seconds: Double) -> String {
    let seconds = Int(max(0, min(seconds.isFinite ? seconds : 0, 1e9)))
    return String(format: "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
