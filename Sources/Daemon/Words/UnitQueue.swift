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
}

/// Units that wait: bounded in number and audio, fair between sessions, oldest first within one. What has waited too
/// long is given up, because words that come late are of no use to anybody in the call. Pure: time is what it is told.
struct UnitQueue {
    /// Units are given up after this.
    static let deadlineNanoseconds: Int64 = 5_000_000_000
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
        while waiting.count { $0.speaker.session == session } > Self.maxOfSession {
            dropped.append(remove(waiting.firstIndex { $0.speaker.session == session } ?? 0))
        }
        while waiting.count > Self.maxUnits || seconds > Self.maxSeconds { dropped.append(remove(0)) }
        return dropped
    }

    /// Takes the unit that is next; and what has waited too long, or is not permitted any more, out of it.
    mutating func next(nowNanoseconds now: Int64) -> (unit: WaitingUnit?, late: [WaitingUnit]) {
        waiting.removeAll { waiting in
            guard !waiting.speaker.permits(waiting.permission) else { return false }
            seconds -= waiting.seconds
            return true
        }
        var late: [WaitingUnit] = []
        while let index = waiting.firstIndex(where: { now - $0.cameNanoseconds > Self.deadlineNanoseconds }) {
            late.append(remove(index))
        }
        // The first of those of whose session least was taken; they stand in the order in which they came.
        let index = waiting.indices.min { one, other in
            (taken[waiting[one].speaker.session] ?? 0, one) < (taken[waiting[other].speaker.session] ?? 0, other)
        }
        guard let index else {
            taken.removeAll()
            return (nil, late)
        }
        let unit = remove(index)
        taken[unit.speaker.session, default: 0] += unit.seconds
        return (unit, late)
    }

    /// Drops what waits of whoever does not permit it any more, or all.
    mutating func removeAll() -> Int {
        defer { (waiting, seconds, taken) = ([], 0, [:]) }
        return waiting.count
    }

    private mutating func remove(_ index: Int) -> WaitingUnit {
        let unit = waiting.remove(at: index)
        seconds -= unit.seconds
        return unit
    }
}
