import Glibc

/// The host's clocks. Only the daemon looks at them; analysis counts samples.
enum HostClock {
    /// Nanoseconds of a clock that never jumps.
    static func monotonicNanoseconds() -> Int64 {
        nanoseconds(CLOCK_MONOTONIC)
    }

    /// CPU time of the calling thread in nanoseconds.
    static func threadNanoseconds() -> Int64 {
        nanoseconds(CLOCK_THREAD_CPUTIME_ID)
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
