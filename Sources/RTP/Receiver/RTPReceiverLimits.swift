/// Limits of a receiver.
public struct RTPReceiverLimits: Sendable, Hashable {
    /// Longest datagram taken, in bytes.
    public var maxDatagramBytes = 2_048
    /// Most packets held for a missing one.
    public var holdPackets = 64
    /// Longest wait for a missing packet: at the least, and at the most where packets are delayed unevenly. In
    /// between, the wait is what recent packets were late by (adaptive jitter buffer).
    public var holdMilliseconds = 60, holdMostMilliseconds = 200
    /// Longest loss that the codec conceals, at most 120 ms.
    public var concealMilliseconds = 60
    /// How far a timestamp may be off both the one before it and arrival time within one stream.
    public var stepMilliseconds = 2_000

    /// The defaults.
    public init() {}

    /// The same with every value brought into the range that the receiver can work with.
    var bounded: RTPReceiverLimits {
        var limits = self
        limits.maxDatagramBytes = min(max(maxDatagramBytes, 64), 65_536)
        limits.holdPackets = min(max(holdPackets, 1), 1_024)
        limits.holdMilliseconds = min(max(holdMilliseconds, 0), 10_000)
        limits.holdMostMilliseconds = min(max(holdMostMilliseconds, limits.holdMilliseconds), 10_000)
        limits.concealMilliseconds = min(max(concealMilliseconds, 0), 120)
        limits.stepMilliseconds = min(max(stepMilliseconds, 100), 60_000)
        return limits
    }
}
