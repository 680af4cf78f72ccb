/// What is usual for somebody, as it goes along where a session goes on in another process: the baselines of the
/// scores. No window and no score is in it, and no moment: means over minutes, and how far values lie from them.
public struct UsualValues: Sendable, Hashable, Codable {
    /// One of them.
    public struct Value: Sendable, Hashable, Codable {
        /// The mean, and the mean distance from it, as the score is scaled.
        public var centre: Double, deviation: Double
        /// On how many samples it rests.
        public var samples: Int
    }

    /// By input of the engagement score, and of the activation.
    var engagement: [String: Value] = [:], activation: [String: Value] = [:]
    /// The own speech and turns behind them.
    var speechSeconds = 0.0, turns = 0
}

extension SessionEngine {
    /// What is usual for those of whom it may be known, by name. Voices of a track are not among them: by their names
    /// nobody finds them again.
    public var usualValues: [String: UsualValues] {
        var found: [String: UsualValues] = [:]
        for speaker in speakers where speaker.kind == .person && speaker.isMeasured {
            let (speech, turns) = basis(of: speaker.measures)
            found[speaker.name] = UsualValues(
                engagement: speaker.measures.engagement.usualValues,
                activation: speaker.measures.sentiment?.usualValues ?? [:], speechSeconds: speech, turns: turns)
        }
        return found
    }

    /// Takes in what was usual for people who were restored, where they still may be measured. Who comes back with
    /// another consent begins anew, as ever.
    public mutating func restore(usual: [String: UsualValues]) {
        for index in speakers.indices where speakers[index].isMeasured {
            if let known = usual[speakers[index].name] { speakers[index].measures.restore(known) }
        }
    }
}

extension SpeakerMeasures {
    fileprivate mutating func restore(_ known: UsualValues) {
        engagement.restore(usual: known.engagement)
        sentiment?.restore(usual: known.activation)
        // A month of speech is more than any call has.
        if (0..<2.7e6).contains(known.speechSeconds) { knownSpeechSeconds = known.speechSeconds }
        if (0..<1_000_000).contains(known.turns) { knownTurns = known.turns }
    }
}

extension Dictionary where Value == Baseline, Key: RawRepresentable<String> {
    /// What they hold, by the name of the input.
    var known: [String: UsualValues.Value] {
        reduce(into: [:]) { $0[$1.key.rawValue] = $1.value.value }
    }

    /// Takes in those that are there and wanted.
    mutating func restore(_ known: [String: UsualValues.Value]) {
        for (name, value) in known {
            if let input = Key(rawValue: name) { self[input]?.restore(value) }
        }
    }
}
