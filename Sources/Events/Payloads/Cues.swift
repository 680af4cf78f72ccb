/// A coach cue was raised: a metric went beyond a limit of the configuration.
public struct CueRaised: Sendable {
    /// Number within the session; `cue.cleared` has the same.
    public var id: Int
    /// Name of the rule.
    public var cue: String
    /// `info` or `warning`.
    public var severity: String
    /// What was measured, its value and the limit; the unit is that of the metric's name.
    public var metric: String
    /// The value that went beyond the limit.
    public var value: Double
    /// The limit.
    public var limit: Double
    /// The rolling window of the metric in seconds; nil where it has none.
    public var windowSeconds: Int?

    /// A cue.
    public init(
        id: Int, cue: String, severity: String, metric: String, value: Double, limit: Double, windowSeconds: Int?
    ) {
        self.id = id
        self.cue = cue
        self.severity = severity
        self.metric = metric
        self.value = value
        self.limit = limit
        self.windowSeconds = windowSeconds
    }

    func write(to json: inout JSONWriter) {
        json.field("id", id)
        json.field("cue", cue)
        json.field("severity", severity)
        json.field("metric", metric)
        json.field("value", value, decimals: 3)
        json.field("limit", limit, decimals: 3)
        if let windowSeconds { json.field("window_s", windowSeconds) }
    }
}

/// What people have made of a cue: it is still raised, and is cleared as ever.
public struct CueChange: Sendable {
    /// How a raised cue stands.
    public enum State: String, Sendable, CaseIterable {
        /// It stands; told again, it was put off until now and is still true.
        case raised
        /// Somebody has seen it.
        case acknowledged
        /// It is put off.
        case snoozed
    }

    /// Number that it was raised with; nil where all cues of the rule are meant, those to come among them.
    public var id: Int?
    /// Name of the rule.
    public var cue: String
    /// What it is from now on.
    public var state: State
    /// For how long it is put off, seconds; nil in any other state.
    public var forSeconds: Double?

    /// A change.
    public init(id: Int? = nil, cue: String, state: State, forSeconds: Double? = nil) {
        self.id = id
        self.cue = cue
        self.state = state
        self.forSeconds = forSeconds
    }

    func write(to json: inout JSONWriter) {
        if let id { json.field("id", id) }
        json.field("cue", cue)
        json.field("state", state.rawValue)
        if let forSeconds { json.field("for_s", forSeconds, decimals: 1) }
    }
}

/// A cue is over.
public struct CueCleared: Sendable {
    /// Why a cue is over.
    public enum Reason: String, Sendable {
        /// The value is as it should be again.
        case backToNormal = "back_to_normal"
        /// The speaker has left.
        case speakerLeft = "speaker_left"
        /// Consent of the speaker is another one.
        case consentChanged = "consent_changed"
        /// The session has ended.
        case sessionEnded = "session_ended"
    }

    /// Number and name that it was raised with.
    public var id: Int, cue: String
    /// Why it is over.
    public var reason: Reason
    /// The value it cleared with; nil where it was cleared for another reason.
    public var value: Double?
    /// How long it was raised, seconds.
    public var afterSeconds: Double

    /// The end of a cue.
    public init(id: Int, cue: String, reason: Reason, value: Double?, afterSeconds: Double) {
        self.id = id
        self.cue = cue
        self.reason = reason
        self.value = value
        self.afterSeconds = afterSeconds
    }

    func write(to json: inout JSONWriter) {
        json.field("id", id)
        json.field("cue", cue)
        json.field("reason", reason.rawValue)
        if let value { json.field("value", value, decimals: 3) }
        json.field("after_s", afterSeconds, decimals: 1)
    }
}
