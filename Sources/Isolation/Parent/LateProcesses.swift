import CPlatform
import Synchronization

/// Killed processes that had not ended when they were waited for, as on a machine that has no time for them. They are
/// waited for later, so that none stays in the table of processes.
public enum LateProcesses {
    private static let pids = Mutex<Set<Int32>>([])

    /// Takes over a process that was killed.
    public static func leave(_ pid: Int32) {
        pids.withLock { _ = $0.insert(pid) }
    }

    /// Looks which of them have ended by now; to be called now and then.
    public static func bury() {
        pids.withLock { pids in
            pids = pids.filter { pid in
                var end = attune_worker_end()
                return attune_worker_end(pid, &end) == 0 && end.has_ended == 0
            }
        }
    }
}
