/// A rule over the metrics that raises a coach cue. It states what was measured and suggests nothing.
public struct CueRule: Sendable, Equatable {
    /// What a rule looks at. The unit is part of the name where it is not a ratio or a count.
    public enum Metric: String, Sendable, CaseIterable {
        /// Own speech / all speech in the window.
        case talkRatio = "talk_ratio"
        /// Length of the speaker's turn in progress, seconds.
        case monologue = "monologue_s"
        /// Interruptions made in the window.
        case interruptions
        /// Answers in the window that came sooner than 0.3 s after the other side's turn.
        case hastyAnswers = "hasty_answers"
        /// Articulation rate in the window relative to the speaker's usual one: 0.25 means a quarter faster.
        case rateChange = "rate_change"
        /// Time since anybody spoke, seconds; concerns the session.
        case silence = "silence_s"
        /// Time since the speaker was last heard, seconds.
        case unheard = "unheard_s"
        /// How long the mouth has moved as in speech while nothing at all comes from the microphone, seconds.
        case mutedSpeech = "muted_speech_s"
        /// Change of the engagement score over the window, points.
        case engagementChange = "engagement_change"
        /// How often one of the phrases of the rule, or of its tracker, was said in the window.
        case mentions
    }

    /// Whom a rule looks at.
    public enum Subject: String, Sendable, CaseIterable {
        /// Speakers of the host's side.
        case host
        /// Speakers of the guest's side.
        case guest
        /// Every speaker.
        case anyone
        /// The session as a whole.
        case session

        /// Whether a rule about this looks at somebody on `side`.
        func includes(_ side: Side?) -> Bool {
            switch self {
            case .host: side == .host
            case .guest: side == .guest
            case .anyone: true
            case .session: false
            }
        }
    }

    /// How much it matters.
    public enum Severity: String, Sendable, CaseIterable {
        case info, warning
    }

    /// Name of the cue.
    public var id: String
    /// Whether the rule is in force.
    public var isEnabled = true
    /// Whom it looks at.
    public var about = Subject.host
    /// What it looks at.
    public var metric: Metric
    /// The rolling window of the metric, seconds; one of the configured windows, but any for the engagement change.
    public var windowSeconds = 120
    /// The cue is raised when the metric goes above or below this.
    public var above: Double?, below: Double?
    /// Words and phrases that are looked for in what is said; of `mentions` only.
    public var phrases: [String] = []
    /// The tracker whose phrases are meant, by name, in place of own ones; of `mentions` only.
    public var tracker: String?
    /// The cue clears itself when the metric is back at this; nil for the limit itself.
    public var clear: Double?
    /// How long the metric has to be beyond the limit without a break until the cue is raised, seconds.
    public var dwellSeconds = 0.0
    /// How long the metric has to be back at `clear` without a break until the cue clears itself, seconds.
    public var clearForSeconds = 0.0
    /// Time after which it may be raised again once it has cleared, seconds.
    public var cooldownSeconds = 60.0
    /// How much it matters.
    public var severity = Severity.info
    /// Which cue is raised where several may be: that of the higher priority, 0…100.
    public var priority = 50

    /// A rule with defaults in everything else.
    public init(id: String, metric: Metric) {
        self.id = id
        self.metric = metric
    }

    /// The rules of the shipped configuration.
    public static let standard: [CueRule] = [
        rule("monologue", .monologue) {
            $0.above = 90
            $0.priority = 70
        },
        rule("talk_ratio", .talkRatio) {
            $0.above = 0.65
            $0.clear = 0.6
            $0.dwellSeconds = 20
        },
        rule("too_fast", .rateChange) {
            $0.windowSeconds = 30
            $0.above = 0.25
            $0.clear = 0.15
            $0.dwellSeconds = 10
            $0.clearForSeconds = 5
            $0.priority = 30
        },
        rule("too_slow", .rateChange) {
            $0.windowSeconds = 30
            $0.below = -0.25
            $0.clear = -0.15
            $0.dwellSeconds = 10
            $0.clearForSeconds = 5
            $0.priority = 30
        },
        rule("interrupting", .interruptions) {
            $0.above = 2
            $0.clear = 1
            $0.severity = .warning
            $0.priority = 80
        },
        rule("no_patience", .hastyAnswers) {
            $0.above = 3
            $0.clear = 2
        },
        rule("long_silence", .silence) {
            $0.about = .session
            $0.above = 15
            $0.priority = 40
        },
        rule("customer_not_heard", .unheard) {
            $0.about = .guest
            $0.above = 300
            $0.priority = 60
        },
        rule("engagement_fell", .engagementChange) {
            $0.isEnabled = false
            $0.about = .guest
            $0.windowSeconds = 60
            $0.below = -10
            $0.clear = -5
            $0.dwellSeconds = 10
            $0.clearForSeconds = 5
            $0.priority = 20
        },
    ]

    /// Whether its window is counted; the engagement change needs none.
    public func fits(windowsSeconds: [Int]) -> Bool {
        switch metric {
        case .talkRatio, .interruptions, .hastyAnswers, .rateChange, .mentions: windowsSeconds.contains(windowSeconds)
        case .engagementChange: (1...SpeakerState.scoreMemorySeconds).contains(windowSeconds)
        case .monologue, .silence, .unheard, .mutedSpeech: true
        }
    }

    private static func rule(_ id: String, _ metric: Metric, _ change: (inout CueRule) -> Void) -> CueRule {
        var rule = CueRule(id: id, metric: metric)
        change(&rule)
        return rule
    }

    /// Whether a value calls for the cue.
    func isRaised(by value: Double) -> Bool {
        if let above, value > above { return true }
        if let below, value < below { return true }
        return false
    }

    /// Whether a raised cue is over. A `clear` beyond the limit counts as the limit: else one value would do both.
    func isCleared(by value: Double) -> Bool {
        if let above { return value <= min(clear ?? above, above) }
        if let below { return value >= max(clear ?? below, below) }
        return true
    }

    /// The window where the metric has one.
    var windowOfMetric: Int? {
        switch metric {
        case .talkRatio, .interruptions, .hastyAnswers, .rateChange, .engagementChange, .mentions: windowSeconds
        case .monologue, .silence, .unheard, .mutedSpeech: nil
        }
    }
}
