import ControlAPI
import Conversation
import Events
import Foundation
import Glibc
import Kit
import Logging

/// A running session as it is kept.
struct KeptSession: Codable, Equatable {
    var name: String
    /// When it began (Unix time, milliseconds).
    var startedMilliseconds: Int64
    var noticeID: String?
    /// Its people and what they have decided.
    var speakers: [RememberedSpeaker]
    /// What is attached, as far as it can be attached again without a secret.
    var sources: [AttachRequest]
}

/// A session that goes on after a restart.
struct SessionBefore: Sendable {
    /// How long ago it began, and when in it the daemon was there last; seconds.
    var ageSeconds: Double, lastSeconds: Double
    var speakers: [RememberedSpeaker]
    /// What is usual for them, where that goes along: from node to node, never by a file.
    var usual: [String: UsualValues] = [:]
    /// What the gap between says.
    var why = Gap.Why.restart
}

/// The file with the running calls: written whenever they change, read once at the start.
///
/// It is in a folder that only the daemon's user can write to, with mode 0600, is replaced as a whole, and is gone when
/// no call runs. How old the calls are is told by when it was written last; while nothing changes that is renewed.
struct KeptCalls {
    private struct File: Codable {
        var version = 1
        var sessions: [KeptSession]
        /// Calls that may still come by WebSocket; of their tokens the SHA-256.
        var expected: [ExpectedCalls.Call]?
    }

    /// Longest file that is written or read, bytes.
    static let maxBytes = 4 << 20

    private let path: String
    private let maxAgeMilliseconds: Int64
    private let logger: Logger
    /// What is in the file; nil where that is what another daemon has written.
    private var written: (sessions: [KeptSession], expected: [ExpectedCalls.Call])?
    /// Calls that were expected before the restart.
    private(set) var expected: [ExpectedCalls.Call] = []
    private var isFailing = false
    /// When the calls of before were heard of last (Unix time, milliseconds), and those that nobody has taken up.
    private var lastMilliseconds: Int64 = 0
    private var waiting: [String: KeptSession] = [:]

    /// Reads what is there. What cannot be used is told and left out.
    ///
    /// - Parameter now: Unix time, milliseconds.
    init(path: String, maxAgeSeconds: Int, now: Int64, logger: Logger) {
        self.path = path
        self.logger = logger
        maxAgeMilliseconds = Int64(maxAgeSeconds) * 1_000
        // Of the name itself, which may be a link to something else.
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return }
        let isOwn =
            attributes[.type] as? FileAttributeType == .typeRegular
            && (attributes[.ownerAccountID] as? NSNumber)?.uint32Value == geteuid()
            && ((attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o777) & 0o077 == 0
        let bytes = (attributes[.size] as? NSNumber)?.intValue ?? .max
        guard isOwn, bytes <= Self.maxBytes, let written = attributes[.modificationDate] as? Date,
            let data = FileManager.default.contents(atPath: path),
            let file = try? JSONDecoder().decode(File.self, from: data), file.version == 1
        else {
            logger.warning("\(path) is not what this daemon writes, and no call is taken up from it; it is removed")
            unlink(path)
            return
        }
        lastMilliseconds = Int64(written.timeIntervalSince1970 * 1_000)
        // A clock that was set back makes nothing old.
        guard now - lastMilliseconds <= maxAgeMilliseconds else {
            logger.info("calls of before the restart are too old to be taken up (state.max_age_s)")
            unlink(path)
            return
        }
        for session in file.sessions { waiting[session.name] = session }
        expected = file.expected ?? []
    }

    /// What is to be attached again, session by session.
    var requests: [AttachRequest] { waiting.values.sorted { $0.name < $1.name }.flatMap(\.sources) }

    /// What is known of a session of before that begins again.
    func before(_ name: String, now: Int64 = unixMilliseconds()) -> SessionBefore? {
        guard let session = waiting[name], now - lastMilliseconds <= maxAgeMilliseconds else { return nil }
        let seconds = { (from: Int64, to: Int64) in Double(max(0, to - from)) / 1_000 }
        let age = seconds(session.startedMilliseconds, now)
        // No call goes on for a month; a clock that was set must not make one.
        guard age < 31 * 86_400 else { return SessionBefore(ageSeconds: 0, lastSeconds: 0, speakers: session.speakers) }
        return SessionBefore(
            ageSeconds: age, lastSeconds: min(age, seconds(session.startedMilliseconds, lastMilliseconds)),
            speakers: session.speakers)
    }

    /// A session is over: nothing of it is waited for.
    mutating func end(session name: String) { waiting[name] = nil }

    /// Writes what runs now, with what is still waited for; does nothing where that is what was written.
    mutating func write(
        _ running: [KeptSession], expected: [ExpectedCalls.Call] = [], now: Int64 = unixMilliseconds()
    ) {
        if now - lastMilliseconds > maxAgeMilliseconds { waiting = [:] }
        for session in running { waiting[session.name] = nil }
        let sessions = running + waiting.values.sorted { $0.name < $1.name }
        let isEmpty = sessions.isEmpty && expected.isEmpty
        if let written, written == (sessions, expected), !isFailing {
            if !isEmpty { utimes(path, nil) }
            return
        }
        written = (sessions, expected)
        if isEmpty {
            unlink(path)
            return
        }
        // Where there is no room for all, it is for the calls that run.
        let failed =
            !Self.replace(path, by: File(sessions: sessions, expected: expected))
            && (errno != EFBIG || !Self.replace(path, by: File(sessions: sessions)))
        if failed, !isFailing {
            logger.warning("\(path) can't be written: \(reason(errno)); a restart would end the calls that run")
        } else if isFailing, !failed {
            logger.info("\(path) can be written again")
        }
        isFailing = failed
    }

    private func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// - Returns: whether the file is there, whole, also after a loss of power.
    private static func replace(_ path: String, by file: File) -> Bool {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let data = try? encoder.encode(file), data.count <= maxBytes else {
            errno = EFBIG
            return false
        }
        let draft = path + ".new"
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let isWritten = data.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno != EINTR { return false }
                rest = rest.dropFirst(max(0, count))
            }
            return true
        }
        guard isWritten, fsync(descriptor) == 0, rename(draft, path) == 0, syncFolder(of: path) else {
            let code = errno
            unlink(draft)
            errno = code
            return false
        }
        return true
    }
}

/// - Returns: whether the name of the file will be there after a loss of power.
private func syncFolder(of path: String) -> Bool {
    let descriptor = open(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return fsync(descriptor) == 0
}

/// Unix time, milliseconds.
func unixMilliseconds() -> Int64 {
    Int64(Date().timeIntervalSince1970 * 1_000)
}
