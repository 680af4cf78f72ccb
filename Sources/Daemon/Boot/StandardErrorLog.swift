import Glibc
import Kit
import Logging

/// Log lines on standard error, one per message, with the priority prefix that journald reads.
struct StandardErrorLog: LogHandler {
    private let level: LogLevel
    var metadata: Logger.Metadata = [:]
    /// That of the configuration, for all loggers alike.
    var logLevel: Logger.Level {
        get { level.current }
        set {}
    }

    init(_ level: LogLevel) {
        self.level = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let line = line(of: event, hasPriority: getenv("JOURNAL_STREAM") != nil)
        // One write per line: lines of several threads do not mix.
        _ = line.utf8.withContiguousStorageIfAvailable { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// The line with its line feed; what comes from outside can neither end it nor be obeyed by a terminal.
    func line(of event: LogEvent, hasPriority: Bool) -> String {
        var text = hasPriority ? "<\(Self.priority(event.level))>" : ""
        text += "\(event.level): \(event.message)"
        let merged = metadata.merging(event.metadata ?? [:]) { _, new in new }
        for (key, value) in merged.sorted(by: { $0.key < $1.key }) where !key.hasPrefix("hb.") {
            text += " \(key)=\(value)"
        }
        return printable(text) + "\n"
    }

    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
