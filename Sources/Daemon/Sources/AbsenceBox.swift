import Events
import Synchronization

/// What the sender says of media that does not come, on its way from whoever hears it to the thread of the source.
final class AbsenceBox: Sendable {
    /// Nil as the track stands for all, nil as the reason for media that comes again.
    typealias Absence = (track: Int?, why: Gap.Why?)

    private let waiting = Mutex<[Absence]>([])

    /// Puts in what is said of a track, or of all.
    func put(track: Int?, _ why: Gap.Why?) {
        waiting.withLock { waiting in
            // What it replaces need not be heard: there is no more in here than there are tracks, and one.
            waiting.removeAll { track == nil || $0.track == track }
            waiting.append((track, why))
        }
    }

    /// Takes out what was said since the last time, in order.
    func take() -> [Absence] {
        waiting.withLock { waiting in
            guard !waiting.isEmpty else { return [] }
            defer { waiting = [] }
            return waiting
        }
    }
}
