import Words

/// A unit that waits to be written down.
struct WaitingUnit: Sendable {
    let unit: SpeechUnit
    let speaker: HeardSpeaker
    /// The permission under which it was heard.
    let permission: Int
    /// When it came (`CLOCK_MONOTONIC`, nanoseconds).
    let cameNanoseconds: Int64

    var seconds: Double { Double(unit.samples.count) / 16_000 }
    /// 2 of what is given up first, 0 of what is last.
    var yields: Int { unit.isPartial ? 2 : speaker.isGuest ? 1 : 0 }
    var deadlineNanoseconds: Int64 {
        unit.isPartial ? UnitQueue.partialDeadlineNanoseconds : UnitQueue.deadlineNanoseconds
    }
}

/// Units that wait: bounded in number and audio, fair between sessions, oldest first within one. What has waited too
/// long is given up, because words that come late are of no use to anybody in the call. Where more is said than can be
/// written down, partial units go first, then those of the side that is not coached. Pure: time is what it is told.
struct UnitQueue {
    /// Units are given up after this; partial ones, which say less with every moment, after the second.
    static let deadlineNanoseconds: Int64 = 5_000_000_000, partialDeadlineNanoseconds: Int64 = 500_000_000
    /// What waits for longer than this says that there is more than can be written down.
    static let behindNanoseconds: Int64 = 1_500_000_000
    /// Units that wait, of one session and of all, and their audio in seconds.
    static let maxOfSession = 24, maxUnits = 128, maxSeconds = 600.0

    private var waiting: [WaitingUnit] = []
    private var seconds = 0.0
    /// Audio of each session that was taken, seconds; sessions that had none waiting begin where the others are.
    private var taken: [String: Double] = [:]

    var count: Int { waiting.count }
    var isEmpty: Bool { waiting.isEmpty }

    /// Adds a unit.
    ///
    /// - Returns: units that had to go for it, the oldest of the session that has most.
    mutating func add(_ unit: WaitingUnit) -> [WaitingUnit] {
        let session = unit.speaker.session
        if !waiting.contains(where: { $0.speaker.session == session }) {
            let others = waiting.map(\.speaker.session).compactMap { taken[$0] }
            taken[session] = max(taken[session] ?? 0, others.min() ?? 0)
        }
        waiting.append(unit)
        seconds += unit.seconds
        var dropped: [WaitingUnit] = []
        while waiting.count(where: { $0.speaker.session == session }) > Self.maxOfSession {
            dropped.append(remove(firstToGo { $0.speaker.session == session }))
        }
        while waiting.count > Self.maxUnits || seconds > Self.maxSeconds {
            dropped.append(remove(firstToGo { _ in true }))
        }
        return dropped
    }

    /// The place of what is given up first: the oldest of the least worth.
    private func firstToGo(among isMeant: (WaitingUnit) -> Bool) -> Int {
        let places = waiting.indices.filter { isMeant(waiting[$0]) }
        return places.max { (waiting[$0].yields, -$0) < (waiting[$1].yields, -$1) } ?? 0
    }

    /// Takes the unit that is next; and what has waited too long, or is not permitted any more, out of it.
    mutating func next(nowNanoseconds now: Int64) -> (unit: WaitingUnit?, late: [WaitingUnit]) {
        waiting.removeAll { waiting in
            guard !waiting.speaker.permits(waiting.permission) else { return false }
            seconds -= waiting.seconds
            return true
        }
        var late: [WaitingUnit] = []
        while let index = waiting.firstIndex(where: { now - $0.cameNanoseconds > $0.deadlineNanoseconds }) {
            late.append(remove(index))
        }
        let isBehind = waiting.contains { now - $0.cameNanoseconds > Self.behindNanoseconds }
        // The first of those of whose session least was taken; they stand in the order in which they came.
        func rank(_ index: Int) -> (Int, Double, Int) {
            let unit = waiting[index]
            return (unit.unit.isPartial || isBehind ? unit.yields : 0, taken[unit.speaker.session] ?? 0, index)
        }
        let index = waiting.indices.min { rank($0) < rank($1) }
        guard let index else {
            taken.removeAll()
            return (nil, late)
        }
        let unit = remove(index)
        taken[unit.speaker.session, default: 0] += unit.seconds
        return (unit, late)
    }

    /// Takes out all that waits.
    mutating func removeAll() -> [WaitingUnit] {
        defer { (waiting, seconds, taken) = ([], 0, [:]) }
        return waiting
    }

    private mutating func remove(_ index: Int) -> WaitingUnit {
        let unit = waiting.remove(at: index)
        seconds -= unit.seconds
        return unit
    }
}
