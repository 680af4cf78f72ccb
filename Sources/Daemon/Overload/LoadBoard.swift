import Events
import Synchronization

/// What the parts of the daemon say of their load, for the metrics.
final class LoadBoard: Sendable {
    /// Load of one part and what it gives up.
    struct Figures: Sendable, Equatable {
        var load = 0.0
        var level = 0, tracks = 0
    }

    /// All parts together.
    struct Summary: Sendable {
        /// The largest load and level of a part.
        var load = 0.0
        var level = 0
        /// Tracks that are given up.
        var tracks = 0
        /// `degraded` events so far, by what is given up.
        var degraded: [Degraded.What: Int] = [:]
    }

    private struct State {
        var figures: [String: Figures] = [:]
        var degraded: [Degraded.What: Int] = [:]
    }

    private let state = Mutex(State())

    /// Notes the figures of a part.
    func note(_ figures: Figures, of part: String) {
        state.withLock { $0.figures[part] = figures }
    }

    /// Counts what a session is told.
    func count(_ event: EventBody) {
        guard case .degraded(let degraded) = event else { return }
        state.withLock { $0.degraded[degraded.what, default: 0] += 1 }
    }

    var summary: Summary {
        state.withLock { state in
            let figures = state.figures.values
            return Summary(
                load: figures.map(\.load).max() ?? 0, level: figures.map(\.level).max() ?? 0,
                tracks: figures.reduce(0) { $0 + $1.tracks }, degraded: state.degraded)
        }
    }
}
