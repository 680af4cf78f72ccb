/// What the channel does to one speaker's voice, as far as it has been heard. Most of it is relative to the
/// speech found and not known before there has been half a second of it.
public struct VoiceQuality: Sendable, Hashable {
    /// Level of the speech above the noise between the speech, in dB (-10…80); nil until half a second of
    /// each has been heard (digital silence is no noise).
    public var snrDb: Float?
    /// Running median of the level of the speech in dB relative to full scale; nil before there was speech.
    public var speechLevelDb: Float?
    /// Share of the hops with signal in which samples are clipped, in percent: flat tops, at any level. A lossy
    /// codec or a resampler after the clipping hides it.
    public var clippedPercent: Float = 0
    /// The same over the last half minute of signal.
    public var recentlyClippedPercent: Float = 0
    /// Frequency in Hz up to which speech carries energy: below 4000 is a telephone's, 8000 the most; nil
    /// before there was speech.
    public var bandwidthHz: Float?

    /// Nothing known.
    public init() {}
}
