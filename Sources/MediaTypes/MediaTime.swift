/// A point in media time, counted in samples of the 16 kHz grid.
///
/// Media time comes from the stream (RTP timestamp, PTS), never from a clock of the host.
public struct MediaTime: Sendable, Hashable, Comparable {
    /// Samples at `AudioGrid.sampleRateHz` since the origin.
    public var samples: Int64

    /// The origin.
    public static let zero = MediaTime(samples: 0)

    /// A time of `samples` 16 kHz samples since the origin.
    public init(samples: Int64) {
        self.samples = samples
    }

    /// A time of `seconds` since the origin, rounded to the nearest sample.
    ///
    /// Values that no stream can mean (not finite, beyond some 18 million years) are clamped to the origin.
    public init(seconds: Double) {
        let exact = (seconds * Double(AudioGrid.sampleRateHz)).rounded()
        samples = exact.magnitude < 0x1p62 ? Int64(exact) : 0
    }

    /// Seconds since the origin.
    public var seconds: Double {
        Double(samples) / Double(AudioGrid.sampleRateHz)
    }

    /// Compares by position on the time line.
    public static func < (left: MediaTime, right: MediaTime) -> Bool {
        left.samples < right.samples
    }
}
