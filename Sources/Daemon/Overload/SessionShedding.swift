import ControlAPI
import Events
import MediaTypes
import Synchronization

/// What is given up of one session: of its ticks, and which of its tracks.
///
/// Several parts of the daemon may give up something of it: the event loop of its plain RTP, and the threads of its
/// other inputs. The strictest rhythm of ticks holds, and the tracks of all.
final class SessionShedding: Sendable {
    /// What one part of the daemon gives up of the session.
    struct Share: Sendable, Equatable {
        var ticks = 0
        var tracks: [String] = []
        /// How far that part has gone altogether, how much it has to do, and what was late.
        var level = 0
        var load = 0.0
        var reason = Degraded.Reason.loopLate
    }

    private struct State {
        var shares: [String: Share] = [:]
        var tracks: [String] = []
        /// Since when each kind is given up, nanoseconds.
        var since: [Degraded.What: Int64] = [:]
    }

    let priority: SessionPriority
    /// The larger, the newer the session.
    let ordinal: Int
    private let tickSeconds: Double
    private let tickEvery = Atomic<Int>(1)
    private let state = Mutex(State())

    init(priority: SessionPriority = .normal, ordinal: Int = 0, tickSeconds: Double = 1) {
        self.priority = priority
        self.ordinal = ordinal
        self.tickSeconds = tickSeconds
    }

    /// What a session that `request` makes may be asked to give up; which session it is says `ordinal`.
    convenience init(_ request: AttachRequest, ordinal: Int, tickHops: Int) {
        self.init(
            priority: request.priority.flatMap(SessionPriority.init) ?? .normal, ordinal: ordinal,
            tickSeconds: Double(tickHops) / Double(AudioGrid.hopsPerSecond))
    }

    /// Whether an event goes out: all but the ticks that are thinned out. Which ones says their place on the time line,
    /// so that those of all speakers stay together and nothing has to be counted.
    func admits(_ event: Event) -> Bool {
        guard case .tick = event.body else { return true }
        let every = tickEvery.load(ordering: .relaxed)
        guard every > 1, let time = event.timeSeconds else { return true }
        return Int((time / tickSeconds).rounded()).isMultiple(of: every)
    }

    /// Takes what a part of the daemon gives up from now on, and hands over what is to be told of it.
    func set(_ share: Share, by part: String, nowNanoseconds now: Int64, tell: (EventBody) -> Void) {
        // The events leave under the lock, so that they come in the order of what they tell.
        state.withLock { state in
            guard state.shares[part] != share else { return }
            state.shares[part] = share.level > 0 ? share : nil
            // What is told of the cause is that of whoever has gone furthest.
            let share = state.shares.values.max { ($0.level, $0.load) < ($1.level, $1.load) } ?? share
            let ticks = state.shares.values.map(\.ticks).max() ?? 0
            let every = priority.tickEvery(level: ticks)
            let previous = tickEvery.exchange(every, ordering: .relaxed)
            if every != previous {
                let degraded = Degraded(
                    what: .ticks, level: max(share.level, 1), tickEvery: every, reason: share.reason, load: share.load)
                change(.ticks, every > 1 ? degraded : nil, at: now, &state, tell)
            }
            let tracks = state.shares.values.flatMap(\.tracks).sorted()
            if tracks != state.tracks {
                state.tracks = tracks
                let degraded = Degraded(
                    what: .tracks, level: max(share.level, 1), tracks: tracks.count, speakers: tracks,
                    reason: share.reason, load: share.load)
                change(.tracks, tracks.isEmpty ? nil : degraded, at: now, &state, tell)
            }
        }
    }

    private func change(
        _ what: Degraded.What, _ degraded: Degraded?, at now: Int64, _ state: inout State,
        _ tell: (EventBody) -> Void
    ) {
        if let degraded {
            if state.since[what] == nil { state.since[what] = now }
            tell(.degraded(degraded))
        } else if let since = state.since.removeValue(forKey: what) {
            tell(.recovered(Recovered(what: what, afterSeconds: Double(now - since) / 1e9)))
        }
    }
}
