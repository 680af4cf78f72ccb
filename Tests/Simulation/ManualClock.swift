public import Kit
import Synchronization

/// A host's clock that stands still until it is moved.
public final class ManualClock: Sendable {
    private let now = Atomic<Int64>(1_000_000_000)

    /// A clock that has just begun.
    public init() {}

    /// The clock as the daemon reads it.
    public var clock: HostClock { HostClock { self.now.load(ordering: .relaxed) } }

    /// What it says now.
    public var nanoseconds: Int64 { now.load(ordering: .relaxed) }

    /// Moves on to so many seconds after the beginning; never back.
    public func move(toSeconds seconds: Double) {
        let wanted = 1_000_000_000 + Int64(seconds * 1e9)
        now.store(max(wanted, nanoseconds), ordering: .relaxed)
    }
}
