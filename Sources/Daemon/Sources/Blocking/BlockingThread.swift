import CPlatform
import Glibc
import Kit

/// Runs blocking work on a thread of its own, outside the cooperative pool and the event loops.
enum BlockingThread {
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a detached thread.
    ///
    /// - Parameters:
    ///   - name: at most 15 bytes are kept; shown by `ps -T`.
    /// - Returns: false where the system gives no thread.
    static func start(name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        var attributes = pthread_attr_t()
        guard pthread_attr_init(&attributes) == 0 else { return false }
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        // FFmpeg's decoders and TLS need less; the default of 8 MiB is address space only.
        pthread_attr_setstacksize(&attributes, 2 << 20)
        var thread = pthread_t()
        // Ownership of the work passes to the thread, which takes it back exactly once.
        let work = Unmanaged.passRetained(
            Work {
                attune_name_thread(name)
                body()
            })
        let started = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        guard started == 0 else {
            work.release()
            return false
        }
        return true
    }

    /// Why a source does not run for which the system gives no thread.
    static func failure(for url: String) -> SourceFailure {
        SourceFailure(
            kind: .unavailable,
            message: "no thread could be started for \(url); detach another source, or let the daemon have more "
                + "(TasksMax= of its unit, ulimit -u)")
    }

    /// Sleeps in small steps until `milliseconds` have passed or `isCancelled` says so.
    static func sleep(milliseconds: Int, unless isCancelled: () -> Bool) {
        let end = HostClock.monotonicNanoseconds() + Int64(milliseconds) * 1_000_000
        while !isCancelled() {
            let left = end - HostClock.monotonicNanoseconds()
            if left <= 0 { return }
            usleep(UInt32(min(left / 1_000, 20_000)))
        }
    }
}
