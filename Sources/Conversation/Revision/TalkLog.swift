import DequeModule
import MediaTypes

/// Who spoke in the settled hops of the last two minutes, and how the floor stood now and then: what follows from who
/// speaks when can be found anew where that turns out to have been otherwise. Kept only where voices of a track are
/// told apart.
struct TalkLog: Sendable {
    /// It reaches back so far, in hops: two minutes.
    private static let mostHops: Int64 = 12_000
    /// From one state of the floor that is kept to the next, in hops.
    private static let checkpointHops: Int64 = 500

    /// The state of the floor before a hop.
    struct Checkpoint: Sendable {
        var hop: Int64
        var floor: Floor
    }

    /// What follows from who spoke when.
    struct Course {
        /// A change of the floor, and the hop in which it was found out.
        struct Change: Equatable {
            var turn: Floor.Turn
            var hop: Int64
        }

        /// Number of the first bucket, counted from the session's start.
        var firstBucket: Int64
        /// What was counted, by bucket: of all together, of the hops in which anybody spoke, and of each speaker.
        var common: [RollingCounts.Counts] = [], talk: [RollingCounts.Counts] = []
        var speakers: [[RollingCounts.Counts]]
        var begun: [Change] = [], finished: [Floor.Turn] = []
        var checkpoints: [Checkpoint] = []
        var floor: Floor
    }

    /// Hops of which each speaker is logged as speaking, and as lost.
    private var speech: [HopRuns], lost: [HopRuns]
    private var checkpoints: Deque<Checkpoint> = []
    /// Exclusive end of what is logged.
    private(set) var end: Int64

    /// A log of so many speakers, that begins with the hop that is settled next.
    init(speakers: Int, at hop: Int64) {
        speech = Array(repeating: HopRuns(), count: speakers)
        lost = speech
        end = hop
    }

    /// The first hop that can be told anew.
    var start: Int64 { checkpoints.first?.hop ?? end }

    mutating func addSpeaker() {
        speech.append(HopRuns())
        lost.append(HopRuns())
    }

    /// Forgets all; the next hop is `hop`.
    mutating func restart(at hop: Int64) { self = TalkLog(speakers: speech.count, at: hop) }

    /// A hop begins, before which the floor is like this.
    mutating func begin(_ hop: Int64, _ floor: Floor) {
        end = hop + 1
        guard hop % Self.checkpointHops == 0 || checkpoints.isEmpty else { return }
        checkpoints.append(Checkpoint(hop: hop, floor: floor))
        while checkpoints.count > 1, checkpoints[1].hop <= hop - Self.mostHops { checkpoints.removeFirst() }
        for index in speech.indices {
            speech[index].drop(before: start)
            lost[index].drop(before: start)
        }
    }

    /// Takes note of a speaker in the hop that has begun.
    mutating func note(speaker: Int, speaks: Bool, isLost: Bool) {
        if speaks { speech[speaker].append(end - 1..<end) }
        if isLost { lost[speaker].append(end - 1..<end) }
    }

    /// Hops within `range` in which a speaker spoke.
    func speech(of speaker: Int, in range: Range<Int64>) -> HopRuns { speech[speaker].clamped(to: range) }

    /// Says in which hops of `range` a speaker spoke.
    ///
    /// - Returns: the hops that are otherwise than before.
    mutating func replace(_ speaker: Int, in range: Range<Int64>, with runs: HopRuns) -> HopRuns {
        let former = speech[speaker].clamped(to: range)
        speech[speaker].replace(in: range, with: runs)
        return former.combined(with: speech[speaker].clamped(to: range)) { $0 != $1 }
    }

    /// What follows from what is logged, from the last state of the floor before `hop` on.
    ///
    /// - Parameter since: from which hop on each speaker is measured.
    func course(from hop: Int64, bucketHops: Int64, since: [Int64]) -> Course? {
        guard let from = checkpoints.last(where: { $0.hop <= hop }) else { return nil }
        var floor = from.floor
        floor.addSpeakers(upTo: speech.count)
        let first = from.hop / bucketHops
        let buckets = [RollingCounts.Counts](repeating: .init(), count: Int((end - 1) / bucketHops - first) + 1)
        var course = Course(
            firstBucket: first, common: buckets, talk: buckets,
            speakers: Array(repeating: buckets, count: speech.count), floor: floor)
        var places = [(speech: Int, lost: Int)](repeating: (0, 0), count: speech.count)
        for hop in from.hop..<end {
            if hop > from.hop, hop % Self.checkpointHops == 0 {
                course.checkpoints.append(Checkpoint(hop: hop, floor: course.floor))
            }
            let bucket = Int(hop / bucketHops - first)
            var speaking: Int32 = 0
            for index in speech.indices {
                let speaks = Self.holds(speech[index], hop, &places[index].speech)
                let isLost = Self.holds(lost[index], hop, &places[index].lost)
                let pause = course.floor.note(speaker: index, speaks: speaks, isLost: isLost, hop: hop)
                if speaks { speaking += 1 }
                guard hop >= since[index] else { continue }
                if speaks { course.speakers[index][bucket].speech += 1 }
                if pause > 0 {
                    course.speakers[index][bucket].pause += Int32(clamping: pause)
                    course.speakers[index][bucket].pauses += 1
                }
            }
            course.common[bucket].speech += speaking
            if speaking > 0 { course.talk[bucket].speech += 1 }
            if speaking > 1 { course.common[bucket].overlap += 1 }
            let outcome = course.floor.settle(hop: hop)
            if let finished = outcome.finished { course.finished.append(finished) }
            guard let begun = outcome.begun else { continue }
            course.begun.append(Course.Change(turn: begun, hop: hop))
            if hop >= since[begun.speaker] { course.speakers[begun.speaker][bucket].turns += 1 }
            if begun.previousSpeaker != nil { course.common[bucket].turns += 1 }
        }
        return course
    }

    /// The states of the floor are from now on those of a course that was found anew.
    mutating func adopt(_ course: Course) {
        guard let first = course.checkpoints.first else { return }
        checkpoints.removeAll { $0.hop >= first.hop }
        checkpoints.append(contentsOf: course.checkpoints)
    }

    /// Whether one of the runs holds a hop; hops are asked for in their order.
    private static func holds(_ runs: HopRuns, _ hop: Int64, _ place: inout Int) -> Bool {
        while place < runs.runs.count, runs.runs[place].upperBound <= hop { place += 1 }
        return place < runs.runs.count && runs.runs[place].contains(hop)
    }
}
