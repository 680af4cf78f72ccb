public import ControlAPI
public import Events

/// What the control socket commands.
public protocol ControlBackend: Sendable {
    /// Attaches a source.
    func attach(_ request: AttachRequest) async throws(Problem) -> SourceSummary
    /// Ends a session.
    func detach(session: String) async throws(Problem) -> SessionTotals
    /// Ends one source of a session, and the session with its last one.
    func detach(session: String, source: String) async throws(Problem) -> DetachedSource
    /// Takes what the sender of a source says of its media.
    func setState(session: String, source: String, _ request: SourceStateRequest) async throws(Problem)
    /// A speaker gives consent or takes it back.
    func setConsent(session: String, speaker: String, to order: ConsentOrder) async throws(Problem)
    /// Says how a speaker is called and in which role.
    func describe(session: String, speaker: String, _ request: SpeakerRequest) async throws(Problem) -> SpeakerSummary
    /// Counts lines of captions.
    func caption(session: String, _ request: CaptionRequest) async throws(Problem) -> CaptionSummary
    /// Takes what people make of a raised cue, or of all cues of a rule.
    func setCue(session: String, cue: String, _ request: CueStateRequest) async throws(Problem)
    /// Running sessions in the order they started.
    func sessions() async -> [SessionSummary]
    /// The policy in force.
    func policy() async -> PolicySummary
    /// Reads the configuration again; where it is bad, the old one stays in force.
    func reload() async throws(Problem) -> ReloadSummary
}

/// What was detached.
public struct DetachedSource: Sendable {
    /// The source, which has ended.
    public var source: SourceSummary
    /// The totals of its session, where that has ended with it.
    public var totals: SessionTotals?

    /// What was detached.
    public init(source: SourceSummary, totals: SessionTotals?) {
        self.source = source
        self.totals = totals
    }
}
