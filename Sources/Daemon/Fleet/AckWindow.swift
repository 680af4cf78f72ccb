import Synchronization

/// Facts that were handed to the bus and of which it has not said yet that it keeps them.
final class AckWindow: Sendable {
    private struct State {
        /// In the order of their numbers.
        var waiting: [Int] = []
        var acknowledged: Set<Int> = []
        var hasFailed = false
        var free: CheckedContinuation<Void, Never>?
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// Facts that wait.
    var count: Int { state.withLock { $0.waiting.count - $0.acknowledged.count } }

    /// Whether one was refused, or the connection has ended.
    var hasFailed: Bool { state.withLock { $0.hasFailed } }

    /// The oldest of which nothing was said; nil where there is none.
    var oldest: Int? { state.withLock { $0.waiting.first } }

    /// A fact is handed over.
    func add(_ sequence: Int) { state.withLock { $0.waiting.append(sequence) } }

    /// The bus has answered.
    func settle(_ sequence: Int, isKept: Bool) {
        let free: CheckedContinuation<Void, Never>? = state.withLock { state in
            if isKept {
                state.acknowledged.insert(sequence)
                var settled = 0
                while settled < state.waiting.count, state.acknowledged.remove(state.waiting[settled]) != nil {
                    settled += 1
                }
                state.waiting.removeFirst(settled)
            } else {
                state.hasFailed = true
            }
            defer { state.free = nil }
            return state.free
        }
        free?.resume()
    }

    /// Returns once another fact may be handed over, or one has failed.
    func waitForRoom() async {
        await withCheckedContinuation { continuation in
            let mustWait = state.withLock { state in
                guard state.waiting.count >= limit, !state.hasFailed else { return false }
                state.free = continuation
                return true
            }
            if !mustWait { continuation.resume() }
        }
    }
}
