import Kit
import NIOCore

/// The timer of all sessions and RTP receptions on an event loop: one wake-up for hundreds of them.
final class RTPTimer: Sendable {
    /// Whatever has to wait does so for 60 ms and more, and while packets come in they are looked after with them.
    private static let period = TimeAmount.milliseconds(40)

    /// Sessions come to the host's present by every packet, too; this is for when none comes.
    private static let periodsPerAdvance = 3

    private struct State {
        var receptions: [RTPReception] = []
        var sessions: [LiveSession] = []
        var periods = 0
        var task: RepeatedTask?
    }

    let eventLoop: any EventLoop
    private let state: NIOLoopBoundBox<State>

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        state = .makeBoxSendingValue(State(), eventLoop: eventLoop)
    }

    /// Begins to tend a reception; to be called on the loop.
    func add(_ reception: RTPReception) {
        state.value.receptions.append(reception)
        run()
    }

    /// Ends that; to be called on the loop.
    func remove(_ reception: RTPReception) {
        state.value.receptions.removeAll { $0 === reception }
        rest()
    }

    /// Begins to move a session on with the host's clock.
    func add(_ session: LiveSession) {
        eventLoop.execute {
            self.state.value.sessions.append(session)
            self.run()
        }
    }

    /// Ends that.
    func remove(_ session: LiveSession) {
        eventLoop.execute {
            self.state.value.sessions.removeAll { $0 === session }
            self.rest()
        }
    }

    private func run() {
        guard state.value.task == nil else { return }
        state.value.task = eventLoop.scheduleRepeatedTask(initialDelay: Self.period, delay: Self.period) { _ in
            self.tend()
        }
    }

    private func rest() {
        guard state.value.receptions.isEmpty, state.value.sessions.isEmpty else { return }
        state.value.task?.cancel()
        state.value.task = nil
    }

    private func tend() {
        let now = HostClock.monotonicNanoseconds()
        for reception in state.value.receptions { reception.tend(nowNanoseconds: now) }
        state.value.periods += 1
        guard state.value.periods.isMultiple(of: Self.periodsPerAdvance) else { return }
        for session in state.value.sessions { session.advance() }
    }
}
