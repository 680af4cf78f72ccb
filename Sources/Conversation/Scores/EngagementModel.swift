import DequeModule
import Events
import Glibc

/// The engagement score of one speaker: `50 + Σ wᵢ·f(zᵢ)`, z the deviation from the speaker's own baseline.
///
/// Talk ratio, response lag and frequency of speaker changes are the inputs that systems of this kind publish; to
/// these come backchannels and what the voice shows. `f` saturates (tanh), and the weights add up to 50, so that the
/// score stays within 0…100 without clamping. The interval follows from the standard errors of the inputs and of the
/// baselines they are compared with (delta method).
struct EngagementModel {
    /// What the speaker did in the scored window; nil where there is nothing to measure.
    struct Observation {
        /// Values by input, in the unit of the metric; the response lag is not among them, but comes by `note`.
        var values: [EngagementInput: Double] = [:]
        /// How many of the backchannels were not heard but seen.
        var seenBackchannels = 0
        /// The speaker's own speech since the start, seconds.
        var speechSeconds = 0.0
        /// The speaker's own turns since the start.
        var turns = 0
        /// Number of speakers in the session.
        var speakers = 0
        /// Whether the scored window is filled.
        var isWindowFull = false
    }

    /// A response lag and after whom it came.
    private struct Lag {
        var hop: Int64
        var milliseconds: Double
        var after: Int
    }

    /// Lags that make up the input.
    private static let recentLags = 5
    /// A single lag counts as if it lay no further off than this, in spreads.
    private static let maxLagSpreads = 3.0
    /// Answers to one person from which on they are compared among themselves.
    private static let minPairLags = 8
    /// Standard deviations on either side of the mean between which 80 % of a Gaussian lie.
    private static let deviationsOf80Percent = 1.2816
    /// Seconds of a baseline before anything is compared with it.
    private static let minSamples = 10

    private let configuration: EngagementConfiguration
    private let inputs: [EngagementInput]
    /// Factor by which the points of the permitted inputs become 50 together.
    private let scale: Double
    private var baselines: [EngagementInput: Baseline] = [:]
    /// Baselines of the lags after one person.
    private var pairLags: [Int: Baseline] = [:]
    /// The newest lags, which the baselines have not seen yet.
    private var lags: Deque<Lag> = []
    private var held: EngagementScore?

    /// - Parameter usesVoice: false where policy keeps the voice out of the score.
    init(configuration: EngagementConfiguration, usesVoice: Bool) {
        self.configuration = configuration
        inputs = EngagementInput.allCases.filter { (usesVoice || !$0.isVoice) && configuration.points($0) > 0 }
        let sum = inputs.reduce(0) { $0 + configuration.points($1) }
        scale = sum > 0 ? 50 / sum : 0
        for input in inputs { baselines[input] = Self.baseline(input) }
    }

    /// Samples come once a second: three minutes count alike, then the memory is ten minutes. Lags are counted one by
    /// one.
    private static func baseline(_ input: EngagementInput) -> Baseline {
        input == .responseLag
            ? Baseline(memory: 60, warmUp: 12, minSpread: minSpread(input))
            : Baseline(memory: 600, warmUp: 180, minSpread: minSpread(input))
    }

    /// The usual value of an input in the unit of the metric; nil until it rests on enough.
    func usual(_ input: EngagementInput) -> Double? {
        guard let baseline = baselines[input], baseline.samples >= (input == .responseLag ? 2 : Self.minSamples)
        else { return nil }
        return unscaled(baseline.centre, input)
    }

    /// The baselines, as they go along.
    var usualValues: [String: UsualValues.Value] { baselines.known }

    /// Goes on from what was usual elsewhere.
    mutating func restore(usual: [String: UsualValues.Value]) { baselines.restore(usual) }

    // MARK: Learning

    /// Takes in a lag of the speaker after `previous` had the floor.
    mutating func note(lagMilliseconds: Double, after previous: Int, at hop: Int64) {
        if lags.count == Self.recentLags, let oldest = lags.popFirst() {
            // A lag is learned when it is no longer scored, so that it is never compared with itself.
            let value = scaled(oldest.milliseconds, .responseLag)
            baselines[.responseLag]?.add(value)
            pairLags[oldest.after, default: Self.baseline(.responseLag)].add(value)
        }
        lags.append(Lag(hop: hop, milliseconds: lagMilliseconds, after: previous))
    }

    /// Takes back the lag that was noted at `hop`, where it is not learned yet.
    mutating func takeBackLag(at hop: Int64) { lags.removeAll { $0.hop == hop } }

    /// Takes in the window of this second, once it is full.
    mutating func learn(_ seen: Observation) {
        guard seen.isWindowFull, seen.speakers > 1 else { return }
        for (input, value) in seen.values {
            let value = scaled(value, input)
            baselines[input]?.add(value)
        }
    }

    // MARK: Scoring

    /// The score of a tick at `hop`; lags from before `oldestHop` don't count any more.
    mutating func score(_ seen: Observation, oldestHop: Int64) -> Engagement {
        guard seen.speakers > 1 else { return .abstained(reason: .oneSpeaker) }
        // Where baselines come from elsewhere, the window is what has to be waited for.
        guard seen.speechSeconds >= configuration.provisionalSpeechSeconds, seen.isWindowFull else {
            return .abstained(reason: .notEnoughSpeech)
        }
        guard (baselines.values.map(\.samples).max() ?? 0) >= Self.minSamples else {
            return .abstained(reason: .noBaseline)
        }
        var parts = [Contribution(input: "neutral", points: 50)]
        var variance = 0.0
        for input in inputs {
            let (part, itsVariance) =
                input == .responseLag
                ? lagContribution(oldestHop: oldestHop) : contribution(input, value: seen.values[input], seen)
            parts += input == .backchannels ? Self.toldApart(part, seen: seen.seenBackchannels) : [part]
            variance += itsVariance
        }
        let settled =
            seen.speechSeconds >= configuration.settledSpeechSeconds || seen.turns >= configuration.settledTurns
        let confidence = max(
            seen.speechSeconds / max(configuration.settledSpeechSeconds, 1e-9),
            Double(seen.turns) / Double(max(configuration.settledTurns, 1)))
        let half = Self.deviationsOf80Percent * variance.squareRoot()
        var score = EngagementScore(
            score: (parts.reduce(0) { $0 + $1.points } * 10).rounded() / 10, low: 0, high: 0,
            confidence: min(1, confidence), isProvisional: !settled, contributions: parts)
        if let held, isFlicker(score, after: held) {
            score.score = held.score
            score.contributions = held.contributions
        }
        score.low = max(0, score.score - half)
        score.high = min(100, score.score + half)
        held = score
        return .scored(score)
    }

    /// Backchannels that were heard, and those that were seen where there are some: each with its share of the points.
    private static func toldApart(_ all: Contribution, seen: Int) -> [Contribution] {
        guard seen > 0, let value = all.value, value > 0 else { return [all] }
        var heard = all, nods = all
        nods.input = seenBackchannelsName
        nods.points = max(0, (all.points * Double(seen) / value * 10).rounded() / 10)
        nods.value = Double(seen)
        nods.usual = nil
        nods.z = nil
        heard.points = ((all.points - nods.points) * 10).rounded() / 10
        heard.value = value - Double(seen)
        return [heard, nods]
    }

    /// What backchannels that were seen are called among the contributions.
    static let seenBackchannelsName = "nods"

    private func isFlicker(_ new: EngagementScore, after held: EngagementScore) -> Bool {
        guard abs(new.score - held.score) < configuration.hysteresisPoints,
            new.contributions.count == held.contributions.count
        else { return false }
        return zip(new.contributions, held.contributions)
            .allSatisfy { abs($0.points - $1.points) < configuration.hysteresisPoints }
    }

    private func contribution(
        _ input: EngagementInput, value: Double?, _ seen: Observation
    ) -> (Contribution, variance: Double) {
        guard let baseline = baselines[input] else { return (Contribution(input: input.rawValue, points: 0), 0) }
        let isReady = baseline.samples >= Self.minSamples
        var z: Double?
        if isReady, let value {
            let deviation = scaled(value, input) - baseline.centre
            z = shaped(deviation, input) / baseline.spread(atLeast: Self.minSpread(input, speakers: seen.speakers))
        }
        // A window holds some three independent samples of who speaks; a baseline has one for each window it saw.
        return part(
            input, value: value, usual: isReady ? unscaled(baseline.centre, input) : nil, z: z, samples: 3,
            baselineSamples: Double(baseline.samples) / Double(configuration.windowSeconds))
    }

    /// The newest lags, each compared with the usual one after the same person, or with all of the speaker's; their
    /// mean, so that a single one that was measured otherwise moves little.
    private func lagContribution(oldestHop: Int64) -> (Contribution, variance: Double) {
        let own = baselines[.responseLag] ?? Self.baseline(.responseLag)
        let isReady = own.samples > 1
        var count = 0.0
        var sums = (value: 0.0, usual: 0.0, z: 0.0)
        for lag in lags where lag.hop > oldestHop {
            var baseline = own
            if let pair = pairLags[lag.after], pair.samples >= Self.minPairLags { baseline = pair }
            let value = scaled(lag.milliseconds, .responseLag)
            let z = max(-Self.maxLagSpreads, min(Self.maxLagSpreads, -baseline.z(value)))
            count += 1
            sums = (sums.value + value, sums.usual + baseline.centre, sums.z + z)
        }
        let usual = count > 0 ? sums.usual / count : own.centre
        return part(
            .responseLag, value: count > 0 ? unscaled(sums.value / count, .responseLag) : nil,
            usual: isReady ? unscaled(usual, .responseLag) : nil, z: isReady && count > 0 ? sums.z / count : nil,
            samples: count, baselineSamples: Double(own.samples))
    }

    private func part(
        _ input: EngagementInput, value: Double?, usual: Double?, z: Double?, samples: Double, baselineSamples: Double
    ) -> (Contribution, variance: Double) {
        let points = configuration.points(input) * scale
        let bend = tanh((z ?? 0) / configuration.saturationSpreads)
        let slope = max(0.25, 1 - bend * bend) / configuration.saturationSpreads
        let variance = points * points * slope * slope * (1 / max(samples, 1) + 1 / max(baselineSamples, 1))
        let gained = (points * bend * 10).rounded() / 10
        return (Contribution(input: input.rawValue, value: value, usual: usual, z: z, points: gained), variance)
    }

    // MARK: Scales

    /// A scale on which equal steps mean about the same: logarithmic for what is perceived in ratios, 2 √(n + 3/8) for
    /// counts (whose standard deviation is then about 1; Anscombe, 1948).
    private func scaled(_ value: Double, _ input: EngagementInput) -> Double {
        switch input {
        case .talkRatio, .pitchRange, .loudnessVariation: value
        case .responseLag: log(1 + max(0, value) / 200)
        case .rateChange: log(max(value, 0.1))
        case .speakerChanges: 2 * (max(0, value) * Double(configuration.windowSeconds) / 60 + 0.375).squareRoot()
        case .backchannels: 2 * (max(0, value) + 0.375).squareRoot()
        }
    }

    private func unscaled(_ value: Double, _ input: EngagementInput) -> Double {
        switch input {
        case .talkRatio, .pitchRange, .loudnessVariation: value
        case .responseLag: 200 * (exp(value) - 1)
        case .rateChange: exp(value)
        case .speakerChanges: max(0, value * value / 4 - 0.375) * 60 / Double(configuration.windowSeconds)
        case .backchannels: max(0, value * value / 4 - 0.375)
        }
    }

    /// What of a deviation counts: of the tempo only what goes beyond the least change that is noticed.
    private func shaped(_ deviation: Double, _ input: EngagementInput) -> Double {
        guard input == .rateChange else { return deviation }
        let least = log(1 + configuration.minRateChange)
        return deviation > 0 ? max(0, deviation - least) : min(0, deviation + least)
    }

    /// Smallest spread that a deviation is measured with, on the input's scale.
    private static func minSpread(_ input: EngagementInput, speakers: Int = 2) -> Double {
        switch input {
        case .talkRatio: 0.3 / Double(max(2, speakers))
        case .responseLag: 0.35
        case .speakerChanges, .backchannels: 1
        case .pitchRange, .loudnessVariation: 1.5
        case .rateChange: 0.1
        }
    }
}
