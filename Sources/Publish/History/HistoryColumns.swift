import Events

/// Where the numbers of a tick lie in a row of the history: whole numbers of 16 bits, each in the last decimal that a
/// tick tells.
struct HistoryColumns: Sendable, Equatable {
    /// How a field is written.
    enum Shape: Sendable {
        /// A number with so many decimals.
        case number(decimals: Int)
        /// Low and high.
        case interval(decimals: Int)
        case flag
    }

    /// Windows of the ticks, in their order.
    let windows: [String]

    /// What has no value.
    static let missing = Int16.min

    private static let scalars: [(path: String, shape: Shape)] = [
        ("engagement.score", .number(decimals: 1)), ("engagement.interval", .interval(decimals: 1)),
        ("sentiment.score", .number(decimals: 1)), ("sentiment.interval", .interval(decimals: 1)),
        ("voice.speaking", .flag), ("voice.relative_level_db", .number(decimals: 1)),
    ]
    private static let ofWindows: [(name: String, shape: Shape)] = [
        ("talk_ratio", .number(decimals: 4)), ("response_lag_median_ms", .number(decimals: 0)),
    ]
    private static let scalarWidth = scalars.reduce(0) { $0 + $1.shape.width }

    /// What can be asked for, with `NAME` for the name of a window.
    static let known = scalars.map(\.path) + ofWindows.map { "windows.NAME.\($0.name)" }

    /// Numbers in a row.
    var width: Int { Self.scalarWidth + windows.count * Self.ofWindows.count }

    /// The shape of a field; nil where the history does not keep it.
    static func shape(of path: String) -> Shape? {
        if let scalar = scalars.first(where: { $0.path == path }) { return scalar.shape }
        let parts = path.split(separator: ".")
        guard parts.count == 3, TickFields.isKnown(path) else { return nil }
        return ofWindows.first { $0.name == parts[2] }?.shape
    }

    /// Where a field begins in a row; nil where the ticks do not have it.
    func column(of path: String) -> Int? {
        var column = 0
        for scalar in Self.scalars {
            if scalar.path == path { return column }
            column += scalar.shape.width
        }
        for window in windows {
            for field in Self.ofWindows {
                if path == "windows.\(window).\(field.name)" { return column }
                column += 1
            }
        }
        return nil
    }

    /// Appends the numbers of a tick, in the order of the columns.
    func append(_ tick: Tick, to values: inout [Int16]) {
        switch tick.engagement {
        case .scored(let score):
            for value in [score.score, score.low, score.high] { values.append(Self.whole(value, 10)) }
        case .abstained: values += Self.noScore
        }
        switch tick.sentiment {
        case .scored(let score):
            for value in [score.score, score.low, score.high] { values.append(Self.whole(value, 10)) }
        case .abstained, nil: values += Self.noScore
        }
        values.append(tick.voice.isSpeaking ? 1 : 0)
        values.append(Self.whole(tick.voice.relativeLevelDb, 10))
        for (index, name) in windows.enumerated() {
            let window = tick.windows.indices.contains(index) ? tick.windows[index] : nil
            let isSame = window?.name == name
            values.append(isSame ? Self.whole(window?.talkRatio, 10_000) : Self.missing)
            values.append(isSame ? Self.whole(window?.responseLagMedianMilliseconds, 1) : Self.missing)
        }
    }

    private static let noScore = [missing, missing, missing]

    /// A number in units of its last decimal; what does not fit is the nearest that does.
    private static func whole(_ value: Double?, _ scale: Double) -> Int16 {
        guard let value, value.isFinite else { return missing }
        return Int16(max(-32_767, min(32_767, (value * scale).rounded())))
    }
}

extension HistoryColumns.Shape {
    /// Numbers that it takes in a row.
    var width: Int { if case .interval = self { 2 } else { 1 } }
}
