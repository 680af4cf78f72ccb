/// Words and phrases that are counted together, under a name, in what is said.
public struct WordTracker: Sendable, Equatable {
    /// What it is called.
    public var name: String
    /// The phrases and their variants.
    public var phrases: [String]
    /// Of whom they are counted: sides (`host`, `guest`), roles or names of speakers; empty for everybody.
    public var who: [String]
    /// Whether words are found in all their forms, in English.
    public var matchesForms: Bool

    /// A tracker.
    public init(name: String, phrases: [String], who: [String] = [], matchesForms: Bool = true) {
        self.name = name
        self.phrases = phrases
        self.who = who
        self.matchesForms = matchesForms
    }

    /// Whether what a speaker says is looked at.
    func isAbout(name: String, role: String?, side: Side?) -> Bool {
        who.isEmpty
            || who.contains { $0 == name || $0 == side?.rawValue || $0.lowercased() == role?.lowercased() }
    }
}

extension ConversationConfiguration {
    /// What texts are searched for, in the order in which lines count it: the trackers, and then the phrases of those
    /// cue rules in force that have some of their own.
    public var searched: [WordTracker] {
        trackers
            + cues.filter { $0.isEnabled && !$0.phrases.isEmpty }.map {
                WordTracker(name: $0.id, phrases: $0.phrases, matchesForms: false)
            }
    }
}
