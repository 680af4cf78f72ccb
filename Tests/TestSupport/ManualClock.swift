package import Kit
import Synchronization

/// A host's clock that stands still until it is moved.
package final class ManualClock: Sendable {
    private let now = Atomic<Int64>(1_000_000_000)

    package init() {}

    /// The clock as the daemon reads it.
    package var clock: HostClock { HostClock { self.now.load(ordering: .relaxed) } }

    package var nanoseconds: Int64 { now.load(ordering: .relaxed) }

    /// Moves on to so many seconds after the beginning; never back.
    package func move(toSeconds seconds: Double) {
        let wanted = 1_000_000_000 + Int64(seconds * 1e9)
        now.store(max(wanted, nanoseconds), ordering: .relaxed)
    }
}
