public import MediaTypes

/// One track of an input: an audio stream mixed to mono, or one of its channels.
public struct MediaTrack: Sendable, Hashable {
    /// Number of the track, from 0; the sink gets it with every block.
    public var index: Int
    /// Number of the stream in its container, counting streams of every kind.
    public var streamIndex: Int
    /// Channel of the stream, from 0; `nil` where the track is the mean of all channels.
    public var channel: Int?
    /// Short name of the codec, such as `opus` or `pcm_s16le`.
    public var codecName: String
    /// Samples per second before resampling, as declared; 0 where only the media itself will tell.
    public var sampleRateHz: Int
    /// Channels of the stream, as declared; 0 where only the media itself will tell.
    public var channelCount: Int
    /// Language of the stream, if the container names it (mostly ISO 639-2).
    public var language: String?
    /// Title of the stream, if the container has one.
    public var title: String?

    /// A track of an input that somebody else reads.
    public init(
        index: Int, streamIndex: Int, channel: Int?, codecName: String, sampleRateHz: Int, channelCount: Int,
        language: String? = nil, title: String? = nil
    ) {
        self.index = index
        self.streamIndex = streamIndex
        self.channel = channel
        self.codecName = codecName
        self.sampleRateHz = sampleRateHz
        self.channelCount = channelCount
        self.language = language
        self.title = title
    }
}

/// What a read came to.
public enum ReadOutcome: Sendable, Hashable {
    /// At least one block went to the sink.
    case delivered
    /// The read timeout passed without media; the input can be read again or closed.
    case idle
    /// The media is over; every later read gives the same.
    case end
}

/// Takes a block of 16 kHz mono samples (full scale ±1) of a track. The span is valid during the call only.
public typealias BlockSink = (_ track: Int, _ start: MediaTime, _ samples: Span<Float>) -> Void
