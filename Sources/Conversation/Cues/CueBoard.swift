import Events
import MediaTypes

/// The cues that are raised, and those that wait: one is raised at a time, and none within the gap after another.
///
/// Nothing queues. What may be raised is found anew every second, so that what waits is raised later only where it is
/// still true. Of all that may be raised, that of the highest priority is; among equals that which waits longest, then
/// the rule that comes first, then the session before the speakers, who come in the order they joined. So a rule waits
/// for one of lower priority once at the most, for a gap.
struct CueBoard {
    private struct Key: Hashable {
        var rule: Int
        /// Nil for the session as a whole.
        var speaker: Int?
    }

    private struct Candidate {
        var key: Key
        var rank: (Int, Int64, Int, Int)
    }

    /// The rules in force.
    let rules: [CueRule]
    /// Which of what texts are searched for each rule means, as lines count it; nil where it means none.
    let trackers: [Int?]
    private let gapHops: Int64
    private var courses: [Key: CueCourse] = [:]
    private var candidates: [Candidate] = []
    private var raised = 0
    /// Until when a rule is put off for everybody, by its place.
    private var snoozed: [Int: Int64] = [:]
    /// When the last one was raised.
    private var lastRaised: Int64?

    /// - Parameter trackers: those that rules may mean.
    init(rules: [CueRule], trackers named: [WordTracker] = [], gapSeconds: Double = 0) {
        self.rules = rules.filter(\.isEnabled)
        var count = named.count
        trackers = self.rules.map { rule in
            if let name = rule.tracker { return named.firstIndex { $0.name == name } }
            guard !rule.phrases.isEmpty else { return nil }
            defer { count += 1 }
            return count
        }
        gapHops = AudioGrid.hops(seconds: gapSeconds)
    }

    /// Looks at one speaker (nil: the session) at `hop`, once a second; what may be raised then waits for `raise(at:)`.
    ///
    /// - Parameter values: the metric of each rule; nil where the rule looks at somebody else, or there is nothing
    ///   to measure: what is raised stays so, and what has to hold for some time begins anew.
    /// - Returns: cues that are over.
    mutating func look(at speaker: Int?, hop: Int64, values: [Double?]) -> [EventBody] {
        var told: [EventBody] = []
        for (index, rule) in rules.enumerated() {
            let key = Key(rule: index, speaker: speaker)
            // Whom a rule never concerned takes no place.
            guard courses[key] != nil || values[index] != nil else { continue }
            switch courses[key, default: CueCourse()].look(
                values[index], rule: rule, hop: hop, ruleSnoozedUntil: snoozed[index] ?? 0)
            {
            case .nothing: break
            case .ready(let since):
                candidates.append(Candidate(key: key, rank: (-rule.priority, since, index, speaker ?? -1)))
            case .over: if let over = clear(key, hop: hop, reason: .backToNormal) { told.append(over) }
            }
        }
        return told
    }

    /// Raises what may be raised, once all were looked at in this second.
    mutating func raise(at hop: Int64) -> [(speaker: Int?, body: EventBody)] {
        defer { candidates.removeAll(keepingCapacity: true) }
        var told: [(speaker: Int?, body: EventBody)] = []
        for candidate in candidates.sorted(by: { $0.rank < $1.rank }) {
            if let lastRaised, hop - lastRaised < gapHops { break }
            guard let course = courses[candidate.key] else { continue }
            lastRaised = hop
            let rule = rules[candidate.key.rule]
            if let again = course.raised {
                courses[candidate.key]?.set(.raised, snoozedUntil: 0)
                told.append(
                    (candidate.key.speaker, .cueChanged(CueChange(id: again.id, cue: rule.id, state: .raised))))
                continue
            }
            raised += 1
            courses[candidate.key]?.raise(id: raised, at: hop)
            told.append(
                (
                    candidate.key.speaker,
                    .cueRaised(
                        CueRaised(
                            id: raised, cue: rule.id, severity: rule.severity.rawValue, metric: rule.metric.rawValue,
                            value: course.value, limit: rule.above ?? rule.below ?? 0,
                            windowSeconds: rule.windowOfMetric))
                ))
        }
        return told
    }

    /// Clears what is raised of a speaker who is no longer measured, or of all and the session with nil.
    ///
    /// Who has left and comes back finds the cool-downs that were; of consent taken back nothing is kept.
    /// - Returns: the cleared cues with their speakers.
    mutating func withdraw(speaker: Int?, hop: Int64, reason: CueCleared.Reason) -> [(speaker: Int?, body: EventBody)] {
        var told: [(speaker: Int?, body: EventBody)] = []
        let keys = courses.keys.filter { speaker == nil || $0.speaker == speaker }
        for key in keys.sorted(by: { ($0.rule, $0.speaker ?? -1) < ($1.rule, $1.speaker ?? -1) }) {
            if let over = clear(key, hop: hop, reason: reason) { told.append((key.speaker, over)) }
            if reason == .consentChanged { courses[key] = nil }
        }
        return told
    }

    /// Takes in what people make of a cue: that they have seen it, that it may come again later, or that it stands.
    ///
    /// - Parameter seconds: for how long it is put off.
    /// - Returns: whom it concerns (nil: the session), and what to tell, if anything has changed; nil where no cue of
    ///   that number is raised.
    mutating func set(
        _ id: Int, to state: CueChange.State, seconds: Double, hop: Int64
    ) -> (speaker: Int?, body: EventBody?)? {
        guard let (key, course) = courses.first(where: { $0.value.raised?.id == id }), let former = course.raised
        else { return nil }
        courses[key]?.set(state, snoozedUntil: state == .snoozed ? hop + AudioGrid.hops(seconds: seconds) : 0)
        // Put off once more is put off for another time.
        guard former.state != state || state == .snoozed else { return (key.speaker, nil) }
        let change = CueChange(
            id: id, cue: rules[key.rule].id, state: state, forSeconds: state == .snoozed ? seconds : nil)
        return (key.speaker, .cueChanged(change))
    }

    /// Puts off a rule for everybody in the session, or no longer. What is raised of it is put off as well, but for
    /// what people have seen.
    ///
    /// - Parameter seconds: nil: it is no longer put off.
    /// - Returns: what to tell; nil where there is no such rule.
    mutating func snooze(rule name: String, seconds: Double?, hop: Int64) -> EventBody? {
        guard let rule = rules.firstIndex(where: { $0.id == name }) else { return nil }
        snoozed[rule] = seconds.map { hop + AudioGrid.hops(seconds: $0) }
        for (key, course) in courses where key.rule == rule && seconds != nil && course.raised?.state == .raised {
            courses[key]?.set(.snoozed, snoozedUntil: 0)
        }
        return .cueChanged(CueChange(cue: name, state: seconds == nil ? .raised : .snoozed, forSeconds: seconds))
    }

    private mutating func clear(_ key: Key, hop: Int64, reason: CueCleared.Reason) -> EventBody? {
        let rule = rules[key.rule]
        guard let over = courses[key]?.clear(rule: rule, at: hop) else { return nil }
        return .cueCleared(
            CueCleared(
                id: over.id, cue: rule.id, reason: reason,
                value: reason == .backToNormal ? courses[key]?.value : nil,
                afterSeconds: Double(hop - over.at) / Double(AudioGrid.hopsPerSecond)))
    }
}
