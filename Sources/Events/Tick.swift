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
    /// How much evidence the speaker's own baseline rests on.
    public var baseline: Baseline
    /// Media lost of this speaker within the last 30 s, percent.
    public var lossPercent: Double

    /// A tick.
    public init(
        windows: [WindowMetrics], voice: VoiceMetrics, engagement: Engagement, sentiment: Sentiment?,
        baseline: Baseline, lossPercent: Double
    ) {
        self.windows = windows
        self.voice = voice
        self.engagement = engagement
        self.sentiment = sentiment
        self.baseline = baseline
        self.lossPercent = lossPercent
    }

    func write(to json: inout JSONWriter) {
        json.object("engagement") { engagement.write(to: &$0) }
        if let sentiment { json.object("sentiment") { sentiment.write(to: &$0) } }
        json.object("windows") { json in
            for window in windows { json.object(window.name) { window.write(to: &$0) } }
        }
        json.object("voice") { voice.write(to: &$0) }
        json.object("baseline") { baseline.write(to: &$0) }
        json.object("audio") { $0.field("loss_pct", lossPercent, decimals: 1) }
    }
}

/// What a speaker did in one rolling window.
public struct WindowMetrics: Sendable {
    /// Name of the window: `10s`, `30s`, `120s`, `session`.
    public var name: String
    /// The speaker's speech time in seconds.
    public var speechSeconds = 0.0
    /// Speech time / all speakers' speech time; nil where nobody spoke.
    public var talkRatio: Double?
    /// Pause time / (pause + speech time) inside the speaker's turns; nil without turns.
    public var pauseRatio: Double?
    /// Syllables per second of speech, and per second of speech and pauses (de Jong & Wempe, 2009).
    public var articulationRate: Double?, speechRate: Double?
    /// Turns the speaker began.
    public var turns = 0
    /// Median of the positive part of the floor-transfer offset when the speaker took the floor, ms.
    public var responseLagMedianMilliseconds: Double?
    /// Number of lags in the median.
    public var responseLags = 0
    /// Longest stretch in which the speaker held the floor, seconds.
    public var longestMonologueSeconds = 0.0
    /// Backchannels that the speaker gave, and interruptions that the speaker made.
    public var backchannels = 0, interruptions = 0
    /// Floor transfers of the whole session per minute.
    public var speakerChangesPerMinute: Double?
    /// Time when two or more spoke / time when at least one spoke.
    public var overlapRatio: Double?

    /// An empty window.
    public init(name: String) {
        self.name = name
    }

    func write(to json: inout JSONWriter) {
        json.field("speech_s", speechSeconds, decimals: 2)
        json.field("talk_ratio", talkRatio, decimals: 4)
        json.field("pause_ratio", pauseRatio, decimals: 4)
        json.field("articulation_rate_per_s", articulationRate, decimals: 2)
        json.field("speech_rate_per_s", speechRate, decimals: 2)
        json.field("turns", turns)
        json.field("response_lag_median_ms", responseLagMedianMilliseconds, decimals: 0)
        json.field("response_lag_n", responseLags)
        json.field("longest_monologue_s", longestMonologueSeconds, decimals: 2)
        json.field("backchannels", backchannels)
        json.field("interruptions", interruptions)
        json.field("speaker_changes_per_min", speakerChangesPerMinute, decimals: 2)
        json.field("overlap_ratio", overlapRatio, decimals: 4)
    }
}

/// The voice over the last second.
public struct VoiceMetrics: Sendable {
    /// Whether the speaker speaks at the time of the tick.
    public var isSpeaking: Bool
    /// Mean level of the speech of the last second in dB relative to full scale; nil without speech.
    public var levelDb: Double?
    /// Median F0 of the voiced hops of the last second, Hz; nil without.
    public var f0Hz: Double?

    /// The voice now.
    public init(isSpeaking: Bool, levelDb: Double?, f0Hz: Double?) {
        self.isSpeaking = isSpeaking
        self.levelDb = levelDb
        self.f0Hz = f0Hz
    }

    func write(to json: inout JSONWriter) {
        json.field("speaking", isSpeaking)
        json.field("level_db", levelDb, decimals: 1)
        json.field("f0_hz", f0Hz, decimals: 1)
    }
}

/// Evidence under a speaker's own baseline.
public struct Baseline: Sendable {
    /// Speech of the speaker so far, seconds.
    public var speechSeconds: Double
    /// Turns of the speaker so far.
    public var turns: Int
    /// Whether it is enough for a settled score.
    public var isReady: Bool

    /// Evidence so far.
    public init(speechSeconds: Double, turns: Int, isReady: Bool) {
        self.speechSeconds = speechSeconds
        self.turns = turns
        self.isReady = isReady
    }

    func write(to json: inout JSONWriter) {
        json.field("speech_s", speechSeconds, decimals: 1)
        json.field("turns", turns)
        json.field("ready", isReady)
    }
}

/// One summand of a score.
public struct Contribution: Sendable {
    /// Name of the input: `neutral`, `talk_ratio`, `response_lag`, `speaker_changes`.
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
}

/// The engagement score of one tick.
public enum Engagement: Sendable {
    /// Not enough evidence, and why.
    case abstained(reason: String)
    /// A score.
    case scored(EngagementScore)

    func write(to json: inout JSONWriter) {
        switch self {
        case .abstained(let reason):
            json.field("score", nil, decimals: 0)
            json.field("abstained", reason)
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

/// The sentiment score of one tick.
public enum Sentiment: Sendable {
    /// No score, and why.
    case abstained(reason: String)

    func write(to json: inout JSONWriter) {
        switch self {
        case .abstained(let reason):
            json.field("score", nil, decimals: 0)
            json.field("abstained", reason)
        }
    }
}
