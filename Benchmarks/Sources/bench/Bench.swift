import Foundation
import Pipeline
import Reports

/// Measures the stages and kernels and writes them into docs/performance.md, between two marks.
@main
enum Bench {
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
        let text = """
            `make bench`, \(today()), \(machine()), release build; medians of five runs, CPU time, ten minutes of audio
            (the demo's call, both tracks mixed: hardly a pause, where nothing else is said). Each part of the voice core runs
            by itself on what the parts before it gave.

            \(try Stages(material: material, detection: detection).table())
            \(Kernels.table())
            The scalar twins are the specification of the kernels: plain loops, where it matters in double precision. Those
            of the transforms are direct Fourier sums, so their ratio is that of the method too.
            """
        try publish(text, by: "bench", into: arguments[2])
    }
}
