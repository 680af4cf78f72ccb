import Kit
import NIOCore
import Synchronization

/// Measures how far the analysis of inputs that block is behind, and sheds what all their threads together can't carry.
final class ThreadLoad: Sendable {
    /// What a healthy input may be behind: the blocks of containers and the jitter of networks.
    private static let usualSeconds = 0.2

    private final class Track: SheddableTrack {
        let gate: TrackGate
        let track: SpeakerTrack

        init(gate: TrackGate, track: SpeakerTrack) {
            self.gate = gate
            self.track = track
        }

        var session: LiveSession { gate.session }
        var speakerName: String { track.name }
        var isGivenUp: Bool {
            get { gate.isGivenUp(track.track) }
            set { gate.setGivenUp(track.track, newValue) }
        }
    }

    private struct State {
        var part: LoadPart
        var gates: [TrackGate] = []
        var task: RepeatedTask?
        var idle: (seconds: Double, atNanoseconds: Int64)?
    }

    private let eventLoop: any EventLoop
    private let state: Mutex<State>

    /// - Parameter eventLoop: where it is looked at four times a second.
    init(part: sending LoadPart, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        state = Mutex(State(part: part))
    }

    /// Begins to look after an input.
    func add(_ gate: TrackGate) {
        state.withLock { state in
            state.gates.append(gate)
            guard state.task == nil else { return }
            let period = TimeAmount.nanoseconds(1_000_000_000 / Int64(LoadController.stepsPerSecond))
            state.task = eventLoop.scheduleRepeatedTask(initialDelay: period, delay: period) { [weak self] _ in
                self?.step(nowNanoseconds: HostClock.monotonicNanoseconds())
            }
        }
    }

    /// Ends that.
    func remove(_ gate: TrackGate) {
        state.withLock { state in
            state.gates.removeAll { $0 === gate }
            guard state.gates.isEmpty else { return }
            state.task?.cancel()
            state.task = nil
            state.part.reset()
        }
    }

    private func step(nowNanoseconds now: Int64) {
        state.withLock { state in
            guard !state.gates.isEmpty else { return }
            let active = state.gates.compactMap { gate in
                gate.report.flatMap { $0.isFresh(at: now) ? (gate: gate, report: $0) : nil }
            }
            // The median: one input that is too heavy for its own thread is not helped by giving up others.
            let behind = active.map(\.report.behindSeconds).sorted()
            var reading = LoadController.Reading(
                share: min(1, active.reduce(0) { $0 + $1.report.share } / Double(HostTime.processors)),
                lateSeconds: behind.isEmpty ? 0 : max(0, behind[(behind.count - 1) / 2] - Self.usualSeconds))
            let idle = HostTime.idleSeconds()
            if let idle, let before = state.idle, now > before.atNanoseconds {
                let seconds = Double(now - before.atNanoseconds) / 1e9
                reading.idleShare = (idle - before.seconds) / (seconds * Double(HostTime.processors))
            }
            state.idle = idle.map { ($0, now) }
            let tracks = active.flatMap { active in
                active.gate.tracks.map { Track(gate: active.gate, track: $0) }
            }
            var seen: Set<ObjectIdentifier> = []
            let sessions = state.gates.map(\.session).filter { seen.insert(ObjectIdentifier($0)).inserted }
            state.part.step(reading, tracks: tracks, sessions: sessions, nowNanoseconds: now)
        }
    }
}
