import Kit
import Logging
import Synchronization

/// Tells the log of connections that are refused, at most once a second: peers may come at any rate.
final class RefusalLog: Sendable {
    let logger: Logger
    private struct State {
        var drops = DropReporter()
        var detail: String?
    }

    private let state = Mutex(State())

    init(_ logger: Logger) { self.logger = logger }

    /// One was refused.
    ///
    /// - Parameters:
    ///   - reason: which kind and why, in the words of the program.
    ///   - detail: what is said of the latest alone; free of credentials and names.
    func note(_ reason: String, detail: String? = nil) {
        state.withLock { state in
            state.drops.add(reason)
            state.detail = detail ?? state.detail
        }
        tell()
    }

    /// Tells what has to be told by now; to be called now and then, as the last one may have come too early.
    func tell() {
        let line: String? = state.withLock { state in
            guard let text = state.drops.take(nowNanoseconds: HostClock.monotonicNanoseconds()) else { return nil }
            defer { state.detail = nil }
            return text + (state.detail.map { "; the latest: \($0)" } ?? "")
        }
        if let line { logger.warning("refused: \(line)") }
    }
}
