import Events
import MediaTypes

/// How one rule stands with one speaker, or with the session.
struct CueCourse {
    /// A cue that is raised.
    struct Raised {
        var id: Int
        var at: Int64
        /// What people have made of it.
        var state = CueChange.State.raised
    }

    /// What is raised, if anything.
    private(set) var raised: Raised?
    /// It is not raised again before this hop, because it cools down, or because it was put off.
    private(set) var coolsUntil: Int64 = 0
    private(set) var snoozedUntil: Int64 = 0
    /// The value that was looked at last.
    private(set) var value = 0.0
    /// Since when every look found what it takes for the next step: beyond the limit to be raised, back at `clear` to
    /// clear; nil where the last look did not.
    private var since: Int64?
    /// The hop of the last look.
    private var looked: Int64?

    /// What a look found.
    enum Finding: Equatable {
        case nothing
        /// It may be raised, or told again, and might since this hop.
        case ready(since: Int64)
        /// It is over.
        case over
    }

    /// Takes in the metric of this second; nil where there is nothing to measure, which begins both times anew.
    ///
    /// - Parameter ruleSnoozedUntil: until when the rule is put off for everybody.
    mutating func look(_ value: Double?, rule: CueRule, hop: Int64, ruleSnoozedUntil: Int64 = 0) -> Finding {
        // Nobody looked in between (media was missing): what was the case then is not known.
        if let looked, hop - looked > AudioGrid.hops(seconds: 1) { since = nil }
        looked = hop
        guard let value, value.isFinite else {
            since = nil
            return .nothing
        }
        self.value = value
        let snoozedUntil = max(snoozedUntil, ruleSnoozedUntil)
        if let raised, raised.state == .snoozed, hop >= snoozedUntil, rule.isRaised(by: value) {
            since = nil
            return .ready(since: snoozedUntil)
        }
        guard raised == nil ? rule.isRaised(by: value) : rule.isCleared(by: value) else {
            since = nil
            return .nothing
        }
        let begun = since ?? hop
        since = begun
        if raised != nil { return hop - begun >= AudioGrid.hops(seconds: rule.clearForSeconds) ? .over : .nothing }
        let ready = max(begun + AudioGrid.hops(seconds: rule.dwellSeconds), coolsUntil, snoozedUntil)
        return hop >= ready ? .ready(since: ready) : .nothing
    }

    mutating func raise(id: Int, at hop: Int64) {
        raised = Raised(id: id, at: hop)
        since = nil
    }

    /// Takes in what people make of what is raised.
    mutating func set(_ state: CueChange.State, snoozedUntil: Int64) {
        raised?.state = state
        self.snoozedUntil = snoozedUntil
    }

    /// Ends what is raised.
    ///
    /// - Returns: what was; nil where nothing was.
    mutating func clear(rule: CueRule, at hop: Int64) -> Raised? {
        guard let over = raised else { return nil }
        raised = nil
        since = nil
        coolsUntil = hop + AudioGrid.hops(seconds: rule.cooldownSeconds)
        return over
    }
}
