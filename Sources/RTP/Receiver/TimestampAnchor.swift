import MediaTypes

/// Ties a stretch of timestamps to a line of raw time, in 16 kHz samples.
struct TimestampAnchor {
    /// Unwrapped.
    var timestamp: Int64
    var raw: Int64

    /// Raw time of a timestamp that counts `clock` units a second.
    func raw(of timestamp: Int64, clock: Int64) -> Int64 {
        // Whole seconds apart, so that no product can overflow.
        let (seconds, rest) = (timestamp &- self.timestamp).quotientAndRemainder(dividingBy: clock)
        let rate = Int64(AudioGrid.sampleRateHz)
        return raw &+ seconds &* rate &+ rest * rate / clock
    }
}
