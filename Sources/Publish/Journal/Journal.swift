import Events
import NIOCore

/// Longest line of an event that enters the snapshot, bytes: start of a session, join and last tick of a
/// speaker then always fit into one line together.
let maxFoldedBytes = 16_384

/// An event as a line with its line feed.
func encodeLine(_ event: Event, sequence: Int, at: String) -> ByteBuffer {
    lineBuffer(event.line(sequence: sequence, at: at))
}

/// A line with its line feed.
func lineBuffer(_ bytes: [UInt8]) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: bytes.count + 1)
    buffer.writeBytes(bytes)
    buffer.writeInteger(UInt8(ascii: "\n"))
    return buffer
}

extension Event {
    /// The end of a session without the quarter of its speakers who were heard least; nil for what is nothing of that.
    fileprivate var withoutLeastHeard: Event? {
        guard case .sessionEnded(var ended) = body, !ended.totals.speakers.isEmpty else { return nil }
        let heard = ended.totals.speakers.sorted { $0.metrics?.speechSeconds ?? 0 > $1.metrics?.speechSeconds ?? 0 }
        let kept = Set(heard.prefix(heard.count * 3 / 4).map(\.name))
        ended.totals.speakers.removeAll { !kept.contains($0.name) }
        ended.totals.entrainment.removeAll { !kept.isSuperset(of: $0.speakers) }
        var event = self
        event.body = .sessionEnded(ended)
        return event
    }

    /// With as many speakers as fit into a line.
    fileprivate func encodedToFit(sequence: Int, at: String) -> EncodedEvent {
        let encoded = encoded(sequence: sequence, at: at)
        guard encoded.line.count >= maxLineBytes, let shorter = withoutLeastHeard else { return encoded }
        return shorter.encodedToFit(sequence: sequence, at: at)
    }
}

/// The order of events: number, state and history, changed together.
struct Journal: Sendable {
    /// What a client that is behind gets next.
    struct Backlog: Sendable {
        /// Sequence numbers that have left the ring.
        var lost: ClosedRange<Int>?
        /// The next events, with the newest tick of their speaker while ticks coalesce.
        var entries: [(record: EventRecord, newest: TickMark?)] = []
    }

    /// The number of the last event; 0 before the first.
    private(set) var sequence = 0
    private(set) var projection = Projection()
    private(set) var ring: EventRing
    private var history: TickHistory
    /// How often what was measured of somebody was withdrawn.
    private(set) var withdrawals = 0
    private(set) var encodedBytes = 0
    private(set) var oversized = 0

    /// - Parameters:
    ///   - queueBytes: while a client is further behind than this, its ticks coalesce.
    ///   - historyBytes: what the history may take.
    init(ringBytes: Int, ringMilliseconds: Int64, queueBytes: Int, historyBytes: Int = 0) {
        history = TickHistory(maxBytes: historyBytes)
        ring = EventRing(
            maxBytes: ringBytes, maxAgeMilliseconds: ringMilliseconds, queueBytes: queueBytes)
    }

    /// Numbers, encodes, folds and keeps an event.
    ///
    /// An event that is too long for a line keeps its number without content and is announced as lost.
    mutating func append(_ event: Event, arrivedNanoseconds: Int64? = nil, clock: PublishClock) {
        sequence += 1
        var encoded = event.encoded(sequence: sequence, at: clock.wallTime)
        let isTooLong = encoded.line.count >= maxLineBytes
        // That a session has ended is told all the same.
        if isTooLong, let shorter = event.withoutLeastHeard {
            encoded = shorter.encodedToFit(sequence: sequence, at: clock.wallTime)
        }
        let line = encoded.line.count < maxLineBytes ? lineBuffer(encoded.line) : nil
        encodedBytes += line?.readableBytes ?? 0
        if isTooLong { oversized += 1 }

        let key = SpeakerKey(session: event.session, speaker: event.speaker)
        let isFolded =
            if case .sessionEnded = event.body { true } else { encoded.line.count < maxFoldedBytes }
        let hasOtherRole = isFolded && projection.apply(event, encoded)
        // Whether or not the speaker is there, and whatever was said before: what is here may be of before.
        let withdraws = hasOtherRole || event.body.takesConsentBack
        if withdraws {
            ring.withdraw(key)
            history.withdraw(key)
            withdrawals += 1
        }
        history.take(event)
        ring.append(
            EventRecord(
                event, sequence: sequence, line: line, publishedMilliseconds: clock.monotonicMilliseconds(),
                arrivedNanoseconds: arrivedNanoseconds,
                previousTickSeconds: event.body.kind.traits.contains(.coalescible)
                    ? ring.newestTick(of: key)?.timeSeconds : nil,
                startOffset: ring.endOffset, withdraws: withdraws))
    }

    /// The next events for a client that has been told everything up to `cursor`.
    func backlog(after cursor: Int, limit: Int) -> Backlog {
        var backlog = Backlog()
        var cursor = cursor
        let first = ring.firstSequence ?? sequence + 1
        if first > cursor + 1 {
            backlog.lost = cursor + 1...first - 1
            cursor = first - 1
        }
        let isCoalescing = ring.isCoalescing(after: cursor)
        backlog.entries = ring.records(after: cursor, limit: limit).map { record in
            (record, isCoalescing && record.isCoalescible ? ring.newestTick(of: record.key) : nil)
        }
        return backlog
    }

    /// What is kept of the ticks of a session, as of the last event; nil where there is no such session.
    func history(_ query: HistoryQuery) -> HistoryPart? { history.part(query, sequence: sequence) }

    mutating func forgetHistory(of speaker: String) { history.forget(speaker) }

    /// Bytes of the history, and points that it has dropped for want of room.
    var historyBytes: Int { history.bytes }
    var historyPointsDropped: Int { history.droppedPoints }

    mutating func evict(nowMilliseconds: Int64) {
        ring.evict(nowMilliseconds: nowMilliseconds)
    }
}
