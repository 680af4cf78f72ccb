public import Conversation
public import Decode
public import Diarisation
public import Events
public import MediaTypes
import Sight
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
    /// Track of pictures that shows the speaker, from 0; nil takes the first for who speaks alone in a recording.
    public var video: Int?

    /// A speaker in a recording.
    public init(name: String, role: String? = nil, media: String, channel: Int? = nil, video: Int? = nil) {
        self.video = video
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
    ///   - faces: what looks at the pictures of the speakers; nil where nobody does.
    ///   - voices: who speaks when in the only recording, where it has several voices in one track. They are speakers
    ///     of their own, named as they are, in place of the one that is given.
    ///   - captions: what was said, in any order; lines of nobody in the session are left out.
    ///   - analyzer: counts the captions.
    ///   - odd: is told what is odd about the media of a recording, a line each, when it has been read.
    ///   - progress: is told, again and again, up to where all recordings have been read and how long the longest says
    ///     that it is, both in seconds; nil where it does not say.
    ///   - emit: is handed every event in order.
    /// - Returns: the totals of the session.
    /// - Throws: `MediaError` naming the input that failed.
    public static func run(
        session: String, speakers: [RecordedSpeaker], configuration: ConversationConfiguration = .init(),
        detection: SpeechDetection = .builtIn, faces: FaceDetection? = nil, voices: [VoiceSpan]? = nil,
        captions: [Caption] = [],
        counting analyzer: TextAnalyzer = .init(),
        odd: (String) -> Void = { _ in }, progress: (Double, Double?) -> Void = { _, _ in }, emit: (Event) -> Void
    ) throws(MediaError) -> SessionTotals {
        var configuration = configuration
        configuration.skewHops = nil
        var engine = SessionEngine(id: session, configuration: configuration)
        var networks: FaceNetworks?
        if let faces { networks = try Self.networks(of: faces) }
        let recordings = try Recordings(
            speakers, voices: voices, detection: detection, faces: networks, engine: &engine
        ).all
        let duration = recordings.compactMap(\.durationSeconds).max()
        let trackers = CaptionTrackers(configuration.searched)
        // The last comes first, so that what is due is taken off the end.
        var waiting = captions.sorted { $0.endSeconds > $1.endSeconds }
        while let next = recordings.filter({ !$0.isAtEnd }).min(by: { $0.end < $1.end }) {
            // Handed over ahead of the media, lines count when the session gets there, however media is cut.
            let horizon = Double(engine.settledHops) / Double(AudioGrid.hopsPerSecond) + captionLeadSeconds
            while let caption = waiting.last, caption.endSeconds <= horizon {
                waiting.removeLast()
                let permission = engine.captionPermission(speaker: caption.speaker)
                if let line = CaptionLine(caption, counting: analyzer, trackers: trackers, permission: permission) {
                    _ = engine.take(line, speaker: caption.speaker)
                }
            }
            progress(next.end.seconds, duration)
            try next.advance(&engine)
            engine.takeEvents().forEach(emit)
            if next.isAtEnd { next.oddities.forEach(odd) }
            // Whose voice it was depends on all channels: nobody leaves before the others were heard up to there.
            let isOver = recordings.allSatisfy(\.isAtEnd)
            for recording in recordings where recording.isAtEnd {
                let endHop = recording.end.samples / Int64(AudioGrid.hopSamples)
                if isOver || engine.settledHops >= endHop { recording.leave(&engine) }
            }
        }
        let totals = engine.finish()
        engine.takeEvents().forEach(emit)
        emit(
            Event(.sessionEnded(SessionEnded(totals: totals)), session: session, timeSeconds: totals.durationSeconds))
        return totals
    }

    private static func networks(of faces: FaceDetection) throws(MediaError) -> FaceNetworks? {
        do throws(FaceDetectionError) {
            return try faces.networks()
        } catch {
            throw MediaError(
                kind: .readFailed, operation: .open, location: faces.library, detail: error.description)
        }
    }
}

/// The recordings of a conversation. Those that are channels of one file are read and decoded once.
private struct Recordings {
    private(set) var all: [Recording] = []

    init(
        _ speakers: [RecordedSpeaker], voices: [VoiceSpan]?, detection: SpeechDetection, faces: FaceNetworks?,
        engine: inout SessionEngine
    ) throws(MediaError) {
        for speaker in speakers {
            let isSplit = speaker.channel != nil
            let known = all.first { $0.media == speaker.media && $0.isSplit == isSplit }
            let recording: Recording
            if let known {
                recording = known
            } else {
                recording = try Recording(speaker.media, isSplit: isSplit, faces: faces)
                all.append(recording)
            }
            try recording.add(speaker, voices: voices, detection: detection, engine: &engine)
        }
        if let faces { for recording in all { recording.look(with: faces) } }
    }
}

/// A recording and who speaks in it while it is analysed; used on one thread only.
private final class Recording {
    private final class Voice {
        let track: Int
        /// Who speaks on it: one, or as many as voices were told apart.
        let speakers: [Int]
        private let mixed: MixedTrack?
        private var pipeline: SpeakerPipeline
        /// The track of pictures that shows the speaker, and what they come to.
        var video: Int?
        private var faces = FacePipeline()

        init(
            track: Int, speakers: [Int], mixed: MixedTrack?, video: Int?, pipeline: consuming SpeakerPipeline
        ) {
            (self.track, self.speakers, self.mixed, self.video) = (track, speakers, mixed, video)
            self.pipeline = pipeline
        }

        var end: MediaTime { pipeline.end }

        func feed(start: MediaTime, samples: Span<Float>, _ engine: inout SessionEngine) {
            mixed?.hear(start: start, samples: samples)
            pipeline.feed(start: start, samples: samples) {
                if video != nil { faces.note($0) }
                take($0, &engine)
            }
        }

        private func take(_ output: SpeakerOutput, _ engine: inout SessionEngine) {
            guard let mixed else { return engine.take(output, from: speakers[0]) }
            mixed.split(output) { engine.take($1, from: speakers[$0]) }
        }

        func take(_ sighting: FaceSighting, _ engine: inout SessionEngine) {
            faces.take(sighting, of: speakers[0], into: &engine)
        }

        func finish(_ engine: inout SessionEngine) {
            if video != nil { faces.finish(of: speakers[0], into: &engine) }
            mixed?.finish()
            pipeline.finish { take($0, &engine) }
        }

        func leave(_ engine: inout SessionEngine) {
            for speaker in speakers { engine.leave(speaker: speaker, reason: "source ended") }
        }
    }

    let media: String
    /// Whether channels are tracks.
    let isSplit: Bool
    private var input: MediaInput
    private var voices: [Voice] = []
    private(set) var isAtEnd = false
    private var hasLeft = false
    private var holes = MediaHoles()
    /// What was seen while the input was read, until the read is over.
    private var seen: [(video: Int, sighting: FaceSighting)] = []
    /// What is odd about its media, a line each.
    var oddities: [String] { holes.oddities(of: input) }
    var durationSeconds: Double? { input.durationSeconds }

    init(_ media: String, isSplit: Bool, faces: FaceNetworks?) throws(MediaError) {
        self.media = media
        self.isSplit = isSplit
        var options = InputOptions()
        options.splitsChannels = isSplit
        if faces != nil { options.pictureRateHz = PictureTable.rateHz }
        // Commands are stopped by ending the process.
        input = try MediaInput(media, options: options, cancellation: Cancellation())
    }

    /// Adds who speaks on a track of it.
    func add(
        _ recorded: RecordedSpeaker, voices spans: [VoiceSpan]?, detection: SpeechDetection,
        engine: inout SessionEngine
    ) throws(MediaError) {
        let track = recorded.channel ?? 0
        let available = input.tracks.count
        guard (0..<available).contains(track) else {
            throw MediaError.noSuchTrack(track, of: media, available: available)
        }
        let mixed = spans.map { MixedTrack($0, start: .zero, detection: detection) }
        let speakers = (mixed?.names ?? [recorded.name]).map { name in
            engine.join(
                name: name, role: recorded.role, consent: .granted,
                lanes: input.pictureTracks.isEmpty ? [] : .face,
                at: 0)
        }
        let isMeasured = speakers.contains { engine.isMeasured(speaker: $0) }
        let pipeline = SpeakerPipeline(start: .zero, measuresFeatures: isMeasured, detection: detection)
        voices.append(
            Voice(track: track, speakers: speakers, mixed: mixed, video: recorded.video, pipeline: pipeline))
    }

    /// Has the pictures of its speakers looked at.
    func look(with networks: FaceNetworks) {
        if voices.count == 1, voices[0].video == nil { voices[0].video = 0 }
        input.viewer = FaceDetection.viewer(
            networks, mayLook: { [unowned self] video in voices.contains { $0.video == video } },
            tell: { [unowned self] video, sighting, _ in seen.append((video, sighting)) })
    }

    /// Up to where all of it has been analysed.
    var end: MediaTime { voices.map(\.end).min() ?? .zero }

    func advance(_ engine: inout SessionEngine) throws(MediaError) {
        let outcome = try input.read { track, start, samples in
            // Channels of one track have the same holes.
            if track == voices.first?.track { holes.take(start: start, samples: samples.count) }
            for voice in voices where voice.track == track {
                // The present is where the reader is; nobody else moves it.
                engine.advance(to: (start.samples + Int64(samples.count)) / Int64(AudioGrid.hopSamples))
                voice.feed(start: start, samples: samples, &engine)
            }
        }
        for (video, sighting) in seen {
            for voice in voices where voice.video == video { voice.take(sighting, &engine) }
        }
        seen.removeAll(keepingCapacity: true)
        guard outcome == .end else { return }
        isAtEnd = true
        for voice in voices { voice.finish(&engine) }
    }

    /// Has its speakers leave, who have been heard to the end.
    func leave(_ engine: inout SessionEngine) {
        guard !hasLeft else { return }
        hasLeft = true
        for voice in voices { voice.leave(&engine) }
    }
}

extension SessionEngine {
    /// Takes in what a speaker's pipeline gives.
    public mutating func take(_ output: SpeakerOutput, from speaker: Int, missingBy why: Gap.Why = .loss) {
        switch output {
        case .hop(let record): push(speaker: speaker, record)
        // What counts as this speaker's own speech is told once it is settled.
        case .change: break
        case .quality(let quality): note(speaker: speaker, quality)
        case .lost(let from, let to): explainGap(speaker: speaker, fromHop: from, toHop: to, why: why)
        case .silence(let from, let to): pushSilence(speaker: speaker, fromHop: from, toHop: to)
        }
    }
}
