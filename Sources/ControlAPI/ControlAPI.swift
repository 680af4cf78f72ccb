/// A request to attach a source to a session.
public struct AttachRequest: Codable, Sendable, Equatable {
    /// One track of the source and the speaker behind it.
    public struct Track: Codable, Sendable, Equatable {
        /// Audio track, or channel of the only track, from 0.
        public var track: Int?
        /// Plain RTP with many sources on a port: the speaker's SSRC, hexadecimal with 0x or decimal; `*` for every
        /// source that no other track names.
        public var ssrc: String?
        /// The same, by the speaker's RTCP SDES CNAME or NAME.
        public var cname: String?
        /// Name of the speaker within the session; with ssrc `*` the beginning of the names.
        public var speaker: String
        /// Role in the conversation.
        public var role: String?
        /// Consent of this speaker, where it differs from that of the request.
        public var consent: String?

        /// A track.
        public init(
            track: Int?, ssrc: String? = nil, cname: String? = nil, speaker: String, role: String?,
            consent: String? = nil
        ) {
            self.track = track
            self.ssrc = ssrc
            self.cname = cname
            self.speaker = speaker
            self.role = role
            self.consent = consent
        }
    }

    /// What to attach: a URL of FFmpeg's, `rtp://ADDRESS:PORT`, an SDP file or a path.
    public var url: String
    /// Name of the session; it is made if it does not exist.
    public var session: String
    /// Speakers of the source.
    public var tracks: [Track]
    /// Declared consent of its speakers: `granted` or `withheld`.
    public var consent: String?
    /// Identifies the notice given to the people in the call.
    public var noticeID: String?
    /// Key of plain RTP that is encrypted (SRTP), `SUITE inline:KEY`. A secret.
    public var crypto: String?

    enum CodingKeys: String, CodingKey {
        case url, session, tracks, consent, crypto
        case noticeID = "notice_id"
    }

    /// A request.
    public init(
        url: String, session: String, tracks: [Track], consent: String?, noticeID: String?, crypto: String? = nil
    ) {
        self.url = url
        self.session = session
        self.tracks = tracks
        self.consent = consent
        self.noticeID = noticeID
        self.crypto = crypto
    }
}

/// A request to change the consent of a speaker.
public struct ConsentRequest: Codable, Sendable, Equatable {
    /// `granted` or `withheld`.
    public var consent: String

    /// A request.
    public init(consent: String) {
        self.consent = consent
    }
}

/// A source as the control API shows it.
public struct SourceSummary: Codable, Sendable, Equatable {
    /// Identifies the source within its session.
    public var source: String
    /// Its URL, free of credentials; with the real port where port 0 was asked for.
    public var url: String
    /// `connecting`, `live`, `stalled`, `reconnecting` or `ended`.
    public var state: String
    /// Names of its speakers.
    public var speakers: [String]

    /// A summary.
    public init(source: String, url: String, state: String, speakers: [String]) {
        self.source = source
        self.url = url
        self.state = state
        self.speakers = speakers
    }
}

/// A session as the control API shows it.
public struct SessionSummary: Codable, Sendable, Equatable {
    /// Name of the session.
    public var session: String
    /// Seconds since it started.
    public var ageSeconds: Double
    /// Its sources.
    public var sources: [SourceSummary]

    enum CodingKeys: String, CodingKey {
        case session, sources
        case ageSeconds = "age_s"
    }

    /// A summary.
    public init(session: String, ageSeconds: Double, sources: [SourceSummary]) {
        self.session = session
        self.ageSeconds = ageSeconds
        self.sources = sources
    }
}

/// Why a request was refused, after RFC 9457.
public struct Problem: Error, Codable, Sendable, Equatable {
    /// HTTP status.
    public var status: Int
    /// Short stable identifier of the kind of problem.
    public var type: String
    /// One line: what is wrong and what to do.
    public var detail: String

    /// A problem.
    public init(status: Int, type: String, detail: String) {
        self.status = status
        self.type = type
        self.detail = detail
    }
}

/// Version of Attune, of the daemon and the command alike.
public let attuneVersion = "0.1.0"
