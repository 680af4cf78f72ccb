/// Hops as runs, in their order, none next to another.
public struct HopRuns: Sendable, Equatable {
    /// The runs; each has an exclusive end.
    public private(set) var runs: [Range<Int64>] = []

    /// No hops.
    public init() {}

    /// The hops of runs that are in their order.
    public init(_ runs: some Sequence<Range<Int64>>) {
        for run in runs { append(run) }
    }

    /// Adds hops at the end, or such as are there already.
    public mutating func append(_ run: Range<Int64>) {
        guard !run.isEmpty else { return }
        if let last = runs.last, last.upperBound >= run.lowerBound {
            runs[runs.count - 1] = last.lowerBound..<max(last.upperBound, run.upperBound)
        } else {
            runs.append(run)
        }
    }

    /// Lets go of all hops before `hop`.
    public mutating func drop(before hop: Int64) {
        runs.removeFirst(runs.prefix { $0.upperBound <= hop }.count)
        if let first = runs.first, first.lowerBound < hop { runs[0] = hop..<first.upperBound }
    }

    /// Those within `range`.
    public func clamped(to range: Range<Int64>) -> HopRuns {
        HopRuns(runs.lazy.map { $0.clamped(to: range) }.filter { !$0.isEmpty })
    }

    /// Those that `condition` holds for, where both are asked: in these, and in `other`.
    public func combined(with other: HopRuns, _ condition: (Bool, Bool) -> Bool) -> HopRuns {
        var result = HopRuns()
        let edges = (runs + other.runs).flatMap { [$0.lowerBound, $0.upperBound] }.sorted()
        var (own, others) = (0, 0)
        for (edge, next) in zip(edges, edges.dropFirst()) where edge < next {
            while own < runs.count, runs[own].upperBound <= edge { own += 1 }
            while others < other.runs.count, other.runs[others].upperBound <= edge { others += 1 }
            let isOwn = own < runs.count && runs[own].contains(edge)
            let isOther = others < other.runs.count && other.runs[others].contains(edge)
            if condition(isOwn, isOther) { result.append(edge..<next) }
        }
        return result
    }

    /// These within `range` replaced by others, of which those outside of it are left out.
    public mutating func replace(in range: Range<Int64>, with other: HopRuns) {
        let rest = combined(with: HopRuns([range])) { $0 && !$1 }
        self = rest.combined(with: other.clamped(to: range)) { $0 || $1 }
    }

    /// Whether a hop is one of them.
    public func contains(_ hop: Int64) -> Bool { runs.contains { $0.contains(hop) } }

    /// From the first to the last; nil where there are none.
    public var bounds: Range<Int64>? {
        guard let first = runs.first, let last = runs.last else { return nil }
        return first.lowerBound..<last.upperBound
    }
}
