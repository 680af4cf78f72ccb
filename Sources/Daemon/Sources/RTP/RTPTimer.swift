import Kit
import NIOCore

/// Something that receives media on an event loop, and is looked after by its timer.
protocol TimedReception: AnyObject {
    var session: LiveSession { get }
    /// Looks after missing media and missing senders; called every 40 ms.
    func tend(nowNanoseconds: Int64)
    func forEachSpeaker(_ body: (RTPSpeaker) -> Void)
}

/// The timer of all sessions and RTP receptions on an event loop: one wake-up for hundreds of them.
final class RTPTimer: Sendable {
    /// Whatever has to wait does so for 60 ms and more, and while packets come in they are looked after with them.
    private static let period = TimeAmount.milliseconds(40)

    /// Sessions come to the host's present by every packet, too; this is for when none comes.
    private static let periodsPerAdvance = 3

    private struct State {
        var receptions: [any TimedReception] = []
        var sessions: [LiveSession] = []
        var periods = 0
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
    func add(_ reception: any TimedReception) {
        state.value.receptions.append(reception)
        run()
    }

    /// Ends that; to be called on the loop.
    func remove(_ reception: any TimedReception) {
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
        state.value.load?.stop()
    }

    private func tend() {
        let now = HostClock.monotonicNanoseconds()
        let load = state.value.load
        load?.wake(nowNanoseconds: now)
        defer { load?.rest(state.value.receptions) }
        for reception in state.value.receptions { reception.tend(nowNanoseconds: now) }
        state.value.periods += 1
        guard state.value.periods.isMultiple(of: Self.periodsPerAdvance) else { return }
        for session in state.value.sessions { session.advance() }
    }
}
