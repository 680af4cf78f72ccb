/// The levels of eight bands from 94 Hz to 7.7 kHz in one hop, in steps of half a decibel.
///
/// Coarse on purpose: enough to tell whether two channels carry the same voice, and nothing that could be heard again.
/// Of somebody who may not be measured all eight are the level of the whole.
public struct BandLevels: Sendable, Hashable, BitwiseCopyable {
    /// Number of bands.
    public static let count = 8
    /// What the lowest value stands for, dB: nothing was there, or nothing is known.
    public static let lowestDb: Float = -100

    /// Half decibels above `lowestDb`.
    public var halfDb: SIMD8<UInt8>

    /// Nothing there, or nothing known.
    public static let none = BandLevels(halfDb: .zero)

    /// Levels as stored.
    public init(halfDb: SIMD8<UInt8>) {
        self.halfDb = halfDb
    }

    /// Levels in dB; those out of range are clamped, what is no number counts as the lowest.
    public init(db: SIMD8<Float>) {
        var steps = (db - Self.lowestDb) * 2
        steps.replace(with: 0, where: .!(steps .>= 0))
        halfDb = SIMD8<UInt8>(
            truncatingIfNeeded: SIMD8<Int32>(pointwiseMin(steps, .init(repeating: 255)), rounding: .toNearestOrEven))
    }

    /// The levels in dB.
    public var db: SIMD8<Float> { SIMD8<Float>(halfDb) * 0.5 + Self.lowestDb }

    /// Whether nothing was there, or nothing is known.
    public var isNone: Bool { halfDb == .zero }
}
