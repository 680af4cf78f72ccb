import Kit
import NIOCore

/// The timer of all RTP receptions on an event loop: one wake-up for hundreds of them.
final class RTPTimer: Sendable {
    /// Whatever has to wait does so for 60 ms and more, and while packets come in they are looked after with them.
    private static let period = TimeAmount.milliseconds(40)

    private struct State {
        var receptions: [RTPReception] = []
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
        guard state.value.task == nil else { return }
        state.value.task = eventLoop.scheduleRepeatedTask(initialDelay: Self.period, delay: Self.period) { _ in
            let now = HostClock.monotonicNanoseconds()
            for reception in self.state.value.receptions { reception.tend(nowNanoseconds: now) }
        }
    }

    /// Ends that; to be called on the loop.
    func remove(_ reception: RTPReception) {
        state.value.receptions.removeAll { $0 === reception }
        guard state.value.receptions.isEmpty else { return }
        state.value.task?.cancel()
        state.value.task = nil
    }
}
