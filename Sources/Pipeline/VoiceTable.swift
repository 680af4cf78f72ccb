import Decode
import Events
import MediaTypes

/// The voice core's output for one recording as CSV text.
public enum VoiceTable {
    /// Writes one row per hop: `time_s,speech_prob,f0_hz,voicing_prob,level_db`, `time_s` being the centre of
    /// the hop.
    ///
    /// - Parameters:
    ///   - all: also everything else a hop is said to be: `is_speech,is_lost,nucleus` (0 or 1) and
    ///     `relative_level_db`.
    ///   - odd: is told what is odd about the media, a line each.
    ///   - write: is handed pieces of the text in order.
    public static func features(
        of media: String, channel: Int?, all: Bool = false, detection: SpeechDetection = .builtIn,
        odd: (String) -> Void = { _ in }, write: ([UInt8]) throws -> Void
    ) throws {
        let more = all ? ",is_speech,is_lost,nucleus,relative_level_db" : ""
        let header = "time_s,speech_prob,f0_hz,voicing_prob,level_db\(more)\n"
        try rows(of: media, channel: channel, detection: detection, header: header, odd, write) { output, text in
            guard case .hop(let record) = output else { return }
            let centre = (Double(record.index) + 0.5) / Double(AudioGrid.hopsPerSecond)
            append(centre, 3, ",", &text)
            append(Double(record.speechProbability), 4, ",", &text)
            append(Double(record.f0Hz), 2, ",", &text)
            append(Double(record.voicingProbability), 4, ",", &text)
            append(Double(record.levelDb), 2, all ? "," : "\n", &text)
            guard all else { return }
            append(record.isSpeech ? 1 : 0, 0, ",", &text)
            append(record.isLost ? 1 : 0, 0, ",", &text)
            append(record.isNucleus ? 1 : 0, 0, ",", &text)
            append(Double(record.relativeLevelDb), 2, "\n", &text)
        }
    }

    /// Writes one row per IPU: `start_s,end_s`.
    ///
    /// - Parameters:
    ///   - odd: is told what is odd about the media, a line each.
    ///   - write: is handed pieces of the text in order.
    public static func segments(
        of media: String, channel: Int?, detection: SpeechDetection = .builtIn, odd: (String) -> Void = { _ in },
        write: ([UInt8]) throws -> Void
    ) throws {
        var start: Int64 = 0
        let header = "start_s,end_s\n"
        try rows(of: media, channel: channel, detection: detection, header: header, odd, write) { output, text in
            switch output {
            case .change(.started(let hop)): start = hop
            case .change(.ended(let hop)):
                append(Double(start) / Double(AudioGrid.hopsPerSecond), 3, ",", &text)
                append(Double(hop) / Double(AudioGrid.hopsPerSecond), 3, "\n", &text)
            case .hop, .lost, .silence, .quality: break
            }
        }
    }

    private static func rows(
        of media: String, channel: Int?, detection: SpeechDetection, header: String, _ odd: (String) -> Void,
        _ write: ([UInt8]) throws -> Void, row: (SpeakerOutput, inout [UInt8]) -> Void
    ) throws {
        var input = try TrackInput(media, channel: channel)
        var pipeline = SpeakerPipeline(start: .zero, measuresFeatures: true, detection: detection)
        var text = Array(header.utf8)
        while true {
            let outcome = try input.read { start, samples in
                pipeline.feed(start: start, samples: samples) { row($0, &text) }
            }
            if text.count >= 1 << 16 {
                try write(text)
                text.removeAll(keepingCapacity: true)
            }
            if outcome == .end { break }
        }
        pipeline.finish { row($0, &text) }
        try write(text)
        input.oddities.forEach(odd)
    }

    private static func append(_ value: Double, _ decimals: Int, _ end: Character, _ text: inout [UInt8]) {
        appendDecimal(value, decimals: decimals, to: &text)
        text.append(end.asciiValue ?? 0x2C)
    }
}
