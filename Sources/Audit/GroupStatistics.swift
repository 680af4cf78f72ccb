import Statistics

/// Means by group and their intervals.
enum GroupStatistics {
    /// The groups of a column, by name; speakers without an entry are left out.
    ///
    /// - Parameter column: nil for one group of all speakers.
    static func groups(of column: String?, _ speakers: [AuditedSpeaker]) -> [AuditedGroup] {
        guard let column else { return [group(column: "all", name: "all", speakers, rest: [])] }
        let names = Set(speakers.compactMap { $0.groups[column] }).sorted()
        return names.map { name in
            group(
                column: column, name: name, speakers.filter { $0.groups[column] == name },
                rest: speakers.filter { $0.groups[column].map { $0 != name } ?? false })
        }
    }

    private static func group(
        column: String, name: String, _ members: [AuditedSpeaker], rest: [AuditedSpeaker]
    ) -> AuditedGroup {
        var figures: [Measure: GroupFigure] = [:]
        for measure in Measure.allCases {
            if let figure = figure(members.compactMap { $0.shares[measure] }, rest.compactMap { $0.shares[measure] }) {
                figures[measure] = figure
            }
        }
        return AuditedGroup(
            column: column, name: name, speakers: members.count,
            recordings: members.reduce(0) { $0 + $1.recordings }, figures: figures)
    }

    private static func figure(_ own: [Share], _ rest: [Share]) -> GroupFigure? {
        guard let value = mean(own) else { return nil }
        let others = mean(rest)
        var random = Bootstrap()
        var values: [Double] = []
        var gaps: [Double] = []
        for _ in 0..<Bootstrap.resamples {
            guard let drawn = mean(random.draw(own)) else { continue }
            values.append(drawn)
            if let other = mean(random.draw(rest)) { gaps.append(drawn - other) }
        }
        values.sort()
        gaps.sort()
        var figure = GroupFigure(
            value: value, low: Quantiles.nearest(0.025, inSorted: values) ?? value,
            high: Quantiles.nearest(0.975, inSorted: values) ?? value)
        if let others {
            figure.gap = value - others
            figure.gapLow = Quantiles.nearest(0.025, inSorted: gaps)
            figure.gapHigh = Quantiles.nearest(0.975, inSorted: gaps)
        }
        return figure
    }

    private static func mean(_ shares: [Share]) -> Double? {
        var sum = Share()
        for share in shares { sum += share }
        return sum.mean
    }
}
