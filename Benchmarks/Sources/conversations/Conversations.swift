import ConversationGenerator
import Foundation
import Pipeline
import Reports

/// Measures what is made of conversations of which the truth is known, and of calls that were changed in a way that
/// must not matter; writes it into docs/scoring.md, between two marks. Exits with 1 where a limit is missed.
@main
enum Conversations {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else {
            FileHandle.standardError.write(Data("usage: conversations DATA_FOLDER docs/scoring.md\n".utf8))
            exit(64)
        }
        let measurements = Measurements(
            voices: try Flite.voices(), detection: try SpeechDetection.standard(),
            data: URL(filePath: arguments[1]))
        var misses: [String] = []
        let parts = [
            measurements.generated(&misses), measurements.leaks(&misses), try measurements.invariance(&misses),
            measurements.contrasts(&misses), try measurements.talkRatios(&misses),
        ]
        let verdict = misses.isEmpty ? "Every limit is kept." : "Limits missed: \(misses.joined(separator: "; "))."
        let text = """
            `make conversations`, \(today()), release build, \(measurements.detection.name) detector.

            \(parts.joined(separator: "\n"))
            \(verdict)
            """
        try publish(text, by: "conversations", into: arguments[2])
        exit(misses.isEmpty ? 0 : 1)
    }
}
