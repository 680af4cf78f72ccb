import ArgumentParser
import Conversation
import Decode
import Diarisation
import Events
import Foundation
import Pipeline
import Settings
import Text

struct Analyze: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Analyse recordings with the engine of the daemon, faster than real time.",
        discussion: """
            Each MEDIA is one speaker, named after the file. --speaker names them, gives roles and takes channels \
            apart, counted from 0. Analyse only recordings whose speakers agreed to it.
            """
                + examples(
                    "attune analyze anna.flac ben.flac --report call.html",
                    "attune analyze --speaker anna:rep=call.wav#0 \\",
                    "    --speaker ben:customer=call.wav#1 --json"))

    @OptionGroup var recordings: RecordingArguments

    @Option(help: ArgumentHelp("Name of the session.", valueName: "NAME"))
    var session = "recording"

    @Option(
        help: ArgumentHelp(
            "Configuration of the daemon whose windows, scores, cues and policy hold here too.", valueName: "FILE.yaml"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Option(
        help: ArgumentHelp("What may be computed of whom: \(profileNames).", valueName: "PROFILE"),
        completion: .list(Policy.Profile.allCases.map(\.rawValue)), transform: profile(named:))
    var policy: Policy.Profile?

    @Option(
        help: ArgumentHelp(
            "Captions of the call, WebVTT with voice tags or NDJSON; they name the speakers.", valueName: "FILE"),
        completion: .file())
    var captions: String?

    @Option(
        help: ArgumentHelp("Lexicon for the sentiment of captions; default: English.", valueName: "FILE"),
        completion: .file())
    var lexicon: String?

    @Flag(help: "Write down what is said, in English, and count it. Takes the recogniser (make models).")
    var words = false

    @Flag(
        help: """
            Look at the pictures of recordings with one speaker, too: whether they are there, how the head is turned, nods. \
            Only where they agreed to that.
            """)
    var video = false

    @Option(
        help: ArgumentHelp(
            """
            The only recording has several voices in one track: auto, or how many. They are speakers of their own, \
            voice-1 and so on. Takes what tells voices apart (make models).
            """, valueName: "auto|N"))
    var voices: VoiceCount?

    @Flag(help: "Print the totals as one JSON object.")
    var json = false

    @Option(
        help: ArgumentHelp("Write the scores, one row per speaker and second.", valueName: "FILE.csv"),
        completion: .file())
    var csv: String?

    @Option(help: ArgumentHelp("Write the events as NDJSON.", valueName: "FILE.ndjson"), completion: .file())
    var events: String?

    @Option(
        help: ArgumentHelp("Write a report to look at in a browser.", valueName: "FILE.html"), completion: .file())
    var report: String?

    func validate() throws {
        let speakers = try recordings.speakers()
        if words, captions != nil { throw ValidationError("Give either --words or --captions.") }
        guard voices != nil else { return }
        if speakers.count != 1 { throw ValidationError("Give one recording with --voices.") }
        if words || captions != nil || video {
            throw ValidationError("Leave out --words, --captions and --video with --voices.")
        }
    }

    /// What the recogniser writes down, on the way of captions.
    private func wordsAsCaptions(of speakers: [RecordedSpeaker]) throws -> [Caption] {
        try transcript(of: speakers).enumerated().map { number, line in
            var caption = try Caption(
                speaker: line.speaker, startSeconds: line.startSeconds, endSeconds: line.endSeconds, text: line.text,
                id: "w\(number)")
            caption.trustsMarks = false
            return caption
        }
    }

    func run() throws {
        let speakers = try recordings.speakers()
        let names = speakers.map(\.name)
        do {
            let configuration = try configuration()
            let said = try words ? wordsAsCaptions(of: speakers) : captions(of: names)
            let analyzer = said.isEmpty ? TextAnalyzer() : try textAnalyzer()
            let told = try voices.map { try whoSpeaks(in: speakers[0], voices: $0) }
            let file = try events.map(EventFile.init(path:))
            var page = ReportPage()
            let bar = ProgressBar("analysing")
            let totals = try RecordingAnalysis.run(
                session: session, speakers: speakers, configuration: configuration, detection: speechDetection(),
                faces: try faces(), voices: told?.spans, captions: said, counting: analyzer, odd: warn(odd:),
                progress: { done, all in
                    bar.show(done, of: all) { "\(clock(done)), \(Int($0)) times real time" }
                }
            ) { event in
                file?.write(event)
                if report != nil || csv != nil { page.take(event) }
            }
            bar.clear()
            try file?.close()
            page.transcript = said
            if let report {
                let origin = origin(of: speakers, configuration.policy, doubt: told?.number?.doubt)
                try write(try page.html(totals, origin), to: report)
            }
            if let csv { try write(page.record.csv(totals), to: csv) }
            if json {
                try say(json: String(decoding: totals.json(), as: UTF8.self))
            } else {
                try output(Array(TotalsText.text(of: totals).utf8))
            }
        } catch {
            throw fail(error)
        }
    }

    /// Who of several voices in one track speaks when.
    private func whoSpeaks(
        in speaker: RecordedSpeaker, voices: VoiceCount
    ) throws -> (spans: [VoiceSpan], number: VoiceNumber?) {
        let told = try voiceSpans(of: speaker.media, channel: speaker.channel, voices: voices)
        guard !told.spans.isEmpty else {
            throw fail("nobody is heard in \(speaker.media); give a recording in which somebody speaks", code: 65)
        }
        return told
    }

    /// What looks at pictures, where it is asked for.
    private func faces() throws -> FaceDetection? {
        guard video else { return nil }
        guard let detection = try FaceDetection.standard() else { throw fail(FaceDetection.missingNote, code: 69) }
        return detection
    }

    private func origin(of speakers: [RecordedSpeaker], _ policy: Policy, doubt: String?) -> ReportOrigin {
        let files = speakers.map(\.media).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let date = files.compactMap { path in
            (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
        }.max()
        let names = files.map { URL(fileURLWithPath: $0).lastPathComponent }
        return ReportOrigin(
            kind: "recording of \(ReportText.list(names))",
            date: date.map { "files of \($0.formatted(.iso8601.year().month().day()))" },
            policy: policy.profile.rawValue,
            notice: nil,
            remarks: ["Of a recording nobody asks for consent: whoever analysed it has to have it."]
                + (voices == nil
                    ? []
                    : [
                        """
                        The voices of one track were told apart by what they sound like; some of what they say may be \
                        given to another one. Pitch, pace and level are of where a voice speaks alone.
                        """
                    ])
                + (doubt.map { [$0.prefix(1).uppercased() + $0.dropFirst() + "."] } ?? []))
    }

    /// That of `--config`, else the defaults, with the profile of `--policy` where there is one.
    private func configuration() throws -> ConversationConfiguration {
        var configuration = ConversationConfiguration()
        if let config {
            do throws(SettingsError) {
                let settings = try Settings(file: config)
                configuration = settings.conversation
                if let profile = Policy.Profile(rawValue: settings.policy.profile) {
                    configuration.policy = Policy(profile)
                }
            } catch {
                throw fail("\(error)", code: 78)
            }
        }
        if let policy { configuration.policy = Policy(policy) }
        return configuration
    }

    private static let profileNames = Policy.Profile.allCases.map(\.rawValue).joined(separator: ", ")

    private static func profile(named name: String) throws -> Policy.Profile {
        guard let profile = Policy.Profile(rawValue: name) else {
            throw ValidationError("There is no profile '\(name)'; use one of \(profileNames).")
        }
        return profile
    }

    private func captions(of names: [String]) throws -> [Caption] {
        guard let captions else { return [] }
        let reading = try CaptionFile.read(captions, speaker: names.count == 1 ? names.first : nil)
        let lines = reading.captions.filter { names.contains($0.speaker) }
        var problems = reading.problems
        let strangers = Set(reading.captions.map(\.speaker)).subtracting(names).sorted()
        problems += strangers.map {
            "it names '\($0)', who is none of \(names.joined(separator: ", ")); name the speakers alike with --speaker"
        }
        if lines.isEmpty, let problem = problems.first { throw fail("\(captions): \(problem)", code: 65) }
        var skipped = Skipped(captions)
        _ = skipped.tell(problems)
        return lines
    }

    /// What counts the captions; says so where the lexicon is missing.
    private func textAnalyzer() throws -> TextAnalyzer {
        let found = try lexicon.map(CaptionLexicon.init(file:)) ?? CaptionLexicon.standard()
        if found == nil { warn(CaptionLexicon.missingNote) }
        return TextAnalyzer(lexicon: found?.lexicon)
    }
}

struct Features: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what the voice core measures, one CSV row per 10 ms.",
        discussion: examples("attune features anna.flac", "attune features call.wav --channel 1 --all"))

    @Argument(help: ArgumentHelp("A recording.", valueName: "MEDIA"), completion: .file())
    var media: String

    @Option(help: "Track, or channel of the only track, from 0; without it the first track mixed to mono.")
    var channel: Int?

    @Flag(help: "Append the columns is_speech, is_lost, nucleus (of a syllable) and relative_level_db.")
    var all = false

    func run() throws {
        do {
            try VoiceTable.features(
                of: media, channel: channel, all: all, detection: speechDetection(), odd: warn(odd:), write: output)
        } catch {
            throw fail(error)
        }
    }
}

struct Segments: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print begin and end of speech as CSV.",
        discussion: examples("attune segments anna.flac", "attune segments call.wav --channel 1"))

    @Argument(help: ArgumentHelp("A recording.", valueName: "MEDIA"), completion: .file())
    var media: String

    @Option(help: "Track, or channel of the only track, from 0; without it the first track mixed to mono.")
    var channel: Int?

    func run() throws {
        do {
            try VoiceTable.segments(
                of: media, channel: channel, detection: speechDetection(), odd: warn(odd:), write: output)
        } catch {
            throw fail(error)
        }
    }
}
