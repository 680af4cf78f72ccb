import Synchronization

/// Why a connection, or a request on it, is refused or ended before it is known what it is.
public enum RefusalReason: String, Sendable, CaseIterable {
    /// The peer's user and groups are on no list.
    case notAllowed = "not_allowed"
    /// There is no place, or it was given to a newer connection.
    case tooMany = "too_many"
    /// It did not say in time what it is.
    case silent
    /// What it said is not what has to be said.
    case malformed
    /// Nobody waits for this call.
    case unknownCall = "unknown_call"
    /// It was understood, and the daemon did not take it.
    case refused
    /// It was taken, and could not be read.
    case unreadable
    /// A request came without a token that holds.
    case badToken = "bad_token"
    /// A request came for a name that is none of the listener's.
    case wrongHost = "wrong_host"
    /// A request came from a page that may not ask.
    case wrongOrigin = "wrong_origin"

    /// As the log names it.
    var text: String {
        switch self {
        case .notAllowed: "of who is on neither sockets.allow_uids nor allow_gids"
        case .tooMany: "over the limit"
        case .silent: "that did not say in time what they are"
        case .malformed: "that said what is not understood"
        case .unknownCall: "with a UUID that nobody attached"
        case .refused: "that were refused with a reason"
        case .unreadable: "that could not be read"
        case .badToken: "without a token that holds"
        case .wrongHost: "for a host that is not on sockets.http_hosts"
        case .wrongOrigin: "of pages that are not on sockets.http_origins"
        }
    }
}

/// Counts the connections to one socket that are refused, for metrics, and tells the log at most once a second: peers
/// may come at any rate.
public final class Refusals: Sendable {
    private struct State {
        var counts: [RefusalReason: UInt64] = [:]
        var drops = DropReporter()
        var detail: String?
    }

    private let state = Mutex(State())
    private let clock: HostClock
    private let log: @Sendable (String) -> Void

    /// - Parameter log: takes a line.
    public init(clock: HostClock = .system, log: @escaping @Sendable (String) -> Void) {
        self.clock = clock
        self.log = log
    }

    /// How many there were, for each reason.
    public var counts: [(reason: RefusalReason, count: UInt64)] {
        let counts = state.withLock { $0.counts }
        return RefusalReason.allCases.map { ($0, counts[$0] ?? 0) }
    }

    /// One was refused.
    ///
    /// - Parameter detail: what is said of the latest alone; free of credentials and names.
    public func note(_ reason: RefusalReason, detail: String? = nil) {
        state.withLock { state in
            state.counts[reason, default: 0] += 1
            state.drops.add(reason.text)
            state.detail = detail ?? state.detail
        }
        tell()
    }

    /// Tells what has to be told by now; to be called now and then, as the last one may have come too early.
    public func tell() {
        let line: String? = state.withLock { state in
            guard let text = state.drops.take(nowNanoseconds: clock.nanoseconds()) else { return nil }
            defer { state.detail = nil }
            return text + (state.detail.map { "; the latest: \($0)" } ?? "")
        }
        if let line { log(line) }
    }
}
