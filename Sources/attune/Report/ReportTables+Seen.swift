import Events

/// What a camera showed of one speaker, in the mean over the ticks that could tell.
struct SeenMeans: Sendable {
    private var sums: [String: (sum: Double, count: Int)] = [:]

    /// Takes in what a tick says of the picture.
    mutating func take(_ visible: LaneFields) {
        for field in visible.fields {
            guard let value = field.value else { continue }
            let known = sums[field.name] ?? (0, 0)
            sums[field.name] = (known.sum + value, known.count + 1)
        }
    }

    /// Nil where no tick could tell.
    subscript(name: String) -> Double? { sums[name].map { $0.sum / Double($0.count) } }
}

extension ReportTables {
    /// What cameras showed of each, as far as it was published.
    var seen: [Row] {
        func row(_ name: String, _ field: String, _ text: (Double) -> String) -> Row? {
            let values = measured.map { record.voices[$0.name]?.seen[field].map(text) ?? ReportText.none }
            return values.allSatisfy { $0 == ReportText.none } ? nil : Row(name: name, values: values, usual: "")
        }
        return [
            row("in the picture", "face_present_ratio") { ReportText.percent($0) },
            row("faces the own usual way", "facing_ratio") { ReportText.percent($0) },
            row("nods while listening", "nods_per_min") { "\(ReportText.decimal($0, 1)) per minute" },
        ].compactMap(\.self)
    }
}
