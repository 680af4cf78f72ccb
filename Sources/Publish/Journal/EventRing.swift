import Events
import NIOCore

/// Names a speaker across sessions.
struct SpeakerKey: Hashable, Sendable {
    var session: String?
    var speaker: String?
}

/// An event as it was published: encoded once, shared by all clients.
final class EventRecord: Sendable {
    let sequence: Int
    let kind: EventKind
    let key: SpeakerKey
    /// Whether the event carries what was measured of its speaker, and of whom else.
    let isMeasurement: Bool, alsoMeasured: [SpeakerKey]
    /// Whether what was measured of its speaker before is taken back by it.
    let withdraws: Bool
    let timeSeconds: Double?
    /// Time of the tick before of the same speaker, so that every client can thin ticks out without a memory.
    let previousTickSeconds: Double?
    /// The line with its line feed; nil where it may not or cannot be sent, or is no longer kept.
    let line: ByteBuffer?
    /// Whether there is no line because a newer tick of the speaker is sent in its place.
    let isThinned: Bool
    let publishedMilliseconds: Int64
    /// When the packet that decided the event arrived, on the monotonic clock; nil where no packet did.
    let arrivedNanoseconds: Int64?
    /// Bytes of all lines up to and with this one.
    let endOffset: Int

    init(
        _ event: Event, sequence: Int, line: ByteBuffer?, publishedMilliseconds: Int64,
        arrivedNanoseconds: Int64? = nil, previousTickSeconds: Double?,
        startOffset: Int, withdraws: Bool = false
    ) {
        self.withdraws = withdraws
        self.sequence = sequence
        self.kind = event.body.kind
        self.key = SpeakerKey(session: event.session, speaker: event.speaker)
        self.isMeasurement = kind.traits.contains(.measurement)
        self.alsoMeasured = event.body.alsoMeasured.map { SpeakerKey(session: event.session, speaker: $0) }
        self.timeSeconds = event.timeSeconds
        self.previousTickSeconds = previousTickSeconds
        self.line = line
        self.isThinned = false
        self.publishedMilliseconds = publishedMilliseconds
        self.arrivedNanoseconds = arrivedNanoseconds
        self.endOffset = startOffset + (line?.readableBytes ?? 0)
    }

    /// Bytes of the line; without one, about what its place takes, so that those are bounded too.
    var keptBytes: Int { line?.readableBytes ?? Self.placeBytes }
    static let placeBytes = 256

    /// Whether a newer event of the same speaker may take its place.
    var isCoalescible: Bool { kind.traits.contains(.coalescible) }

    /// Whether it carries what was measured of a speaker.
    func measures(_ speaker: SpeakerKey) -> Bool {
        isMeasurement && (key == speaker || alsoMeasured.contains(speaker))
    }

    /// The same place in the order without the line: what was measured is taken back, or a tick is thinned out, which
    /// can still be taken back.
    init(emptying record: EventRecord, isThinned: Bool) {
        sequence = record.sequence
        kind = record.kind
        key = record.key
        isMeasurement = isThinned
        alsoMeasured = []
        withdraws = record.withdraws
        timeSeconds = record.timeSeconds
        previousTickSeconds = record.previousTickSeconds
        line = nil
        self.isThinned = isThinned
        publishedMilliseconds = record.publishedMilliseconds
        arrivedNanoseconds = record.arrivedNanoseconds
        endOffset = record.endOffset
    }
}

/// Where the newest tick of a speaker is.
struct TickMark: Sendable {
    var sequence: Int
    var timeSeconds: Double?
}

/// The newest events, without a hole in their sequence numbers, bounded in bytes and age.
///
/// It is the only queue there is: a client that is behind is a position in it, so that memory does not grow
/// with the number of slow clients. A tick that lies further back than a client may be without its ticks being
/// coalesced keeps its place but not its line, once there is a newer one of the speaker: nobody would be sent it.
struct EventRing: Sendable {
    private var records = CircularBuffer<EventRecord>()
    private var newestTicks: [SpeakerKey: TickMark] = [:]
    /// How many events are here that measure a speaker, of all of whom there are such: whoever was never measured is
    /// withdrawn without a look at the events, because anybody who sends may join and leave at will.
    private var measuring: [SpeakerKey: Int] = [:]
    private let maxBytes: Int
    private let maxAgeMilliseconds: Int64
    /// While a client is further behind than this, its ticks coalesce.
    private let queueBytes: Int
    /// Bytes of everything that ever was in the ring.
    private(set) var endOffset = 0
    /// Bytes of what left it.
    private var startOffset = 0
    /// Bytes that are kept.
    private(set) var bytes = 0
    /// Up to this event all are thinned out: of the ticks only each speaker's newest has its line.
    private var thinnedSequence = 0

    init(maxBytes: Int, maxAgeMilliseconds: Int64, queueBytes: Int) {
        self.maxBytes = maxBytes
        self.maxAgeMilliseconds = maxAgeMilliseconds
        self.queueBytes = queueBytes
    }

    var count: Int { records.count }
    var firstSequence: Int? { records.first?.sequence }

    /// The newest tick of a speaker that is still here.
    func newestTick(of key: SpeakerKey) -> TickMark? { newestTicks[key] }

    /// Appends the event that follows the last one and drops the oldest over the limits, never the new one.
    mutating func append(_ record: EventRecord) {
        records.append(record)
        endOffset = record.endOffset
        bytes += record.keptBytes
        count(record, 1)
        if record.isCoalescible, record.line != nil {
            let before = newestTicks.updateValue(
                TickMark(sequence: record.sequence, timeSeconds: record.timeSeconds), forKey: record.key)
            if let before, before.sequence <= thinnedSequence { empty(index(of: before.sequence), isThinned: true) }
        }
        thinOut()
        while bytes > maxBytes, records.count > 1 { removeFirst() }
        evict(nowMilliseconds: record.publishedMilliseconds)
    }

    /// Drops what is too old.
    mutating func evict(nowMilliseconds: Int64) {
        while let first = records.first,
            nowMilliseconds - first.publishedMilliseconds > maxAgeMilliseconds
        {
            removeFirst()
        }
    }

    /// Up to `limit` events after the sequence number `cursor`, none of which has left the ring.
    func records(after cursor: Int, limit: Int) -> [EventRecord] {
        guard let firstSequence, cursor - firstSequence + 1 < records.count else { return [] }
        let start = max(0, cursor - firstSequence + 1)
        let end = min(records.count, start + limit)
        return (start..<end).map { records[records.index(records.startIndex, offsetBy: $0)] }
    }

    /// Whether a client that has been told everything up to `cursor` is so far behind that its ticks coalesce.
    ///
    /// Lines that are no longer kept count too, so that thinning out changes nothing for anybody.
    func isCoalescing(after cursor: Int) -> Bool { bytes(after: cursor) > queueBytes }

    /// Bytes of the events after the sequence number `cursor` that are still here, as they were published.
    func bytes(after cursor: Int) -> Int {
        guard let firstSequence, cursor >= firstSequence else { return endOffset - startOffset }
        guard cursor - firstSequence < records.count else { return 0 }
        return endOffset - records[index(of: cursor)].endOffset
    }

    /// Takes back what was measured of a speaker.
    mutating func withdraw(_ key: SpeakerKey) {
        guard measuring[key] != nil else { return }
        for index in records.indices where records[index].measures(key) { empty(index, isThinned: false) }
        newestTicks[key] = nil
    }

    /// Thins out what has come to lie further back than `queueBytes`; looks at each event once.
    private mutating func thinOut() {
        guard let firstSequence else { return }
        thinnedSequence = max(thinnedSequence, firstSequence - 1)
        while bytes(after: thinnedSequence + 1) > queueBytes {
            thinnedSequence += 1
            let index = index(of: thinnedSequence)
            let record = records[index]
            guard record.isCoalescible, record.line != nil,
                let newest = newestTicks[record.key], newest.sequence > record.sequence
            else { continue }
            empty(index, isThinned: true)
        }
    }

    /// The place of an event that is here.
    private func index(of sequence: Int) -> CircularBuffer<EventRecord>.Index {
        records.index(records.startIndex, offsetBy: sequence - (firstSequence ?? sequence))
    }

    private mutating func empty(_ index: CircularBuffer<EventRecord>.Index, isThinned: Bool) {
        bytes -= records[index].keptBytes
        count(records[index], -1)
        records[index] = EventRecord(emptying: records[index], isThinned: isThinned)
        count(records[index], 1)
        bytes += records[index].keptBytes
    }

    private mutating func count(_ record: EventRecord, _ change: Int) {
        guard record.isMeasurement else { return }
        for key in CollectionOfOne(record.key) + record.alsoMeasured {
            let count = measuring[key, default: 0] + change
            measuring[key] = count > 0 ? count : nil
        }
    }

    private mutating func removeFirst() {
        guard let record = records.popFirst() else { return }
        startOffset = record.endOffset
        bytes -= record.keptBytes
        count(record, -1)
        if newestTicks[record.key]?.sequence == record.sequence { newestTicks[record.key] = nil }
    }
}
