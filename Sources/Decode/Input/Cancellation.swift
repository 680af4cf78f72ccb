import Glibc
internal import Synchronization

/// Stops an input from any thread.
///
/// A blocked open or read of every `MediaInput` made with it returns with `.cancelled` within a second. The
/// one exception is a host name that the system's resolver is still looking up: that call cannot be
/// interrupted and ends by the resolver's own timeout.
public final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)

    /// A cancellation that was not asked for yet.
    public init() {}

    /// Asks every input that holds this object to stop. Can be called any number of times, on any thread.
    public func cancel() {
        flag.store(true, ordering: .releasing)
    }

    /// Whether `cancel()` was called.
    public var isCancelled: Bool {
        flag.load(ordering: .acquiring)
    }
}

/// What FFmpeg asks while it waits: has the caller cancelled, or has this open or read taken too long?
///
/// The deadline is atomic because some protocols (UDP, SRT) ask from a helper thread of their own.
final class Interrupt: Sendable {
    let cancellation: Cancellation
    private let deadline = Atomic<Int64>(.max)

    init(_ cancellation: Cancellation) {
        self.cancellation = cancellation
    }

    /// Gives the next operation `milliseconds` from now, or any time it wants.
    func allow(milliseconds: Int?) {
        guard let milliseconds else { return deadline.store(.max, ordering: .relaxed) }
        let nanoseconds = Int64(max(0, milliseconds)).multipliedReportingOverflow(by: 1_000_000)
        let end = Interrupt.now().addingReportingOverflow(nanoseconds.partialValue)
        let isRepresentable = !nanoseconds.overflow && !end.overflow
        deadline.store(isRepresentable ? end.partialValue : .max, ordering: .relaxed)
    }

    var isCancelled: Bool { cancellation.isCancelled }

    var isDue: Bool {
        isCancelled || Interrupt.now() >= deadline.load(ordering: .relaxed)
    }

    /// Monotonic time in nanoseconds.
    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
