/// Draws with replacement (Efron, 1979), of speakers rather than of recordings, which are alike where the speaker is.
///
/// The numbers are those of SplitMix64 (Steele, Lea & Flood, 2014): the same table gives the same intervals.
struct Bootstrap {
    static let resamples = 1_000

    private var state: UInt64 = 1

    /// As many as there are, some of them more than once.
    mutating func draw<Item>(_ items: [Item]) -> [Item] {
        items.map { _ in items[Int(next() % UInt64(items.count))] }
    }

    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
