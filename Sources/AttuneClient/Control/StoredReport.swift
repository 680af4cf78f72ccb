public import Events
import Foundation

/// A stored session as the control API tells it, for a report.
public struct StoredReport: Decodable, Sendable {
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

    /// Speakers in the order they joined.
    private var speakers: [String]
    private var session: String
    private var stored: Totals
    /// What was stored in between, in order.
    public var events: [StoredEvent]

    enum CodingKeys: String, CodingKey {
        case id, session, state, policy, speakers, events
        case startedAt = "started_at"
        case noticeID = "notice_id"
        case stored = "totals"
    }

    /// What was measured of the stored speakers; of a session that did not end, up to the last ticks.
    public var totals: SessionTotals {
        SessionTotals(
            session: session, durationSeconds: stored.durationSeconds, speakerChanges: stored.speakerChanges,
            overlapRatio: stored.overlapRatio,
            speakers: speakers.compactMap { name in stored.speakers[name]?.speaker(named: name) })
    }
}

/// A stored event, as far as a report shows it.
public struct StoredEvent: Decodable, Sendable {
    /// A score with its interval, low and high.
    public struct Score: Decodable, Sendable {
        /// 0 to 100.
        public var score: Double?
        /// Low and high.
        public var interval: [Double]?
    }

    /// That of the event.
    public var type: String
    /// Whom it is about.
    public var speaker: String?
    /// Media time, seconds.
    public var t: Double?
    /// Where speech begins, seconds.
    public var startSeconds: Double?
    /// Where speech ends, seconds.
    public var endSeconds: Double?
    /// Of ticks.
    public var engagement: Score?

    enum CodingKeys: String, CodingKey {
        case type, speaker, t, engagement
        case startSeconds = "start_s"
        case endSeconds = "end_s"
    }
}

/// The totals as JSON, as far as a report shows them.
private struct Totals: Decodable, Sendable {
    struct Speaker: Decodable, Sendable {
        var role: String?
        var speechSeconds: Double?
        var talkRatio: Double?
        var pauseRatio: Double?
        var turns: Int?
        var responseLagMedianMilliseconds: Double?
        var responseLags: Int?
        var engagement: Score?

        enum CodingKeys: String, CodingKey {
            case role, turns, engagement
            case speechSeconds = "speech_s"
            case talkRatio = "talk_ratio"
            case pauseRatio = "pause_ratio"
            case responseLagMedianMilliseconds = "response_lag_median_ms"
            case responseLags = "response_lag_n"
        }
    }

    struct Score: Decodable, Sendable {
        struct Part: Decodable, Sendable {
            var input: String
            var points: Double
        }

        var score: Double?
        var interval: [Double]?
        var confidence: Double?
        var provisional: Bool?
        var contributions: [Part]?
        var abstained: String?
    }

    var durationSeconds: Double
    var speakerChanges: Int
    var overlapRatio: Double?
    var speakers: [String: Speaker]

    enum CodingKeys: String, CodingKey {
        case speakers
        case durationSeconds = "duration_s"
        case speakerChanges = "speaker_changes"
        case overlapRatio = "overlap_ratio"
    }
}

extension Totals.Speaker {
    func speaker(named name: String) -> SessionTotals.Speaker {
        var metrics: WindowMetrics?
        if let speechSeconds {
            var own = WindowMetrics(name: "session")
            own.speechSeconds = speechSeconds
            own.talkRatio = talkRatio
            own.pauseRatio = pauseRatio
            own.turns = turns ?? 0
            own.responseLagMedianMilliseconds = responseLagMedianMilliseconds
            own.responseLags = responseLags ?? 0
            metrics = own
        }
        return SessionTotals.Speaker(
            name: name, role: role, consent: .granted, metrics: metrics, engagement: engagement?.engagement)
    }
}

extension Totals.Score {
    var engagement: Engagement {
        guard let score, let interval, interval.count == 2 else { return .abstained(reason: abstained ?? "") }
        return .scored(
            EngagementScore(
                score: score, low: interval[0], high: interval[1], confidence: confidence ?? 0,
                isProvisional: provisional ?? false,
                contributions: (contributions ?? []).map { Contribution(input: $0.input, points: $0.points) }))
    }
}
