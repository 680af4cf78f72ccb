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
    /// Declares a call that will come by WebSocket.
    func expect(_ request: ExpectRequest) async throws(Problem) -> ExpectedCall
    /// Takes back the tokens of calls that have not come; nil for those of all sessions.
    func revokeExpected(session: String?) async throws(Problem) -> RevokedTokens
    /// Takes no new calls from now on, and ends the daemon once those that run have ended.
    func drain(_ request: DrainRequest) async throws(Problem) -> DrainSummary
    /// Reads the configuration again; where it is bad, the old one stays in force.
    func reload() async throws(Problem) -> ReloadSummary
}

extension ControlBackend {
    /// No such calls are taken.
    public func expect(_ request: ExpectRequest) async throws(Problem) -> ExpectedCall {
        throw Problem(status: 409, type: .webSocketOff, detail: "nobody takes calls by WebSocket")
    }

    /// There is no daemon to end.
    public func drain(_ request: DrainRequest) async throws(Problem) -> DrainSummary { DrainSummary(sessions: 0) }

    /// There are none.
    public func revokeExpected(session: String?) async throws(Problem) -> RevokedTokens { RevokedTokens(revoked: 0) }
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
