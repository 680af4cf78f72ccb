import DequeModule

/// How much of the speech in a channel was not its owner's, over the last half minute.
struct ForeignSpeech: Sendable {
    /// What it is told as.
    enum Kind: Int, CaseIterable, Sendable {
        /// From another microphone of the same room.
        case crosstalk
        /// From another channel by way of a loudspeaker, or of the line.
        case echo
        /// From somebody who has no channel.
        case background
    }

    /// Hops of each kind, and from which channel most of them came.
    struct Second: Sendable {
        var hops = [Int32](repeating: 0, count: Kind.allCases.count)
        var sources: [Int: Int32] = [:]
    }

    private static let windowSeconds = 30
    /// What comes by the air of a room alone is this late at most, in hops; sound needs 3 ms for a metre.
    static let airHops = 3

    private var seconds: Deque<Second> = []
    private var open = Second()
    /// All hops of each kind so far.
    private(set) var totalHops = [Int64](repeating: 0, count: Kind.allCases.count)

    mutating func count(_ kind: Kind, from source: Int?) {
        open.hops[kind.rawValue] += 1
        totalHops[kind.rawValue] += 1
        if let source { open.sources[source, default: 0] += 1 }
    }

    mutating func closeSecond() {
        seconds.append(open)
        if seconds.count > Self.windowSeconds { seconds.removeFirst() }
        open = Second()
    }

    /// Hops of a kind in the last half minute.
    func recentHops(_ kind: Kind) -> Int32 {
        seconds.reduce(open.hops[kind.rawValue]) { $0 + $1.hops[kind.rawValue] }
    }

    /// Channels that leaked in the last half minute, those that did most first.
    var recentSources: [Int] {
        var sum = open.sources
        for second in seconds { sum.merge(second.sources, uniquingKeysWith: +) }
        return sum.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }
}
