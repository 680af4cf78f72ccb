import CPlatform
import Glibc

/// The host's monotonic clock, which the daemon looks at and analysis never does. Tests put a simulated one in its
/// place, so that hours pass in a moment and the same seed gives the same run.
public struct HostClock: Sendable {
    private let read: @Sendable () -> Int64

    /// The clock of the system: never jumps, and stands still while the machine sleeps.
    public static let system = HostClock { HostClock.monotonicNanoseconds() }

    /// A clock that says what `read` returns, in nanoseconds; it must never go back.
    public init(reading read: @escaping @Sendable () -> Int64) {
        self.read = read
    }

    /// Nanoseconds since some moment in the past.
    public func nanoseconds() -> Int64 { read() }

    /// Nanoseconds of the system's clock that never jumps.
    public static func monotonicNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    /// CPU time of the calling thread in nanoseconds.
    public static func threadNanoseconds() -> Int64 {
        attune_thread_nanoseconds()
    }
}
