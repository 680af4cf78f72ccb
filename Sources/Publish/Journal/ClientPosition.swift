import Events
import NIOCore

/// Where one client stands in the order of events: what it wants, what it was told, and what it is owed.
///
/// It gives out one line after the other, in order, and nothing is missing that was not announced. Between two lines
/// it keeps no event, so that what is withdrawn meanwhile is not told.
struct ClientPosition {
    private(set) var subscription = Subscription()
    /// Makes its ticks slim; nil where they are whole.
    private var slim: SlimTicks?
    /// Gets it the contours of faces; nil where it has not asked for them.
    private(set) var seeker: PointSeeker?
    /// The client has been told everything up to this event.
    private(set) var cursor = 0
    /// Whether events after the cursor may wait in the ring, or anything else is owed.
    var isBehind = true
    /// Whether the next lines are a snapshot, without which the client's state has a hole.
    var owesState: Bool { owesSnapshot || snapshot != nil }

    private let core: PublisherCore
    private var owesHello = true
    private var owesSnapshot = false
    private var snapshot: SnapshotLines?
    /// How often consent had been taken back when the snapshot was taken, or earlier.
    private var withdrawals: Int
    /// Events that the client will not get and was not told of yet.
    private var missing: Lagged?
    private var entries: ArraySlice<(record: EventRecord, newest: TickMark?)> = []
    /// Speakers whose first tick of the running interval was thinned out: their next one stands in for it.
    private var owedTicks: Set<SpeakerKey> = []

    /// Events copied from the ring under the publisher's lock at a time.
    private static let backlogEvents = 64

    /// A client that is new: it is owed `hello` and a snapshot.
    ///
    /// - Parameter slim: of the fields of the subscription.
    init(
        _ admission: PublisherCore.Admission, _ core: PublisherCore, subscription: Subscription = Subscription(),
        slim: SlimTicks? = nil
    ) {
        self.core = core
        self.subscription = subscription
        self.slim = slim
        seeker = core.points.seeker(subscription)
        cursor = admission.sequence
        withdrawals = admission.withdrawals
        snapshot = SnapshotLines(sessions: subscription.filter(admission.sessions), sequence: admission.sequence)
    }

    /// Wants something else from now on.
    ///
    /// - Throws: `too_many_field_sets`.
    mutating func subscribe(_ subscription: Subscription) throws(ErrorLine) {
        slim = try core.slimTicks.shared(subscription.fields)
        self.subscription = subscription
        seeker = core.points.seeker(subscription)
    }

    /// Goes back to an earlier event; a client from another epoch has heard nothing of this one yet and gets all
    /// of it.
    mutating func resume(epoch: String, after sequence: Int) throws(ErrorLine) {
        let isSame = epoch == core.configuration.epoch
        let last = core.sequence
        guard !isSame || sequence <= last else {
            throw ErrorLine(
                code: "invalid_resume",
                message: "'seq' is \(sequence), but the last event of this epoch is \(last); "
                    + "send the last number that was received")
        }
        core.counters.resumes.count()
        cursor = isSame ? sequence : 0
        isBehind = true
        owesHello = true
        owesSnapshot = false
        snapshot = nil
        missing = nil
        entries = []
        owedTicks = []
    }

    /// Whether nothing lies between the cursor and an event.
    func precedes(_ record: EventRecord) -> Bool { !isBehind && record.sequence <= cursor + 1 }

    /// Takes in that up to an event there is nothing that the client wants.
    mutating func pass(through record: EventRecord) { cursor = max(cursor, record.sequence) }

    /// Takes in the next event that the client wants, or is owed in place of one.
    ///
    /// - Returns: its line, if it is to be sent, after what `announceMissing` has.
    mutating func take(_ record: EventRecord, newest: TickMark? = nil) -> ByteBuffer? {
        cursor = record.sequence
        let isSuperseded = subscription.isSuperseded(record, by: newest)
        guard let line = record.line, !isSuperseded else {
            let isCoalesced = record.line != nil || record.isThinned
            miss(record.sequence...record.sequence, count: 1, coalesced: isCoalesced ? 1 : 0)
            if record.isThinned, !isSuperseded { owedTicks.insert(record.key) }
            return nil
        }
        if !owedTicks.isEmpty, record.isCoalescible { owedTicks.remove(record.key) }
        if let slim, record.kind == .tick { return slim.line(of: record.sequence, cutFrom: line) }
        return line
    }

    /// The line that says what is missing, if that was not said yet.
    mutating func announceMissing() -> ByteBuffer? {
        guard let lagged = missing else { return nil }
        missing = nil
        return encode(.lagged(lagged), sequence: lagged.to)
    }

    /// Forgets what was copied from the ring and not told yet, so that it is looked at again.
    mutating func refresh() {
        entries = []
    }

    /// The next line that the client is owed; nil once it has been told everything.
    mutating func next() -> ByteBuffer? {
        if owesHello {
            owesHello = false
            let configuration = core.configuration
            return encode(
                .hello(
                    Hello(
                        daemonVersion: configuration.daemonVersion, epoch: configuration.epoch,
                        policy: configuration.policy, noticeID: configuration.noticeID)),
                sequence: cursor)
        }
        if let line = snapshotLine() { return line }
        while true {
            while let entry = entries.first {
                let isDue = isDue(entry.record, newest: entry.newest)
                if isDue, let line = announceMissing() { return line }
                entries.removeFirst()
                guard isDue || subscription.wants(entry.record) else {
                    pass(through: entry.record)
                    continue
                }
                if let line = take(entry.record, newest: entry.newest) { return line }
            }
            let backlog = core.backlog(after: cursor, limit: Self.backlogEvents)
            if let lost = backlog.lost {
                // What has left the ring can't be held against the filters any more, so all of it counts.
                miss(lost, count: lost.count)
                cursor = lost.upperBound
                owesSnapshot = true
            }
            entries = backlog.entries[...]
            guard entries.isEmpty, backlog.lost == nil else { continue }
            if let line = announceMissing() { return line }
            if owesSnapshot {
                withdrawals = core.withdrawals
                // An event may have come meanwhile: then it goes first.
                guard let sessions = core.snapshot(at: cursor) else { continue }
                owesSnapshot = false
                snapshot = SnapshotLines(sessions: subscription.filter(sessions), sequence: cursor)
                if let line = snapshotLine() { return line }
            }
            if let points = seeker?.next() { return lineBuffer(points.event.line(sequence: cursor, at: points.at)) }
            isBehind = false
            owedTicks = []  // left are those of whom consent was taken back
            return nil
        }
    }

    /// Whether the line of an event is to be sent.
    private func isDue(_ record: EventRecord, newest: TickMark?) -> Bool {
        guard record.line != nil, !subscription.isSuperseded(record, by: newest) else { return false }
        return subscription.wants(record) || owedTicks.contains(record.key) && subscription.selects(record)
    }

    private mutating func snapshotLine() -> ByteBuffer? {
        guard snapshot != nil else { return nil }
        // Whoever it was: their ticks may not be told any more, and of the others new ones come soon.
        if core.withdrawals != withdrawals { snapshot?.forgetTicks() }
        let bytes = snapshot?.next(at: core.clock.wallTime)
        if snapshot?.isFinished == true { snapshot = nil }
        return bytes.map(lineBuffer)
    }

    private mutating func miss(_ range: ClosedRange<Int>, count: Int, coalesced: Int = 0) {
        core.counters.coalesced.count(coalesced)
        core.counters.lost.count(count - coalesced)
        missing = Lagged(
            from: missing?.from ?? range.lowerBound, to: range.upperBound,
            count: (missing?.count ?? 0) + count,
            coalesced: (missing?.coalesced ?? 0) + coalesced)
    }

    private func encode(_ body: EventBody, sequence: Int) -> ByteBuffer {
        encodeLine(Event(body), sequence: sequence, at: core.clock.wallTime)
    }
}
