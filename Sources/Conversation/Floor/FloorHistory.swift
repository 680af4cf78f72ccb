import DequeModule
import MediaTypes

/// The turns of a session as far back as the longest window reaches, for the longest monologue of each speaker.
///
/// A monologue is a turn: a stretch in which one speaker holds the floor, backchannels of others notwithstanding.
struct FloorHistory {
    /// Bound on the turns remembered, whatever the length of the windows.
    private static let most = 2_048

    private var turns: Deque<Floor.Turn> = []
    /// Length of the longest turn of each speaker among those that are not remembered any more, hops.
    private var longest: [Int: Int64] = [:]
    private let horizonHops: Int64

    /// Remembers turns for `horizonSeconds`.
    init(horizonSeconds: Int) {
        horizonHops = Int64(horizonSeconds * AudioGrid.hopsPerSecond)
    }

    /// Takes in a turn that is over.
    mutating func add(_ turn: Floor.Turn) {
        turns.append(turn)
        while let first = turns.first, turns.count > Self.most || first.endHop < turn.endHop - horizonHops {
            turns.removeFirst()
            longest[first.speaker] = max(longest[first.speaker] ?? 0, first.endHop - first.startHop)
        }
    }

    /// Takes back turns that were none, and takes in those that were.
    mutating func replace(_ wrong: [Floor.Turn], with right: [Floor.Turn]) {
        turns.removeAll { wrong.contains($0) }
        turns = Deque((turns + right).sorted { ($0.startHop, $0.endHop) < ($1.startHop, $1.endHop) })
    }

    /// Turns of a speaker that reach into `range`, which are over.
    func turns(of speaker: Int, in range: Range<Int64>) -> [Floor.Turn] {
        turns.filter { $0.speaker == speaker && $0.startHop < range.upperBound && $0.endHop > range.lowerBound }
    }

    /// Forgets the turns of a speaker.
    mutating func forget(speaker: Int) {
        turns.removeAll { $0.speaker == speaker }
        longest[speaker] = nil
    }

    /// Who had the floor at `hop`, as far as turns that are over tell.
    func holder(at hop: Int64) -> Int? {
        turns.last { $0.startHop <= hop && hop < $0.endHop }?.speaker
    }

    /// Floor transfers that were begun within the last `windowHops` before `hop`.
    ///
    /// - Parameter current: the turn in progress.
    func transfers(current: Floor.Turn?, before hop: Int64, windowHops: Int64) -> Transfers {
        var transfers = Transfers()
        func count(_ turn: Floor.Turn) {
            guard let previous = turn.previousSpeaker, turn.startHop > hop - windowHops else { return }
            transfers.add(from: previous, to: turn.speaker)
        }
        turns.forEach(count)
        if let current { count(current) }
        return transfers
    }

    /// Longest monologue of a speaker in hops within the last `windowHops` before `hop`; nil means the session.
    ///
    /// - Parameter current: the turn in progress.
    func longestMonologue(of speaker: Int, current: Floor.Turn?, before hop: Int64, windowHops: Int64?) -> Int64 {
        let from = windowHops.map { hop - $0 } ?? 0
        func length(_ turn: Floor.Turn) -> Int64 {
            turn.speaker == speaker ? max(0, turn.endHop - max(turn.startHop, from)) : 0
        }
        let now = max(current.map(length) ?? 0, windowHops == nil ? longest[speaker] ?? 0 : 0)
        return turns.reduce(now) { max($0, length($1)) }
    }
}
