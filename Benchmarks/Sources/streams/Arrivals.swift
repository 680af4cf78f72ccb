import Foundation
import Glibc
import Synchronization

/// Reads the event socket on a thread of its own and notes when lines of some types came, by the host's clock.
final class Arrivals: Sendable {
    /// When one line came.
    struct Line: Sendable {
        var type: String, session: String, speaker: String
        var seconds: Double
        /// Of a tick: media of the speaker that was lost in the last 30 s, percent.
        var lossPercent = 0.0
    }

    private let lines = Mutex<[Line]>([])

    /// Subscribes; the thread ends with the daemon.
    init(path: String) throws {
        let socket = try UnixSocket(path: path)
        try socket.write(#"{"subscribe":{"types":["tick","degraded","recovered"]}}"# + "\n")
        let descriptor = dup(socket.descriptor)
        Thread { [self] in
            var rest: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while case let count = read(descriptor, &buffer, buffer.count), count > 0 {
                let now = Self.now()
                rest += buffer[..<count]
                var parts = rest.split(separator: 10, omittingEmptySubsequences: false)
                rest = Array(parts.removeLast())
                let came = parts.map { Self.parse($0, now) }
                lines.withLock { $0 += came }
            }
            close(descriptor)
        }.start()
    }

    /// Lines that came from `start` to `end`.
    func lines(from start: Double, to end: Double) -> [Line] {
        lines.withLock { $0.filter { (start...end).contains($0.seconds) } }
    }

    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func lossPercent(_ line: ArraySlice<UInt8>) -> Double? {
        let text = String(decoding: line, as: UTF8.self)
        guard let start = text.range(of: "\"loss_pct\":", options: .backwards)?.upperBound else { return nil }
        return Double(text[start...].prefix { "0123456789.".contains($0) })
    }

    /// Reads the envelope, with which a line begins.
    private static func parse(_ line: ArraySlice<UInt8>, _ now: Double) -> Line {
        let text = String(decoding: line.prefix(200), as: UTF8.self)
        func field(_ key: String) -> String {
            guard let start = text.range(of: "\"\(key)\":\"")?.upperBound else { return "" }
            return String(text[start...].prefix { $0 != "\"" })
        }
        var result = Line(type: field("type"), session: field("session"), speaker: field("speaker"), seconds: now)
        if result.session == OverloadRun.watched, let loss = lossPercent(line) { result.lossPercent = loss }
        return result
    }
}
