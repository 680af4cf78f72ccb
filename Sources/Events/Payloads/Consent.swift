/// Whether a speaker agreed to be measured.
public enum ConsentState: String, Sendable, Hashable, CaseIterable, Codable {
    /// Nobody has said; treated like withheld.
    case unknown
    /// The speaker agreed: voice values and scores are computed.
    case granted
    /// The speaker did not agree: nothing but the silence/speech decision is made.
    case withheld
}

/// What may be taken in of a person beside the voice, each by a consent of its own.
public struct ConsentLanes: OptionSet, Sendable, Hashable, Codable {
    /// The bits of the lanes.
    public let rawValue: UInt8

    /// Lanes by their bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// What the person says, as a recogniser hears it.
    public static let words = ConsentLanes(rawValue: 1)
    /// What the person's camera shows.
    public static let face = ConsentLanes(rawValue: 2)
    /// All of them.
    public static let all: ConsentLanes = [.words, .face]

    private static let named: [(name: String, lane: ConsentLanes)] = [("words", .words), ("face", .face)]

    /// The lanes by name, in the order in which they are told.
    public var names: [String] { Self.named.filter { contains($0.lane) }.map(\.name) }

    /// The lane of that name; nil where there is none.
    public init?(named name: String) {
        guard let lane = Self.named.first(where: { $0.name == name })?.lane else { return nil }
        self = lane
    }

    /// As they are told with a consent: the voice first; nil for the voice alone, which `granted` says by itself.
    func write(_ key: String, to json: inout JSONWriter) {
        guard !isEmpty else { return }
        json.array(key) { json in
            for name in ["voice"] + names { json.string(name) }
        }
    }
}

/// What somebody agrees to.
public struct Consent: Sendable, Hashable {
    /// A text that says no consent.
    public struct ParsingError: Error, CustomStringConvertible {
        /// What is wrong, and the remedy.
        public let description: String
    }

    /// Consent to the voice alone.
    public static let granted = Consent(.granted)
    /// No consent.
    public static let withheld = Consent(.withheld)

    /// Whether anything may be measured: the voice.
    public var state: ConsentState
    /// What else; nothing else unless `state` is `granted`.
    public var lanes: ConsentLanes

    /// A consent to the voice, or none, and what else is agreed to.
    public init(_ state: ConsentState, lanes: ConsentLanes = []) {
        self.state = state
        self.lanes = state == .granted ? lanes : []
    }

    /// Reads `granted` (the voice alone), `withheld`, or the lanes by name: `voice,words,face`.
    public init(parsing text: String) throws(ParsingError) {
        switch text {
        case "granted": self.init(.granted)
        case "withheld": self.init(.withheld)
        default:
            var lanes: ConsentLanes = []
            var hasVoice = false
            for name in text.split(separator: ",", omittingEmptySubsequences: false) {
                if name == "voice" {
                    hasVoice = true
                } else if let lane = ConsentLanes(named: String(name)) {
                    lanes.insert(lane)
                } else {
                    throw ParsingError(
                        description: "'\(text)' is no consent; use granted, withheld, or lanes of voice, words and "
                            + "face, as in voice,words")
                }
            }
            guard hasVoice else {
                throw ParsingError(
                    description: "'\(text)' leaves out the voice, without which nothing is measured; "
                        + "use voice,\(text), or withheld")
            }
            self.init(.granted, lanes: lanes)
        }
    }
}

/// A speaker gave consent or took it back; what was measured before is forgotten.
public struct ConsentChange: Sendable {
    /// Consent from now on, and before.
    public var state: ConsentState, previous: ConsentState
    /// What else may be measured from now on, and what was before.
    public var lanes: ConsentLanes, previousLanes: ConsentLanes

    /// A change of consent.
    public init(
        state: ConsentState, previous: ConsentState, lanes: ConsentLanes = [], previousLanes: ConsentLanes = []
    ) {
        self.state = state
        self.previous = previous
        self.lanes = lanes
        self.previousLanes = previousLanes
    }

    /// Whether anything was taken back: then what was told of the speaker before is not told again.
    public var takesBack: Bool { state != .granted || !lanes.isSuperset(of: previousLanes) }

    func write(to json: inout JSONWriter) {
        json.field("consent", state.rawValue)
        json.field("previous", previous.rawValue)
        lanes.write("lanes", to: &json)
        previousLanes.write("previous_lanes", to: &json)
    }
}
