/// What people make of a raised cue, or of all cues of a rule.
public struct CueStateRequest: Codable, Sendable, Equatable {
    /// `acknowledged`, `snoozed` or `raised`.
    public var state: String
    /// For how long it is put off, seconds; of `snoozed` only.
    public var forSeconds: Double?

    enum CodingKeys: String, CodingKey {
        case state
        case forSeconds = "for_s"
    }

    /// A request.
    public init(state: String, forSeconds: Double? = nil) {
        self.state = state
        self.forSeconds = forSeconds
    }
}
