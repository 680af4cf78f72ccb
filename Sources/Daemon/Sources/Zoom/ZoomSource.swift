import Conversation
import Dialects
import Events
import Kit
import Logging
import NIOCore
import Synchronization

/// A Zoom meeting's stream (RTMS), to which the daemon connects. Participants become speakers as they speak.
final class ZoomSource: MediaSource {
    let monitor: SourceMonitor
    private let call: ZoomCall
    private let order: SourceOrder
    private let limits: RTPReception.Limits
    private let reconnect: (least: Int, most: Int)
    private let logger: Logger
    private let holding = Mutex<Holding>(.nothing)

    private enum Holding {
        case nothing
        case running(NIOLoopBound<Running>)
        case over
    }

    /// Confined to the loop.
    private final class Running {
        let reception: WireReception
        var client: ZoomClient?
        init(_ reception: WireReception) { self.reception = reception }
    }

    private var eventLoop: any EventLoop { order.timer.eventLoop }

    /// - Parameter reconnect: bounds of the pause before a lost stream is resumed, milliseconds.
    init(
        _ order: SourceOrder, _ call: ZoomCall, limits: RTPReception.Limits, reconnect: (least: Int, most: Int),
        monitor: SourceMonitor, logger: Logger
    ) {
        self.order = order
        self.call = call
        self.limits = limits
        self.reconnect = reconnect
        self.monitor = monitor
        self.logger = logger
    }

    func open() async throws {
        let bound = try await eventLoop.submit { [self] in
            let running = Running(
                WireReception(
                    dialect: .zoom, tracks: order.tracks, session: order.session, monitor: monitor, limits: limits,
                    logger: logger))
            running.reception.start(with: order.timer)
            return NIOLoopBound(running, eventLoop: eventLoop)
        }.get()
        let isWanted = holding.withLock { holding in
            guard case .nothing = holding else { return false }
            holding = .running(bound)
            return true
        }
        guard isWanted else {
            try? await eventLoop.submit { bound.value.reception.finish(reason: SourceEnd.detached.departure) }.get()
            throw SourceFailure.detached(monitor.url)
        }
        monitor.begin()
        try await eventLoop.submit { [self] in connect(bound.value) }.get()
    }

    private func connect(_ running: Running) {
        let reception = running.reception
        running.client = ZoomClient(
            call, minMilliseconds: reconnect.least, maxMilliseconds: reconnect.most, eventLoop: eventLoop,
            listener: ZoomClient.Listener(
                media: { reception.take($0, $1, audio: $2, arrivalNanoseconds: $3) },
                absence: { reception.setAbsence(track: nil, $0, nowNanoseconds: HostClock.monotonicNanoseconds()) },
                left: { reception.leave(voice: $0, reason: "left") },
                lost: { [monitor] why in
                    reception.forEachSpeaker { $0.feed.suspend(by: .reconnect) }
                    monitor.change(to: .reconnecting, reason: why)
                },
                ended: { [self] why, isRevoked in
                    if isRevoked { withdraw(reception) }
                    finish(running, why)
                }))
        running.client?.start()
    }

    /// What was allowed is taken back for everybody of the meeting, as each of them would.
    private func withdraw(_ reception: WireReception) {
        var names: [String] = []
        reception.forEachSpeaker { names.append($0.track.name) }
        for name in names { _ = order.session.update { $0.setConsent(name: name, to: .withheld) } }
    }

    private func finish(_ running: Running, _ why: SourceEnd) {
        let isFirst = holding.withLock { holding in
            guard case .running = holding else { return false }
            holding = .over
            return true
        }
        guard isFirst else { return }
        // Each of the two holds the other.
        running.client = nil
        running.reception.finish(reason: why.departure)
        monitor.change(to: .ended, reason: why.reason)
        order.onEnd()
    }

    func stop() async {
        let before = holding.withLock { holding in
            let before = holding
            holding = .over
            return before
        }
        if case .running(let bound) = before {
            try? await eventLoop.submit {
                bound.value.client?.stop()
                bound.value.client = nil
                bound.value.reception.finish(reason: SourceEnd.detached.departure)
            }.get()
        }
        monitor.change(to: .ended, reason: SourceEnd.detached.reason)
    }

    func setAbsence(track: Int?, _ why: Gap.Why?) {
        guard case .running(let bound) = holding.withLock({ $0 }) else { return }
        eventLoop.execute {
            bound.value.reception.setAbsence(track: track, why, nowNanoseconds: HostClock.monotonicNanoseconds())
        }
    }
}
