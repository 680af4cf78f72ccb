import Events
import Glibc

/// The engagement score of one speaker: `50 + Σ wᵢ·f(zᵢ)`, z the deviation from the speaker's own baseline.
///
/// The three inputs are those of the published definition of the systems that this one answers: talk ratio,
/// response lag, frequency of speaker changes. `f` saturates (tanh), and the weights add up to 50, so that
/// the score stays within 0…100 without clamping. The interval follows from the standard errors of the
/// inputs and of the baselines they are compared with (delta method).
struct EngagementModel {
    /// What the speaker did in the scored window.
    struct Inputs {
        /// Speech time / all speakers' speech time; nil where nobody spoke in the window.
        var talkRatio: Double?
        /// Newest response lags, ms.
        var lagsMilliseconds: [Double]
        /// Floor transfers per minute.
        var changesPerMinute: Double
        /// The speaker's own speech since the start, seconds.
        var speechSeconds: Double
        /// The speaker's own turns since the start.
        var turns: Int
        /// Number of speakers in the session.
        var speakers: Int
        /// Whether the scored window is filled.
        var isWindowFull: Bool
    }

    private let configuration: EngagementConfiguration
    /// Samples come once a tick; the memory is some ten minutes of them.
    private var talkRatio = Baseline(memory: 600, leastSpread: 0.15)
    private var changes = Baseline(memory: 600, leastSpread: 3)
    /// Samples are single lags on a logarithmic scale.
    private var logLag = Baseline(memory: 60, leastSpread: 0.35)

    init(configuration: EngagementConfiguration) {
        self.configuration = configuration
    }

    /// Perceived length of a lag: logarithmic above some 200 ms, linear below.
    private static func logLag(milliseconds: Double) -> Double {
        log(1 + milliseconds / 200)
    }

    /// Takes in a lag of the speaker.
    mutating func learn(lagMilliseconds: Double) {
        logLag.add(Self.logLag(milliseconds: lagMilliseconds))
    }

    /// Takes in the window of this tick, once it is full.
    mutating func learn(_ inputs: Inputs) {
        guard inputs.isWindowFull, inputs.speakers > 1 else { return }
        if let ratio = inputs.talkRatio { talkRatio.add(ratio) }
        changes.add(inputs.changesPerMinute)
    }

    /// The score of this tick.
    func score(_ inputs: Inputs) -> Engagement {
        guard inputs.speakers > 1 else { return .abstained(reason: "one_speaker") }
        guard inputs.speechSeconds >= configuration.provisionalSpeechSeconds else {
            return .abstained(reason: "not_enough_speech")
        }
        guard talkRatio.samples > 0 else { return .abstained(reason: "no_baseline") }
        var parts = [Contribution(input: "neutral", points: 50)]
        var variance = 0.0
        // A window of 30 s holds some three independent samples of who speaks; a baseline has one for each
        // window length it has seen.
        let baselineSamples = max(1, Double(talkRatio.samples) / Double(EngagementConfiguration.windowSeconds))
        func add(
            _ input: String, value: Double?, usual: Double?, z: Double?, points: Double, samples: Double,
            baselineSamples: Double
        ) {
            let z = z ?? 0
            let slope = max(0.25, 1 - tanh(z / 2) * tanh(z / 2)) / 2
            variance += points * points * slope * slope * (1 / max(samples, 1) + 1 / max(baselineSamples, 1))
            let gained = (points * tanh(z / 2) * 10).rounded() / 10
            parts.append(Contribution(input: input, value: value, usual: usual, z: z, points: gained))
        }
        add(
            "talk_ratio", value: inputs.talkRatio, usual: talkRatio.centre,
            z: inputs.talkRatio.map { talkRatio.z($0) }, points: configuration.talkRatioPoints,
            samples: 3, baselineSamples: baselineSamples)
        let logs = inputs.lagsMilliseconds.map(Self.logLag(milliseconds:)).sorted()
        let recent = logs.isEmpty ? nil : (logs[(logs.count - 1) / 2] + logs[logs.count / 2]) / 2
        let hasLag = recent != nil && logLag.samples > 1
        add(
            "response_lag", value: recent.map { 200 * (exp($0) - 1) },
            usual: logLag.samples > 0 ? 200 * (exp(logLag.centre) - 1) : nil,
            z: hasLag ? recent.map { -logLag.z($0) } : nil, points: configuration.responseLagPoints,
            samples: Double(logs.count), baselineSamples: Double(logLag.samples))
        add(
            "speaker_changes", value: inputs.changesPerMinute, usual: changes.centre,
            z: changes.z(inputs.changesPerMinute), points: configuration.speakerChangePoints, samples: 3,
            baselineSamples: baselineSamples)
        let score = (parts.reduce(0) { $0 + $1.points } * 10).rounded() / 10
        let half = 1.2816 * variance.squareRoot()
        let settled =
            inputs.speechSeconds >= configuration.settledSpeechSeconds
            || inputs.turns >= configuration.settledTurns
        let confidence = max(
            inputs.speechSeconds / max(configuration.settledSpeechSeconds, 1e-9),
            Double(inputs.turns) / Double(max(configuration.settledTurns, 1)))
        return .scored(
            EngagementScore(
                score: score, low: max(0, score - half), high: min(100, score + half),
                confidence: min(1, confidence), isProvisional: !settled, contributions: parts))
    }
}
