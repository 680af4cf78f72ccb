/// Which sessions keep what they have where not all can: that of higher priority gives up last.
enum SessionPriority: String, Sendable, CaseIterable, Comparable {
    case low, normal, high

    private var rank: Int {
        switch self {
        case .low: 0
        case .normal: 1
        case .high: 2
        }
    }

    static func < (left: SessionPriority, right: SessionPriority) -> Bool { left.rank < right.rank }

    /// Of its ticks every so many are sent where the daemon has gone up to `level` of `LoadController.Shed.ticks`.
    func tickEvery(level: Int) -> Int {
        switch (self, level) {
        case (.high, _), (_, ...0), (.normal, 1): 1
        case (.low, 1), (.normal, 2): 2
        default: 4
        }
    }
}
