import Events
import Foundation
import Glibc
import Kit
import Logging
import ServiceLifecycle
import Settings
import Synchronization

/// Who has agreed to what, when and after which notice: a line of JSON in a file for each decision. It outlives the
/// sessions, so that it can be shown what was decided; nothing that was measured is in it.
///
/// Events come under the lock of a session, so they are queued, in bounds; each line is synced to the disk.
final class ConsentLedger: EventSink, Service {
    /// What stands in a line.
    struct Line: Codable, Equatable {
        var at: String, session: String, speaker: String
        /// `declared` by who attached the source, or `changed` in the call.
        var how: String
        var role: String?
        var consent: String
        /// What was agreed to.
        var lanes: [String]
        var noticeID: String?, noticeSHA256: String?
        var policy: String?

        enum CodingKeys: String, CodingKey {
            case at, session, speaker, how, role, consent, lanes, policy
            case noticeID = "notice_id"
            case noticeSHA256 = "notice_sha256"
        }
    }

    private struct Notice {
        var id: String?, sha256: String?, policy: String
    }

    private struct State {
        var notices: [String: Notice] = [:]
        var lost: UInt64 = 0
        var isFailing = false
    }

    private static let maxWaiting = 10_000, maxNoticeBytes = 1 << 20, maxBytes = 256 << 20

    private let path: String
    private let noticesDirectory: String?
    private let logger: Logger
    private let state = Mutex(State())
    private let lines: AsyncStream<Line>
    private let waiting: AsyncStream<Line>.Continuation
    private let now: @Sendable () -> Int64

    /// A ledger in a file, which is made when the first line comes; lines that are too old are deleted from it.
    ///
    /// - Parameter now: Unix time, milliseconds.
    init(
        path: String, _ settings: Settings.Ledger, _ logger: Logger,
        now: @escaping @Sendable () -> Int64 = unixMilliseconds
    ) {
        self.path = path
        self.logger = logger
        self.now = now
        noticesDirectory = settings.noticesDirectory
        (lines, waiting) = AsyncStream.makeStream(of: Line.self, bufferingPolicy: .bufferingOldest(Self.maxWaiting))
        deleteLines(before: rfc3339(now() - Int64(settings.retentionDays) * 86_400_000))
    }

    /// Lines that could not be kept.
    var lost: UInt64 { state.withLock { $0.lost } }

    func take(_ event: Event, arrivedNanoseconds: Int64?) {
        guard let session = event.session else { return }
        switch event.body {
        case .sessionStarted(let started):
            let notice = Notice(
                id: started.noticeID, sha256: started.noticeID.flatMap(digest), policy: started.policy)
            state.withLock { $0.notices[session] = notice }
        case .sessionEnded: state.withLock { $0.notices[session] = nil }
        case .speakerJoined(let joined):
            add(event, session, "declared", joined.consent, joined.lanes, role: joined.role)
        case .consent(let change): add(event, session, "changed", change.state, change.lanes, role: nil)
        default: break
        }
    }

    private func add(
        _ event: Event, _ session: String, _ how: String, _ consent: ConsentState, _ lanes: ConsentLanes, role: String?
    ) {
        let notice = state.withLock { $0.notices[session] }
        let line = Line(
            at: rfc3339(now()), session: session, speaker: event.speaker ?? "", how: how, role: role,
            consent: consent.rawValue, lanes: consent == .granted ? ["voice"] + lanes.names : [], noticeID: notice?.id,
            noticeSHA256: notice?.sha256, policy: notice?.policy)
        if case .dropped = waiting.yield(line) { state.withLock { $0.lost += 1 } }
    }

    /// SHA-256 of the wording of a notice; nil where there is none.
    private func digest(of id: String) -> String? {
        guard let noticesDirectory, !id.contains("/"), !id.hasPrefix(".") else { return nil }
        for name in [id + ".md", id + ".txt", id] {
            guard let handle = FileHandle(forReadingAtPath: noticesDirectory + "/" + name),
                let data = try? handle.read(upToCount: Self.maxNoticeBytes)
            else { continue }
            return sha256(Array(data))
        }
        return nil
    }

    // MARK: The file

    /// Writes what comes until the daemon shuts down, and then what is left.
    func run() async throws {
        await withGracefulShutdownHandler {
            await write()
        } onGracefulShutdown: {
            self.waiting.finish()
        }
    }

    /// Ends the queue, for tests.
    func finish() { waiting.finish() }

    /// Writes what comes until the queue is ended.
    func write() async {
        for await line in lines { append(line) }
    }

    private func append(_ line: Line) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard var data = try? encoder.encode(line) else { return }
        data.append(0x0A)
        let error = write(data)
        let isWritten = error == 0
        let wasFailing = state.withLock { state in
            defer { state.isFailing = !isWritten }
            if !isWritten { state.lost += 1 }
            return state.isFailing
        }
        if !isWritten, !wasFailing {
            let reason = String(cString: strerror(error))
            logger.error("\(path) can't be written: \(reason); what is decided on consent is not kept")
        } else if isWritten, wasFailing {
            logger.notice("\(path) can be written again; \(lost) lines are missing")
        }
    }

    /// Appends a line.
    ///
    /// - Returns: why it is not on the disk (errno), or 0.
    private func write(_ line: Data) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        // What a full disk or a loss of power has cut off spoils no line but its own.
        let line = Self.endsMidLine(descriptor) ? [0x0A] + line : line
        let count = line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count == line.count else { return count < 0 ? errno : ENOSPC }
        return fsync(descriptor) == 0 ? 0 : errno
    }

    /// Whether the file's last line has no end.
    private static func endsMidLine(_ descriptor: Int32) -> Bool {
        var last: UInt8 = 0x0A
        let end = lseek(descriptor, 0, SEEK_END)
        return end > 0 && pread(descriptor, &last, 1, end - 1) == 1 && last != 0x0A
    }

    /// Deletes lines from before a time; the file is replaced as a whole.
    private func deleteLines(before oldest: String) {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            (attributes[.size] as? NSNumber)?.intValue ?? .max <= Self.maxBytes,
            let text = try? String(contentsOfFile: path, encoding: .utf8)
        else { return }
        let all = text.split(separator: "\n")
        let kept = all.filter { line in
            guard let entry = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)) else { return true }
            return entry.at >= oldest
        }
        guard kept.count < all.count else { return }
        let draft = path + ".new"
        unlink(draft)
        let isMade = FileManager.default.createFile(
            atPath: draft, contents: Data(kept.map { $0 + "\n" }.joined().utf8), attributes: [.posixPermissions: 0o600])
        guard isMade, rename(draft, path) == 0 else {
            logger.warning("\(path): lines that are too old can't be deleted; check the permissions of its folder")
            return
        }
        logger.info("\(all.count - kept.count) lines were deleted from \(path) (ledger.retention_days)")
    }
}
