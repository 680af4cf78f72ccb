import MediaTypes

/// The way by which one channel's voice comes into another: how late, and how loud in each band.
struct EchoPath: Sendable {
    /// Hops by which the leak is late; nil while there is no known path.
    private(set) var delay: Int?
    /// Level of the leak against its source in dB, by band.
    private(set) var gainsDb = SIMD8<Float>.zero
    /// Hops that each of them rests on.
    private var weights = SIMD8<Float>.zero
    /// How sure it is that the source is the source; below 0 it is rather the leak.
    private(set) var asymmetry: Float = 0
    /// How alike the two move at the delay now.
    private(set) var correlation: Float = 0
    /// Whether it explains anything now: between two that leak into each other that depends on who speaks.
    var isOn = false
    private var wasUsed = false
    private var isWeighed = false

    /// Hops for which a leak goes on in a room, and by how much it falls with each, dB: that of 0.6 s of reverberation.
    private static let tailHops: Int64 = 16
    private static let decayDb: Float = 1
    /// So far above what leaks a voice has to be to be somebody's own, dB on average over the bands in which it is
    /// furthest above: the other voice hides it in the rest.
    private static let marginDb: Float = 8
    private static let tellingBands = 3
    /// A correlation that speech of two people has at times, and what one that is higher by 1 weighs in margins.
    private static let chance: Float = 0.25
    private static let correlationWeight: Float = 2
    private static let mostWeight: Float = 300
    private static let leastWeight: Float = 5
    /// The source counts where it stands out of its noise by so much, and the leak by so much, dB.
    private static let sourceMarginDb: Float = 12
    private static let leakMarginDb: Float = 6
    private static let backHops: Int64 = 60
    private static let settledHops: Int64 = 20

    /// Mean level of the leak against its source, dB; nil before it is known.
    var levelDb: Float? {
        let known = weights .> Self.leastWeight
        let count = Float((0..<BandLevels.count).reduce(0) { $0 + (known[$1] ? 1 : 0) })
        return count > 0 ? gainsDb.replacing(with: 0, where: .!known).sum() / count : nil
    }

    /// The same of the band in which it is loudest, dB.
    var mostGainDb: Float {
        gainsDb.replacing(with: BandLevels.lowestDb, where: weights .<= Self.leastWeight).max()
    }

    mutating func weigh(_ value: Float, hops: Int64) {
        asymmetry = isWeighed ? asymmetry + (value - asymmetry) * Float(hops) / 30 : value
        isWeighed = true
    }

    /// There is a path of this delay.
    mutating func believe(delay: Int) {
        if self.delay.map({ abs($0 - delay) > 2 }) ?? true {
            gainsDb = .zero
            weights = .zero
        }
        self.delay = delay
    }

    mutating func forget() {
        delay = nil
        isOn = false
        wasUsed = false
    }

    /// Learns how loud the leak is, where it is certain to be one.
    mutating func learn(
        _ leak: ChannelTrace, _ source: ChannelTrace, correlation: Float, isAlike: Bool, hop: Int64
    ) {
        self.correlation = correlation
        guard isAlike else { return }
        if weights.max() == 0 {
            for then in hop - Self.backHops..<hop - 1 { learn(leak, source, hop: then) }
        } else {
            learn(leak, source, hop: hop - Self.settledHops)
        }
    }

    private mutating func learn(_ leak: ChannelTrace, _ source: ChannelTrace, hop: Int64) {
        let then = ChannelTrace.slot(hop - Int64(delay ?? 0))
        let level = source.levels[then]
        let isHeard = level .> source.floors[then] + Self.sourceMarginDb
        weights.replace(with: pointwiseMin(weights + 1, .init(repeating: Self.mostWeight)), where: isHeard)
        let error = (leak.levels[ChannelTrace.slot(hop)] - level - gainsDb) / pointwiseMax(weights, .one)
        gainsDb.replace(with: gainsDb + error, where: isHeard)
    }

    /// For how many hops before the newest evidence is to be given: for all that are still open when a path has just
    /// come into use, else for the newest only.
    mutating func openHops(most: Int64) -> Int64? {
        guard delay != nil, isOn, weights.max() > Self.leastWeight else {
            wasUsed = false
            return nil
        }
        defer { wasUsed = true }
        return wasUsed ? 0 : most
    }

    /// Evidence that what the channel carries in `hop` is its own (1) or leaks in this way (-1).
    func evidence(_ leak: ChannelTrace, _ source: ChannelTrace, hop: Int64) -> Float {
        let arrived = hop - Int64(delay ?? 0)
        var expected = SIMD8<Float>(repeating: BandLevels.lowestDb)
        for age in -2..<Self.tailHops {
            let level = source.levels[ChannelTrace.slot(arrived - age)] - Self.decayDb * Float(max(0, age))
            expected = pointwiseMax(expected, level)
        }
        let known = weights .> Self.leastWeight
        expected += gainsDb.replacing(with: levelDb ?? 0, where: .!known)
        let now = ChannelTrace.slot(hop)
        let level = leak.levels[now]
        let isHeard = level .> leak.floors[now] + Self.leakMarginDb
        var above = pointwiseMax(level - expected, .zero).replacing(with: 0, where: .!isHeard)
        var excess: Float = 0
        for _ in 0..<Self.tellingBands {
            let most = above.max()
            excess += most / Float(Self.tellingBands)
            // Of equals one is taken.
            for band in 0..<BandLevels.count where above[band] == most {
                above[band] = 0
                break
            }
        }
        let value =
            (excess - Self.marginDb) / Self.marginDb - Self.correlationWeight * (correlation - Self.chance)
        return max(-1, min(1, value))
    }
}
