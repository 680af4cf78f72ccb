import ArgumentParser
import Diarisation
import Foundation
import Pipeline

/// How many voices a mixed recording has.
enum VoiceCount: ExpressibleByArgument {
    case auto
    case exactly(Int)

    static let range = 1...20

    init?(argument: String) {
        if argument == "auto" {
            self = .auto
        } else if let count = Int(argument), Self.range.contains(count) {
            self = .exactly(count)
        } else {
            return nil
        }
    }

    /// As it is written.
    var text: String { number.map(String.init) ?? "auto" }

    /// The number; nil where it is to be found.
    var number: Int? {
        switch self {
        case .auto: nil
        case .exactly(let count): count
        }
    }
}

struct Voices: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell the voices of a mixed recording apart: who speaks when, as RTTM.",
        discussion: """
            Voices are anonymous: voice-1 is who speaks first. What they sound like is forgotten at the end, so that nobody \
            is known again. Where there are no voices, nothing is printed.
            """ + examples("attune voices meeting.m4a", "attune voices call.wav --channel 0 --voices 2"))

    @Argument(help: ArgumentHelp("A recording.", valueName: "MEDIA"), completion: .file())
    var media: String

    @Option(help: "Track, or channel of the only track, from 0; without it the first track mixed to mono.")
    var channel: Int?

    @Option(help: ArgumentHelp("How many voices there are: auto, or 1 to 20.", valueName: "auto|N"))
    var voices = VoiceCount.auto

    @Option(
        help: ArgumentHelp(
            "As a live session would have said it, so many seconds later (0 to 29).", valueName: "SECONDS",
            visibility: .hidden))
    var live: Int?

    func validate() throws {
        if let live, !(0..<30).contains(live) { throw ValidationError("--live takes 0 to 29 seconds.") }
    }

    func run() throws {
        do {
            let spans = try spans()
            let name = URL(fileURLWithPath: media).deletingPathExtension().lastPathComponent
            // Fields are told apart by spaces.
            let file = String(name.map { $0.isWhitespace ? "_" : $0 })
            for span in spans {
                let times = [span.startSeconds, span.durationSeconds].map { String(format: "%.3f", $0) }
                try say("SPEAKER \(file) 1 \(times[0]) \(times[1]) <NA> <NA> \(span.name) <NA> <NA>")
            }
        } catch {
            throw fail(error)
        }
    }

    private func spans() throws -> [VoiceSpan] {
        guard let live else { return try voiceSpans(of: media, channel: channel, voices: voices).spans }
        guard let separation = try VoiceSeparation.standard() else { throw fail(VoiceSeparation.missingNote, code: 69) }
        return try separation.liveSpans(of: media, channel: channel, voices: voices.number, lateSeconds: live)
    }
}

/// Tells the voices of a recording apart; says so where that can't be done, or their number isn't sure, and shows how far
/// it is.
func voiceSpans(
    of media: String, channel: Int?, voices: VoiceCount
) throws -> (spans: [VoiceSpan], number: VoiceNumber?) {
    guard let separation = try VoiceSeparation.standard() else { throw fail(VoiceSeparation.missingNote, code: 69) }
    let bar = ProgressBar("telling voices apart")
    defer { bar.clear() }
    let found = try separation.spans(
        of: media, channel: channel, voices: voices.number,
        odd: {
            bar.clear()
            warn(odd: $0)
        },
        progress: { done, all in bar.show(done, of: all) { "\(clock(done)), \(Int($0)) times real time" } })
    bar.clear()
    if let doubt = found.number?.doubt { warn("\(doubt); --voices N says how many there are") }
    return found
}

extension VoiceNumber {
    /// That it isn't sure; nil where it is.
    var doubt: String? {
        value == nil
            ? "how many voices there are is not sure: \(range.lowerBound) to \(range.upperBound)" : nil
    }
}
