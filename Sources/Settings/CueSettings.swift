import Conversation
import Text
import Yams

/// Why an entry of a list was refused: where it is, and what is wrong and what to do.
struct EntryError: Error {
    let mark: Mark?
    let message: String
}

/// Why entries of a list were refused.
struct EntryErrors: Error {
    let all: [EntryError]

    /// Reads every entry, so that all that is wrong is told at once.
    static func reading<Value>(_ entries: Node.Sequence, _ read: (Node) throws -> Value) throws -> [Value] {
        var values: [Value] = []
        var errors: [EntryError] = []
        for entry in entries {
            do { values.append(try read(entry)) } catch let error as EntryError { errors.append(error) }
        }
        guard errors.isEmpty else { throw EntryErrors(all: errors) }
        return values
    }
}

extension SettingsValue {
    /// The cue rules: a list of mappings.
    func cueRules() throws -> [CueRule] {
        guard let sequence = node.sequence else {
            if node.scalar?.string.isEmpty == true { return [] }
            throw ExpectedValue(what: "a list of rules, or [] for none")
        }
        var ids: Set<String> = []
        return try EntryErrors.reading(sequence) { entry in
            let rule = try Self.cueRule(entry)
            guard ids.insert(rule.id).inserted else {
                throw EntryError(mark: entry.mark, message: "there are two cues '\(rule.id)'; name one differently")
            }
            return rule
        }
    }

    private static func cueRule(_ node: Node) throws -> CueRule {
        func refuse(_ message: String, at place: Node? = nil) -> EntryError {
            EntryError(mark: place?.mark ?? node.mark, message: message)
        }
        guard let mapping = node.mapping else {
            throw refuse("a cue must be a mapping such as {id: monologue, metric: monologue_s, above: 90}")
        }
        guard let id = mapping["id"]?.scalar?.string, !id.isEmpty else {
            throw refuse("a cue needs an id; add id: NAME")
        }
        let metrics = CueRule.Metric.allCases.map(\.rawValue)
        guard let metric = (mapping["metric"]?.scalar?.string).flatMap(CueRule.Metric.init) else {
            let given = mapping["metric"]?.scalar.map { "has the metric '\($0.string)', which there is not" }
            throw refuse(
                "cue '\(id)' \(given ?? "needs a metric"); take one of \(metrics.joined(separator: ", "))",
                at: mapping["metric"])
        }
        var rule = CueRule(id: id, metric: metric)
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            let reader = SettingsValue(node: value)
            do throws(ExpectedValue) {
                switch name {
                case "id", "metric": break
                case "enabled": rule.isEnabled = try reader.choice(["true", "false"]) == "true"
                case "about":
                    rule.about =
                        CueRule.Subject(
                            rawValue: try reader.choice(CueRule.Subject.allCases.map(\.rawValue))) ?? rule.about
                case "severity":
                    rule.severity =
                        CueRule.Severity(
                            rawValue: try reader.choice(CueRule.Severity.allCases.map(\.rawValue))) ?? rule.severity
                case "window_s": rule.windowSeconds = try reader.integer(1...3600)
                case "above": rule.above = try reader.number(-10_000...10_000)
                case "below": rule.below = try reader.number(-10_000...10_000)
                case "clear": rule.clear = try reader.number(-10_000...10_000)
                case "phrases": rule.phrases = try reader.phrases()
                case "tracker": rule.tracker = try reader.text()
                case "for_s": rule.dwellSeconds = try reader.number(0...3600)
                case "clear_for_s": rule.clearForSeconds = try reader.number(0...3600)
                case "priority": rule.priority = try reader.integer(0...100)
                case "cooldown_s": rule.cooldownSeconds = try reader.number(0...86_400)
                default:
                    throw ExpectedValue(what: "")
                }
            } catch {
                guard !error.what.isEmpty else {
                    throw refuse(
                        "cue '\(id)' has an unknown key '\(name)'; known are id, enabled, about, metric, window_s, "
                            + "above, below, clear, phrases, tracker, for_s, clear_for_s, cooldown_s, severity, priority",
                        at: key)
                }
                throw refuse("'\(name)' of cue '\(id)' must be \(error.what)", at: value)
            }
        }
        guard (rule.above == nil) != (rule.below == nil) else {
            throw refuse("cue '\(id)' needs either above or below")
        }
        if let clear = rule.clear, clear > rule.above ?? .infinity || clear < rule.below ?? -.infinity {
            throw refuse(
                "'clear' of cue '\(id)' is beyond its limit, where it would clear at once; put it on the other side")
        }
        let mentioned = (rule.phrases.isEmpty ? 0 : 1) + (rule.tracker == nil ? 0 : 1)
        guard mentioned == (rule.metric == .mentions ? 1 : 0) else {
            throw refuse(
                "cue '\(id)': mentions needs phrases or a tracker, one of the two, and no other metric has any; mend "
                    + "'metric', 'phrases' or 'tracker'")
        }
        if let phrase = rule.phrases.first(where: { !isPhrase($0) }) {
            throw refuse("'\(phrase)' of cue '\(id)' must be 1 to \(PhraseTrackers.maxWords) words")
        }
        guard (rule.metric == .silence) == (rule.about == .session) else {
            throw refuse("cue '\(id)': silence_s is about the session, and nothing else is; mend 'about' or 'metric'")
        }
        return rule
    }
}
