import Conversation
import Events

extension Audit {
    /// The findings as Markdown: a table per column of groups, and the largest gaps.
    public var markdown: String {
        let measures = Measure.allCases.filter { measure in groups.contains { $0.figures[measure] != nil } }
        var lines: [String] = []
        var columns: [String] = []
        for group in groups where !columns.contains(group.column) { columns.append(group.column) }
        for column in columns {
            lines += [
                "### \(column)", "",
                "| group | speakers | recordings | " + measures.map(Self.title).joined(separator: " | ") + " |",
                "|---|---|---|" + String(repeating: "---|", count: measures.count),
            ]
            for group in groups where group.column == column {
                let cells = measures.map { group.figures[$0].map(Self.cell) ?? "–" }
                lines.append(
                    "| \(Self.escaped(group.name)) | \(group.speakers) | \(group.recordings) | "
                        + cells.joined(separator: " | ") + " |")
            }
            lines.append("")
        }
        let gaps = measures.compactMap { measure in
            largestGap(measure).map { group, gap in
                "\(Self.title(measure)) \(Self.signed(gap)) (\(group.column): \(group.name))"
            }
        }
        lines.append(gaps.isEmpty ? "No two groups to compare." : "Largest gaps: \(gaps.joined(separator: "; ")).")
        lines.append("")
        return lines.joined(separator: "\n")
    }

    private static func title(_ measure: Measure) -> String {
        "\(measure.rawValue.split(separator: "_").joined(separator: " ")), \(measure.unit)"
    }

    private static func cell(_ figure: GroupFigure) -> String {
        let range = "\(decimal(figure.value)) (\(decimal(figure.low))…\(decimal(figure.high)))"
        guard let gap = figure.gap else { return range }
        return "\(range), \(signed(gap))"
    }

    private static func signed(_ value: Double) -> String { (value < 0 ? "" : "+") + decimal(value) }

    private static func decimal(_ value: Double) -> String {
        var bytes: [UInt8] = []
        appendDecimal(value, decimals: 1, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func escaped(_ name: String) -> String {
        name.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }

    /// The findings as one JSON object: `recordings`, `groups`, `largest_gaps`.
    public func json() -> [UInt8] {
        var json = JSONWriter(reserving: 1 << 16)
        json.object { json in
            json.array("recordings") { json in
                for recording in recordings { json.object { recording.write(to: &$0) } }
            }
            json.array("groups") { json in
                for group in groups { json.object { group.write(to: &$0) } }
            }
            json.object("largest_gaps") { json in
                for measure in Measure.allCases {
                    guard let (group, gap) = largestGap(measure) else { continue }
                    json.object(measure.rawValue) { json in
                        json.field("column", group.column)
                        json.field("group", group.name)
                        json.field("gap", gap, decimals: 3)
                    }
                }
            }
        }
        return json.bytes
    }
}

extension Audit.Recording {
    fileprivate func write(to json: inout JSONWriter) {
        json.field("file", file)
        json.field("speaker", speaker)
        json.field("speech_s", speechSeconds, decimals: 2)
        json.field("activation", estimate?.activation, decimals: 4)
        json.field("valence", estimate?.valence, decimals: 4)
        guard let features else { return }
        json.object("features") { json in
            for input in AffectInput.allCases { json.field(input.rawValue, features[input], decimals: 4) }
        }
    }
}

extension AuditedGroup {
    fileprivate func write(to json: inout JSONWriter) {
        json.field("column", column)
        json.field("group", name)
        json.field("speakers", speakers)
        json.field("recordings", recordings)
        json.object("measures") { json in
            for measure in Measure.allCases {
                guard let figure = figures[measure] else { continue }
                json.object(measure.rawValue) { json in
                    json.field("value", figure.value, decimals: 3)
                    json.array("interval") { json in
                        json.number(figure.low, decimals: 3)
                        json.number(figure.high, decimals: 3)
                    }
                    guard let gap = figure.gap, let low = figure.gapLow, let high = figure.gapHigh else { return }
                    json.field("gap", gap, decimals: 3)
                    json.array("gap_interval") { json in
                        json.number(low, decimals: 3)
                        json.number(high, decimals: 3)
                    }
                }
            }
        }
    }
}
