import Events

/// Tells sessions of which units were given up so, and once that is over. Pure: time is what it is told.
struct WordShedding {
    /// Calm after which it is over.
    static let calmNanoseconds: Int64 = 10_000_000_000

    private var sessions: [String: (speaker: HeardSpeaker, since: Int64, last: Int64)] = [:]

    /// Takes note of a unit that was given up.
    ///
    /// - Returns: what its session is to be told; nil where it knows.
    mutating func note(_ unit: WaitingUnit, nowNanoseconds now: Int64) -> Degraded? {
        let session = unit.speaker.session
        defer { sessions[session] = (unit.speaker, sessions[session]?.since ?? now, now) }
        guard sessions[session] == nil else { return nil }
        let waited = Double(now - unit.cameNanoseconds) / Double(UnitQueue.deadlineNanoseconds)
        return Degraded(what: .words, level: 1, reason: .recogniserBehind, load: max(1, waited))
    }

    /// The sessions for which it is over by now.
    mutating func recovered(nowNanoseconds now: Int64) -> [(speaker: HeardSpeaker, recovered: Recovered)] {
        let calm = sessions.filter { now - $0.value.last >= Self.calmNanoseconds }
        for session in calm.keys { sessions[session] = nil }
        return calm.values.map { ($0.speaker, Recovered(what: .words, afterSeconds: Double(now - $0.since) / 1e9)) }
    }
}
