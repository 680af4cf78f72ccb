import Kit
import NIOCore

/// The timer of all RTP receptions on an event loop: one wake-up for hundreds of them.
final class RTPTimer: Sendable {
    /// Whatever has to wait does so for 60 ms and more, and while packets come in they are looked after with them.
    private static let period = TimeAmount.milliseconds(40)

    private struct State {
        var receptions: [RTPReception] = []
        var task: RepeatedTask?
        /// Looks after the loop's load; nil where nothing is shed.
        var load: LoopLoad?
    }

    let eventLoop: any EventLoop
    private let state: NIOLoopBoundBox<State>

    /// - Parameter load: decides what is shed where the loop is late; nil sheds nothing.
    init(eventLoop: any EventLoop, load: sending LoadPart? = nil) {
        self.eventLoop = eventLoop
        let load = load.map { LoopLoad(part: $0, periodNanoseconds: Self.period.nanoseconds) }
        state = .makeBoxSendingValue(State(load: load), eventLoop: eventLoop)
    }

    /// Begins to tend a reception; to be called on the loop.
    func add(_ reception: RTPReception) {
        state.value.receptions.append(reception)
        guard state.value.task == nil else { return }
        state.value.task = eventLoop.scheduleRepeatedTask(initialDelay: Self.period, delay: Self.period) { _ in
            let now = HostClock.monotonicNanoseconds()
            let load = self.state.value.load
            load?.wake(nowNanoseconds: now)
            for reception in self.state.value.receptions { reception.tend(nowNanoseconds: now) }
            load?.rest(self.state.value.receptions)
        }
    }

    /// Ends that; to be called on the loop.
    func remove(_ reception: RTPReception) {
        state.value.receptions.removeAll { $0 === reception }
        guard state.value.receptions.isEmpty else { return }
        state.value.task?.cancel()
        state.value.task = nil
        state.value.load?.stop()
    }
}
