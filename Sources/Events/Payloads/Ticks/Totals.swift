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
        /// Mean of the engagement scores, and the seconds that had one.
        public var meanEngagement: Double?, scoredSeconds: Int
        /// The last sentiment score; nil without consent and where the policy does not allow one.
        public var sentiment: Sentiment?
        /// Mean of the sentiment scores, and the seconds that had one.
        public var meanSentiment: Double?, sentimentSeconds: Int
        /// What the channel did to the voice; nil without consent.
        public var audio: AudioQuality?

        /// Totals of a speaker.
        public init(
            name: String, role: String?, consent: ConsentState, metrics: WindowMetrics? = nil,
            engagement: Engagement? = nil, meanEngagement: Double? = nil, scoredSeconds: Int = 0,
            sentiment: Sentiment? = nil, meanSentiment: Double? = nil, sentimentSeconds: Int = 0,
            audio: AudioQuality? = nil
        ) {
            self.name = name
            self.role = role
            self.consent = consent
            self.metrics = metrics
            self.engagement = engagement
            self.meanEngagement = meanEngagement
            self.scoredSeconds = scoredSeconds
            self.sentiment = sentiment
            self.meanSentiment = meanSentiment
            self.sentimentSeconds = sentimentSeconds
            self.audio = audio
        }

        func write(to json: inout JSONWriter) {
            json.field("role", role)
            json.field("consent", consent.rawValue)
            metrics?.write(to: &json)
            if let engagement {
                json.object("engagement") { engagement.write(to: &$0) }
                json.field("engagement_mean", meanEngagement, decimals: 1)
                json.field("engagement_scored_s", scoredSeconds)
            }
            if let sentiment {
                json.object("sentiment") { sentiment.write(to: &$0) }
                json.field("sentiment_mean", meanSentiment, decimals: 1)
                json.field("sentiment_scored_s", sentimentSeconds)
            }
            if let audio { json.object("audio") { audio.write(to: &$0) } }
        }
    }

    /// Totals of those who stand on one side of the conversation; there only where all of them are measured.
    public struct Side: Sendable {
        /// `host` or `guest`.
        public var name: String
        /// Who is on it.
        public var speakers: [String]
        /// Their speech together, seconds.
        public var speechSeconds: Double
        /// Their speech / all speech.
        public var talkRatio: Double?
        /// Turns they began.
        public var turns: Int
        /// Median response lag when the floor came over from the other side, ms, and the number of lags.
        public var responseLagMedianMilliseconds: Double?, responseLags: Int

        /// Totals of a side.
        public init(
            name: String, speakers: [String], speechSeconds: Double, talkRatio: Double?, turns: Int,
            responseLagMedianMilliseconds: Double?, responseLags: Int
        ) {
            self.name = name
            self.speakers = speakers
            self.speechSeconds = speechSeconds
            self.talkRatio = talkRatio
            self.turns = turns
            self.responseLagMedianMilliseconds = responseLagMedianMilliseconds
            self.responseLags = responseLags
        }

        func write(to json: inout JSONWriter) {
            json.array("speakers") { json in
                for speaker in speakers { json.string(speaker) }
            }
            json.field("speech_s", speechSeconds, decimals: 2)
            json.field("talk_ratio", talkRatio, decimals: 4)
            json.field("turns", turns)
            json.field("response_lag_median_ms", responseLagMedianMilliseconds, decimals: 0)
            json.field("response_lag_n", responseLags)
        }
    }

    /// Whether two speakers became alike in one feature (Levitan & Hirschberg, 2011).
    public struct Entrainment: Sendable {
        /// The two.
        public var speakers: [String]
        /// `pitch`, `loudness` or `rate`.
        public var feature: String
        /// Floor transfers between them that it rests on.
        public var exchanges: Int
        /// How much nearer adjacent turns lie than sham pairs, in standard errors (t); above 2 is more than chance.
        public var proximity: Double
        /// Correlation (−1…1) of nearness with time: positive where they come nearer.
        public var convergence: Double
        /// Correlation (−1…1) of adjacent turns, and the largest that sham pairs show.
        public var synchrony: Double, shamSynchrony: Double

        /// Entrainment of a pair.
        public init(
            speakers: [String], feature: String, exchanges: Int, proximity: Double, convergence: Double,
            synchrony: Double, shamSynchrony: Double
        ) {
            self.speakers = speakers
            self.feature = feature
            self.exchanges = exchanges
            self.proximity = proximity
            self.convergence = convergence
            self.synchrony = synchrony
            self.shamSynchrony = shamSynchrony
        }

        func write(to json: inout JSONWriter) {
            json.array("speakers") { json in
                for speaker in speakers { json.string(speaker) }
            }
            json.field("feature", feature)
            json.field("exchanges", exchanges)
            json.field("proximity_t", proximity, decimals: 2)
            json.field("convergence", convergence, decimals: 2)
            json.field("synchrony", synchrony, decimals: 2)
            json.field("sham_synchrony", shamSynchrony, decimals: 2)
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
    /// How the talk is spread, and how free the floor is; nil below three speakers.
    public var balance: WindowMetrics.Balance?, freedom: Double?
    /// The two sides, where there are any.
    public var sides: [Side]
    /// Pairs of speakers with enough floor transfers between them, three features each.
    public var entrainment: [Entrainment]
    /// Speakers in the order they joined.
    public var speakers: [Speaker]

    /// Totals of a session.
    public init(
        session: String, durationSeconds: Double, speakerChanges: Int, overlapRatio: Double?,
        balance: WindowMetrics.Balance? = nil, freedom: Double? = nil, sides: [Side] = [],
        entrainment: [Entrainment] = [], speakers: [Speaker]
    ) {
        self.session = session
        self.durationSeconds = durationSeconds
        self.speakerChanges = speakerChanges
        self.overlapRatio = overlapRatio
        self.balance = balance
        self.freedom = freedom
        self.sides = sides
        self.entrainment = entrainment
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
        balance?.write(to: &json)
        if let freedom { json.field("freedom", freedom, decimals: 3) }
        json.object("sides") { json in
            for side in sides { json.object(side.name) { side.write(to: &$0) } }
        }
        json.array("entrainment") { json in
            for pair in entrainment { json.object { pair.write(to: &$0) } }
        }
        json.object("speakers") { json in
            for speaker in speakers { json.object(speaker.name) { speaker.write(to: &$0) } }
        }
    }
}
