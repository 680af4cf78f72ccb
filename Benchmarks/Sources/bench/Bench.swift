import Foundation
import Pipeline

/// Measures the stages and kernels and writes them into docs/performance.md, between two marks.
@main
enum Bench {
    static let begin = "<!-- make bench: begin -->"
    static let end = "<!-- make bench: end -->"

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else {
            FileHandle.standardError.write(Data("usage: bench CALL_FOLDER docs/performance.md\n".utf8))
            exit(64)
        }
        let scratch = NSTemporaryDirectory() + "attune-bench-\(getpid())"
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let material = try Material(call: arguments[1], scratch: scratch)
        let detection = try SpeechDetection.standard()
        let date = ISO8601DateFormatter.string(from: Date(), timeZone: .gmt, formatOptions: .withFullDate)
        let text = """
            \(begin)
            `make bench`, \(date), \(machine()), release build; medians of five runs, CPU time, ten minutes of audio
            (the demo's call, both tracks mixed: hardly a pause, where nothing else is said). Each part of the voice core runs
            by itself on what the parts before it gave.

            \(try Stages(material: material, detection: detection).table())
            \(Kernels.table())
            The scalar twins are the specification of the kernels: plain loops, where it matters in double precision. Those
            of the transforms are direct Fourier sums, so their ratio is that of the method too.
            \(end)
            """
        print(text)
        let path = arguments[2]
        var page = try String(contentsOfFile: path, encoding: .utf8)
        guard let from = page.range(of: begin), let to = page.range(of: end), from.upperBound < to.lowerBound else {
            throw BenchmarkError(message: "\(path) has no marks '\(begin)' and '\(end)' to write between")
        }
        page.replaceSubrange(from.lowerBound..<to.upperBound, with: text)
        try page.write(toFile: path, atomically: true, encoding: .utf8)
    }

    private static func machine() -> String {
        let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = info.split(separator: "\n").first { $0.hasPrefix("model name") }?
            .split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
        return "\(model ?? "unknown processor"), \(ProcessInfo.processInfo.processorCount) cores"
    }
}
