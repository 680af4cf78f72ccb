import Glibc

/// The host's clocks. Only the daemon looks at them; analysis counts samples.
enum HostClock {
    /// Nanoseconds of a clock that never jumps.
    static func monotonicNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
