import Events

/// The points of one speaker.
struct HistorySeries: Sendable {
    /// Rows of numbers, the oldest first.
    private struct Points: Sendable {
        /// Hundredths of a second.
        var times: [Int32] = []
        var values: [Int16] = []

        var count: Int { times.count }

        mutating func removeFirst(_ count: Int, width: Int) {
            times.removeFirst(min(count, times.count))
            values.removeFirst(min(count * width, values.count))
        }

        /// Room for some more only: an array left to itself takes twice of what it needs.
        mutating func makeRoom(width: Int) {
            guard times.count == times.capacity || values.count + width > values.capacity else { return }
            times.reserveCapacity(times.count + HistorySeries.batch)
            values.reserveCapacity(values.count + HistorySeries.batch * width)
        }
    }

    private let columns: HistoryColumns
    /// One a second.
    private var recent = Points()
    /// One in ten seconds.
    private var old = Points()

    /// Points that are moved, or dropped, at a time.
    private static let batch = 60
    private static let mostRecent = 600, mostOld = 1_440
    /// About what a speaker takes without a point.
    static let emptyBytes = 256

    /// No points; the windows are those of the tick.
    init(_ tick: Tick) {
        columns = HistoryColumns(windows: tick.windows.map(\.name))
    }

    private var rowBytes: Int { 4 + 2 * columns.width }
    var bytes: Int { Self.emptyBytes + (recent.count + old.count) * rowBytes }

    /// What is kept of this speaker.
    var fields: [String] {
        HistoryColumns.known.flatMap { path in
            path.contains("NAME") ? columns.windows.map { path.replacing("NAME", with: $0) } : [path]
        }
    }

    /// Takes in a tick, if it is the first in its second.
    ///
    /// - Returns: by how many bytes it has grown.
    mutating func append(_ tick: Tick, atSeconds seconds: Double) -> Int {
        let before = bytes
        let time = Int32(max(0, min(2_000_000_000, (seconds * 100).rounded())))
        if let last = recent.times.last, time / 100 <= last / 100 { return 0 }
        recent.makeRoom(width: columns.width)
        recent.times.append(time)
        columns.append(tick, to: &recent.values)
        if recent.count >= Self.mostRecent + Self.batch { age() }
        return bytes - before
    }

    /// Moves the oldest of the recent to the old, one in ten seconds.
    private mutating func age() {
        let width = columns.width
        for row in 0..<Self.batch {
            let time = recent.times[row]
            if let last = old.times.last, time / 1_000 <= last / 1_000 { continue }
            old.makeRoom(width: width)
            old.times.append(time)
            old.values += recent.values[row * width..<(row + 1) * width]
        }
        recent.removeFirst(Self.batch, width: width)
        if old.count > Self.mostOld + Self.batch { old.removeFirst(old.count - Self.mostOld, width: width) }
    }

    /// Drops the oldest points until no more than so many bytes are left.
    mutating func shorten(toBytes most: Int) -> (bytes: Int, points: Int) {
        let before = bytes
        let kept = max(0, most - Self.emptyBytes) / rowBytes
        let dropped = max(0, recent.count + old.count - kept)
        let fromOld = min(dropped, old.count)
        old.removeFirst(fromOld, width: columns.width)
        recent.removeFirst(dropped - fromOld, width: columns.width)
        return (before - bytes, dropped)
    }

    /// Writes `[t, VALUE, …]` for each point that is not older than `since`.
    func write(_ fields: [String], sinceSeconds since: Double, to json: inout JSONWriter) {
        let places = fields.map { (columns.column(of: $0), HistoryColumns.shape(of: $0) ?? .number(decimals: 0)) }
        let since = Int32(max(-1, min(2_000_000_000, (since * 100).rounded())))
        for points in [old, recent] {
            for row in 0..<points.count where points.times[row] >= since {
                json.array { json in
                    json.number(Double(points.times[row]) / 100, decimals: 2)
                    let start = row * columns.width
                    for (column, shape) in places {
                        Self.write(points.values[start...], column, shape, to: &json)
                    }
                }
            }
        }
    }

    private static func write(
        _ row: ArraySlice<Int16>, _ column: Int?, _ shape: HistoryColumns.Shape, to json: inout JSONWriter
    ) {
        func value(_ offset: Int, _ decimals: Int) -> Double? {
            guard let column else { return nil }
            let whole = row[row.startIndex + column + offset]
            return whole == HistoryColumns.missing ? nil : Double(whole) / [1, 10, 100, 1_000, 10_000][decimals]
        }
        switch shape {
        case .number(let decimals): json.number(value(0, decimals), decimals: decimals)
        case .interval(let decimals):
            guard let low = value(0, decimals), let high = value(1, decimals) else {
                return json.number(nil, decimals: 0)
            }
            json.array { json in
                json.number(low, decimals: decimals)
                json.number(high, decimals: decimals)
            }
        case .flag: json.flag(value(0, 0).map { $0 != 0 })
        }
    }
}
