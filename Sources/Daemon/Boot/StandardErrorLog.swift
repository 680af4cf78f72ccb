import Glibc
import Kit
import Logging

/// Log lines, one per message, in the form that the configuration wants.
struct StandardErrorLog: LogHandler {
    private let level: LogRules
    private let label: String
    private let output: LogOutput
    var metadata: Logger.Metadata = [:]
    /// That of the configuration, for all loggers of the subsystem alike.
    var logLevel: Logger.Level {
        get { level.level(of: label) }
        set {}
    }

    init(_ level: LogRules, label: String = "attuned", output: LogOutput? = nil) {
        self.level = level
        self.label = label
        self.output = output ?? LogOutput(level)
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { output.write(record(of: event)) }

    /// What an event says; what comes from outside can neither end a line nor be obeyed by a terminal.
    func record(of event: LogEvent) -> LogRecord {
        let merged = metadata.merging(event.metadata ?? [:]) { _, new in new }
        return LogRecord(
            level: event.level, subsystem: label, message: printable("\(event.message)"),
            fields: merged.sorted { $0.key < $1.key }.filter { !$0.key.hasPrefix("hb.") }.map {
                (printable($0.key), printable("\($0.value)"))
            })
    }
}

/// One message of the log.
struct LogRecord {
    var level: Logger.Level
    var subsystem: String
    var message: String
    var fields: [(key: String, value: String)] = []

    /// For people.
    ///
    /// - Parameter before: what stands before it, a time or a priority.
    func text(_ before: String) -> String {
        "\(before)\(level): \(message)" + fields.map { " \($0.key)=\($0.value)" }.joined() + "\n"
    }

    /// An object; no field hides one of its own members.
    func json(time: String) -> String {
        let own = [("time", time), ("level", level.rawValue), ("subsystem", subsystem), ("message", message)]
        let all = own + fields.filter { field in !own.contains { $0.0 == field.key } }
        return "{" + all.map { "\(Self.quoted($0.0)):\(Self.quoted($0.1))" }.joined(separator: ",") + "}\n"
    }

    /// The fields of systemd's journal (systemd.journal-fields(7)), in its simple form: no value has a line feed.
    var journal: String {
        let own = [
            ("MESSAGE", message), ("PRIORITY", "\(priority)"), ("SYSLOG_IDENTIFIER", "attuned"),
            ("ATTUNE_SUBSYSTEM", subsystem),
        ]
        let named = fields.map { field in
            let name = field.key.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
            return ("ATTUNE_" + String(name.prefix(50)), field.value)
        }
        return (own + named).map { "\($0.0)=\($0.1)\n" }.joined()
    }

    /// As syslog counts.
    var priority: Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
