import Conversation
import Events
import Kit

extension Audit {
    /// The findings as Markdown: agreement with labels, a table per column of groups, and the largest gaps.
    public var markdown: String {
        let measures = Measure.allCases.filter { measure in groups.contains { $0.figures[measure] != nil } }
        var lines = agreementLines
        var columns: [String] = []
        for group in groups where !columns.contains(group.column) { columns.append(group.column) }
        for column in columns {
            lines += [
                "### \(Self.escaped(column))", "",
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
                "\(Self.title(measure)) \(Self.signed(gap)) "
                    + "(\(Self.escaped(group.column)): \(Self.escaped(group.name)))"
            }
        }
        lines.append(gaps.isEmpty ? "No two groups to compare." : "Largest gaps: \(gaps.joined(separator: "; ")).")
        lines.append("")
        return lines.joined(separator: "\n")
    }

    private var agreementLines: [String] {
        let rows = agreements.map { name, agreement in
            let cells = [agreement.concordance, agreement.correlation, agreement.areaUnderCurve].map { figure in
                guard let figure else { return "–" }
                return
                    "\(Self.decimal(figure.value, 3)) (\(Self.decimal(figure.low, 3))…\(Self.decimal(figure.high, 3)))"
            }
            return "| \(name) | \(agreement.recordings) | \(cells.joined(separator: " | ")) |"
        }
        guard !rows.isEmpty else { return [] }
        return [
            "### agreement with the labels", "", "| | recordings | CCC | correlation | AUC |", "|---|---|---|---|---|",
        ] + rows + [""]
    }

    private var agreements: [(name: String, agreement: Agreement)] {
        [("activation", activation), ("valence", valence)].compactMap { name, agreement in
            agreement.map { (name, $0) }
        }
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

    private static func decimal(_ value: Double, _ decimals: Int = 1) -> String {
        var bytes: [UInt8] = []
        appendDecimal(value, decimals: decimals, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func escaped(_ name: String) -> String {
        printable(name).split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }

    /// The findings as one JSON object: `recordings`, `agreement`, `groups`, `largest_gaps`.
    public func json() -> [UInt8] {
        var json = JSONWriter(reserving: 1 << 16)
        json.object { json in
            json.array("recordings") { json in
                for recording in recordings { json.object { recording.write(to: &$0) } }
            }
            json.object("agreement") { json in
                for (name, agreement) in agreements { json.object(name) { agreement.write(to: &$0) } }
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

extension Agreement {
    fileprivate func write(to json: inout JSONWriter) {
        json.field("recordings", recordings)
        for (name, figure) in [("ccc", concordance), ("correlation", correlation), ("auc", areaUnderCurve)] {
            guard let figure else { continue }
            json.object(name) { json in
                json.field("value", figure.value, decimals: 3)
                json.array("interval") { json in
                    json.number(figure.low, decimals: 3)
                    json.number(figure.high, decimals: 3)
                }
            }
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
