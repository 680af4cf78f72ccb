public import Events
import GRDB
import Glibc
public import Logging
import Synchronization

/// Keeps events of consented speakers in an SQLite file, for a while, where the operator asked for it.
///
/// `record` puts into a bounded queue; one serial queue of GRDB's writes it in batches, so that nobody waits for the
/// disk. What is deleted leaves no byte in the file: SQLite's `secure_delete` alone misses what the balancing of its
/// trees left behind, so the file is rebuilt (`VACUUM`) and the write-ahead log cut after every deletion.
public final class Store: Sendable {
    /// What became of the events so far.
    public struct Status: Sendable, Equatable {
        /// Events that were not stored for want of room or because of a failure.
        public var dropped = 0
        /// Batches and deletions that failed.
        public var failures = 0
        /// The last failure, in one line.
        public var lastFailure: String?
        /// Whether nothing could be written since the last failure.
        public var isFailing = false
    }

    private struct State: Sendable {
        var queue: RecordingQueue
        var failures = 0
        var lastFailure: String?
        var isFailing = false
        /// Whether something was deleted since the file was last rebuilt.
        var isUnclean = false
    }

    /// Time between two batches; how many of them lie between two looks at what is too old, and between two log lines
    /// or attempts to rebuild a file that could not be.
    private static let batchSeconds = 2, batchesPerExpiry = 1_800, batchesPerLogLine = 30

    private let path: String
    private let retentionMilliseconds: Int64
    private let now: @Sendable () -> Int64
    private let logger: Logger
    let database: DatabaseQueue
    private let state: Mutex<State>

    /// Opens the file, or makes it (mode 0600); sessions that were not ended there are marked as broken off.
    ///
    /// - Parameters:
    ///   - path: the file; its folder must exist. No other process may use it meanwhile.
    ///   - retentionDays: what began longer ago is deleted.
    ///   - queueLimit: events that may wait for the disk.
    ///   - now: the wall clock, milliseconds since 1970.
    /// - Throws: what is wrong with the file, and what to do about it.
    public init(
        path: String, retentionDays: Int, logger: Logger, queueLimit: Int = 4_096,
        now: @escaping @Sendable () -> Int64 = systemMilliseconds
    ) throws(StoreError) {
        try StoreFile.check(path: path)
        try StoreFile.make(path: path)
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.prepareDatabase { database in
            // No other process: the log can then always be cut, and there is no shared memory file.
            try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            try database.execute(sql: "PRAGMA secure_delete = ON")
            // A tick takes some 3 kB: several on a page.
            try database.execute(sql: "PRAGMA page_size = 16384")
        }
        do {
            database = try DatabaseQueue(path: path, configuration: configuration)
            let hasFreePages = try database.writeWithoutTransaction { database in
                try StoreSchema.prepare(database)
                // What a daemon that died had deleted may still stand in its log.
                try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
                return try Int.fetchOne(database, sql: "PRAGMA freelist_count") != 0
            }
            state = Mutex(State(queue: RecordingQueue(limit: queueLimit), isUnclean: hasFreePages))
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(error, path: path)
        }
        self.path = path
        self.retentionMilliseconds = Int64(retentionDays) * 86_400_000
        self.now = now
        self.logger = logger
    }

    /// Whether a store at `path` could be made or opened, as far as can be said without touching it.
    ///
    /// - Throws: what is wrong, and what to do about it.
    public static func check(path: String) throws(StoreError) {
        try StoreFile.check(path: path)
    }

    /// What became of the events so far.
    public var status: Status {
        state.withLock {
            Status(
                dropped: $0.queue.dropped, failures: $0.failures, lastFailure: $0.lastFailure,
                isFailing: $0.isFailing)
        }
    }

    // MARK: Writing

    /// Takes in an event; returns at once, from any thread.
    ///
    /// When it takes a consent back, what waits of that speaker is dropped and what is stored is deleted next.
    public func record(_ event: Event) {
        let isUrgent = state.withLock { $0.queue.take(event, atMilliseconds: now()) }
        if isUrgent { database.asyncWriteWithoutTransaction { _ = self.writeBatch($0) } }
    }

    /// Writes batches and deletes what is too old until the task is cancelled.
    public func run() async {
        var batches = 0
        var reported = Status()
        var nextReport = 0
        while !Task.isCancelled {
            // Failures are counted where they happen.
            if batches % Self.batchesPerExpiry == 0 { try? await expire() }
            if batches % Self.batchesPerLogLine == 0 { try? await settle() } else { try? await perform { _ in } }
            let status = status
            if status != reported, batches >= nextReport {
                report(status)
                reported = status
                nextReport = batches + Self.batchesPerLogLine
            }
            try? await Task.sleep(for: .seconds(Self.batchSeconds))
            batches += 1
        }
    }

    /// Writes everything that waits and deletes what has to be deleted.
    ///
    /// - Throws: why that was not possible.
    public func settle() async throws(StoreError) {
        let failure = await withCheckedContinuation { continuation in
            database.asyncWriteWithoutTransaction { database in
                continuation.resume(returning: self.writeBatch(database) ?? self.clean(database))
            }
        }
        if let failure { throw failure }
    }

    /// Deletes sessions that began before the retention time.
    public func expire() async throws(StoreError) {
        let oldest = now() - retentionMilliseconds
        try await delete { try StoreSchema.expire(before: oldest, $0) }
    }

    /// Writes what is left and closes the file.
    public func close() async {
        try? await settle()
        do { try database.close() } catch { logger.error("\(note(error))") }
    }

    // MARK: Reading and deleting

    /// Stored sessions, the newest first, 1,000 at most.
    public func sessions() async throws(StoreError) -> [StoredSession] {
        try await perform { try StoredSession.all($0) }
    }

    /// What a report on a session needs, as one JSON object; nil where there is no such session.
    public func report(session id: String) async throws(StoreError) -> [UInt8]? {
        try await perform { try ReportJSON.json(session: id, $0) }
    }

    /// Deletes a session; where it still runs, no more of it is stored.
    ///
    /// - Returns: whether there was one.
    public func forget(session id: String) async throws(StoreError) -> Bool {
        let wasWaiting = state.withLock { $0.queue.forget(session: id) }
        return try await delete { try StoreSchema.delete(session: id, $0) } || wasWaiting
    }

    /// Deletes everything of speakers called `name`; in sessions that still run, no more of them is stored until they
    /// consent anew.
    ///
    /// - Returns: in how many sessions there was one.
    public func forget(speaker name: String) async throws(StoreError) -> Int {
        // What waits is written first, so that it is counted.
        try await settle()
        state.withLock { $0.queue.forget(speaker: name) }
        return try await delete { try StoreSchema.delete(speaker: name, $0) }
    }

    // MARK: On the queue of the database

    /// Runs `work` once everything that waits is written; a cancelled task does not stop it.
    private func perform<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        let result = await withCheckedContinuation { continuation in
            database.asyncWriteWithoutTransaction { database in
                _ = self.writeBatch(database)
                continuation.resume(returning: Result { try work(database) })
            }
        }
        do {
            return try result.get()
        } catch {
            throw error as? StoreError ?? StoreError(error, path: path)
        }
    }

    /// Deletes in a transaction and then cleans the file.
    private func delete<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await perform { database in
            let before = database.totalChangesCount
            var value: Value?
            do {
                try database.inTransaction {
                    value = try work(database)
                    return .commit
                }
            } catch {
                throw self.note(error)
            }
            if database.totalChangesCount > before { self.state.withLock { $0.isUnclean = true } }
            if let failure = self.clean(database) { throw failure }
            guard let value else { throw StoreError("nothing was deleted in \(self.path)") }
            return value
        }
    }

    /// Writes what waits, in one transaction; without success only the lines are given up.
    private func writeBatch(_ database: Database) -> StoreError? {
        let jobs = state.withLock { $0.queue.takeJobs() }
        do {
            var hasDeleted = false
            if !jobs.isEmpty {
                try database.inTransaction {
                    for job in jobs { hasDeleted = try StoreSchema.perform(job, database) || hasDeleted }
                    return .commit
                }
                noteSuccess()
            }
            guard hasDeleted else { return nil }
            state.withLock { $0.isUnclean = true }
            return clean(database)
        } catch {
            state.withLock { $0.queue.putBack(jobs) }
            return note(error)
        }
    }

    /// Rebuilds the file and cuts the log where something was deleted.
    private func clean(_ database: Database) -> StoreError? {
        guard state.withLock({ $0.isUnclean }) else { return nil }
        do {
            try database.execute(sql: "VACUUM")
            try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            state.withLock { $0.isUnclean = false }
            return nil
        } catch {
            return note(error)
        }
    }

    private func note(_ error: any Error) -> StoreError {
        let failure = StoreError(error, path: path)
        state.withLock {
            $0.failures += 1
            $0.lastFailure = failure.description
            $0.isFailing = true
        }
        return failure
    }

    private func noteSuccess() {
        let wasFailing = state.withLock { state in
            defer { state.isFailing = false }
            return state.isFailing
        }
        if wasFailing { logger.notice("\(path) can be written again; \(status.dropped) events were not stored") }
    }

    private func report(_ status: Status) {
        logger.error(
            "\(status.dropped) events were not stored, \(status.failures) failures: \(status.lastFailure ?? "too many")"
        )
    }
}

/// The host's wall clock, milliseconds since 1970.
public func systemMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
}
