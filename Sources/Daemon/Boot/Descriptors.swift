import CPlatform
import ControlAPI
import Logging

/// How many descriptors the daemon may have open, and who may take them: some stay for those who want to see why.
struct Descriptors: Sendable {
    let limit: Int

    /// What no source takes: for the control socket, metrics, subscribers and files.
    var reserve: Int { min(256, limit / 4) }
    /// The most that one source takes at once: two ports, or a worker with its pipes.
    private static let perSource = 6

    /// Raises the limit to what the system allows.
    init() { limit = max(0, Int(attune_raise_descriptor_limit())) }

    /// A limit for tests.
    init(limit: Int) { self.limit = limit }

    /// No more connections than leave something for sources.
    func bounded(connections: Int) -> Int { max(4, min(connections, limit / 4)) }

    /// Whether another source may be attached.
    ///
    /// - Throws: `Problem` with the remedy.
    func check(open: Int = Self.open()) throws(Problem) {
        guard open + Self.perSource > limit - reserve else { return }
        throw Problem(
            status: 429, type: .tooManySources,
            detail:
                "the daemon has \(open) of \(limit) files open and keeps the rest for those who look after it; raise "
                + "LimitNOFILE of its unit (ulimit -n), or detach sources")
    }

    /// Descriptors that are open.
    static func open() -> Int {
        var usage = attune_process_usage()
        return attune_read_process_usage(&usage) == 0 ? Int(usage.open_descriptors) : 0
    }
}
