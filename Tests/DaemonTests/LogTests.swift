import Foundation
import Glibc
import Kit
import Logging
import Settings
import Synchronization
import TestSupport
import Testing

@testable import Daemon

/// The log has one line a message, whatever peers put into it, in the form that is asked for, and not too many.
@Suite struct LogTests {
    private static func event(_ message: String, _ metadata: Logger.Metadata = [:]) -> LogEvent {
        LogEvent(
            level: .info, message: "\(message)", metadata: metadata, source: "test", file: #file, function: #function,
            line: #line)
    }

    /// What an output writes.
    private static func lines(
        _ rules: Settings.Log, isUnderJournal: Bool = false, journalPath: String = "/nonexistent",
        clock: HostClock = .system, _ write: (LogOutput) -> Void
    ) -> [String] {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return [] }
        let output = LogOutput(
            LogRules(rules), descriptor: ends[1], journalPath: journalPath, isUnderJournal: isUnderJournal, clock: clock
        )
        write(output)
        close(ends[1])
        defer { close(ends[0]) }
        let data = FileHandle(fileDescriptor: ends[0], closeOnDealloc: false).readDataToEndOfFile()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test(arguments: HostileText.all)
    func aMessageIsOneLineThatNoTerminalObeys(text: String) throws {
        var log = StandardErrorLog(LogRules("info"), label: "source")
        log.metadata = ["source": "\(text)"]
        let record = log.record(of: Self.event("the server said \(text)", ["error": "\(text)"]))
        for line in [record.text("<6>"), record.json(time: "t"), record.journal] {
            for one in line.dropLast().split(separator: "\n") { #expect(HostileText.isHarmless(one), "\(line)") }
        }
        #expect(record.text("<6>").hasPrefix("<6>info: the server said") && !record.text("").dropLast().contains("\n"))
        let object = try JSONSerialization.jsonObject(with: Data(record.json(time: "t").utf8)) as? [String: String]
        #expect(object?["message"] == record.message && object?["level"] == "info" && object?["subsystem"] == "source")
        // Every line of the journal's form begins a field of its own.
        let names = record.journal.split(separator: "\n").map { $0.prefix { $0 != "=" } }
        #expect(
            names == ["MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "ATTUNE_SUBSYSTEM", "ATTUNE_ERROR", "ATTUNE_SOURCE"])
    }

    @Test func eachFormIsWrittenAsItSays() throws {
        var rules = Settings.Log()
        let record = LogRecord(level: .warning, subsystem: "source", message: "stalled", fields: [("session", "s")])
        let text = Self.lines(rules) { $0.write(record) }
        #expect(text.first?.wholeMatch(of: #/\d{4}-\d\d-\d\dT[0-9:.]+Z warning: stalled session=s/#) != nil, "\(text)")
        #expect(Self.lines(rules, isUnderJournal: true) { $0.write(record) } == ["<4>warning: stalled session=s"])
        rules.format = .json
        let json = Self.lines(rules) { $0.write(record) }
        #expect(
            json.first?.hasPrefix(#"{"time":"2"#) == true && json.first?.hasSuffix(#""session":"s"}"#) == true,
            "\(json)")
        rules.format = .journal
        #expect(
            Self.lines(rules) { $0.write(record) }.first?.contains("warning: stalled") == true, "there is no journal")
    }

    @Test func theJournalGetsFields() throws {
        let path = "/tmp/attune-journal-\(UInt32.random(in: 0 ... .max))"
        defer { unlink(path) }
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        try #require(isBound)
        var rules = Settings.Log()
        rules.format = .journal
        let lines = Self.lines(rules, journalPath: path) {
            $0.write(LogRecord(level: .error, subsystem: "source", message: "gone", fields: [("session", "s")]))
        }
        #expect(lines.isEmpty, "it is not told twice")
        var bytes = [UInt8](repeating: 0, count: 1_000)
        let count = recv(socket, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        #expect(
            String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
                == "MESSAGE=gone\nPRIORITY=3\nSYSLOG_IDENTIFIER=attuned\nATTUNE_SUBSYSTEM=source\nATTUNE_SESSION=s\n")
    }

    @Test func subsystemsHaveLevelsOfTheirOwn() {
        var rules = Settings.Log()
        rules.levels = ["source": "debug", "http": "error"]
        let level = LogRules(rules)
        #expect(StandardErrorLog(level, label: "source").logLevel == .debug)
        #expect(StandardErrorLog(level, label: "http").logLevel == .error)
        #expect(StandardErrorLog(level, label: "attuned").logLevel == .info)
        level.set(Settings.Log())
        #expect(StandardErrorLog(level, label: "source").logLevel == .info)
    }

    @Test func tooManyLinesAreLeftOutAndCounted() {
        var rules = Settings.Log()
        rules.maxLinesPerSecond = 10
        let now = Mutex<Int64>(0)
        let lines = Self.lines(rules, clock: HostClock { now.withLock { $0 } }) { output in
            for _ in 0..<1_000 { output.write(LogRecord(level: .info, subsystem: "source", message: "x")) }
            now.withLock { $0 = 1_000_000_000 }
            for _ in 0..<3 { output.write(LogRecord(level: .info, subsystem: "source", message: "y")) }
        }
        #expect(lines.count == 50 + 1 + 3, "\(lines.count)")
        #expect(lines.dropFirst(50).first?.contains("950 lines were left out") == true)
    }
}
