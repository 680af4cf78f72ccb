import Logging
import TestSupport
import Testing

@testable import Daemon

/// The log has one line a message, whatever peers put into it.
@Suite struct LogTests {
    @Test(arguments: HostileText.all)
    func aMessageIsOneLineThatNoTerminalObeys(text: String) {
        var log = StandardErrorLog(LogLevel("info"))
        log.metadata = ["source": "\(text)"]
        for hasPriority in [false, true] {
            let event = LogEvent(
                level: .info, message: "the server said \(text)", metadata: ["error": "\(text)"], source: "test",
                file: #file, function: #function, line: #line)
            let line = log.line(of: event, hasPriority: hasPriority)
            #expect(line.hasSuffix("\n") && HostileText.isHarmless(line.dropLast()), "\(line)")
            #expect(line.hasPrefix(hasPriority ? "<6>info" : "info"))
        }
    }
}
