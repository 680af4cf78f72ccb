import Events
import Synchronization

/// The newest contours of each face, for clients that ask for them by name. Each lies here until the next one of the
/// speaker takes its place, and no longer than a second; nothing else of the publisher ever has them, so that they
/// can't be had again.
final class PointBoard: Sendable {
    /// Contours of a face as they go out, but for the number of the line.
    struct Points: Sendable {
        let key: SpeakerKey
        /// Where they stand among all that were ever put here.
        let number: Int
        let event: EncodableEvent
        let at: String
        fileprivate let putMilliseconds: Int64
    }

    private struct State: Sendable {
        var newest: [SpeakerKey: Points] = [:]
        var made = 0, seekersMade = 0
        /// Clients that ask, and up to which number they were told.
        var seekers: [Int: Seeker] = [:]
        var skipped = 0

        /// Takes out what lies there, and counts those who have not got it.
        mutating func remove(_ key: SpeakerKey) {
            guard let old = newest.removeValue(forKey: key) else { return }
            skipped += seekers.values.count { $0.told < old.number && $0.subscription.concerns(key) }
        }
    }

    private struct Seeker: Sendable {
        let subscription: Subscription
        var told: Int
    }

    private let state = Mutex(State())
    /// Older ones show nobody as they are now.
    private static let keptMilliseconds: Int64 = 1_000

    /// A client that asks; nil where it does not. It does so for as long as it holds what is returned.
    func seeker(_ subscription: Subscription) -> PointSeeker? {
        guard subscription.seeksPoints else { return nil }
        return state.withLock { state in
            state.seekersMade += 1
            state.seekers[state.seekersMade] = Seeker(subscription: subscription, told: state.made)
            return PointSeeker(board: self, id: state.seekersMade)
        }
    }

    /// Whether anybody asks for those of a speaker.
    func isSought(_ key: SpeakerKey) -> Bool {
        state.withLock { $0.seekers.values.contains { $0.subscription.concerns(key) } }
    }

    /// Takes in what a face looks like now.
    ///
    /// - Returns: whether anybody asks for it; else it is let go of at once.
    func put(_ event: Event, clock: PublishClock) -> Bool {
        let key = SpeakerKey(session: event.session, speaker: event.speaker)
        return state.withLock { state in
            guard state.seekers.values.contains(where: { $0.subscription.concerns(key) }) else { return false }
            state.remove(key)
            state.made += 1
            state.newest[key] = Points(
                key: key, number: state.made, event: EncodableEvent(event), at: clock.wallTime,
                putMilliseconds: clock.monotonicMilliseconds())
            return true
        }
    }

    /// Forgets those of a speaker, or of a whole session where no speaker is named.
    func forget(_ key: SpeakerKey) {
        state.withLock { state in
            if key.speaker != nil {
                state.newest[key] = nil
            } else {
                state.newest = state.newest.filter { $0.key.session != key.session }
            }
        }
    }

    /// Forgets what is too old.
    func evict(nowMilliseconds: Int64) {
        state.withLock { state in
            for (key, points) in state.newest where nowMilliseconds - points.putMilliseconds > Self.keptMilliseconds {
                state.remove(key)
            }
        }
    }

    /// Contours that a client asked for and did not get, because newer ones came or they had become too old.
    var skipped: Int { state.withLock { $0.skipped } }
    /// Faces whose contours lie here.
    var count: Int { state.withLock { $0.newest.count } }

    fileprivate func next(for id: Int) -> Points? {
        state.withLock { state in
            guard let seeker = state.seekers[id] else { return nil }
            let next = state.newest.values
                .filter { $0.number > seeker.told && seeker.subscription.concerns($0.key) }
                .min { $0.number < $1.number }
            if let next { state.seekers[id]?.told = next.number }
            return next
        }
    }

    fileprivate func hasNext(for id: Int) -> Bool {
        state.withLock { state in
            guard let seeker = state.seekers[id] else { return false }
            return state.newest.values.contains { $0.number > seeker.told && seeker.subscription.concerns($0.key) }
        }
    }

    fileprivate func leave(_ id: Int) {
        state.withLock { $0.seekers[id] = nil }
    }
}

/// A client that asks for contours of faces: told each speaker's newest, in the order in which they came.
final class PointSeeker: Sendable {
    private let board: PointBoard
    private let id: Int

    fileprivate init(board: PointBoard, id: Int) { (self.board, self.id) = (board, id) }

    deinit { board.leave(id) }

    /// The next that it was not told; nil where there is none.
    func next() -> PointBoard.Points? { board.next(for: id) }

    /// Whether there is one.
    var hasNext: Bool { board.hasNext(for: id) }
}
