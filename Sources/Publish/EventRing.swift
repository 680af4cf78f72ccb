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
    let type: String
    let key: SpeakerKey
    let isCoalescible: Bool
    /// Whether the event carries what was measured of its speaker, and of whom else.
    let isMeasurement: Bool, alsoMeasured: SpeakerKey?
    let timeSeconds: Double?
    /// Time of the tick before of the same speaker, so that every client can thin ticks out without a memory.
    let previousTickSeconds: Double?
    /// The line with its line feed; nil where it may not or cannot be sent. Not kept as a `ByteBuffer`, which would
    /// take twice the memory: its capacity is a power of two.
    private let bytes: [UInt8]?
    let publishedMilliseconds: Int64
    /// When the packet that decided the event arrived, on the monotonic clock; nil where no packet did.
    let arrivedNanoseconds: Int64?
    /// Bytes of all lines up to and with this one.
    let endOffset: Int

    init(
        _ event: Event, sequence: Int, line: ByteBuffer?, publishedMilliseconds: Int64,
        arrivedNanoseconds: Int64? = nil, previousTickSeconds: Double?,
        startOffset: Int
    ) {
        self.sequence = sequence
        self.type = event.body.typeName
        self.key = SpeakerKey(session: event.session, speaker: event.speaker)
        self.isCoalescible = event.body.isCoalescible
        self.isMeasurement =
            switch event.body {
            case .tick, .speechStarted, .speechEnded, .turn, .overlap, .cueRaised, .cueCleared, .quality: true
            default: false
            }
        let other: String? =
            switch event.body {
            case .turn(let turn): turn.previousSpeaker
            case .overlap(let overlap): overlap.holder
            default: nil
            }
        self.alsoMeasured = other.map { SpeakerKey(session: event.session, speaker: $0) }
        self.timeSeconds = event.timeSeconds
        self.previousTickSeconds = previousTickSeconds
        self.bytes = line.map { Array($0.readableBytesView) }
        self.publishedMilliseconds = publishedMilliseconds
        self.arrivedNanoseconds = arrivedNanoseconds
        self.endOffset = startOffset + (line?.readableBytes ?? 0)
    }

    /// Whether there is a line that may be sent.
    var hasLine: Bool { bytes != nil }

    /// The line for one client.
    var line: ByteBuffer? { bytes.map { ByteBuffer(bytes: $0) } }

    /// Whether it carries what was measured of a speaker.
    func measures(_ speaker: SpeakerKey) -> Bool {
        isMeasurement && (key == speaker || alsoMeasured == speaker)
    }

    /// The same place in the order without the content.
    init(withdrawing record: EventRecord) {
        sequence = record.sequence
        type = record.type
        key = record.key
        isCoalescible = record.isCoalescible
        isMeasurement = false
        alsoMeasured = nil
        timeSeconds = record.timeSeconds
        previousTickSeconds = record.previousTickSeconds
        bytes = nil
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
/// with the number of slow clients.
struct EventRing: Sendable {
    private var records = CircularBuffer<EventRecord>()
    private var newestTicks: [SpeakerKey: TickMark] = [:]
    private let maximumBytes: Int
    private let maximumAgeMilliseconds: Int64
    /// Bytes of everything that ever was in the ring.
    private(set) var endOffset = 0
    /// Bytes of what left it.
    private var startOffset = 0

    init(maximumBytes: Int, maximumAgeMilliseconds: Int64) {
        self.maximumBytes = maximumBytes
        self.maximumAgeMilliseconds = maximumAgeMilliseconds
    }

    var count: Int { records.count }
    var bytes: Int { endOffset - startOffset }
    var firstSequence: Int? { records.first?.sequence }

    /// The newest tick of a speaker that is still here.
    func newestTick(of key: SpeakerKey) -> TickMark? { newestTicks[key] }

    /// Appends the event that follows the last one and drops the oldest over the limits, never the new one.
    mutating func append(_ record: EventRecord) {
        records.append(record)
        endOffset = record.endOffset
        if record.isCoalescible, record.hasLine {
            newestTicks[record.key] = TickMark(sequence: record.sequence, timeSeconds: record.timeSeconds)
        }
        while bytes > maximumBytes, records.count > 1 { removeFirst() }
        evict(nowMilliseconds: record.publishedMilliseconds)
    }

    /// Drops what is too old.
    mutating func evict(nowMilliseconds: Int64) {
        while let first = records.first,
            nowMilliseconds - first.publishedMilliseconds > maximumAgeMilliseconds
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

    /// Bytes of the events after the sequence number `cursor` that are still here.
    func bytes(after cursor: Int) -> Int {
        guard let firstSequence, cursor >= firstSequence else { return bytes }
        let offset = cursor - firstSequence
        guard offset < records.count else { return 0 }
        return endOffset - records[records.index(records.startIndex, offsetBy: offset)].endOffset
    }

    /// Takes back what was measured of a speaker.
    mutating func withdraw(_ key: SpeakerKey) {
        for index in records.indices where records[index].measures(key) {
            records[index] = EventRecord(withdrawing: records[index])
        }
        newestTicks[key] = nil
    }

    private mutating func removeFirst() {
        guard let record = records.popFirst() else { return }
        startOffset = record.endOffset
        if newestTicks[record.key]?.sequence == record.sequence { newestTicks[record.key] = nil }
    }
}
