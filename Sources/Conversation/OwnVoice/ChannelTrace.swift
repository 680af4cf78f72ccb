import MediaTypes

/// What a channel carried over the last second and a bit: band levels, the noise below them, and how they move.
///
/// Everything is relative to the channel itself, so that its gain does not matter. Digital silence and lost media
/// teach nothing.
struct ChannelTrace: Sendable {
    /// Hops that are remembered.
    static let length = 128
    /// The speed with which what is compared forgets, in hops: a few syllables.
    static let memoryHops: Float = 70

    /// Levels in dB by hop modulo `length`.
    private(set) var levels = [SIMD8<Float>](repeating: .init(repeating: BandLevels.lowestDb), count: length)
    /// The noise below them in dB.
    private(set) var floors = [SIMD8<Float>](repeating: .init(repeating: BandLevels.lowestDb), count: length)
    /// How far each level lies from its mean of the last 200 ms, dB: the rhythm of speech, whatever its level.
    private(set) var moves = [SIMD8<Float>](repeating: .zero, count: length)
    /// Smoothed energy of the moves by hop.
    private(set) var energies = [Float](repeating: 0, count: length)
    /// Smoothed level of the strongest band by hop, dB: how loud it is.
    private(set) var strongest = [Float](repeating: BandLevels.lowestDb, count: length)
    /// How much the levels vary: deep in a voice that is near, shallow in what a room or noise has filled up.
    private(set) var variation: Float = 0
    /// The recent level against the loudest that this channel had, dB.
    private(set) var belowPeakDb: Float = 0
    /// The recent level, dB.
    private(set) var loudness = BandLevels.lowestDb
    /// The last hop in which something stood out of the noise in most bands, and in any.
    private(set) var activeHop = Int64.min / 2
    private(set) var stirredHop = Int64.min / 2

    private var smooth = SIMD8<Float>.zero
    private var floor = SIMD8<Float>.zero
    private var peak = SIMD8<Float>.zero
    private var mean = SIMD8<Float>.zero
    private var rawMean = SIMD8<Float>.zero
    /// The loudest lately, dB.
    private(set) var peakDb = BandLevels.lowestDb
    private var hasStarted = false
    private var learntHops = 0

    /// Least distance of what is compared from the noise, and the range below the peak that is looked at, dB.
    private static let noiseMarginDb: Float = 3
    private static let rangeDb: Float = 50
    /// What 16-bit samples can't go below, dB.
    private static let quantizationDb: Float = -75
    /// A move beyond this says no more than one of this size: a door or the start of the media is one event.
    private static let mostMoveDb: Float = 12
    private static let meanHops: Float = 20
    /// Hops until a pause will have been among them and the noise is known; until then anything may be speech.
    private static let learningHops = 300
    /// What stands out of the noise by so much, on average over the bands, may be speech.
    private static let activeDb: Float = 10

    static func slot(_ hop: Int64) -> Int { Int(truncatingIfNeeded: hop) & (length - 1) }

    /// Takes the levels of `hop`; hops come one after the other.
    mutating func push(_ bands: BandLevels, at hop: Int64) {
        let slot = Self.slot(hop)
        let forget = 1 - 1 / Self.memoryHops
        var energy = energies[Self.slot(hop - 1)] * forget
        guard !bands.isNone else {
            levels[slot] = .init(repeating: BandLevels.lowestDb)
            floors[slot] = floor
            moves[slot] = .zero
            energies[slot] = energy
            strongest[slot] = BandLevels.lowestDb
            return
        }
        let level = bands.db
        if !hasStarted {
            (smooth, floor, peak, mean) = (level, level, level, level)
            rawMean = pointwiseMax(level, .init(repeating: Self.quantizationDb))
            hasStarted = true
        }
        smooth += 0.3 * (level - smooth)
        floor = pointwiseMin(floor + 0.02, smooth)
        peak = pointwiseMax(peak - 0.01, smooth)
        let seen = pointwiseMax(pointwiseMax(level, floor + Self.noiseMarginDb), peak - Self.rangeDb)
        mean += (seen - mean) / Self.meanHops
        let most = SIMD8<Float>(repeating: Self.mostMoveDb)
        let move = pointwiseMin(pointwiseMax(seen - mean, -most), most)
        energy += (move * move).sum()
        let raw = pointwiseMax(level, .init(repeating: Self.quantizationDb))
        rawMean += (raw - rawMean) / Self.meanHops
        variation += (((raw - rawMean) * (raw - rawMean)).sum() - variation) / Self.memoryHops
        let middle = smooth.sum() / Float(BandLevels.count)
        peakDb = max(peakDb - 0.005, middle)
        loudness = max(middle, loudness - 0.3)
        belowPeakDb = loudness - peakDb
        if learntHops < Self.learningHops { learntHops += 1 }
        if learntHops < Self.learningHops || (level - floor).max() > Self.activeDb { stirredHop = hop }
        if (level - floor).sum() > Self.activeDb * Float(BandLevels.count) { activeHop = hop }
        levels[slot] = level
        floors[slot] = floor
        moves[slot] = move
        energies[slot] = energy
        strongest[slot] = smooth.max()
    }
}
