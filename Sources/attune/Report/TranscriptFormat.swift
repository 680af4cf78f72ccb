import ArgumentParser
import Events
import Foundation
import Kit
import Text

/// How a transcript is written.
enum TranscriptFormat: String, EnumerableFlag {
    case vtt, json, csv

    static func help(for value: TranscriptFormat) -> ArgumentHelp? {
        switch value {
        case .vtt: "WebVTT with voice tags, for players and 'attune caption'."
        case .json: "An array of objects with start_s, end_s, speaker and text."
        case .csv: "A table with the columns start_s, end_s, speaker and text."
        }
    }

    /// The lines, in the order in which they are given. No name and no text can be taken for more than that.
    func text(of lines: [Caption]) -> String {
        switch self {
        case .vtt:
            "WEBVTT\n\n"
                + lines.map { line in
                    "\(Self.clock(line.startSeconds)) --> \(Self.clock(line.endSeconds))\n"
                        + "<v \(Self.cue(line.speaker))>\(Self.cue(line.text))\n\n"
                }.joined()
        case .json:
            Self.json(lines) + "\n"
        case .csv:
            (["start_s,end_s,speaker,text"]
                + lines.map { line in
                    [
                        ReportText.decimal(line.startSeconds, 2), ReportText.decimal(line.endSeconds, 2),
                        CallRecord.field(line.speaker), CallRecord.field(line.text),
                    ].joined(separator: ",")
                }).joined(separator: "\n") + "\n"
        }
    }

    private static func json(_ lines: [Caption]) -> String {
        var json = JSONWriter()
        json.array { json in
            for line in lines {
                json.object { json in
                    json.field("start_s", line.startSeconds, decimals: 3)
                    json.field("end_s", line.endSeconds, decimals: 3)
                    json.field("speaker", line.speaker)
                    json.field("text", line.text)
                }
            }
        }
        return printableJSON(String(decoding: json.bytes, as: UTF8.self))
    }

    /// `HH:MM:SS.mmm`
    private static func clock(_ seconds: Double) -> String {
        let milliseconds = Int((max(0, min(seconds, 1e9)) * 1_000).rounded())
        let (whole, rest) = milliseconds.quotientAndRemainder(dividingBy: 1_000)
        return String(format: "%02d:%02d:%02d.%03d", whole / 3_600, whole / 60 % 60, whole % 60, rest)
    }

    /// A text within a cue: neither a tag nor the end of the cue.
    private static func cue(_ text: String) -> String {
        printable(text).replacingOccurrences(of: "&", with: "&amp;")
            .replacingOccurrences(of: "<", with: "&lt;").replacingOccurrences(of: ">", with: "&gt;")
    }
}
