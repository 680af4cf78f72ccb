/// What media may be at most. What says that it is more is no meeting, and is refused before anything is allocated for
/// it.
enum MediaBounds {
    /// Sample rates that speech is recorded with, in Hz. Far below, one second of output is made of a few samples, so
    /// that a small file becomes gigabytes.
    static let ratesHz = 4_000...768_000
    /// Channels of one stream.
    static let channels = 1...64
    /// Streams of one container, of every kind.
    static let streams = 256
    /// Tracks of one input; further streams are left out.
    static let tracks = 256
    /// Pixels of a picture that is decoded to learn what its stream is (some 8K).
    static let pixels = 36_000_000
    /// Pixels of a picture that is looked at (4K, and padding of codecs).
    static let lookedAtPixels = 3_840 * 2_176
    /// Tracks of pictures of one input; further ones are left out.
    static let pictureTracks = 16

    /// Why audio of this shape is refused; nil where it is taken. A rate or count of 0 is not known yet.
    static func refusal(rateHz: Int, channelCount: Int) -> String? {
        if rateHz != 0, !ratesHz.contains(rateHz) {
            return "\(rateHz) Hz; rates from \(ratesHz.lowerBound) to \(ratesHz.upperBound) Hz are taken"
        }
        if channelCount != 0, !channels.contains(channelCount) {
            return "\(channelCount) channels; up to \(channels.upperBound) are taken"
        }
        return nil
    }
}
