import Events
import MediaTypes

/// The cues that are raised, and since when others may be raised again.
struct CueBoard {
    private struct Key: Hashable {
        var rule: Int
        /// Nil for the session as a whole.
        var speaker: Int?
    }

    private enum State {
        case raised(id: Int, at: Int64)
        case coolingDown(until: Int64)
    }

    /// The rules in force.
    let rules: [CueRule]
    private var states: [Key: State] = [:]
    private var raised = 0

    init(rules: [CueRule]) {
        self.rules = rules.filter(\.isEnabled)
    }

    /// Looks at one speaker (nil: the session) at `hop`.
    ///
    /// - Parameter values: the metric of each rule; nil where the rule looks at somebody else, or there is nothing
    ///   to measure, which changes nothing.
    /// - Returns: cues raised and cleared.
    mutating func look(at speaker: Int?, hop: Int64, values: [Double?]) -> [EventBody] {
        var told: [EventBody] = []
        for (index, rule) in rules.enumerated() {
            guard let value = values[index] else { continue }
            let key = Key(rule: index, speaker: speaker)
            switch states[key] {
            case .raised(let id, let at):
                guard rule.isCleared(by: value) else { continue }
                told.append(clear(key, id: id, raisedAt: at, hop: hop, reason: .backToNormal, value: value))
            case .coolingDown(let until) where hop < until: continue
            case .coolingDown, nil:
                guard rule.isRaised(by: value) else { continue }
                raised += 1
                states[key] = .raised(id: raised, at: hop)
                told.append(
                    .cueRaised(
                        CueRaised(
                            id: raised, cue: rule.id, severity: rule.severity.rawValue, metric: rule.metric.rawValue,
                            value: value, limit: rule.above ?? rule.below ?? 0,
                            windowSeconds: rule.windowOfMetric)))
            }
        }
        return told
    }

    /// Clears what is raised of a speaker who is no longer measured, or of all and the session with nil.
    ///
    /// - Returns: the cleared cues with their speakers.
    mutating func withdraw(speaker: Int?, hop: Int64, reason: CueCleared.Reason) -> [(speaker: Int?, body: EventBody)] {
        var told: [(speaker: Int?, body: EventBody)] = []
        let keys = states.keys.filter { speaker == nil || $0.speaker == speaker }
        for key in keys.sorted(by: { ($0.rule, $0.speaker ?? -1) < ($1.rule, $1.speaker ?? -1) }) {
            if case .raised(let id, let at) = states[key] {
                told.append((key.speaker, clear(key, id: id, raisedAt: at, hop: hop, reason: reason, value: nil)))
            }
            states[key] = nil
        }
        return told
    }

    private mutating func clear(
        _ key: Key, id: Int, raisedAt: Int64, hop: Int64, reason: CueCleared.Reason, value: Double?
    ) -> EventBody {
        let rule = rules[key.rule]
        states[key] = .coolingDown(until: hop + Int64(rule.cooldownSeconds * Double(AudioGrid.hopsPerSecond)))
        return .cueCleared(
            CueCleared(
                id: id, cue: rule.id, reason: reason, value: value,
                afterSeconds: Double(hop - raisedAt) / Double(AudioGrid.hopsPerSecond)))
    }
}

extension CueRule {
    /// The window where the metric has one.
    var windowOfMetric: Int? {
        switch metric {
        case .talkRatio, .interruptions, .hastyAnswers, .rateChange, .engagementChange: windowSeconds
        case .monologue, .silence, .unheard: nil
        }
    }
}
