import Conversation
import Synchronization

/// Where a permit is pushed to: the lane reads it before every block, on whatever thread it runs.
final class PermitHolder: Sendable {
    private let value: Atomic<UInt8>

    /// Holds `permit` until another one is pushed.
    init(_ permit: Permit) {
        value = Atomic(permit.rawValue)
    }

    /// What is permitted now.
    var permit: Permit { Permit(rawValue: value.load(ordering: .acquiring)) }

    /// Pushes another one.
    func push(_ permit: Permit) { value.store(permit.rawValue, ordering: .releasing) }
}
