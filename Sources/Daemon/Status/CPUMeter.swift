import Kit

/// Adds up the CPU time of something short that is done often: takes the time, a system call, of one in sixteen at
/// random, which stands for all.
struct CPUMeter {
    private static let share = 16

    /// What was added up so far.
    private(set) var nanoseconds: Int64 = 0
    /// What the time taken now counts: 0 where none is taken.
    private(set) var weight: Int64 = 0
    private var random: UInt64 = 1

    /// Begins; returns what is to be handed to `end`.
    mutating func begin() -> Int64 {
        // A linear congruential generator (Knuth): its upper bits are random enough not to meet a rhythm.
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        weight = (random >> 32).isMultiple(of: UInt64(Self.share)) ? Int64(Self.share) : 0
        return weight > 0 ? HostClock.threadNanoseconds() : 0
    }

    mutating func end(_ began: Int64) {
        if weight > 0 { nanoseconds += weight * (HostClock.threadNanoseconds() - began) }
    }
}
