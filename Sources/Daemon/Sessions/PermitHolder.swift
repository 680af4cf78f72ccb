import Conversation
import Synchronization

/// Where a permit is pushed to: the lane reads it before every block, on whatever thread it runs.
final class PermitHolder: Sendable {
    private let value: Atomic<UInt8>
    /// How often words that were permitted were not any more.
    private let withdrawals = Atomic<Int>(0)

    /// Holds `permit` until another one is pushed.
    init(_ permit: Permit) {
        value = Atomic(permit.rawValue)
    }

    /// What is permitted now.
    var permit: Permit { Permit(rawValue: value.load(ordering: .acquiring)) }

    /// Stands for the permission to hear words that holds now; nil where there is none. What was heard under another
    /// one is nobody's any more.
    var wordsPermission: Int? {
        let withdrawals = withdrawals.load(ordering: .acquiring)
        return permit.contains(.words) ? withdrawals : nil
    }

    /// Pushes another one; one thread at a time does.
    func push(_ permit: Permit) {
        let former = Permit(rawValue: value.load(ordering: .relaxed))
        value.store(permit.rawValue, ordering: .releasing)
        if former.contains(.words), !permit.contains(.words) { withdrawals.add(1, ordering: .acquiringAndReleasing) }
    }
}
