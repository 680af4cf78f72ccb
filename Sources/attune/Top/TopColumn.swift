import Events
import Foundation

/// A column of the list of speakers, with the width it was given.
struct TopColumn {
    enum Kind: CaseIterable {
        case mark, name, score, curve, sentiment, talk, talkAll, lag, changes, cues
    }

    var kind: Kind
    var width: Int

    /// The columns that a width has room for, in their order. The score has room in any; cues need some only where
    /// there are any.
    static func chosen(width: Int, hasCues: Bool) -> [TopColumn] {
        var chosen: [TopColumn] = []
        var left = width + 1
        for kind in Kind.byImportance where kind.minWidth + 1 <= left && (kind != .cues || hasCues) {
            chosen.append(TopColumn(kind: kind, width: kind.minWidth))
            left -= kind.minWidth + 1
        }
        // What is left goes to those that make use of it.
        for (kind, most) in [(Kind.name, 20), (.curve, 30), (.cues, 60), (.curve, 60)] {
            guard left > 0, let index = chosen.firstIndex(where: { $0.kind == kind }) else { continue }
            let more = min(left, max(0, most - chosen[index].width))
            chosen[index].width += more
            left -= more
        }
        if chosen.isEmpty { chosen = [TopColumn(kind: .score, width: width)] }
        return chosen.sorted { $0.kind.place < $1.kind.place }
    }

    func text(of speaker: TopState.Speaker) -> String {
        let recent = speaker.window("30s"), all = speaker.window("session")
        return switch kind {
        case .mark: speaker.tick?.voice.isSpeaking == true ? "\u{25CF}" : " "
        case .name: speaker.role.map { "\(speaker.name) (\($0))" } ?? speaker.name
        case .score: Self.text(of: speaker.tick?.engagement, width)
        case .curve: Self.curve(speaker.scores, width: width)
        case .sentiment:
            if case .scored(let scored) = speaker.tick?.sentiment {
                Self.interval(scored.score, scored.low, scored.high)
            } else {
                "\u{2013}"
            }
        case .talk: recent?.talkRatio.map { String(format: "%.0f %%", $0 * 100) } ?? "\u{2013}"
        case .talkAll: all?.talkRatio.map { String(format: "%.0f %%", $0 * 100) } ?? "\u{2013}"
        case .lag: all?.responseLagMedianMilliseconds.map { String(format: "%.0f ms", $0) } ?? "\u{2013}"
        case .changes: recent?.speakerChangesPerMinute.map { String(format: "%.1f", $0) } ?? "\u{2013}"
        case .cues: speaker.cues.sorted { $0.key < $1.key }.map { "! \($0.value.cue)" }.joined(separator: " ")
        }
    }

    private static func text(of engagement: Engagement?, _ width: Int) -> String {
        switch engagement {
        case nil: "\u{2013}"
        case .abstained: "no score"
        case .scored(let scored): interval(scored.score, scored.low, scored.high)
        }
    }

    /// What was read is within 0 and 100; a score made in another way may not be.
    private static func points(_ value: Double) -> Int { value.isNaN ? 0 : Int(max(0, min(100, value)).rounded()) }

    private static func interval(_ score: Double, _ low: Double, _ high: Double) -> String {
        "\(points(score)) (\(points(low))\u{2013}\(points(high)))"
    }

    /// The last scores as a line of blocks from 0 to 100, a column each; a blank where there was none.
    static func curve(_ scores: [Double?], width: Int) -> String {
        let blocks = Array("\u{2581}\u{2582}\u{2583}\u{2584}\u{2585}\u{2586}\u{2587}\u{2588}")
        let shown = scores.suffix(width).map { score -> Character in
            score.map { blocks[min(blocks.count - 1, points($0) * blocks.count / 100)] } ?? " "
        }
        return String(repeating: " ", count: width - shown.count) + String(shown)
    }
}

extension TopColumn.Kind {
    static let byImportance: [Self] = [
        .score, .name, .mark, .talk, .curve, .cues, .lag, .sentiment, .talkAll, .changes,
    ]

    var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    var minWidth: Int {
        switch self {
        case .mark: 1
        case .name: 10
        case .score, .sentiment: 11
        case .curve: 8
        case .talk: 5
        case .talkAll: 8
        case .lag: 8
        case .changes: 7
        case .cues: 16
        }
    }

    var title: String {
        switch self {
        case .mark: " "
        case .name: "speaker"
        case .score: "engagement"
        case .curve: "course"
        case .sentiment: "sentiment"
        case .talk: "talk"
        case .talkAll: "talk all"
        case .lag: "lag"
        case .changes: "chg/min"
        case .cues: "cues"
        }
    }

    var isNumber: Bool {
        switch self {
        case .talk, .talkAll, .lag, .changes: true
        default: false
        }
    }

    func style(of speaker: TopState.Speaker) -> TopSpan.Style {
        switch self {
        case .mark: .active
        case .cues: .warning
        case .curve: .dim
        default: .plain
        }
    }
}
