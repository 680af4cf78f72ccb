import Events

/// The lanes and curves of a report. All are drawn on an axis of seconds, which the page stretches to its width, so
/// that they stand below each other.
struct ReportTimeline {
    struct Tick {
        var left: String
        var label: String
        /// Whether the label would stand out at the right.
        var isLast: Bool
    }

    /// Something at a moment: where it stands, its sign, and what it says.
    struct Mark {
        var left: String
        var sign: String
        var text: String
        var seconds: String
    }

    struct Lane {
        var label: String
        /// Number of the colour.
        var colour: String
        var isShared: Bool
        /// Stretches as paths in a box of 20 units of height.
        var speech: String, backchannels: String, lost: String, withheld: String
        var marks: [Mark]
    }

    struct Curve {
        var colour: String
        var band: String, line: String
    }

    struct Chart {
        var title: String
        var curves: [Curve]
        /// What is on the axis of values.
        var top: String, middle: String, bottom: String
    }

    let record: CallRecord
    /// Measured speakers in order.
    let speakers: [String]
    let duration: Double

    static let colours = 6
    /// Points of a curve that a page can show.
    static let maxPoints = 1_500

    static func colour(_ index: Int) -> String { "\(index % colours)" }

    /// Where a moment lies, in percent of the width.
    func left(_ seconds: Double) -> String {
        ReportText.decimal(duration > 0 ? 100 * min(1, max(0, seconds / duration)) : 0, 3)
    }

    /// Round times along the axis, at most 12.
    var ticks: [Tick] {
        let step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600].first { duration / $0 <= 12 } ?? 7_200
        return stride(from: 0, through: duration, by: step).map {
            Tick(left: left($0), label: ReportText.time($0), isLast: $0 > 0.97 * duration)
        }
    }

    /// A lane for each speaker, and one of what they spoke at once.
    var lanes: [Lane] {
        let incursions = record.incursions
        var lanes = speakers.enumerated().map { index, name in
            let voice = record.voices[name] ?? CallRecord.Voice()
            let own = incursions.filter { $0.speaker == name }
            func spans(_ gaps: [Gap]) -> [CallRecord.Span] {
                gaps.map { .init(start: $0.fromSeconds, end: $0.toSeconds) }
            }
            let isSaid = { (gap: Gap) in [.hold, .mute, .pause].contains(gap.why) }
            return Lane(
                label: name, colour: Self.colour(index), isShared: false, speech: path(voice.speech),
                backchannels: path(
                    own.filter { $0.overlap.kind == .backchannel }
                        .map { .init(start: $0.overlap.startSeconds, end: $0.overlap.endSeconds) }),
                lost: path(spans(voice.gaps.filter { !isSaid($0) })),
                withheld: path(spans(voice.gaps.filter(isSaid))),
                marks: own.filter { $0.overlap.kind == .interruption }.map { incursion in
                    mark(
                        incursion.overlap.startSeconds, "\u{25BC}",
                        "\(name) interrupts \(incursion.overlap.holder)")
                })
        }
        lanes.append(
            Lane(
                label: "at once", colour: "", isShared: true, speech: path(record.together), backchannels: "",
                lost: "", withheld: "", marks: []))
        return lanes
    }

    /// The cues, each where it was raised.
    var cues: [Mark] {
        record.cues.map { mark($0.startSeconds, "\u{25C6}", ReportWords.text(of: $0)) }
    }

    /// The curves of scores that there are.
    var charts: [Chart] {
        let kinds: [(String, KeyPath<CallRecord.Voice, [CallRecord.Score]>)] = [
            ("Engagement", \.engagement), ("Sentiment", \.sentiment),
        ]
        return kinds.compactMap { title, scores in
            let curves = speakers.enumerated().compactMap { index, name -> Curve? in
                guard let points = record.voices[name]?[keyPath: scores], !points.isEmpty else { return nil }
                return curve(points, colour: Self.colour(index))
            }
            return curves.isEmpty ? nil : Chart(title: title, curves: curves, top: "100", middle: "50", bottom: "0")
        }
    }

    private func mark(_ seconds: Double, _ sign: String, _ text: String) -> Mark {
        Mark(
            left: left(seconds), sign: sign, text: "\(ReportText.time(seconds)) \(text)",
            seconds: ReportText.decimal(seconds, 2))
    }

    private func path(_ spans: [CallRecord.Span]) -> String {
        spans.map { span in
            let width = ReportText.decimal(max(0.05, span.seconds), 2)
            return "M\(ReportText.decimal(span.start, 2) ) 0h\(width)v20h-\(width)z"
        }.joined()
    }

    /// A line with its interval as a band, both broken where there was no score.
    private func curve(_ scores: [CallRecord.Score], colour: String) -> Curve {
        let points = Self.thinned(scores)
        // Ticks come in a rhythm; what is further apart than three of them has a hole in between.
        let steps = zip(points.dropFirst(), points).map { $0.seconds - $1.seconds }.sorted()
        let widest = 3 * (steps.isEmpty ? 1 : max(1, steps[steps.count / 2]))
        var parts: [[CallRecord.Score]] = []
        for point in points {
            let rhythm = max(point.rhythmSeconds, parts.last?.last?.rhythmSeconds ?? 0)
            if let last = parts.last?.last, point.seconds - last.seconds <= max(widest, 3 * rhythm) {
                parts[parts.count - 1].append(point)
            } else {
                parts.append([point])
            }
        }
        func place(_ seconds: Double, _ value: Double) -> String {
            "\(ReportText.decimal(seconds, 2)) \(ReportText.decimal(100 - value, 1))"
        }
        func line(_ places: [String]) -> String { "M" + places.joined(separator: "L") }
        return Curve(
            colour: colour,
            band: parts.map { part in
                line(part.map { place($0.seconds, $0.high) } + part.reversed().map { place($0.seconds, $0.low) }) + "z"
            }.joined(),
            line: parts.map { part in line(part.map { place($0.seconds, $0.score) }) }.joined())
    }

    static func thinned(_ scores: [CallRecord.Score]) -> [CallRecord.Score] {
        let step = (scores.count + maxPoints - 1) / maxPoints
        guard step > 1 else { return scores }
        return stride(from: 0, to: scores.count, by: step).map { scores[$0] }
    }
}
