/// The fixed sampling grid that everything after decoding works on.
public enum AudioGrid {
    /// Samples per second of every decoded block.
    public static let sampleRateHz = 16_000
    /// Samples of one analysis hop (10 ms).
    public static let hopSamples = 160
    /// Hops per second.
    public static let hopsPerSecond = 100
    /// Milliseconds of one hop.
    public static let hopMilliseconds = 10

    /// The hops of a length in seconds, rounded; the length must be finite and below 10¹⁶ s.
    public static func hops(seconds: Double) -> Int64 {
        Int64((seconds * Double(hopsPerSecond)).rounded())
    }
}
