import CStreams
import Foundation
import Pipeline
import Reports

/// Many live RTP streams into the release daemon: CPU, memory, and how late ticks are, beside the least receiver of
/// the same packets. Writes it into docs/performance.md, between two marks.
@main
enum Streams {
    private static let rows: [(Material.Kind, Int)] = [
        (.speech, 1), (.speech, 10), (.speech, 50), (.speech, 100), (.speech, 200), (.mix, 50), (.mix, 200),
        (.mix, 500),
        (.fifthDTX, 50), (.fifthSilence, 50),
    ]

    static func main() throws {
        let arguments = CommandLine.arguments
        if arguments.count == 3, arguments[1] == "least", let count = Int(arguments[2]) {
            exit(bench_receive_least(count) == 0 ? 0 : 1)
        }
        if arguments.count >= 5, arguments[1] == "overload" {
            exit(try overload(Array(arguments.dropFirst(2))) ? 0 : 1)
        }
        guard arguments.count >= 4 else {
            FileHandle.standardError.write(
                Data(
                    ("usage: streams ATTUNED CALL_FOLDER docs/performance.md [SECONDS [ROW...]]\n"
                        + "       streams overload ATTUNED CALL_FOLDER docs/performance.md [SECONDS]\n").utf8))
            exit(64)
        }
        bench_raise_descriptor_limit()
        let folder = NSTemporaryDirectory() + "attune-streams-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let seconds = arguments.count > 4 ? Double(arguments[4]) ?? 40 : 40
        let chosen = Set(arguments.dropFirst(5).compactMap { Int($0) })
        let rows = rows.enumerated().filter { chosen.isEmpty || chosen.contains($0.offset) }.map(\.element)
        let material = try Material(call: arguments[2], kinds: Set(rows.map(\.0)))
        let detection = try SpeechDetection.standard()
        let measurement = Measurement(
            daemon: arguments[1], detection: detection, material: material, folder: folder,
            warmUpSeconds: min(20, seconds), windowSeconds: seconds)
        var report = Report(windowSeconds: seconds, detection: detection)
        for (kind, streams) in rows { report.add(try measurement.row(kind, streams)) }
        let complete = chosen.isEmpty
        if complete { try publish(report.text, by: "bench-streams", into: arguments[3]) } else { print(report.text) }
        exit(report.misses.isEmpty ? 0 : 1)
    }

    /// Twice the streams that fit; returns whether the limits are kept.
    private static func overload(_ arguments: [String]) throws -> Bool {
        bench_raise_descriptor_limit()
        let folder = NSTemporaryDirectory() + "attune-overload-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let run = OverloadRun(
            daemon: arguments[0], detection: try SpeechDetection.standard(),
            material: try Material(call: arguments[1], kinds: [.speech]), folder: folder,
            seconds: arguments.count > 3 ? Double(arguments[3]) ?? 30 : 30)
        let (text, isKept) = try run.run()
        try publish(text, by: "bench-overload", into: arguments[2])
        return isKept
    }
}
