/// Settings of the conversation core; the defaults are those of the shipped configuration file.
public struct ConversationConfiguration: Sendable, Equatable {
    /// Lengths of the rolling windows in seconds, ascending; the whole session is always added.
    public var windowsSeconds: [Int] = [10, 30, 120]
    /// Media time between two ticks of a speaker, in hops (10 ms).
    public var tickHops = 100
    /// How far the speakers of a session may lie apart, in hops, before the late one counts as lost.
    /// Nil waits for ever, as an analysis of recordings does.
    public var skewHops: Int? = 50
    /// An IPU of at most this length inside another's turn may be a backchannel, in hops.
    public var backchannelHops = 100
    /// A short IPU after which the floor stays for this long does not take it, in hops.
    public var floorHoldHops = 200
    /// Simultaneous speech of at least this length may be an interruption, in hops.
    public var interruptionHops = 30
    /// Lags between speakers who may be off each other by more than this are not measured, in ms.
    public var mostUncertainMilliseconds = 50.0
    /// Settings of the engagement score.
    public var engagement = EngagementConfiguration()

    /// The defaults.
    public init() {}
}

/// Settings of the engagement score.
public struct EngagementConfiguration: Sendable, Equatable {
    /// Points that the talk ratio can add or take.
    public var talkRatioPoints = 20.0
    /// Points that the response lag can add or take.
    public var responseLagPoints = 15.0
    /// Points that the frequency of speaker changes can add or take.
    public var speakerChangePoints = 15.0
    /// Own speech needed for the first, provisional score, in seconds.
    public var provisionalSpeechSeconds = 20.0
    /// Own speech that makes a score settled, in seconds.
    public var settledSpeechSeconds = 60.0
    /// Own turns that make a score settled.
    public var settledTurns = 8

    /// The defaults.
    public init() {}

    /// Length of the window that is compared with the baseline, in seconds.
    static let windowSeconds = 30
}
