import ArgumentParser
import Audit
import Foundation

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Compare error, bias and abstention between groups of speakers, on recordings with labels.",
        discussion: """
            DATASET.csv has a header and a line per recording: file and speaker, if known activation and valence \
            (-1 to 1), speech and f0 (files with references), and any further columns with groups (docs/audit.md). \
            Prints Markdown. Exits with 1 where a group's engagement or sentiment at the same behaviour differs from \
            that of the rest by more than the threshold.
            """ + examples("attune audit recordings.csv", "attune audit recordings.csv --json audit.json --threshold 5")
    )

    @Argument(
        help: ArgumentHelp("Table of recordings.", valueName: "DATASET.csv"), completion: .file(extensions: ["csv"]))
    var dataset: String

    @Option(help: ArgumentHelp("Write the findings as JSON.", valueName: "FILE"), completion: .file())
    var json: String?

    @Option(help: ArgumentHelp("Largest difference of a score that is accepted.", valueName: "POINTS"))
    var threshold: Double?

    func validate() throws {
        if let threshold, !(threshold >= 0) { throw ValidationError("--threshold is below 0; give points of a score.") }
    }

    func run() throws {
        let audit: Audit
        do {
            let bar = ProgressBar("measuring")
            audit = try Audit(table: dataset, detection: speechDetection()) { done, all in
                bar.show(Double(done), of: Double(all)) { _ in "\(done) of \(all)" }
            }
            bar.clear()
            if let json {
                guard FileManager.default.createFile(atPath: json, contents: Data(audit.json() + [0x0A])) else {
                    throw fail("cannot write \(json); check its directory, permissions and free space", code: 73)
                }
            }
            try output(Array(audit.markdown.utf8))
        } catch {
            throw fail(error)
        }
        guard let threshold, let gap = audit.largestScoreGap, gap > threshold else { return }
        let shown = (gap * 10).rounded() / 10
        throw fail("a score differs between groups by \(shown) points, over the threshold of \(threshold)", code: 1)
    }
}
