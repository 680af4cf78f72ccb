import Events
import Glibc

/// The two clocks that the publisher reads, so that a test can turn them itself.
///
/// The closures are called under the publisher's lock and must return at once.
public struct PublishClock: Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z, for the `at` of an event.
    public var wallMilliseconds: @Sendable () -> Int64
    /// Nanoseconds of a clock that never steps back, for ages, stalls and latencies.
    public var monotonicNanoseconds: @Sendable () -> Int64

    /// A clock made of two closures.
    public init(
        wallMilliseconds: @escaping @Sendable () -> Int64,
        monotonicNanoseconds: @escaping @Sendable () -> Int64
    ) {
        self.wallMilliseconds = wallMilliseconds
        self.monotonicNanoseconds = monotonicNanoseconds
    }

    /// The clocks of the system.
    public static let system = PublishClock(
        wallMilliseconds: { read(CLOCK_REALTIME) / 1_000_000 }, monotonicNanoseconds: { read(CLOCK_MONOTONIC) })

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// The clock that never steps back, in milliseconds.
    func monotonicMilliseconds() -> Int64 { monotonicNanoseconds() / 1_000_000 }

    /// The wall clock as RFC 3339.
    var wallTime: String { rfc3339(wallMilliseconds()) }
}
