import CPlatform
import NIOCore

/// The host's clocks. Only the daemon looks at them; analysis counts samples.
enum HostClock {
    /// Nanoseconds of a clock that never jumps.
    static func monotonicNanoseconds() -> Int64 {
        Int64(clamping: NIODeadline.now().uptimeNanoseconds)
    }

    /// CPU time of the calling thread in nanoseconds.
    static func threadNanoseconds() -> Int64 {
        attune_thread_nanoseconds()
    }
}
