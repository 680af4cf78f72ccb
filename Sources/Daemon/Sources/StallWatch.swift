import Events
import Kit
import NIOCore
import Synchronization

/// Notices that a live source gets no media, whatever its own thread is waiting for: FFmpeg's time-outs do not reach
/// the look-up of a host name, a protocol's library or a decoder that hangs.
final class StallWatch: Sendable {
    private let monitor: SourceMonitor
    private let stallMilliseconds: Int
    /// Host time by which more media must be there, nanoseconds.
    private let due = Atomic<Int64>(.max)
    private let timer: Mutex<RepeatedTask?> = Mutex(nil)

    /// - Parameter monitor: is told of a stall.
    init(stallMilliseconds: Int, monitor: SourceMonitor) {
        self.stallMilliseconds = stallMilliseconds
        self.monitor = monitor
    }

    /// Begins to watch; keeps the object until `stop`.
    func start(on eventLoop: any EventLoop) {
        let period = TimeAmount.milliseconds(Int64(max(20, stallMilliseconds / 4)))
        let task = eventLoop.scheduleRepeatedTask(initialDelay: period, delay: period) { _ in self.check() }
        timer.withLock { $0 = task }
    }

    func stop() {
        timer.withLock { timer in
            timer?.cancel()
            timer = nil
        }
    }

    /// Media came; none is expected for the seconds that it lies ahead of real time.
    func noteMedia(leadSeconds: Double = 0) {
        // A little more than the source's own thread waits: it knows better where media stopped.
        let allowance = Int64(stallMilliseconds) * 1_250_000 + Int64(max(0, leadSeconds) * 1e9)
        due.store(HostClock.monotonicNanoseconds() + allowance, ordering: .relaxed)
    }

    private func check() {
        guard monitor.state == .live, HostClock.monotonicNanoseconds() > due.load(ordering: .relaxed) else { return }
        monitor.change(to: .stalled, reason: "no media for \(stallMilliseconds) ms")
    }
}
