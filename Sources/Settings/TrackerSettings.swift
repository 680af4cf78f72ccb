import Conversation
import Kit
import Text
import Yams

extension SettingsValue {
    /// The trackers: a list of mappings.
    func trackers() throws -> [WordTracker] {
        guard let sequence = node.sequence else {
            if node.scalar?.string.isEmpty == true { return [] }
            throw ExpectedValue(what: "a list of trackers such as {name: pricing, phrases: [price]}, or [] for none")
        }
        var names: Set<String> = []
        return try EntryErrors.reading(sequence) { entry in
            let tracker = try Self.tracker(entry)
            guard names.insert(tracker.name).inserted else {
                throw EntryError(
                    mark: entry.mark,
                    message:
                        "there are two trackers '\(tracker.name)'; name one differently, or put their phrases together")
            }
            return tracker
        }
    }

    private static func tracker(_ node: Node) throws -> WordTracker {
        func refuse(_ message: String, at place: Node? = nil) -> EntryError {
            EntryError(mark: place?.mark ?? node.mark, message: printable(message))
        }
        guard let mapping = node.mapping else {
            throw refuse("a tracker must be a mapping such as {name: pricing, phrases: [price, how much]}")
        }
        guard let name = mapping["name"]?.scalar?.string, (1...64).contains(name.utf8.count), printable(name) == name
        else {
            throw refuse("a tracker needs a name of 1 to 64 printable bytes; add name: NAME", at: mapping["name"])
        }
        var tracker = WordTracker(name: name, phrases: [])
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            let reader = SettingsValue(node: value)
            do throws(ExpectedValue) {
                switch name {
                case "name": break
                case "phrases": tracker.phrases = try reader.phrases()
                case "who": tracker.who = try reader.people()
                case "forms": tracker.matchesForms = try reader.flag()
                default: throw ExpectedValue(what: "")
                }
            } catch {
                guard !error.what.isEmpty else {
                    throw refuse(
                        "tracker '\(tracker.name)' has an unknown key '\(name)'; known are name, phrases, who, forms",
                        at: key)
                }
                throw refuse("'\(name)' of tracker '\(tracker.name)' must be \(error.what)", at: value)
            }
        }
        guard !tracker.phrases.isEmpty else {
            throw refuse("tracker '\(tracker.name)' has no phrases; add phrases: [WORD, SEVERAL WORDS]")
        }
        if let phrase = tracker.phrases.first(where: { !isPhrase($0) }) {
            throw refuse("'\(phrase)' of tracker '\(tracker.name)' must be 1 to \(PhraseTrackers.maxWords) words")
        }
        return tracker
    }

    /// Whether it can be looked for in what is said.
    static func isPhrase(_ phrase: String) -> Bool {
        PhraseTrackers.words(phrase).count <= PhraseTrackers.maxWords
            && phrase.contains { $0.isLetter || $0.isNumber }
    }

    /// One of sides, roles and names of speakers, or several.
    private func people() throws(ExpectedValue) -> [String] {
        let expected = ExpectedValue(
            what: "a list of at most 32 sides (host, guest), roles or names of speakers, or one of them")
        let all = node.sequence?.map(\.scalar?.string) ?? [node.scalar?.string]
        guard all.count <= 32 else { throw expected }
        var people: [String] = []
        for one in all {
            guard let one, (1...512).contains(one.utf8.count) else { throw expected }
            people.append(one)
        }
        return people
    }
}

extension Settings {
    /// Checks trackers and the cue rules that mean them together.
    func contradictionsOfTrackers() -> [(path: String, message: String)] {
        var found: [(path: String, message: String)] = []
        let trackers = conversation.trackers
        for rule in conversation.cues {
            guard let name = rule.tracker, !trackers.contains(where: { $0.name == name }) else { continue }
            let known = trackers.isEmpty ? "there is none" : "there are \(trackers.map(\.name).joined(separator: ", "))"
            found.append(("cues.rules", "cue '\(rule.id)' means the tracker '\(name)' of words.trackers; \(known)"))
        }
        let searched =
            trackers
            + conversation.cues.filter { !$0.phrases.isEmpty }.map {
                WordTracker(name: $0.id, phrases: $0.phrases)
            }
        let phrases = searched.reduce(0) { $0 + $1.phrases.count }
        if searched.count > PhraseTrackers.maxTrackers || phrases > PhraseTrackers.maxPhrases {
            found.append(
                (
                    "words.trackers",
                    "trackers and cue rules with phrases of their own are \(searched.count) with \(phrases) phrases; "
                        + "keep to \(PhraseTrackers.maxTrackers) with \(PhraseTrackers.maxPhrases)"
                ))
        }
        return found
    }
}
