/// Why a request was refused (RFC 9457, problem details).
public struct Problem: Error, Codable, Sendable, Equatable {
    /// HTTP status.
    public var status: Int
    /// What kind of problem it is.
    public var type: ProblemType
    /// One line: what is wrong and what to do.
    public var detail: String

    /// A problem.
    public init(status: Int, type: ProblemType, detail: String) {
        self.status = status
        self.type = type
        self.detail = detail
    }
}

/// Short stable identifier of a kind of problem. Programs compare it; a later daemon may say others.
public struct ProblemType: RawRepresentable, Codable, Hashable, Sendable {
    /// As it is written.
    public var rawValue: String

    /// A kind of problem by how it is written.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Nothing else fits: what the HTTP status says.
    public static let http = ProblemType(rawValue: "http")
    /// The daemon failed; its log says why.
    public static let internalError = ProblemType(rawValue: "internal")
    /// The request cannot be read.
    public static let malformedRequest = ProblemType(rawValue: "malformed_request")
    /// The request says something that cannot be.
    public static let invalidRequest = ProblemType(rawValue: "invalid_request")
    /// The body is over its bound.
    public static let tooLarge = ProblemType(rawValue: "too_large")
    /// The body did not come in time.
    public static let tooSlow = ProblemType(rawValue: "too_slow")
    /// It is not said whether the people consented.
    public static let consentMissing = ProblemType(rawValue: "consent_missing")
    /// What is said of consent is none of its values.
    public static let consentInvalid = ProblemType(rawValue: "consent_invalid")
    /// The profile in force forbids it.
    public static let forbiddenByPolicy = ProblemType(rawValue: "forbidden_by_policy")
    /// What is said of a state is none of its values.
    public static let stateInvalid = ProblemType(rawValue: "state_invalid")
    /// There is no session of this name.
    public static let noSuchSession = ProblemType(rawValue: "no_such_session")
    /// The session has no speaker of this name.
    public static let noSuchSpeaker = ProblemType(rawValue: "no_such_speaker")
    /// The session has no source of this name.
    public static let noSuchSource = ProblemType(rawValue: "no_such_source")
    /// The source has no track of this number.
    public static let noSuchTrack = ProblemType(rawValue: "no_such_track")
    /// What was to be attached cannot be used.
    public static let badSource = ProblemType(rawValue: "bad_source")
    /// What was to be attached is not there.
    public static let sourceNotFound = ProblemType(rawValue: "source_not_found")
    /// What was to be attached cannot be had now.
    public static let sourceUnavailable = ProblemType(rawValue: "source_unavailable")
    /// It was detached before it was open.
    public static let detached = ProblemType(rawValue: "detached")
    /// There is no room for another source.
    public static let tooManySources = ProblemType(rawValue: "too_many_sources")
    /// The session has a speaker of this name.
    public static let speakerExists = ProblemType(rawValue: "speaker_exists")
    /// The session is ending.
    public static let sessionEnding = ProblemType(rawValue: "session_ending")
    /// The daemon is ending.
    public static let shuttingDown = ProblemType(rawValue: "shutting_down")
    /// The daemon takes no new calls any more and ends with those that run.
    public static let draining = ProblemType(rawValue: "draining")
    /// There is no room for so many captions.
    public static let tooManyCaptions = ProblemType(rawValue: "too_many_captions")
    /// There is no configuration file to read again.
    public static let noConfiguration = ProblemType(rawValue: "no_configuration")
    /// The configuration file cannot be used.
    public static let badConfiguration = ProblemType(rawValue: "bad_configuration")
    /// Nothing is stored.
    public static let storeOff = ProblemType(rawValue: "store_off")
    /// The store cannot be used now.
    public static let storeUnavailable = ProblemType(rawValue: "store_unavailable")
    /// No stored session has this id.
    public static let noSuchStoredSession = ProblemType(rawValue: "no_such_stored_session")
    /// Of this speaker nothing is stored.
    public static let nothingStored = ProblemType(rawValue: "nothing_stored")
    /// A sender of samples did not say what they are.
    public static let noHello = ProblemType(rawValue: "no_hello")
    /// The token is missing, or is none of this daemon's.
    public static let badToken = ProblemType(rawValue: "bad_token")
    /// There is no listener for browsers.
    public static let httpOff = ProblemType(rawValue: "http_off")
    /// There is no listener for WebSocket.
    public static let webSocketOff = ProblemType(rawValue: "websocket_off")
    /// The system gave no random bytes.
    public static let noRandomness = ProblemType(rawValue: "no_randomness")
    /// The token is limited to another session.
    public static let otherSession = ProblemType(rawValue: "other_session")
    /// The token lets one only read.
    public static let readOnlyToken = ProblemType(rawValue: "read_only_token")
    /// There is no room for another token.
    public static let tooManyTokens = ProblemType(rawValue: "too_many_tokens")
    /// The body is not JSON.
    public static let unsupportedMediaType = ProblemType(rawValue: "unsupported_media_type")
    /// The request names a host that this listener is not.
    public static let wrongHost = ProblemType(rawValue: "wrong_host")
    /// The page that asks is none of those that may.
    public static let wrongOrigin = ProblemType(rawValue: "wrong_origin")
    /// No cue of this number is raised, or there is no such rule.
    public static let noSuchCue = ProblemType(rawValue: "no_such_cue")
    /// The bus of the fleet is not there.
    public static let busUnavailable = ProblemType(rawValue: "bus_unavailable")
    /// No node of the fleet takes calls.
    public static let noNode = ProblemType(rawValue: "no_node")
}
