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
        /// Track of pictures that shows the speaker, from 0; looked at only with consent to the lane `face`.
        public var video: Int?
        /// Name of the speaker within the session; with ssrc `*` the beginning of the names.
        public var speaker: String
        /// Role in the conversation.
        public var role: String?
        /// Consent of this speaker, where it differs from that of the request.
        public var consent: String?

        /// A track.
        public init(
            track: Int?, ssrc: String? = nil, cname: String? = nil, speaker: String, role: String?,
            consent: String? = nil, video: Int? = nil
        ) {
            self.video = video
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
    /// Declared consent of its speakers: `granted` (the voice), `withheld`, or lanes as in `voice,words,face`.
    public var consent: String?
    /// Identifies the notice given to the people in the call.
    public var noticeID: String?
    /// Key of plain RTP that is encrypted (SRTP), `SUITE inline:KEY`. A secret.
    public var crypto: String?
    /// Which sessions give up last where not all can be carried: `low`, `normal` (nil) or `high`.
    public var priority: String?
    /// Of a source with one track on which several speak: how many voices there are, `auto` or a number. Each is a
    /// speaker of its own then, and the track's is none.
    public var voices: String?
    /// Whether the contours of its speakers' faces may be told to subscribers that ask for `face.points`, as far as
    /// consent and policy allow it.
    public var facePoints: Bool?

    enum CodingKeys: String, CodingKey {
        case url, session, tracks, consent, crypto, priority, voices
        case noticeID = "notice_id"
        case facePoints = "face_points"
    }

    /// A request.
    public init(
        url: String, session: String, tracks: [Track], consent: String?, noticeID: String?, crypto: String? = nil,
        priority: String? = nil, voices: String? = nil, facePoints: Bool? = nil
    ) {
        self.url = url
        self.facePoints = facePoints
        self.voices = voices
        self.session = session
        self.tracks = tracks
        self.consent = consent
        self.noticeID = noticeID
        self.crypto = crypto
        self.priority = priority
    }
}

/// A request to change the consent of a speaker.
public struct ConsentRequest: Codable, Sendable, Equatable {
    /// `granted` (the voice), `withheld`, or lanes as in `voice,words,face`: what holds from now on.
    public var consent: String
    /// Lanes that `granted` or `withheld` is about, `words` and `face`; the others stay as they are.
    public var lanes: [String]?

    /// A request.
    public init(consent: String, lanes: [String]? = nil) {
        self.consent = consent
        self.lanes = lanes
    }
}

/// A request to say how a speaker is called and in which role; what is left out stays as it is.
public struct SpeakerRequest: Codable, Sendable, Equatable {
    /// What to show instead of the speaker's name within the session.
    public var name: String?
    /// Role in the conversation.
    public var role: String?
    /// Of a voice that was found on a mixed track: what the person agreed to, as with a source.
    public var consent: String?

    /// A request.
    public init(name: String? = nil, role: String? = nil, consent: String? = nil) {
        self.name = name
        self.role = role
        self.consent = consent
    }
}

/// A speaker as the control API shows it.
public struct SpeakerSummary: Codable, Sendable, Equatable {
    /// Name within the session.
    public var speaker: String
    /// What to show instead, if something was given.
    public var name: String?
    /// Role in the conversation, if given.
    public var role: String?
    /// `granted`, `withheld` or `unknown`.
    public var consent: String
    /// What was agreed to, `voice` first, where that is more than the voice.
    public var lanes: [String]?

    /// A summary.
    public init(speaker: String, name: String?, role: String?, consent: String, lanes: [String]? = nil) {
        self.speaker = speaker
        self.name = name
        self.role = role
        self.consent = consent
        self.lanes = lanes
    }
}

/// What became of a configuration that was read again.
public struct ReloadSummary: Codable, Sendable, Equatable {
    /// Sections that have changed and hold from now on.
    public var applied: [String]
    /// Sections, or keys, that have changed and hold after a restart; until then the old ones do.
    public var needsRestart: [String]

    enum CodingKeys: String, CodingKey {
        case applied
        case needsRestart = "needs_restart"
    }

    /// A summary.
    public init(applied: [String], needsRestart: [String]) {
        self.applied = applied
        self.needsRestart = needsRestart
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
    /// Why it is in this state, where that is known.
    public var reason: String?
    /// Names of its speakers.
    public var speakers: [String]
    /// In the answer to an attach: who is not measured despite consent, and why.
    public var note: String?

    /// A summary.
    public init(source: String, url: String, state: String, speakers: [String]) {
        self.source = source
        self.url = url
        self.state = state
        self.speakers = speakers
    }
}

/// The policy in force, which holds for the life of the daemon.
public struct PolicySummary: Codable, Sendable, Equatable {
    /// Speakers who are treated alike, and what is computed of them once they consented.
    public struct RoleClass: Codable, Sendable, Equatable {
        /// Roles of the class; nil for all that no other class names, and for speakers without a role.
        public var roles: [String]?
        /// Whether the profile protects them: consent can't widen what is computed.
        public var isProtected: Bool
        /// Whether any value is computed.
        public var isMeasured: Bool
        /// Whether scores may rest on the voice itself.
        public var voiceScores: Bool
        /// Whether affect may be scored.
        public var sentiment: Bool

        enum CodingKeys: String, CodingKey {
            case roles, sentiment
            case isProtected = "protected"
            case isMeasured = "measured"
            case voiceScores = "voice_scores"
        }

        /// A class.
        public init(roles: [String]?, isProtected: Bool, isMeasured: Bool, voiceScores: Bool, sentiment: Bool) {
            self.roles = roles
            self.isProtected = isProtected
            self.isMeasured = isMeasured
            self.voiceScores = voiceScores
            self.sentiment = sentiment
        }
    }

    /// Name of the profile.
    public var profile: String
    /// Notice of sessions that name none of their own; nil where there is none.
    public var noticeID: String?
    /// Classes of roles, that of all others last.
    public var classes: [RoleClass]
    /// Whether ticks are stored, and the days after which they are deleted; nil where none are.
    public var isStored: Bool, retentionDays: Int?

    enum CodingKeys: String, CodingKey {
        case profile, classes
        case noticeID = "notice_id"
        case isStored = "stored"
        case retentionDays = "retention_days"
    }

    /// A summary.
    ///
    /// - Parameter retentionDays: nil where nothing is stored.
    public init(profile: String, noticeID: String?, classes: [RoleClass], retentionDays: Int?) {
        self.profile = profile
        self.noticeID = noticeID
        self.classes = classes
        self.isStored = retentionDays != nil
        self.retentionDays = retentionDays
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

/// A stored session as the control API lists it.
public struct StoredSummary: Codable, Sendable, Equatable {
    /// Identifies it in the store.
    public var id: String
    /// Name that the session ran under.
    public var session: String
    /// When it began, RFC 3339.
    public var startedAt: String
    /// `running`, `ended`, or `interrupted` where the daemon ended without it.
    public var state: String
    /// The notice that was given to the people in the call.
    public var noticeID: String?
    /// The policy profile that was in force.
    public var policy: String
    /// Stored speakers in the order they joined.
    public var speakers: [String]

    enum CodingKeys: String, CodingKey {
        case id, session, state, policy, speakers
        case startedAt = "started_at"
        case noticeID = "notice_id"
    }

    /// A summary.
    public init(
        id: String, session: String, startedAt: String, state: String, noticeID: String?, policy: String,
        speakers: [String]
    ) {
        self.id = id
        self.session = session
        self.startedAt = startedAt
        self.state = state
        self.noticeID = noticeID
        self.policy = policy
        self.speakers = speakers
    }
}

/// What was deleted from the store.
public struct Forgotten: Codable, Sendable, Equatable {
    /// Number of stored sessions from which something was deleted.
    public var sessions: Int

    /// A deletion.
    public init(sessions: Int) {
        self.sessions = sessions
    }
}

/// How the store does.
public struct StoreHealth: Codable, Sendable, Equatable {
    /// `off`, `on`, `failing` since nothing could be written any more, or `unavailable` where its file can't be used.
    public var state: String
    /// Events that were not stored for want of room or because of a failure.
    public var dropped: Int
    /// The last failure, in one line.
    public var failure: String?

    /// A state of the store.
    public init(state: String, dropped: Int = 0, failure: String? = nil) {
        self.state = state
        self.dropped = dropped
        self.failure = failure
    }
}

/// How long events took from the packet that decided them to a subscriber's socket, since the daemon's start.
public struct EventLatencySummary: Codable, Sendable, Equatable {
    /// Number of deliveries to subscribers that keep up.
    public var events: Int
    /// Median, 99th percentile and maximum in milliseconds, within 1.6 %; nil where there was no delivery.
    public var medianMilliseconds, p99Milliseconds, maxMilliseconds: Double?

    enum CodingKeys: String, CodingKey {
        case events
        case medianMilliseconds = "p50_ms"
        case p99Milliseconds = "p99_ms"
        case maxMilliseconds = "max_ms"
    }

    /// A summary.
    public init(
        events: Int, medianMilliseconds: Double? = nil, p99Milliseconds: Double? = nil,
        maxMilliseconds: Double? = nil
    ) {
        self.events = events
        self.medianMilliseconds = medianMilliseconds
        self.p99Milliseconds = p99Milliseconds
        self.maxMilliseconds = maxMilliseconds
    }
}

/// Whether the daemon takes new sources.
public struct Readiness: Codable, Sendable, Equatable {
    /// Whether it does.
    public var ready: Bool

    /// An answer.
    public init(ready: Bool) {
        self.ready = ready
    }
}

/// The daemon's answer to who asks whether it is there.
public struct Health: Codable, Sendable, Equatable {
    /// `ok`.
    public var status: String
    /// Version of the daemon.
    public var version: String
    /// How the store does.
    public var store: StoreHealth
    /// How long events take to the subscribers.
    public var latency: EventLatencySummary

    /// A sign of life.
    public init(version: String, store: StoreHealth, latency: EventLatencySummary) {
        status = "ok"
        self.version = version
        self.store = store
        self.latency = latency
    }
}

/// Version of Attune, of the daemon and the command alike.
public let attuneVersion = "0.1.0"
