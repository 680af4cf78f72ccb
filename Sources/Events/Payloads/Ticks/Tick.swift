/// The state of one consented speaker, once a second of media time.
public struct Tick: Sendable {
    /// Metrics per rolling window, narrowest first, the session last.
    public var windows: [WindowMetrics]
    /// The voice now.
    public var voice: VoiceMetrics
    /// The engagement score.
    public var engagement: Engagement
    /// The sentiment score; nil where the policy does not allow one, and then the field is left out.
    public var sentiment: Sentiment?
    /// How activated the voice is; nil where there is no sentiment.
    public var activation: Activation?
    /// How much evidence the speaker's own baseline rests on.
    public var baseline: Baseline
    /// What the channel does to the voice.
    public var audio: AudioQuality
    /// Why response lags of late are not told, where they are not; nil where they are.
    public var lagsWithheld: LagsWithheld?
    /// What lanes beside the voice have to say, in the order of their names.
    public var lanes: [LaneFields] = []

    /// A tick.
    public init(
        windows: [WindowMetrics], voice: VoiceMetrics, engagement: Engagement, sentiment: Sentiment?,
        activation: Activation? = nil, baseline: Baseline, audio: AudioQuality, lagsWithheld: LagsWithheld? = nil,
        lanes: [LaneFields] = []
    ) {
        self.lagsWithheld = lagsWithheld
        self.lanes = lanes
        self.windows = windows
        self.voice = voice
        self.engagement = engagement
        self.sentiment = sentiment
        self.activation = activation
        self.baseline = baseline
        self.audio = audio
    }

    func write(to json: inout JSONWriter) {
        json.object("engagement") { engagement.write(to: &$0) }
        if let sentiment { json.object("sentiment") { sentiment.write(to: &$0) } }
        if let activation { json.object("activation") { activation.write(to: &$0) } }
        json.object("windows") { json in
            for window in windows { json.object(window.name) { window.write(to: &$0) } }
        }
        json.object("voice") { voice.write(to: &$0) }
        json.object("baseline") { baseline.write(to: &$0) }
        json.object("audio") { audio.write(to: &$0) }
        json.field("lags_withheld", lagsWithheld?.rawValue)
        // The voice alone is not worth a word.
        guard !lanes.isEmpty else { return }
        json.array("lanes") { json in
            json.string("voice")
            for lane in lanes { json.string(lane.lane) }
        }
        for lane in lanes { lane.write(to: &json) }
    }
}

/// Why response lags of a speaker are not told.
public enum LagsWithheld: String, Sendable, CaseIterable {
    /// The times of the two speakers may be off each other by more than lags can bear.
    case timing
    /// Media around the change of the floor was lost.
    case loss
}

/// The voice over the last second.
public struct VoiceMetrics: Sendable {
    /// Whether the speaker speaks at the time of the tick.
    public var isSpeaking: Bool
    /// Mean level of the speech of the last second in dB relative to full scale; nil without speech.
    public var levelDb: Double?
    /// The same relative to the running median of the speaker's own, dB; nil without speech.
    public var relativeLevelDb: Double?
    /// Median F0 of the voiced hops of the last second, Hz; nil without.
    public var f0Hz: Double?

    /// The voice now.
    public init(isSpeaking: Bool, levelDb: Double?, relativeLevelDb: Double?, f0Hz: Double?) {
        self.isSpeaking = isSpeaking
        self.levelDb = levelDb
        self.relativeLevelDb = relativeLevelDb
        self.f0Hz = f0Hz
    }

    func write(to json: inout JSONWriter) {
        json.field("speaking", isSpeaking)
        json.field("level_db", levelDb, decimals: 1)
        json.field("relative_level_db", relativeLevelDb, decimals: 1)
        json.field("f0_hz", f0Hz, decimals: 1)
    }
}

/// What a speaker's usual values are, and what they rest on.
public struct Baseline: Sendable {
    /// Speech of the speaker so far, seconds.
    public var speechSeconds: Double
    /// Turns of the speaker so far.
    public var turns: Int
    /// Whether it is enough for a settled score.
    public var isReady: Bool
    /// Median level of the voiced speech so far, dB re full scale; nil until it rests on ten seconds of it.
    public var levelDb: Double?
    /// Median F0 so far, Hz; nil likewise.
    public var f0Hz: Double?
    /// Usual articulation rate, syllables per second; nil until it rests on enough.
    public var articulationRate: Double?
    /// Usual response lag, ms; nil until it rests on enough.
    public var responseLagMilliseconds: Double?

    /// Usual values, as far as they are known.
    public init(
        speechSeconds: Double, turns: Int, isReady: Bool, levelDb: Double? = nil, f0Hz: Double? = nil,
        articulationRate: Double? = nil, responseLagMilliseconds: Double? = nil
    ) {
        self.speechSeconds = speechSeconds
        self.turns = turns
        self.isReady = isReady
        self.levelDb = levelDb
        self.f0Hz = f0Hz
        self.articulationRate = articulationRate
        self.responseLagMilliseconds = responseLagMilliseconds
    }

    func write(to json: inout JSONWriter) {
        json.field("speech_s", speechSeconds, decimals: 1)
        json.field("turns", turns)
        json.field("ready", isReady)
        json.field("level_db", levelDb, decimals: 1)
        json.field("f0_hz", f0Hz, decimals: 1)
        json.field("articulation_rate_per_s", articulationRate, decimals: 2)
        json.field("response_lag_ms", responseLagMilliseconds, decimals: 0)
    }
}

/// One summand of a score.
public struct Contribution: Sendable {
    /// Name of the input: `neutral`, `talk_ratio`, `response_lag`, … (docs/scoring.md).
    public var input: String
    /// Value in the scored window, in the unit of its metric.
    public var value: Double?
    /// The speaker's own usual value, same unit.
    public var usual: Double?
    /// Deviation of the value from the usual in spreads of the baseline; higher = more engaged.
    public var z: Double?
    /// Points that it adds to the score.
    public var points: Double

    /// A summand.
    public init(input: String, value: Double? = nil, usual: Double? = nil, z: Double? = nil, points: Double) {
        self.input = input
        self.value = value
        self.usual = usual
        self.z = z
        self.points = points
    }

    static func write(_ contributions: [Contribution], to json: inout JSONWriter) {
        json.array("contributions") { json in
            for part in contributions {
                json.object { json in
                    json.field("input", part.input)
                    if let value = part.value { json.field("value", value, decimals: 4) }
                    if let usual = part.usual { json.field("usual", usual, decimals: 4) }
                    if let z = part.z { json.field("z", z, decimals: 2) }
                    json.field("points", part.points, decimals: 1)
                }
            }
        }
    }
}

/// Why there is no score. Programs compare it; a later daemon may say others.
public struct Abstention: RawRepresentable, Hashable, Sendable {
    /// As it is written.
    public var rawValue: String

    /// A reason by how it is written.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The speaker, or the window, has too little speech.
    public static let notEnoughSpeech = Abstention(rawValue: "not_enough_speech")
    /// Nobody else is measured: there is no conversation to be seen.
    public static let oneSpeaker = Abstention(rawValue: "one_speaker")
    /// It is not known yet what is usual of the speaker.
    public static let noBaseline = Abstention(rawValue: "no_baseline")
    /// The voice is too noisy, or too much of it is lost.
    public static let weakEvidence = Abstention(rawValue: "weak_evidence")
    /// There are no words in the window, and a voice alone does not say how somebody means it.
    public static let noWords = Abstention(rawValue: "no_words")
}

/// The engagement score of one tick.
public enum Engagement: Sendable {
    /// Not enough evidence, and why.
    case abstained(reason: Abstention)
    /// A score.
    case scored(EngagementScore)

    func write(to json: inout JSONWriter) {
        switch self {
        case .abstained(let reason):
            json.field("score", nil, decimals: 0)
            json.field("abstained", reason.rawValue)
        case .scored(let score): score.write(to: &json)
        }
    }
}

/// An engagement score with what it is made of.
public struct EngagementScore: Sendable {
    /// 0–100, 50 = neutral; the sum of the contributions.
    public var score: Double
    /// 80 % interval.
    public var low: Double, high: Double
    /// 0…1, how much of the evidence for a settled score is there.
    public var confidence: Double
    /// Whether the evidence is still below what a settled score needs.
    public var isProvisional: Bool
    /// Summands, the neutral 50 first.
    public var contributions: [Contribution]

    /// A score.
    public init(
        score: Double, low: Double, high: Double, confidence: Double, isProvisional: Bool,
        contributions: [Contribution]
    ) {
        self.score = score
        self.low = low
        self.high = high
        self.confidence = confidence
        self.isProvisional = isProvisional
        self.contributions = contributions
    }

    func write(to json: inout JSONWriter) {
        json.field("score", score, decimals: 1)
        json.array("interval") { json in
            json.number(low, decimals: 1)
            json.number(high, decimals: 1)
        }
        json.field("confidence", confidence, decimals: 2)
        json.field("provisional", isProvisional)
        Contribution.write(contributions, to: &json)
    }
}
