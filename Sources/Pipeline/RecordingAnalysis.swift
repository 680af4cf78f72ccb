public import Conversation
public import Decode
public import Events
public import MediaTypes
public import Text

/// A speaker of a recorded conversation and where the voice is.
public struct RecordedSpeaker: Sendable {
    /// Name within the session.
    public var name: String
    /// Role, if given.
    public var role: String?
    /// File or URL.
    public var media: String
    /// Audio track or channel within the media, counted from 0; nil takes the first track, mixed to mono.
    public var channel: Int?

    /// A speaker in a recording.
    public init(name: String, role: String? = nil, media: String, channel: Int? = nil) {
        self.name = name
        self.role = role
        self.media = media
        self.channel = channel
    }
}

/// The engine on recordings, as fast as the machine allows.
///
/// All recordings start at session time 0. The input that is furthest behind is read next, so that the
/// session never waits for records and memory stays flat whatever the length.
public enum RecordingAnalysis {
    /// How far ahead of the media captions are handed over, seconds; blocks of media are shorter.
    private static let captionLeadSeconds = 5.0

    /// Analyses a conversation.
    ///
    /// - Parameters:
    ///   - detection: what tells speech.
    ///   - captions: what was said, in any order; lines of nobody in the session are left out.
    ///   - analyzer: counts the captions.
    ///   - odd: is told what is odd about the media of a recording, a line each, when it has been read.
    ///   - emit: is handed every event in order.
    /// - Returns: the totals of the session.
    /// - Throws: `MediaError` naming the input that failed.
    public static func run(
        session: String, speakers: [RecordedSpeaker], configuration: ConversationConfiguration = .init(),
        detection: SpeechDetection = .builtIn, captions: [Caption] = [], counting analyzer: TextAnalyzer = .init(),
        odd: (String) -> Void = { _ in }, emit: (Event) -> Void
    ) throws(MediaError) -> SessionTotals {
        var configuration = configuration
        configuration.skewHops = nil
        var engine = SessionEngine(id: session, configuration: configuration)
        var voices: [RecordedVoice] = []
        for speaker in speakers {
            voices.append(try RecordedVoice(speaker, detection: detection, engine: &engine))
        }
        let trackers = CaptionTrackers(CueRule.trackers(of: configuration.cues))
        // The last comes first, so that what is due is taken off the end.
        var waiting = captions.sorted { $0.endSeconds > $1.endSeconds }
        while let index = voices.indices.filter({ !voices[$0].isAtEnd })
            .min(by: { voices[$0].end < voices[$1].end })
        {
            // Handed over ahead of the media, lines count when the session gets there, however media is cut.
            let horizon = Double(engine.settledHops) / Double(AudioGrid.hopsPerSecond) + captionLeadSeconds
            while let next = waiting.last, next.endSeconds <= horizon {
                waiting.removeLast()
                let permission = engine.captionPermission(speaker: next.speaker)
                if let line = CaptionLine(next, counting: analyzer, trackers: trackers, permission: permission) {
                    _ = engine.take(line, speaker: next.speaker)
                }
            }
            try voices[index].advance(&engine)
            engine.takeEvents().forEach(emit)
            if voices[index].isAtEnd { voices[index].oddities.forEach(odd) }
        }
        let totals = engine.finish()
        engine.takeEvents().forEach(emit)
        emit(
            Event(.sessionEnded(SessionEnded(totals: totals)), session: session, timeSeconds: totals.durationSeconds))
        return totals
    }
}

/// One speaker's recording while it is analysed; used on one thread only.
private final class RecordedVoice {
    private var input: TrackInput
    private var pipeline: SpeakerPipeline
    private let speaker: Int
    private(set) var isAtEnd = false

    init(_ recorded: RecordedSpeaker, detection: SpeechDetection, engine: inout SessionEngine) throws(MediaError) {
        input = try TrackInput(recorded.media, channel: recorded.channel)
        speaker = engine.join(name: recorded.name, role: recorded.role, consent: .granted, at: 0)
        pipeline = SpeakerPipeline(
            start: .zero, measuresFeatures: engine.isMeasured(speaker: speaker), detection: detection)
    }

    var end: MediaTime { pipeline.end }
    var oddities: [String] { input.oddities }

    func advance(_ engine: inout SessionEngine) throws(MediaError) {
        let speaker = speaker
        let outcome = try input.read { start, samples in
            // The present is where the reader is; nobody else moves it.
            engine.advance(to: (start.samples + Int64(samples.count)) / Int64(AudioGrid.hopSamples))
            pipeline.feed(start: start, samples: samples) { engine.take($0, from: speaker) }
        }
        if outcome == .end {
            isAtEnd = true
            pipeline.finish { engine.take($0, from: speaker) }
            engine.leave(speaker: speaker, reason: "source ended")
        }
    }
}

extension SessionEngine {
    /// Takes in what a speaker's pipeline gives.
    public mutating func take(_ output: SpeakerOutput, from speaker: Int, missingBy why: Gap.Why = .loss) {
        switch output {
        case .hop(let record): push(speaker: speaker, record)
        case .change(let change): announce(speaker: speaker, change)
        case .quality(let quality): note(speaker: speaker, quality)
        case .lost(let from, let to): explainGap(speaker: speaker, fromHop: from, toHop: to, why: why)
        case .silence(let from, let to): pushSilence(speaker: speaker, fromHop: from, toHop: to)
        }
    }
}
