/// A stored session as the control socket tells it, for a report: the payloads are those of the live events.
public struct StoredReport: Sendable {
    /// An engagement score of a speaker: what is told of a stored tick.
    public struct Score: Sendable {
        /// Whose.
        public var speaker: String
        /// When, media time in seconds.
        public var timeSeconds: Double
        /// The score, or why there was none.
        public var engagement: Engagement

        /// A score at a media time.
        public init(speaker: String, timeSeconds: Double, engagement: Engagement) {
            self.speaker = speaker
            self.timeSeconds = timeSeconds
            self.engagement = engagement
        }
    }

    /// Identifies it in the store.
    public var id: String
    /// When the session began, RFC 3339.
    public var startedAt: String
    /// `running`, `ended`, or `interrupted` where the daemon ended without it.
    public var state: String
    /// The notice that was given to the people in the call.
    public var noticeID: String?
    /// The policy profile that was in force.
    public var policy: String
    /// What was measured of the stored speakers, in the order they joined; of a session that did not end, up to the
    /// last ticks.
    public var totals: SessionTotals
    /// What was stored in between but for the ticks, in order.
    public var events: [Event]
    /// The scores of the ticks, in order.
    public var scores: [Score]

    /// Reads the answer of the control socket; nil where it is none. Events that this version does not know are
    /// skipped.
    public init?(json: [UInt8]) {
        guard String(validating: json, as: UTF8.self) != nil, case .object(let members) = try? JSONReader.parse(json),
            let report = try? StoredReport(JSONFields(members))
        else { return nil }
        self = report
    }

    init(_ fields: JSONFields) throws(UnreadableEvent) {
        id = try fields.text("id")
        startedAt = try fields.text("started_at")
        state = try fields.text("state")
        noticeID = try fields.optionalText("notice_id")
        policy = try fields.text("policy")
        totals = try SessionTotals(fields.object("totals"))
        let joined = Dictionary(
            try fields.texts("speakers").enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: min)
        totals.speakers.removeAll { joined[$0.name] == nil }
        totals.speakers.sort { joined[$0.name, default: 0] < joined[$1.name, default: 0] }
        events = []
        scores = []
        for line in try fields.objects("events") {
            // A stored tick is told without what a whole one has.
            if try line.text("type") == EventKind.tick.rawValue {
                if let score = try? Score(line) { scores.append(score) }
            } else if let event = try? Event(line) {
                events.append(event)
            }
        }
    }
}

extension StoredReport.Score {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            speaker: try fields.text("speaker"), timeSeconds: try fields.number("t"),
            engagement: try Engagement(fields.object("engagement")))
    }
}
