import Bus
import ControlAPI
import Events
import Fleet
import Foundation
import Kit
import Synchronization

/// What the gateway knows, for many readers: the board under a lock, and who waits for news.
final class GatewayHub: Sendable {
    private struct Waiter {
        var continuation: CheckedContinuation<Void, Never>
        /// When it wants to look at its own clock.
        var dueMilliseconds: Int64
    }

    private struct State {
        var board: GatewayBoard
        var waiting: [String: [Int: Waiter]] = [:]
        var made = 0
        var clients = 0
        /// Whether the bus is there, and whether all that was on it at the start has been read.
        var isConnected = false, isReady = false
        var isOpen = true

        /// Who waits no longer; a session that nobody waits for leaves nothing behind.
        mutating func take(_ id: Int, of session: String) -> Waiter? {
            let waiter = waiting[session]?.removeValue(forKey: id)
            if waiting[session]?.isEmpty == true { waiting[session] = nil }
            return waiter
        }
    }

    /// Looking at so many takes a millisecond or two.
    private static let sweptSessions = 2_000

    let maxClients: Int
    private let state: Mutex<State>

    init(ringMilliseconds: Int64, maxClients: Int) {
        self.maxClients = maxClients
        state = Mutex(State(board: GatewayBoard(ringMilliseconds: ringMilliseconds)))
    }

    /// The monotonic clock, milliseconds.
    static var nowMilliseconds: Int64 { HostClock.monotonicNanoseconds() / 1_000_000 }
    /// The wall clock as RFC 3339.
    private static func at() -> String { rfc3339(Int64(Date().timeIntervalSince1970 * 1_000)) }

    /// Looks at the board.
    func reading<Result: Sendable>(_ body: (borrowing GatewayBoard) -> Result) -> Result {
        state.withLock { body($0.board) }
    }

    /// Changes the board, and wakes the clients of the sessions that are returned.
    ///
    /// - Parameter body: gets the clocks as well; few changes need a text of the time.
    func change(_ body: (inout GatewayBoard, _ milliseconds: Int64, _ at: () -> String) -> Set<String>) {
        let milliseconds = Self.nowMilliseconds
        let woken = state.withLock { state in
            let news = body(&state.board, milliseconds, Self.at)
            return news.flatMap { state.waiting.removeValue(forKey: $0)?.values.map(\.self) ?? [] }
        }
        for client in woken { client.continuation.resume() }
    }

    // MARK: The bus

    var isConnected: Bool { state.withLock { $0.isConnected } }
    var isReady: Bool { state.withLock { $0.isReady && $0.isConnected } }
    var clients: Int { state.withLock { $0.clients } }
    /// Sessions that somebody waits for.
    var awaitedSessions: Int { state.withLock { $0.waiting.count } }

    func setConnected(_ isConnected: Bool) {
        let milliseconds = Self.nowMilliseconds
        state.withLock { state in
            state.isConnected = isConnected
            if isConnected { state.board.resume(nowMilliseconds: milliseconds) }
        }
    }

    func setReady() { state.withLock { $0.isReady = true } }

    /// What is due ten times a second: all sessions within a second, as long as there are not too many.
    func keepHouse() {
        let isConnected = isConnected
        change { board, milliseconds, at in
            board.keepHouse(
                nowMilliseconds: milliseconds, at: at(), isConnected: isConnected, mostSessions: Self.sweptSessions)
        }
        let milliseconds = Self.nowMilliseconds
        wake { $0.dueMilliseconds <= milliseconds }
    }

    func close() {
        state.withLock { $0.isOpen = false }
        wake { _ in true }
    }

    private func wake(_ mayGo: (Waiter) -> Bool) {
        let woken = state.withLock { state in
            let due = state.waiting.flatMap { session, waiters in
                waiters.filter { mayGo($0.value) }.map { (session, $0.key) }
            }
            return due.compactMap { session, id in state.take(id, of: session) }
        }
        for client in woken { client.continuation.resume() }
    }

    // MARK: Clients

    /// A client wants in.
    func admit() throws(Problem) {
        let refusal: Problem? = state.withLock { state in
            guard state.isReady else {
                return Problem(
                    status: 503, type: .busUnavailable,
                    detail: "the gateway has not heard from the bus yet; try again, or look at bus.url and its log")
            }
            guard state.clients < maxClients else {
                return Problem(
                    status: 429, type: ProblemType(rawValue: "too_many_clients"),
                    detail:
                        "\(maxClients) clients are connected; close one, raise events.max_clients or start a gateway")
            }
            state.clients += 1
            return nil
        }
        if let refusal { throw refusal }
    }

    func dismiss() { state.withLock { $0.clients -= 1 } }

    /// What has been admitted follows a session, until `unfollow`.
    func follow(_ session: String) {
        let milliseconds = Self.nowMilliseconds
        state.withLock { $0.board.follow(session, nowMilliseconds: milliseconds) }
    }

    func unfollow(_ session: String) { state.withLock { $0.board.unfollow(session) } }

    /// The next lines; nil at the end.
    func lines(_ session: String, _ position: inout RingPosition, _ filter: RingFilter) -> [RingLine]? {
        let at = Self.at()
        return state.withLock { state in
            guard state.isOpen else { return nil }
            return state.board.lines(session, for: &position, filter, daemon: attuneVersion, at: at)
        }
    }

    /// Returns as soon as there is something new, at the end of the task, and soon after a time.
    func wait(
        _ session: String, _ position: RingPosition, until dueMilliseconds: Int64, unless isOver: @Sendable () -> Bool
    ) async {
        let id = state.withLock { state in
            state.made += 1
            return state.made
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    guard state.isOpen, !Task.isCancelled, !isOver(), !state.board.hasNews(session, for: position)
                    else {
                        return false
                    }
                    state.waiting[session, default: [:]][id] = Waiter(
                        continuation: continuation, dueMilliseconds: dueMilliseconds)
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.take(id, of: session) }?.continuation.resume()
        }
    }

    func wake(_ session: String) {
        let woken = state.withLock { $0.waiting.removeValue(forKey: session)?.values.map(\.self) ?? [] }
        for client in woken { client.continuation.resume() }
    }
}
