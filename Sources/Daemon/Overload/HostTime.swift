import CPlatform
import Glibc

/// What the system says of who has to wait: how much of the machine nobody uses, and whether a thread had nothing to
/// do.
enum HostTime {
    static let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    /// How often the calling thread has waited for something.
    static func waitsOfThread() -> Int64 { attune_thread_waits() }

    /// Seconds that all processors together have idled; nil where the system does not say.
    static func idleSeconds() -> Double? {
        let idle = attune_host_idle_seconds()
        return idle >= 0 ? idle : nil
    }
}
