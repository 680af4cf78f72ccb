import CPlatform
import Glibc

/// How much of the machine nobody uses.
enum HostIdleTime {
    static let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    /// Seconds that all processors together have idled; nil where the system does not say.
    static func seconds() -> Double? {
        let idle = attune_host_idle_seconds()
        return idle >= 0 ? idle : nil
    }
}
