public import MediaTypes

/// Where a receiver delivers a stream. Starts never go back; where a start lies beyond the end of what came
/// before, the media between is lost.
public protocol RTPSink: ~Copyable {
    /// What follows comes of the packet that was received with this mark, or stands in for what was lost before it.
    mutating func packet(mark: UInt64)

    /// Samples (16 kHz, mono, full scale 1, valid during the call only) from `start` on.
    ///
    /// `isConcealed`: they were lost and are the codec's substitute.
    mutating func media(start: MediaTime, samples: Span<Float>, isConcealed: Bool)

    /// The sender sent nothing for `sampleCount` samples from `start` on, on purpose (DTX, silence
    /// suppression).
    mutating func silence(start: MediaTime, sampleCount: Int64)
}

extension RTPSink where Self: ~Copyable {
    /// Marks say nothing to a sink that does not ask for them.
    public mutating func packet(mark: UInt64) {}
}
