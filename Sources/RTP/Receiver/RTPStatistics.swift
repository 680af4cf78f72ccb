/// What a receiver has counted since it was made.
public struct RTPStatistics: Sendable, Hashable {
    /// Well-formed RTP packets, whatever became of them.
    public var packets: UInt64 = 0
    /// Well-formed RTCP compounds.
    public var rtcpPackets: UInt64 = 0
    /// Bytes of all datagrams.
    public var bytes: UInt64 = 0
    /// Packets of the stream that were not there when their turn came.
    public var lost: UInt64 = 0
    /// Packets that had come before.
    public var duplicates: UInt64 = 0
    /// Packets that came after they were given up as `lost`, or from before the stream's first packet.
    public var late: UInt64 = 0
    /// Packets that came out of order but in time.
    public var reordered: UInt64 = 0
    /// Packets whose payload the codec did not take.
    public var decodeErrors: UInt64 = 0
    /// Packets without payload (keep-alives, padding).
    public var empty: UInt64 = 0
    /// Packets of comfort noise.
    public var comfortNoise: UInt64 = 0
    /// Packets that were not decoded, because the sender says that they are silent (RFC 6464), or because packets
    /// with the same bytes were.
    public var silent: UInt64 = 0
    /// Packets of a payload type that is not decoded.
    public var unknownPayload: UInt64 = 0
    /// The first payload type of those.
    public var firstUnknownPayloadType: UInt8?
    /// Datagrams that are neither RTP nor RTCP.
    public var malformed: UInt64 = 0
    /// What was wrong with the latest of those.
    public var lastMalformedReason: RTPParseError?
    /// Packets that were not decoded because their media lay more than 30 s ahead of its time.
    public var ahead: UInt64 = 0
    /// Whether the sender's time stamps count other units than its format says, and were put right.
    public var countsOtherUnits = false
    /// Packets dropped because they did not fit the running stream: of another source, or far off in
    /// sequence number or timestamp, and no second one proved them to be a new stream.
    public var stray: UInt64 = 0
    /// How often the media time line was anchored anew (new source, sender restart, timestamp step).
    public var restarts: UInt64 = 0
    /// Interarrival jitter of the running stream in milliseconds (RFC 3550, appendix A.8).
    public var jitterMilliseconds: Double = 0
    /// Samples (16 kHz) that the sender left out on purpose.
    public var silenceSamples: Int64 = 0
    /// Samples (16 kHz) that the codec substituted for lost ones.
    public var concealedSamples: Int64 = 0
    /// Samples (16 kHz) lost and not substituted.
    public var lostSamples: Int64 = 0

    /// All counters at zero.
    public init() {}
}

/// What a sender says about its sending nothing for a while.
public enum SilenceAnnouncement: Sendable, Hashable {
    /// There is nothing to say: comfort noise (RFC 3389), or the discontinuous transmission of Opus.
    case pause
    /// Digital silence by the audio level of its packets (RFC 6464), as of a muted microphone.
    case mute
}

/// How a stream lies in time.
public struct RTPTiming: Sendable, Hashable {
    /// Interarrival jitter (RFC 3550, appendix A.8).
    public var jitterMilliseconds: Double
    /// How long a missing packet is waited for: the depth of the jitter buffer.
    public var bufferMilliseconds: Int
    /// How much faster (positive) the host's clock runs than the sender's; nil before that is known (about a minute).
    public var driftPartsPerMillion: Double?
}
