import NIOCore

/// The host's clocks. Only the daemon looks at them; analysis counts samples.
enum HostClock {
    /// Nanoseconds of a clock that never jumps.
    static func monotonicNanoseconds() -> Int64 {
        Int64(clamping: NIODeadline.now().uptimeNanoseconds)
    }
}
