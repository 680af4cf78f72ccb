import Decode
import Isolation
import MediaTypes
public import Words

/// What somebody said in a recording, in one unit of speech.
public struct TranscriptLine: Sendable, Equatable {
    /// Who.
    public var speaker: String
    /// When, in seconds.
    public var startSeconds: Double, endSeconds: Double
    /// What, with numbers and addresses masked.
    public var text: String
    /// The same by word, with times that are estimated.
    public var words: [TimedWord]
}

/// Writes down what is said in recordings, as fast as the machine allows: one thread reads and finds speech, the
/// recogniser decodes on two.
public enum Transcription {
    /// Units that are decoded at a time.
    private static let slots = 2

    /// Writes down recordings that all begin at 0.
    ///
    /// - Parameters:
    ///   - odd: is told what is odd about the media of a recording, a line each, when it has been read.
    ///   - progress: is told, again and again, how much has been read and how much there is, in seconds; nil where the
    ///     media does not say.
    /// - Returns: the lines in the order of their starts. Units in which the recogniser hears no word are none.
    /// - Throws: `MediaError` naming the input that failed, `RecogniserError` where the recogniser did.
    public static func run(
        _ speakers: [RecordedSpeaker], model: RecogniserModel, detection: SpeechDetection,
        odd: (String) -> Void = { _ in }, progress: (Double, Double?) -> Void = { _, _ in }
    ) throws -> [TranscriptLine] {
        let decoder = try UnitDecoder(model, slots: slots)
        var lines: [TranscriptLine] = []
        var read = 0.0
        for speaker in speakers {
            var input = try TrackInput(speaker.media, channel: speaker.channel)
            let before = read
            let duration = speakers.count == 1 ? input.durationSeconds : nil
            var pipeline = SpeakerPipeline(start: .zero, measuresFeatures: true, detection: detection)
            var cutter = UnitCutter(hangoverHops: UnitCutter.recordedHangoverHops)
            // What a block brings is decoded once it has been taken in.
            var units: [SpeechUnit] = []
            func decode() throws {
                for unit in units { lines += try decoder.decode(unit, of: speaker.name) }
                units.removeAll()
            }
            while true {
                let outcome = try input.read { start, samples in
                    cutter.hear(start: start, samples: samples) { units.append($0) }
                    pipeline.feed(start: start, samples: samples) { output in
                        if case .change(let change) = output { cutter.take(change) { units.append($0) } }
                    }
                    cutter.advance { units.append($0) }
                    read = before + start.seconds
                }
                progress(read, duration)
                try decode()
                if outcome == .end { break }
            }
            pipeline.finish { output in
                if case .change(let change) = output { cutter.take(change) { units.append($0) } }
            }
            cutter.finish { units.append($0) }
            try decode()
            input.oddities.forEach(odd)
        }
        lines += try decoder.finish()
        return lines.sorted { ($0.startSeconds, $0.speaker) < ($1.startSeconds, $1.speaker) }
    }
}

/// Hands units to the recogniser's process, and takes what comes of them.
private final class UnitDecoder {
    private let process: RecogniserProcess
    private let folder: String
    private var units: [(unit: SpeechUnit, speaker: String)?]

    init(_ model: RecogniserModel, slots: Int) throws(RecogniserError) {
        folder = model.files.folder
        do throws(RecogniserFailure) {
            process = try RecogniserProcess(program: model.program, folder: folder, slots: slots)
        } catch {
            throw RecogniserError(error.description)
        }
        units = Array(repeating: nil, count: process.slots)
    }

    /// Has a unit decoded; waits until it can be. Gives what has come meanwhile.
    func decode(_ unit: SpeechUnit, of speaker: String) throws(RecogniserError) -> [TranscriptLine] {
        var lines: [TranscriptLine] = []
        do throws(RecogniserFailure) {
            while process.freeSlot == nil { lines += try take(milliseconds: 100) }
            if let slot = process.freeSlot {
                units[slot] = (unit, speaker)
                try process.decode(unit.samples, in: slot)
            }
            lines += try take(milliseconds: 0)
        } catch {
            throw RecogniserError(error.description)
        }
        return lines
    }

    /// Waits for what is still decoded.
    func finish() throws(RecogniserError) -> [TranscriptLine] {
        var lines: [TranscriptLine] = []
        do throws(RecogniserFailure) {
            while process.isBusy.contains(true) { lines += try take(milliseconds: 100) }
        } catch {
            throw RecogniserError(error.description)
        }
        return lines
    }

    private func take(milliseconds: Int32) throws(RecogniserFailure) -> [TranscriptLine] {
        guard case .text(let slot, let text, _) = try process.receive(milliseconds: milliseconds) else { return [] }
        guard let (unit, speaker) = units[slot] else { return [] }
        units[slot] = nil
        guard let text, !text.isEmpty else { return [] }
        return [
            TranscriptLine(
                speaker: speaker, startSeconds: unit.startSeconds, endSeconds: unit.endSeconds, text: text,
                words: WordTimes.spread(text, over: unit.runs))
        ]
    }
}
