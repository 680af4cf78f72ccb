import GRDB

/// A session in the store.
public struct StoredSession: Sendable, Equatable {
    /// Identifies it in the store.
    public var id: String
    /// Name that it ran under.
    public var name: String
    /// When it began, milliseconds since 1970.
    public var startedMilliseconds: Int64
    /// `running`, `ended`, or `interrupted` where the daemon ended without the session.
    public var state: String
    /// The notice that was given to the people in the call.
    public var noticeID: String?
    /// The policy profile that was in force.
    public var policy: String
    /// Stored speakers in the order they joined.
    public var speakers: [String]

    /// The newest 1,000.
    static func all(_ database: Database) throws -> [StoredSession] {
        try rows(database, where: "TRUE ORDER BY started_ms DESC, rowid DESC LIMIT 1000")
    }

    static func one(_ id: String, _ database: Database) throws -> StoredSession? {
        try rows(database, where: "id = ?", arguments: [id]).first
    }

    private static func rows(
        _ database: Database, where condition: String, arguments: StatementArguments = []
    ) throws -> [StoredSession] {
        let rows = try Row.fetchAll(database, sql: "SELECT * FROM session WHERE \(condition)", arguments: arguments)
        return try rows.map { row in
            let id: String = row["id"]
            return StoredSession(
                id: id, name: row["name"], startedMilliseconds: row["started_ms"], state: row["state"],
                noticeID: row["notice_id"], policy: row["policy"],
                speakers: try String.fetchAll(
                    database, sql: "SELECT name FROM speaker WHERE session = ? ORDER BY key", arguments: [id]))
        }
    }
}
