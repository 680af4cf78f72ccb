import DequeModule
import MediaTypes

/// The turns of a session as far back as the longest window reaches, for the longest monologue of each speaker.
///
/// A monologue is a turn: a stretch in which one speaker holds the floor, backchannels of others notwithstanding.
struct FloorHistory {
    /// Bound on the turns remembered, whatever the length of the windows.
    private static let most = 2_048

    private var turns: Deque<Floor.Turn> = []
    private var longest: [Int: Int64] = [:]
    private let horizonHops: Int64

    /// Remembers turns for `horizonSeconds`.
    init(horizonSeconds: Int) {
        horizonHops = Int64(horizonSeconds * AudioGrid.hopsPerSecond)
    }

    /// Takes in a turn that is over.
    mutating func add(_ turn: Floor.Turn) {
        turns.append(turn)
        longest[turn.speaker] = max(longest[turn.speaker] ?? 0, turn.endHop - turn.startHop)
        while let first = turns.first, turns.count > Self.most || first.endHop < turn.endHop - horizonHops {
            turns.removeFirst()
        }
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
        let now = current.map(length) ?? 0
        guard windowHops != nil else { return max(now, longest[speaker] ?? 0) }
        return turns.reduce(now) { max($0, length($1)) }
    }
}
