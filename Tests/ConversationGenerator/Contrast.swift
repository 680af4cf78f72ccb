import Events

/// Two conversations that differ in one thing only: what the second speaker does from the middle on.
public struct Contrast: Sendable {
    /// The thing that differs.
    public enum Kind: String, Sendable, CaseIterable {
        case answersLater = "answers later and later"
        case speaksLess = "speaks less"
        case flattens = "goes on on one note"

        /// The contribution that should be named.
        public var input: String {
            switch self {
            case .answersLater: "response_lag"
            case .speaksLess: "talk_ratio"
            case .flattens: "pitch_range"
            }
        }

        fileprivate func apply(to change: inout ConversationPlan.Change, voice: Voice) {
            switch self {
            case .answersLater: change.lagGrowthSeconds = 1.5
            case .speaksLess: change.ipusPerTurn = (1...1, 3...4)
            case .flattens: change.voice = voice.onOneNote()
            }
        }
    }

    /// Mean score of the second speaker over the last minute, changed minus unchanged.
    public let score: Double
    /// The same of the points of each contribution.
    public let points: [String: Double]
    /// The contribution that took the most.
    public var named: String { points.min { $0.value < $1.value }?.key ?? "" }

    private static let changeSeconds = 180.0
    private static let lengthSeconds = 330.0

    /// Makes and analyses the two conversations of a seed.
    public init(_ kind: Kind, seed: UInt64, voices: [Voice], analyse: ([[Float]]) -> AnalysedConversation) {
        var plan = ConversationPlan()
        plan.speakers = 2...2
        plan.seconds = Self.lengthSeconds...Self.lengthSeconds
        plan.ipusPerTurn = 1...3
        plan.monologues = 0
        plan.interruptions = 0
        plan.slips = 0
        plan.hasListeners = false
        plan.lagSeconds = 0.3...0.9
        func lastMinute(_ plan: ConversationPlan) -> [String: Double] {
            let made = ScriptedConversation(seed: seed, voices: voices, plan: plan)
            let found = analyse((0..<made.speakers).map { made.track(of: $0) })
            return Self.points(of: found, from: Self.lengthSeconds - 60, to: Self.lengthSeconds)
        }
        let unchanged = lastMinute(plan)
        var change = ConversationPlan.Change(fromSeconds: Self.changeSeconds)
        kind.apply(to: &change, voice: voices[1])
        plan.change = change
        let changed = lastMinute(plan)
        points = changed.merging(unchanged) { $0 - $1 }
        score = points.values.reduce(0, +)
    }

    /// Mean points per input of the second speaker.
    private static func points(
        of conversation: AnalysedConversation, from: Double, to: Double
    ) -> [String: Double] {
        var sums: [String: Double] = [:]
        var ticks = 0.0
        for (seconds, tick) in conversation.ticks(of: "s1") where seconds > from && seconds <= to {
            guard case .scored(let score) = tick.engagement else { continue }
            ticks += 1
            for part in score.contributions { sums[part.input, default: 0] += part.points }
        }
        return sums.mapValues { $0 / max(1, ticks) }
    }
}
