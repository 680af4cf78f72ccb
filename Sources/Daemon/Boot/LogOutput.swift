import Events
import Glibc
import Kit
import Logging
import Settings
import Synchronization

/// Where the log goes: standard error, or the socket of systemd's journal; no more lines than the configuration allows.
final class LogOutput: Sendable {
    private struct Bounds {
        var bucket: TokenBucket
        var rate: Int
        /// Lines that were left out and not told yet.
        var leftOut: UInt64 = 0
    }

    private let level: LogRules
    private let descriptor: Int32
    private let journalPath: String
    private let hasPriority: Bool
    private let clock: HostClock
    private let bounds: Mutex<Bounds>
    /// Opened once it is wanted; there is no need to close it.
    private let journal = Mutex<Int32>(-1)

    private static let burstSeconds = 5

    /// - Parameter isUnderJournal: whether what is written to standard error is read by journald, which adds the time.
    init(
        _ level: LogRules, descriptor: Int32 = STDERR_FILENO, journalPath: String = "/run/systemd/journal/socket",
        isUnderJournal: Bool = getenv("JOURNAL_STREAM") != nil, clock: HostClock = .system
    ) {
        self.level = level
        self.descriptor = descriptor
        self.journalPath = journalPath
        self.clock = clock
        hasPriority = isUnderJournal
        let rate = level.current.maxLinesPerSecond
        bounds = Mutex(Bounds(bucket: Self.bucket(rate), rate: rate))
    }

    private static func bucket(_ rate: Int) -> TokenBucket {
        TokenBucket(tokensPerSecond: rate, capacity: rate * burstSeconds)
    }

    /// Writes a message, unless there are too many; then how many were left out is said before the next one.
    func write(_ record: LogRecord) {
        let rules = level.current
        let now = clock.nanoseconds()
        let (isAdmitted, leftOut) = bounds.withLock { bounds -> (Bool, UInt64) in
            if bounds.rate != rules.maxLinesPerSecond {
                bounds.rate = rules.maxLinesPerSecond
                bounds.bucket = Self.bucket(bounds.rate)
            }
            guard bounds.bucket.admits(nowNanoseconds: now) else {
                bounds.leftOut += 1
                return (false, 0)
            }
            defer { bounds.leftOut = 0 }
            return (true, bounds.leftOut)
        }
        guard isAdmitted else { return }
        if leftOut > 0 {
            put(
                LogRecord(
                    level: .warning, subsystem: "attuned",
                    message: "\(leftOut) lines were left out, over log.max_lines_s"), rules.format)
        }
        put(record, rules.format)
    }

    private func put(_ record: LogRecord, _ format: Settings.Log.Format) {
        switch format {
        case .journal where send(record.journal): break
        case .text, .journal: put(record.text(hasPriority ? "<\(record.priority)>" : "\(rfc3339(unixMilliseconds())) "))
        case .json: put((hasPriority ? "<\(record.priority)>" : "") + record.json(time: rfc3339(unixMilliseconds())))
        }
    }

    /// One write per line: lines of several threads do not mix.
    private func put(_ line: String) {
        var line = line
        line.withUTF8 { _ = Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }

    /// - Returns: whether the journal has taken it; where there is none, standard error is the way.
    private func send(_ text: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: journalPath.utf8.prefix($0.count - 1)) }
        let socket = journal.withLock { socket in
            if socket < 0 {
                socket = Glibc.socket(
                    AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
            }
            return socket
        }
        var text = text
        return text.withUTF8 { bytes in
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(
                        socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL), $0,
                        socklen_t(MemoryLayout<sockaddr_un>.size)) == bytes.count
                }
            }
        }
    }
}
