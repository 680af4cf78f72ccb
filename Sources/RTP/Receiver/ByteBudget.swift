/// Limits how many bytes a source may send: a token bucket that holds one second's worth.
public struct ByteBudget: Sendable {
    /// Datagrams that were over the limit.
    public private(set) var refused: UInt64 = 0

    private let bytesPerSecond: Int64
    private var left: Int64
    private var latestNanoseconds: Int64?

    /// A budget of `kilobitsPerSecond`, full at first.
    public init(kilobitsPerSecond: Int) {
        bytesPerSecond = Int64(max(1, kilobitsPerSecond)) * 125
        left = bytesPerSecond
    }

    /// Whether a datagram may be looked at; takes its bytes out of the budget if so.
    public mutating func admits(bytes: Int, nowNanoseconds: Int64) -> Bool {
        if let latestNanoseconds {
            let passed = min(max(0, nowNanoseconds &- latestNanoseconds), 1_000_000_000)
            let earned = Int64(Double(passed) * Double(bytesPerSecond) / 1e9)
            // Time too short for a byte is not taken, so that it is not lost either.
            if earned > 0 || passed == 0 { self.latestNanoseconds = nowNanoseconds }
            left = min(bytesPerSecond, left + earned)
        } else {
            latestNanoseconds = nowNanoseconds
        }
        guard left >= Int64(bytes) else {
            refused += 1
            return false
        }
        left -= Int64(bytes)
        return true
    }
}
