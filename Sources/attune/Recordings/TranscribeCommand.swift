import ArgumentParser
import Decode
import Foundation
import Kit
import Pipeline
import Words

struct Transcribe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transcribe",
        abstract: "Write down what is said in recordings: start, end, speaker and text, separated by tabs.",
        discussion: """
            Each MEDIA is one speaker, named after the file; --speaker names them and takes channels apart, counted \
            from 0. All begin at 0. English only. Numbers of five digits and more, and mail addresses, are left out. \
            Write down only recordings whose speakers agreed to it.
            """
                + examples(
                    "attune transcribe anna.flac",
                    "attune transcribe --speaker anna=call.wav#0 --speaker ben=call.wav#1"))

    @OptionGroup var recordings: RecordingArguments

    @Flag(help: "Print an object of JSON per line, with the words and when each was said, by estimate.")
    var json = false

    func validate() throws { _ = try recordings.speakers() }

    func run() throws {
        do {
            let lines = try transcript(of: recordings.speakers())
            for line in lines { try say(line) }
        } catch {
            throw fail(error)
        }
    }

    private func say(_ line: TranscriptLine) throws {
        if json {
            try attune.say(json: line.json)
        } else {
            let times = [line.startSeconds, line.endSeconds].map { String(format: "%.2f", $0) }
            // Names and texts keep to their column.
            let texts = [line.speaker, line.text].map { printable($0) }
            try output(Array((times + texts).joined(separator: "\t").utf8) + [0x0A])
        }
    }
}

/// Writes down recordings; says so where the recogniser is missing, and shows how far it is.
func transcript(of speakers: [RecordedSpeaker]) throws -> [TranscriptLine] {
    guard let model = try RecogniserModel.standard() else { throw fail(RecogniserFiles.missingNote, code: 69) }
    let bar = ProgressBar("writing down")
    defer { bar.clear() }
    return try Transcription.run(
        speakers, model: model, detection: speechDetection(),
        odd: {
            bar.clear()
            warn(odd: $0)
        },
        progress: { done, all in bar.show(done, of: all) { "\(clock(done)), \(Int($0)) times real time" } })
}

extension TranscriptLine {
    private struct Word: Encodable {
        let start_s: Double, end_s: Double, text: String
    }

    private struct Line: Encodable {
        let start_s: Double, end_s: Double, speaker: String, text: String, word_times: String, words: [Word]
    }

    /// The line as an object of JSON.
    var json: String {
        let words = words.map {
            Word(start_s: Double($0.startHop) / 100, end_s: Double($0.endHop) / 100, text: $0.text)
        }
        let line = Line(
            start_s: startSeconds, end_s: endSeconds, speaker: speaker, text: text, word_times: WordTimes.method,
            words: words)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Numbers and texts can always be written.
        return (try? encoder.encode(line)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
