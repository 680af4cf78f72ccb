import Events
import GRDB

/// The tables, and everything that is written to them.
///
/// An event hangs on the speakers whose behaviour it tells, so that whoever deletes a speaker deletes the events.
enum StoreSchema {
    /// "attn": tells this file from databases of other programs.
    private static let applicationID = 0x6174_746E
    private static let version = 1

    private static let tables = """
        CREATE TABLE session (
            id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, notice_id TEXT, policy TEXT NOT NULL,
            started_ms INTEGER NOT NULL, state TEXT NOT NULL,
            duration_s REAL, speaker_changes INTEGER, overlap_ratio REAL) STRICT;
        CREATE TABLE speaker (
            key INTEGER PRIMARY KEY, session TEXT NOT NULL REFERENCES session ON DELETE CASCADE,
            name TEXT NOT NULL, role TEXT, totals TEXT, UNIQUE (session, name)) STRICT;
        CREATE TABLE event (
            seq INTEGER PRIMARY KEY, speaker INTEGER NOT NULL REFERENCES speaker ON DELETE CASCADE,
            other INTEGER REFERENCES speaker ON DELETE CASCADE,
            type TEXT NOT NULL, t REAL, json TEXT NOT NULL) STRICT;
        CREATE INDEX event_speaker ON event (speaker, type);
        CREATE INDEX event_other ON event (other) WHERE other IS NOT NULL;
        PRAGMA application_id = \(applicationID);
        PRAGMA user_version = \(version);
        """

    /// Makes the tables in a new file, and tidies up after a daemon that did not end by itself.
    static func prepare(_ database: Database) throws {
        try database.inTransaction {
            let isNew = try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM sqlite_schema") == 0
            if isNew { try database.execute(sql: tables) }
            guard try Int.fetchOne(database, sql: "PRAGMA application_id") == applicationID,
                try Int.fetchOne(database, sql: "PRAGMA user_version") == version
            else {
                throw StoreError(
                    "store.path is a database of another program or of another version of Attune; set another path")
            }
            try database.execute(sql: "UPDATE session SET state = 'interrupted' WHERE state = 'running'")
            try deleteEmpty(database)
            return .commit
        }
    }

    /// Does one thing of the queue.
    ///
    /// - Returns: whether it deleted what somebody wanted gone.
    static func perform(_ job: StoreJob, _ database: Database) throws -> Bool {
        switch job {
        case .begin(let session, let name, let started, let milliseconds):
            try database.execute(
                sql: """
                    INSERT INTO session (id, name, notice_id, policy, started_ms, state)
                    VALUES (?, ?, ?, ?, ?, 'running')
                    """,
                arguments: [session, name, started.noticeID, started.policy, milliseconds])
            return false
        case .join(let speaker, let role):
            try database.execute(
                sql: """
                    INSERT INTO speaker (session, name, role) SELECT id, ?, ? FROM session WHERE id = ?
                    ON CONFLICT DO UPDATE SET role = excluded.role
                    """,
                arguments: [speaker.name, role, speaker.session])
            return false
        case .line(let line):
            try insert(line, database)
            return false
        case .finish(let session, let totals):
            try finish(session, totals, database)
            return false
        case .forget(let speaker):
            try database.execute(
                sql: "DELETE FROM speaker WHERE session = ? AND name = ?", arguments: [speaker.session, speaker.name])
            return true
        }
    }

    /// - Returns: whether there was such a session.
    static func delete(session id: String, _ database: Database) throws -> Bool {
        try database.execute(sql: "DELETE FROM session WHERE id = ?", arguments: [id])
        return database.changesCount > 0
    }

    /// - Returns: in how many sessions there was such a speaker.
    static func delete(speaker name: String, _ database: Database) throws -> Int {
        // Compared here: SQLite takes a character that is composed of two for another one.
        let names = try String.fetchAll(database, sql: "SELECT DISTINCT name FROM speaker").filter { $0 == name }
        var sessions = 0
        for name in names {
            try database.execute(sql: "DELETE FROM speaker WHERE name = ?", arguments: [name])
            sessions += database.changesCount
        }
        try deleteEmpty(database)
        return sessions
    }

    static func expire(before milliseconds: Int64, _ database: Database) throws {
        try database.execute(
            sql: "DELETE FROM session WHERE state != 'running' AND started_ms < ?", arguments: [milliseconds])
    }

    /// A line whose speakers are not (or no longer) there is not stored.
    private static func insert(_ line: StoredLine, _ database: Database) throws {
        let json = line.event.line(sequence: line.sequence, at: rfc3339(line.atMilliseconds))
        try database.cachedStatement(
            sql: """
                INSERT INTO event (speaker, other, type, t, json)
                SELECT speaker.key, other.key, :type, :t, :json FROM speaker
                LEFT JOIN speaker AS other ON other.session = speaker.session AND other.name = :other
                WHERE speaker.session = :session AND speaker.name = :speaker
                AND (:other IS NULL OR other.key IS NOT NULL)
                """
        ).execute(arguments: [
            "type": line.event.body.typeName, "t": line.event.timeSeconds,
            "json": String(decoding: json, as: UTF8.self), "other": line.other, "session": line.speaker.session,
            "speaker": line.speaker.name,
        ])
    }

    private static func finish(_ session: String, _ totals: SessionTotals, _ database: Database) throws {
        try database.execute(
            sql: """
                UPDATE session SET state = 'ended', duration_s = ?, speaker_changes = ?, overlap_ratio = ? WHERE id = ?
                """,
            arguments: [totals.durationSeconds, totals.speakerChanges, totals.overlapRatio, session])
        for speaker in totals.speakers {
            // Nothing of the totals but the speaker's own, so that it is gone with the speaker.
            let own = SessionTotals(
                session: totals.session, durationSeconds: totals.durationSeconds,
                speakerChanges: totals.speakerChanges, overlapRatio: totals.overlapRatio, speakers: [speaker])
            try database.execute(
                sql: "UPDATE speaker SET totals = ? WHERE session = ? AND name = ?",
                arguments: [String(decoding: own.json(), as: UTF8.self), session, speaker.name])
        }
        try deleteEmpty(database)
    }

    /// A speaker of whom nothing was measured, and a session without a stored speaker, are not kept; in a session that
    /// runs, that may still change.
    private static func deleteEmpty(_ database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM speaker WHERE NOT EXISTS (SELECT * FROM event WHERE event.speaker = speaker.key)
                AND session IN (SELECT id FROM session WHERE state != 'running');
                DELETE FROM session WHERE state != 'running'
                AND NOT EXISTS (SELECT * FROM speaker WHERE speaker.session = session.id)
                """)
    }
}
