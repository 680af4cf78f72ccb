import Dialects
import Events
import Kit
import Logging
import NIOCore
import Synchronization

/// A call that a sender brings by WebSocket: it is there once the connection is, and ends with it.
final class WireSource: MediaSource {
    let monitor: SourceMonitor
    let tracks: [SpeakerTrack]
    private let dialect: Dialect
    private let session: LiveSession
    private let limits: RTPReception.Limits
    private let timer: RTPTimer
    private let logger: Logger
    private let onEnd: @Sendable () -> Void
    private let holding = Mutex(Holding())

    /// Media further ahead of the present than this makes its sender wait until it is only half of it, seconds.
    private static let leadSeconds = 2.0

    private struct Holding {
        var reception: NIOLoopBound<WireReception>?
        var isOver = false
        /// Closes the connection with a code and a reason.
        var hangUp: (@Sendable (DialectError) -> Void)?
        /// Lets the sender wait for so many seconds.
        var slow: (@Sendable (Double) -> Void)?
    }

    private var eventLoop: any EventLoop { timer.eventLoop }

    init(_ order: SourceOrder, dialect: Dialect, limits: RTPReception.Limits, monitor: SourceMonitor, logger: Logger) {
        self.dialect = dialect
        self.limits = limits
        self.monitor = monitor
        self.logger = logger
        tracks = order.tracks
        session = order.session
        timer = order.timer
        onEnd = order.onEnd
    }

    func open() async throws {
        guard try await eventLoop.submit({ self.begin() }).get() else { throw SourceFailure.detached(monitor.url) }
        monitor.begin()
    }

    /// Makes the reception and lets the speakers join; on the event loop of the session.
    ///
    /// - Returns: whether it is still wanted.
    func begin() -> Bool {
        let reception = WireReception(
            dialect: dialect, tracks: tracks, session: session, monitor: monitor, limits: limits, logger: logger)
        reception.start(with: timer)
        let isWanted = holding.withLock { holding in
            guard !holding.isOver else { return false }
            holding.reception = NIOLoopBound(reception, eventLoop: eventLoop)
            return true
        }
        if !isWanted { reception.finish(reason: SourceEnd.detached.departure) }
        return isWanted
    }

    func stop() async {
        guard let reception = end() else { return }
        reception.hangUp?(DialectError(1001, "the call was detached"))
        if let bound = reception.reception {
            try? await eventLoop.submit { bound.value.finish(reason: SourceEnd.detached.departure) }.get()
        }
        monitor.change(to: .ended, reason: SourceEnd.detached.reason)
    }

    func setAbsence(track: Int?, _ why: Gap.Why?) {
        onLoop { $0.setAbsence(track: track, why, nowNanoseconds: HostClock.monotonicNanoseconds()) }
    }

    // MARK: The connection

    /// Says how the connection is closed, and how its sender is made to wait; closes at once where the source is over.
    func attach(
        hangUp: @escaping @Sendable (DialectError) -> Void, slow: @escaping @Sendable (Double) -> Void = { _ in }
    ) {
        let isOver = holding.withLock { holding in
            guard !holding.isOver else { return true }
            holding.hangUp = hangUp
            holding.slow = slow
            return false
        }
        if isOver { hangUp(DialectError(1001, "the call was detached")) }
    }

    /// Hands on audio. To be called with messages in order, from one event loop.
    func deliver(_ media: WireMedia, _ voices: [WireVoice], audio: [UInt8], arrivalNanoseconds: Int64) {
        onLoop { [self] reception in
            let problem = reception.take(media, voices, audio: audio, arrivalNanoseconds: arrivalNanoseconds)
            if let problem { return fail(problem) }
            let lead = reception.leadSeconds
            guard lead > Self.leadSeconds else { return }
            holding.withLock { $0.slow }?(lead - Self.leadSeconds / 2)
        }
    }

    func setAbsence(voice: Int?, _ voices: [WireVoice], _ why: WireAbsence?, nowNanoseconds: Int64) {
        let gap: Gap.Why? =
            switch why {
            case .hold: .hold
            case .mute: .mute
            case .pause: .pause
            case nil: nil
            }
        onLoop { $0.setAbsence(voice: voice, voices, gap, nowNanoseconds: nowNanoseconds) }
    }

    func leave(voice: Int) { onLoop { $0.leave(voice: voice, reason: "left") } }

    /// The connection is closed, because of what was wrong with it or because all media has come.
    func connectionEnded(_ why: SourceEnd) {
        guard let held = end() else { return }
        eventLoop.execute { [self] in
            held.reception?.value.finish(reason: why.departure)
            monitor.change(to: .ended, reason: why.reason)
            onEnd()
        }
    }

    private func fail(_ problem: DialectError) {
        let hangUp = holding.withLock { $0.hangUp }
        hangUp?(problem)
        connectionEnded(.failed(problem.description))
    }

    /// What there is to be closed; nil where it was ended before. The source lets go of it: the connection holds the
    /// source, and else neither would ever go.
    private func end() -> Holding? {
        holding.withLock { holding in
            guard !holding.isOver else { return nil }
            let held = holding
            holding = Holding(isOver: true)
            return held
        }
    }

    private func onLoop(_ body: @escaping @Sendable (WireReception) -> Void) {
        guard let reception = holding.withLock({ $0.isOver ? nil : $0.reception }) else { return }
        if eventLoop.inEventLoop { body(reception.value) } else { eventLoop.execute { body(reception.value) } }
    }
}
