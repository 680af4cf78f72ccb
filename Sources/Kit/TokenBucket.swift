/// Limits a rate: so many tokens a second come into a bucket, which is full at first, and whatever is let through takes
/// some out.
public struct TokenBucket: Sendable {
    /// What was not let through.
    public private(set) var refused: UInt64 = 0

    private let tokensPerSecond: Double
    private let capacity: Double
    private var left: Double
    private var latestNanoseconds: Int64?

    /// A bucket of `capacity` tokens, into which `tokensPerSecond` come.
    public init(tokensPerSecond: Int, capacity: Int) {
        self.tokensPerSecond = Double(max(1, tokensPerSecond))
        self.capacity = Double(max(1, capacity))
        left = self.capacity
    }

    /// Whether something that costs so many tokens may pass; takes them out if so.
    public mutating func admits(_ cost: Int = 1, nowNanoseconds: Int64) -> Bool {
        let passed = max(0, nowNanoseconds &- (latestNanoseconds ?? nowNanoseconds))
        latestNanoseconds = nowNanoseconds
        left = min(capacity, left + Double(passed) * tokensPerSecond / 1e9)
        guard left >= Double(cost) else {
            refused += 1
            return false
        }
        left -= Double(cost)
        return true
    }
}
