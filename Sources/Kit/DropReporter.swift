/// Counts what is dropped, by reason, and says at most once in a period what the log should say of it: whatever comes
/// at whatever rate, the log grows by one line a second.
///
/// Reasons are texts of the program: there must be few, and none that a peer chooses.
public struct DropReporter: Sendable {
    private let periodNanoseconds: Int64
    private var waiting: [String: UInt64] = [:]
    private var totals: [String: UInt64] = [:]
    private var nextNanoseconds: Int64?

    /// A reporter that speaks at most once in `periodNanoseconds`.
    public init(periodNanoseconds: Int64 = 1_000_000_000) {
        self.periodNanoseconds = periodNanoseconds
    }

    /// Counts what was dropped for a reason.
    public mutating func add(_ reason: String, count: UInt64 = 1) {
        if count > 0 { waiting[reason, default: 0] += count }
    }

    /// The same where somebody else counts, from 0 on: adds what `total` has grown by.
    public mutating func set(_ reason: String, total: UInt64) {
        let before = totals.updateValue(total, forKey: reason) ?? 0
        if total > before { add(reason, count: total - before) }
    }

    /// What was dropped since it was told last, the most first (`3 late, 1 malformed`); nil where there is nothing or
    /// it is too early.
    public mutating func take(nowNanoseconds: Int64) -> String? {
        guard !waiting.isEmpty else { return nil }
        if let nextNanoseconds, nowNanoseconds < nextNanoseconds { return nil }
        nextNanoseconds = nowNanoseconds + periodNanoseconds
        defer { waiting = [:] }
        return waiting.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }
}
