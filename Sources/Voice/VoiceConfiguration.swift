/// Settings of one speaker's voice analysis. Values outside their range are brought back into it.
public struct VoiceConfiguration: Sendable, Hashable {
    /// Shortest silence that ends an IPU, 10…2000 ms. 200 ms is the usual definition (Edlund et al. 2009).
    public var minimalPauseMilliseconds = 200
    /// Shorter bursts of activity are not speech, 60…1000 ms.
    public var minimalSpeechMilliseconds = 80
    /// Probability at which activity begins, 0…1. (With the network it is not the probability of the records but
    /// one that distant voices reach too.)
    public var onThreshold: Float = 0.6
    /// Probability below which activity ends, 0…1, at most `onThreshold`.
    public var offThreshold: Float = 0.45
    /// Lowest fundamental frequency that is looked for, in Hz, 60…200.
    public var lowestF0Hz: Float = 60
    /// Highest fundamental frequency that is looked for, in Hz, 200…700. Above it voices are unvoiced.
    public var highestF0Hz: Float = 500
    /// False for a speaker without consent: only the speech decision is made. Pitch is not computed, and the
    /// records carry neutral levels, pitch and voicing, and the label in place of the probability.
    public var measuresFeatures = true

    /// The defaults.
    public init() {}
}
