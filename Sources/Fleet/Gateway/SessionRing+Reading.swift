import DequeModule
import Events

/// What clients are told.
extension SessionRing {
    /// Whether a client would be told something.
    func hasNews(for position: RingPosition) -> Bool {
        guard epoch != nil else { return false }
        guard let next = position.next else { return true }
        return next < start + entries.count || position.owesSnapshot || position.missing != nil
            || newest.values.contains { $0.ordinal > position.tick }
    }

    /// The next lines for a client: facts in order, what is missing of them before the next one, then ticks that are
    /// newer than those it has.
    ///
    /// - Parameters:
    ///   - daemon: version that `hello` names.
    ///   - at: RFC 3339 UTC time with milliseconds.
    mutating func lines(
        for position: inout RingPosition, _ filter: RingFilter, daemon: String, at: String, limit: Int = 64
    ) -> [RingLine] {
        guard epoch != nil else { return [] }
        var told = Telling(ring: self, daemon: daemon, at: at)
        if position.next == nil { told.begin(&position) }
        told.catchUp(&position)
        while told.lines.count < limit, let next = position.next, next < start + entries.count {
            told.tell(entries[next - start], &position, filter)
            position.next = next + 1
        }
        guard told.lines.count < limit else { return told.lines }
        told.finish(&position, filter)
        return told.lines
    }
}

/// Lines on their way to one client.
private struct Telling {
    let ring: SessionRing
    let daemon: String, at: String
    var lines: [RingLine] = []

    init(ring: SessionRing, daemon: String, at: String) { (self.ring, self.daemon, self.at) = (ring, daemon, at) }

    private mutating func add(_ json: [UInt8], _ position: RingPosition, hasID: Bool = true) {
        let id = hasID && !position.owesSnapshot ? position.epoch.map { "\($0):\(position.told)" } : nil
        lines.append(RingLine(json: json, id: id))
    }

    private mutating func hello(_ position: RingPosition) {
        guard let epoch = position.epoch else { return }
        let hello = Hello(
            daemonVersion: daemon, epoch: epoch, policy: ring.state?.started.policy ?? "standard",
            noticeID: ring.state?.started.noticeID)
        add(Event(.hello(hello)).line(sequence: position.told, at: at), position)
    }

    private mutating func snapshot(_ position: inout RingPosition) {
        position.owesSnapshot = false
        var snapshot = SnapshotLines(sessions: ring.state.map { [$0] } ?? [], sequence: position.told)
        while let line = snapshot.next(at: at) { add(line, position, hasID: snapshot.isFinished) }
    }

    private mutating func announceMissing(_ position: inout RingPosition) {
        guard let lagged = position.missing else { return }
        position.missing = nil
        add(Event(.lagged(lagged)).line(sequence: lagged.to, at: at), position)
    }

    /// A client that was told nothing yet.
    mutating func begin(_ position: inout RingPosition) {
        let end = ring.start + ring.entries.count
        guard let resume = position.resume else {
            (position.epoch, position.told, position.next) = (ring.epoch, ring.last, end)
            hello(position)
            return snapshot(&position)
        }
        let isKnown = resume.epoch == ring.epoch || ring.forgotten[resume.epoch] != nil
        guard isKnown else {
            // Another run altogether: all that is kept is new.
            position.next = ring.start
            return enter(ring.entries.first?.epoch ?? ring.epoch, &position)
        }
        (position.epoch, position.told) = resume
        hello(position)
        if let gone = ring.forgotten[resume.epoch], gone > resume.sequence {
            position.miss(resume.sequence + 1...gone, count: gone - resume.sequence)
            (position.told, position.owesSnapshot) = (gone, true)
        }
        // The first that may be new; what was told before is passed over as it comes.
        let first = ring.entries.firstIndex { $0.epoch == resume.epoch }
        let later = ring.entries.firstIndex { $0.epoch != resume.epoch }
        position.next = first.map { ring.start + $0 } ?? later.map { ring.start + $0 } ?? end
        if first == nil, resume.epoch == ring.epoch { position.next = end }
    }

    /// What has left the ring before the client was told.
    mutating func catchUp(_ position: inout RingPosition) {
        guard let next = position.next, next < ring.start else { return }
        let gone = max(position.epoch.flatMap { ring.forgotten[$0] } ?? 0, position.told + 1)
        position.miss(position.told + 1...gone, count: ring.start - next)
        position.told = gone
        (position.next, position.owesSnapshot) = (ring.start, true)
    }

    /// From here on the numbers are of another run.
    private mutating func enter(_ epoch: String?, _ position: inout RingPosition) {
        announceMissing(&position)
        (position.epoch, position.told) = (epoch, 0)
        hello(position)
        guard let epoch, let gone = ring.forgotten[epoch], gone > 0 else { return }
        position.miss(1...gone, count: gone)
        (position.told, position.owesSnapshot) = (gone, true)
    }

    mutating func tell(_ entry: SessionRing.Entry, _ position: inout RingPosition, _ filter: RingFilter) {
        if entry.epoch != position.epoch { enter(entry.epoch, &position) }
        if entry.isOwn {
            guard let line = entry.line, entry.sequence >= position.told, filter.wants(entry.kind, of: entry.speaker)
            else {
                return
            }
            announceMissing(&position)
            return add(line, position, hasID: false)
        }
        guard entry.sequence > position.told else { return }
        if let hole = entry.hole {
            let missing = max(hole.lowerBound, position.told + 1)...hole.upperBound
            position.miss(missing, count: missing.count)
            (position.told, position.owesSnapshot) = (entry.sequence, true)
            return
        }
        let isWanted = filter.wants(entry.kind, of: entry.speaker)
        guard let line = entry.line else {
            if isWanted { position.miss(entry.sequence...entry.sequence, count: 1) }
            position.told = entry.sequence
            return
        }
        guard isWanted else {
            position.told = entry.sequence
            return
        }
        announceMissing(&position)
        position.told = entry.sequence
        add(line, position)
    }

    /// All facts were told.
    mutating func finish(_ position: inout RingPosition, _ filter: RingFilter) {
        announceMissing(&position)
        if position.owesSnapshot { snapshot(&position) }
        let news = ring.newest.filter { $0.value.ordinal > position.tick }.sorted {
            $0.value.ordinal < $1.value.ordinal
        }
        for (speaker, newest) in news {
            position.tick = newest.ordinal
            guard filter.wants(.tick, of: speaker) else { continue }
            if let interval = filter.tickIntervalSeconds, let seconds = newest.tick.envelope.timeSeconds {
                if let former = position.tickSeconds[speaker],
                    (former / interval).rounded(.down)
                        == (seconds / interval).rounded(.down)
                {
                    continue
                }
                position.tickSeconds[speaker] = seconds
            }
            add(filter.fields?.cut(newest.tick.line) ?? newest.tick.line, position, hasID: false)
        }
    }
}
