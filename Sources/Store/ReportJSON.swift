import Events
import GRDB

/// What a report on a stored session needs, as JSON.
enum ReportJSON {
    /// Lines other than ticks, and ticks of a speaker, that an answer has at most: the latter are thinned out evenly.
    static let maxLines = 20_000, maxTicks = 1_000

    static func json(session id: String, _ database: Database) throws -> [UInt8]? {
        guard let session = try StoredSession.one(id, database) else { return nil }
        let totals = try totals(session, database)
        let events = try events(id, database)
        var json = JSONWriter(reserving: 4096)
        json.object { json in
            json.field("id", id)
            json.field("session", session.name)
            json.field("started_at", rfc3339(session.startedMilliseconds))
            json.field("state", session.state)
            json.field("notice_id", session.noticeID)
            json.field("policy", session.policy)
            json.array("speakers") { json in
                for speaker in session.speakers { json.string(speaker) }
            }
            json.field("totals", encoded: totals)
            json.field("events", encoded: Array("[\(events.joined(separator: ","))]".utf8))
        }
        return json.bytes
    }

    /// The totals in the form of `session.ended`, without speakers that are not stored; of a session that did not
    /// end, those of the last ticks.
    private static func totals(_ session: StoredSession, _ database: Database) throws -> [UInt8] {
        let whole = try Row.fetchOne(
            database,
            sql: """
                WITH last AS (
                    SELECT event.t, json_extract(json, '$.windows.session') AS metrics FROM event
                    JOIN speaker ON speaker.key = event.speaker
                    WHERE session = :id AND type = 'tick' ORDER BY seq DESC LIMIT 1)
                SELECT COALESCE(duration_s, t, 0) AS duration,
                    COALESCE(
                        speaker_changes,
                        CAST(ROUND(metrics ->> '$.speaker_changes_per_min' * t / 60) AS INTEGER), 0) AS changes,
                    COALESCE(overlap_ratio, CAST(metrics ->> '$.overlap_ratio' AS REAL)) AS overlap
                FROM session LEFT JOIN last WHERE id = :id
                """, arguments: ["id": session.id])
        let speakers = try Row.fetchAll(
            database,
            sql: """
                SELECT name, COALESCE(
                    (SELECT value FROM json_each(totals, '$.speakers')),
                    (SELECT json_patch(
                        json_set(
                            json_extract(json, '$.windows.session'), '$.engagement', json_extract(json, '$.engagement')),
                        json_object('role', role, 'consent', 'granted'))
                        FROM event WHERE event.speaker = speaker.key AND type = 'tick' ORDER BY seq DESC LIMIT 1),
                    json_patch('{}', json_object('role', role, 'consent', 'granted'))) AS totals
                FROM speaker WHERE session = ? ORDER BY key
                """, arguments: [session.id])
        var json = JSONWriter()
        json.object { json in
            json.field("session", session.name)
            json.field("duration_s", whole?["duration"], decimals: 2)
            json.field("speaker_changes", whole?["changes"] as Int?)
            json.field("overlap_ratio", whole?["overlap"], decimals: 4)
            json.object("speakers") { json in
                for speaker in speakers {
                    let totals: String = speaker["totals"]
                    json.field(speaker["name"] as String, encoded: Array(totals.utf8))
                }
            }
        }
        return json.bytes
    }

    /// Lines of events in the order they were stored, then ticks without windows.
    private static func events(_ id: String, _ database: Database) throws -> [String] {
        let lines = try String.fetchAll(
            database,
            sql: """
                SELECT json FROM event JOIN speaker ON speaker.key = event.speaker
                WHERE session = ? AND type != 'tick' ORDER BY seq LIMIT ?
                """, arguments: [id, maxLines])
        let ticks = try String.fetchAll(
            database,
            sql: """
                WITH numbered AS (
                    SELECT seq, name, ROW_NUMBER() OVER (PARTITION BY speaker ORDER BY seq DESC) - 1 AS number,
                        COUNT(*) OVER (PARTITION BY speaker) AS count
                    FROM event JOIN speaker ON speaker.key = event.speaker WHERE session = :id AND type = 'tick')
                SELECT json_object(
                    'type', 'tick', 'speaker', name, 't', t, 'engagement', json_extract(json, '$.engagement'))
                FROM numbered JOIN event USING (seq)
                WHERE number % ((count + :most - 1) / :most) = 0 ORDER BY seq
                """, arguments: ["id": id, "most": maxTicks])
        return lines + ticks
    }
}
