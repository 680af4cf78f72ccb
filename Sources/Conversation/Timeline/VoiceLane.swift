import DequeModule
import Events
import MediaTypes

/// The records of one speaker's voice on their way to the session's time line.
///
/// A lane yields records and a watermark: the time up to which it has said everything. Records wait here until the
/// session's present has come to them, so that whoever sends ahead of time drags nobody along; the wait is bounded,
/// and what lies beyond the bound is dropped and counted. What a lane has not said when the session's patience is over
/// is lost, and no other lane notices.
struct VoiceLane: Sendable {
    /// What media does on this lane.
    enum State: Equatable, Sendable {
        /// None has come yet.
        case idle
        /// It comes.
        case flowing
        /// It is known not to come for now.
        case absent
    }

    /// What else is told when its hop comes, in the order in which it was said.
    enum Notice: Sendable {
        case change(SpeechChange)
        case gap(from: Int64, to: Int64, why: Gap.Why)

        /// The hop at which it holds.
        var hop: Int64 {
            switch self {
            case .change(.started(let hop)), .change(.ended(let hop)), .gap(_, let hop, _): hop
            }
        }
    }

    /// A record that holds for a number of hops.
    private struct Entry: Sendable {
        var record: HopRecord
        var hops: Int64
        var end: Int64 { record.index + hops }
    }

    /// Records that came after their hop was settled.
    private(set) var lateHops = 0
    /// Hops of records that lay too far ahead of the session's present.
    private(set) var aheadHops = 0
    private(set) var state = State.idle
    /// Exclusive end of what was said so far, in hops of the session.
    private(set) var watermark: Int64
    /// When the speaker came, or came back.
    private(set) var joinedHop: Int64
    private var queue: Deque<Entry> = []
    private var notices: Deque<Notice> = []

    init(joinedHop: Int64) {
        watermark = joinedHop
        self.joinedHop = joinedHop
    }

    /// The first hop that waits; nil where none does.
    var firstHop: Int64? { queue.first?.record.index }

    /// The speaker is there again, from `hop` on.
    mutating func rejoin(at hop: Int64) {
        state = .idle
        watermark = max(hop, watermark)
        joinedHop = watermark
    }

    /// Media is known not to come until more of it does; nobody waits for it.
    mutating func pause() {
        if state == .flowing { state = .absent }
    }

    /// Media comes (again).
    mutating func resume() {
        state = .flowing
    }

    /// Takes in a record that holds for `hops`; those of its hops that are settled or beyond `horizon` are dropped.
    mutating func accept(_ record: HopRecord, hops: Int64 = 1, settledHops: Int64, horizon: Int64) {
        state = .flowing
        var entry = Entry(record: record, hops: hops)
        let first = max(watermark, settledHops)
        if entry.record.index < first {
            let late = min(first - entry.record.index, hops)
            lateHops += Int(clamping: late)
            entry.record.index += late
            entry.hops -= late
        }
        if entry.end > horizon {
            let ahead = min(entry.end - horizon, entry.hops)
            aheadHops += Int(clamping: ahead)
            entry.hops -= ahead
        }
        guard entry.hops > 0 else { return }
        queue.append(entry)
        watermark = entry.end
    }

    /// The record of `hop`, a lost one where media should be there and is not; nil where there is nobody.
    mutating func next(_ hop: Int64, isPresent: Bool) -> HopRecord? {
        while let first = queue.first, first.end <= hop { queue.removeFirst() }
        guard let first = queue.first, first.record.index <= hop else {
            return isPresent && state != .idle && hop >= joinedHop ? .lost(index: hop) : nil
        }
        if first.end == hop + 1 { queue.removeFirst() }
        var record = first.record
        record.index = hop
        return record
    }

    /// Keeps what is to be told once the session's present is there.
    mutating func note(_ notice: Notice) {
        guard notices.count < Self.mostNotices else { return }
        notices.append(notice)
    }

    /// Takes the next notice whose time has come; nil where there is none.
    mutating func takeNotice(present: Int64) -> Notice? {
        guard let first = notices.first, first.hop <= present else { return nil }
        return notices.removeFirst()
    }

    /// Forgets what was measured in what still waits: whether there is speech is all that is left.
    mutating func strip() {
        for index in queue.indices {
            let record = queue[index].record
            var bare = HopRecord.lost(index: record.index)
            bare.isLost = record.isLost
            bare.isSpeech = record.isSpeech
            queue[index].record = bare
        }
        notices.removeAll { if case .change = $0 { true } else { false } }
    }

    /// More than the boundaries of 30 s of the shortest units.
    private static let mostNotices = 512
}
