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
    /// Whether there was a record since the speaker came.
    private var hasRecords = false
    private var queue: Deque<Entry> = []
    /// Why media of some hops is missing, oldest first.
    private var reasons: Deque<(hops: Range<Int64>, why: Gap.Why)> = []
    /// Lost up to here by its source's word, also where the speaker has left meanwhile.
    private var missingUntil: Int64 = 0

    init(joinedHop: Int64) {
        watermark = joinedHop
        self.joinedHop = joinedHop
    }

    /// The first hop that waits; nil where none does.
    var firstHop: Int64? { queue.first?.record.index }

    /// The speaker is there again, from `hop` on.
    mutating func rejoin(at hop: Int64) {
        state = .idle
        hasRecords = false
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

    /// The speaker leaves at `hop`: what lies ahead of it never happens.
    mutating func leave(at hop: Int64) {
        missingUntil = min(missingUntil, hop)
        while let last = queue.last, last.end > hop {
            queue.removeLast()
            guard last.record.index < hop else { continue }
            queue.append(Entry(record: last.record, hops: hop - last.record.index))
        }
        watermark = min(watermark, max(hop, joinedHop))
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
        // What was before the first media is not missing.
        if !hasRecords { joinedHop = max(joinedHop, entry.record.index) }
        hasRecords = true
        queue.append(entry)
        watermark = entry.end
    }

    /// The record of `hop`, a lost one where media should be there and is not; nil where there is nobody.
    mutating func next(_ hop: Int64, isPresent: Bool) -> HopRecord? {
        while let first = queue.first, first.end <= hop { queue.removeFirst() }
        guard let first = queue.first, first.record.index <= hop else {
            guard hasRecords else { return nil }
            return (isPresent || hop < missingUntil) && state != .idle && hop >= joinedHop ? .lost(index: hop) : nil
        }
        if first.end == hop + 1 { queue.removeFirst() }
        var record = first.record
        record.index = hop
        return record
    }

    /// Says why media of some hops is missing.
    mutating func explain(_ hops: Range<Int64>, why: Gap.Why) {
        if reasons.count == Self.maxReasons { reasons.removeFirst() }
        reasons.append((hops, why))
        missingUntil = max(missingUntil, hops.upperBound)
    }

    /// Why most of these hops were lost; what nobody explained was lost on the way.
    mutating func reason(for hops: Range<Int64>) -> Gap.Why {
        while let first = reasons.first, first.hops.upperBound <= hops.lowerBound { reasons.removeFirst() }
        let best = reasons.max { $0.hops.clamped(to: hops).count < $1.hops.clamped(to: hops).count }
        return best.map { $0.hops.overlaps(hops) ? $0.why : .loss } ?? .loss
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
    }

    private static let maxReasons = 64
}
