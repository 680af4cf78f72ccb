/// A call that a sender will bring by WebSocket, declared before it comes.
public struct ExpectRequest: Codable, Sendable, Equatable {
    /// Somebody who will speak.
    public struct Speaker: Codable, Sendable, Equatable {
        /// Name within the session; with the source `*` the name of those who tell none.
        public var speaker: String
        /// Role in the conversation.
        public var role: String?
        /// Consent of this speaker, where it differs from that of the request.
        public var consent: String?
        /// What the sender calls them: a track, the id or the name of a participant; `*` for everybody else. Nil goes
        /// by the order.
        public var source: String?

        /// A speaker.
        public init(speaker: String, role: String? = nil, consent: String? = nil, source: String? = nil) {
            self.speaker = speaker
            self.role = role
            self.consent = consent
            self.source = source
        }
    }

    /// Name of the session; it is made when the call comes, if it does not exist.
    public var session: String
    /// Who will speak.
    public var speakers: [Speaker]
    /// Declared consent: `granted` (the voice), `withheld`, or lanes as in `voice,words,face`.
    public var consent: String?
    /// Identifies the notice given to the people in the call.
    public var noticeID: String?
    /// Which sessions give up last where not all can be carried: `low`, `normal` (nil) or `high`.
    public var priority: String?
    /// Seconds within which the call has to come; nil for 900.
    public var ttlSeconds: Int?
    /// Connections that the token admits: one (nil), or one for each of so many tracks.
    public var connections: Int?
    /// Of a call with one track on which several speak: how many voices there are, `auto` or a number.
    public var voices: String?

    enum CodingKeys: String, CodingKey {
        case session, speakers, consent, priority, connections, voices
        case noticeID = "notice_id"
        case ttlSeconds = "ttl_s"
    }

    /// A request.
    public init(
        session: String, speakers: [Speaker], consent: String?, noticeID: String? = nil, priority: String? = nil,
        ttlSeconds: Int? = nil, connections: Int? = nil, voices: String? = nil
    ) {
        self.session = session
        self.speakers = speakers
        self.consent = consent
        self.noticeID = noticeID
        self.priority = priority
        self.ttlSeconds = ttlSeconds
        self.connections = connections
        self.voices = voices
    }
}

/// A call that is expected. The token is a secret, shown once.
public struct ExpectedCall: Codable, Sendable, Equatable {
    /// Name of the session.
    public var session: String
    /// What admits the sender.
    public var token: String
    /// Until when it does, RFC 3339.
    public var expiresAt: String
    /// Where senders connect to, by dialect, with the token in it.
    public var urls: [String: String]

    enum CodingKeys: String, CodingKey {
        case session, token, urls
        case expiresAt = "expires_at"
    }

    /// A call.
    public init(session: String, token: String, expiresAt: String, urls: [String: String]) {
        self.session = session
        self.token = token
        self.expiresAt = expiresAt
        self.urls = urls
    }
}
