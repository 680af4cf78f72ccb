/// What was measured over a whole session: the payload of `session.ended` and the result of an analysis.
public struct SessionTotals: Sendable {
    /// Totals of one speaker; without consent only the name, role and consent are known.
    public struct Speaker: Sendable {
        /// Name within the session.
        public var name: String
        /// Role, if given.
        public var role: String?
        /// Declared consent.
        public var consent: ConsentState
        /// Metrics over the session; nil without consent.
        public var metrics: WindowMetrics?
        /// The last engagement score; nil without consent.
        public var engagement: Engagement?
        /// What the channel did to the voice; nil without consent.
        public var audio: AudioQuality?

        /// Totals of a speaker.
        public init(
            name: String, role: String?, consent: ConsentState, metrics: WindowMetrics?, engagement: Engagement?,
            audio: AudioQuality?
        ) {
            self.name = name
            self.role = role
            self.consent = consent
            self.metrics = metrics
            self.engagement = engagement
            self.audio = audio
        }
    }

    /// Name of the session.
    public var session: String
    /// Media time from the session's start to its end, seconds.
    public var durationSeconds: Double
    /// Floor transfers.
    public var speakerChanges: Int
    /// Time when two or more spoke / time when at least one spoke.
    public var overlapRatio: Double?
    /// Speakers in the order they joined.
    public var speakers: [Speaker]

    /// Totals of a session.
    public init(
        session: String, durationSeconds: Double, speakerChanges: Int, overlapRatio: Double?, speakers: [Speaker]
    ) {
        self.session = session
        self.durationSeconds = durationSeconds
        self.speakerChanges = speakerChanges
        self.overlapRatio = overlapRatio
        self.speakers = speakers
    }

    /// The totals as one JSON object.
    public func json() -> [UInt8] {
        var json = JSONWriter(reserving: 1024)
        json.object { json in
            json.field("session", session)
            writeFields(to: &json)
        }
        return json.bytes
    }

    /// Writes all fields but the session's name, which an event carries in its envelope.
    func writeFields(to json: inout JSONWriter) {
        json.field("duration_s", durationSeconds, decimals: 2)
        json.field("speaker_changes", speakerChanges)
        json.field("overlap_ratio", overlapRatio, decimals: 4)
        json.object("speakers") { json in
            for speaker in speakers {
                json.object(speaker.name) { json in
                    json.field("role", speaker.role)
                    json.field("consent", speaker.consent.rawValue)
                    speaker.metrics?.write(to: &json)
                    if let engagement = speaker.engagement {
                        json.object("engagement") { engagement.write(to: &$0) }
                    }
                    if let audio = speaker.audio { json.object("audio") { audio.write(to: &$0) } }
                }
            }
        }
    }
}
