import Foundation
import MediaTypes
import Testing
import Voice

@Suite struct PaceDataTests {
    /// Acted sentences with hand-labelled syllables, cut at two seconds: all of an actor in a row.
    // Skipped where the recordings are absent.
    @Test(.enabled(if: Recordings.has("emotion"), "needs ../shared/data/emotion"), arguments: ["03", "09", "15"])
    func nucleiAgreeWithLabelledSyllables(actor: String) throws {
        let folder = Recordings.root.appending(path: "emotion")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "wav").path)
        var recording: [Float] = []
        var syllables = 0
        for file in files.sorted() where file.hasPrefix(actor) {
            let name = String(file.prefix { $0 != "." })
            let clip = try Recordings.decode(folder.appending(path: "wav/\(file)")).prefix(32_000)
            // What follows the last sample that is not zero is padding.
            let samples = clip.prefix((clip.lastIndex { $0 != 0 } ?? -1) + 1)
            let end = Double(samples.count) / 16_000
            let labels = try String(
                contentsOf: folder.appending(path: "silb/\(name).silb"), encoding: .isoLatin1)
            let rows = labels.split(whereSeparator: \.isNewline).map { $0.split(whereSeparator: \.isWhitespace) }
            for (row, next) in zip(rows, rows.dropFirst()) where row.count > 1 && row[1] != "." && row[1] != "(" {
                guard let start = Double(row[0]), let stop = next.first.flatMap({ Double($0) }) else { continue }
                // A syllable belongs to the clip that holds its middle.
                if (start + stop) / 2 < end { syllables += 1 }
            }
            recording += samples
        }
        try #require(syllables > 300)
        let nuclei = analyze(recording).records.filter(\.isNucleus).count
        #expect((Double(nuclei) / Double(syllables) - 1).magnitude < 0.1)
    }
}
