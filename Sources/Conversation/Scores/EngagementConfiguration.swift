/// What the engagement score is made of. Floor behaviour comes first; the last three need the voice.
enum EngagementInput: String, CaseIterable {
    case talkRatio = "talk_ratio"
    case responseLag = "response_lag"
    case speakerChanges = "speaker_changes"
    case backchannels
    case pitchRange = "pitch_range"
    case loudnessVariation = "loudness_variation"
    case rateChange = "rate_change"

    /// Whether it is taken from the voice, and not from who speaks when.
    var isVoice: Bool {
        switch self {
        case .talkRatio, .responseLag, .speakerChanges, .backchannels: false
        case .pitchRange, .loudnessVariation, .rateChange: true
        }
    }
}

/// Settings of the engagement score.
public struct EngagementConfiguration: Sendable, Equatable {
    /// Points that each input can add or take; together 50.
    public var talkRatioPoints = 14.0, responseLagPoints = 10.0, speakerChangePoints = 8.0
    /// Points that each input can add or take; together with those above 50.
    public var backchannelPoints = 5.0, pitchRangePoints = 6.0, loudnessVariationPoints = 4.0, rateChangePoints = 3.0
    /// Deviation from the usual, in spreads, that earns 76 % (tanh 1) of an input's points.
    public var saturationSpreads = 2.5
    /// Changes of tempo below this share of the usual move no score (Quené, 2007: about 10 % are just noticed).
    public var minRateChange = 0.1
    /// A score is repeated until it, or one of its contributions, has moved by so many points.
    public var hysteresisPoints = 0.5
    /// Length of the window that is compared with the baseline, in seconds.
    public var windowSeconds = 30
    /// Own speech needed for the first, provisional score, in seconds.
    public var provisionalSpeechSeconds = 20.0
    /// Own speech that makes a score settled, in seconds.
    public var settledSpeechSeconds = 60.0
    /// Own turns that make a score settled.
    public var settledTurns = 8

    /// The defaults.
    public init() {}

    /// The points of all inputs together.
    public var pointSum: Double { EngagementInput.allCases.reduce(0) { $0 + points($1) } }

    func points(_ input: EngagementInput) -> Double {
        switch input {
        case .talkRatio: talkRatioPoints
        case .responseLag: responseLagPoints
        case .speakerChanges: speakerChangePoints
        case .backchannels: backchannelPoints
        case .pitchRange: pitchRangePoints
        case .loudnessVariation: loudnessVariationPoints
        case .rateChange: rateChangePoints
        }
    }
}
