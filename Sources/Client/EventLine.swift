import Foundation

/// One line of the event socket, as far as a terminal shows it.
public struct EventLine: Decodable, Sendable {
    /// Type of the event.
    public var type: String
    /// Number of the event in its epoch.
    public var seq: Int?
    /// Session it concerns.
    public var session: String?
    /// Speaker it concerns.
    public var speaker: String?
    /// Media time in seconds since the start of the session.
    public var t: Double?

    var role: String?
    var consent: String?
    var url: String?
    var reason: String?
    var message: String?
    var startSeconds: Double?
    var endSeconds: Double?
    var ftoMilliseconds: Int?
    var kind: String?
    var holder: String?
    var issues: [String]?
    var driftPartsPerMillion: Double?
    var engagement: Score?
    var windows: [String: Window]?
    var voice: Voice?
    var sessions: Sessions?

    enum CodingKeys: String, CodingKey {
        case type, seq, session, speaker, t, role, consent, url, reason, message, engagement, windows, voice, sessions,
            kind, holder, issues
        case startSeconds = "start_s"
        case endSeconds = "end_s"
        case ftoMilliseconds = "fto_ms"
        case driftPartsPerMillion = "drift_ppm"
    }

    struct Score: Decodable, Sendable {
        var score: Double?
        var interval: [Double]?
        var abstained: String?
        var provisional: Bool?
        var contributions: [Contribution]?
    }

    struct Contribution: Decodable, Sendable {
        var input: String
        var points: Double
    }

    struct Window: Decodable, Sendable {
        var speechSeconds: Double
        var talkRatio: Double?
        var turns: Int
        var responseLagMedianMilliseconds: Double?
        var speakerChangesPerMinute: Double?

        enum CodingKeys: String, CodingKey {
            case turns
            case speechSeconds = "speech_s"
            case talkRatio = "talk_ratio"
            case responseLagMedianMilliseconds = "response_lag_median_ms"
            case speakerChangesPerMinute = "speaker_changes_per_min"
        }
    }

    struct Voice: Decodable, Sendable {
        var speaking: Bool
    }

    /// The sessions of a snapshot; none of a heartbeat, which has their number under the same name.
    struct Sessions: Decodable, Sendable {
        var all: [Session]

        init(from decoder: any Decoder) throws {
            all = (try? [Session](from: decoder)) ?? []
        }
    }

    /// A session of a snapshot.
    struct Session: Decodable, Sendable {
        struct Speaker: Decodable, Sendable {
            var speaker: String
            var role: String?
            var consent: String
        }
        var session: String
        var speakers: [Speaker]
    }

    /// Reads a line; nil where it is no event.
    public init?(_ line: String) {
        guard let value = try? JSONDecoder().decode(EventLine.self, from: Data(line.utf8)) else { return nil }
        self = value
    }

    /// The event as a short readable line.
    public var summary: String {
        let time = t.map { String(format: "%8.2f", $0) } ?? "        "
        let who = [session, speaker].compactMap(\.self).joined(separator: "/")
        return "\(time)  \(type)  \(who)  \(detail)"
    }

    private var detail: String {
        switch type {
        case "tick": engagement.map(Self.text(of:)) ?? ""
        case "speech.started": String(format: "from %.2f s", startSeconds ?? 0)
        case "speech.ended", "turn":
            String(format: "%.2f to %.2f s", startSeconds ?? 0, endSeconds ?? 0)
                + (ftoMilliseconds.map { ", \($0) ms after the other" } ?? "")
        case "quality":
            (issues.map { $0.isEmpty ? "no issues" : $0.joined(separator: ", ") } ?? "")
                + (driftPartsPerMillion.map { String(format: ", drift %.0f ppm", $0) } ?? "")
        case "overlap": "\(kind ?? "") in the turn of \(holder ?? "")"
        case "speaker.joined": [role, consent.map { "consent \($0)" }].compactMap(\.self).joined(separator: ", ")
        default: [url, reason, message].compactMap(\.self).joined(separator: ", ")
        }
    }

    /// A score with its interval, or why there is none.
    static func text(of score: Score) -> String {
        guard let value = score.score else { return "no score: \(score.abstained ?? "")" }
        var text = String(format: "engagement %.1f", value)
        if let interval = score.interval, interval.count == 2 {
            text += String(format: " (%.0f to %.0f)", interval[0], interval[1])
        }
        return text + (score.provisional == true ? ", provisional" : "")
    }
}
