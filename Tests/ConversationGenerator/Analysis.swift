import Conversation
public import Events
public import MediaTypes
public import Pipeline

/// What the voice core and the session make of some tracks.
public struct AnalysedConversation {
    /// All events in order.
    public let events: [Event]
    /// Totals of the session.
    public let totals: SessionTotals

    /// Analyses one track per speaker, block by block in turn, as they would come in; the speakers are `s0`, `s1`…
    public init(tracks: [[Float]], detection: SpeechDetection) {
        var session = AnalysedSession(detection: detection)
        for _ in tracks { session.join(at: .zero) }
        let length = tracks.map(\.count).max() ?? 0
        let blockSamples = 3_200
        for start in stride(from: 0, to: length, by: blockSamples) {
            for (index, track) in tracks.enumerated() where start < track.count {
                let block = track.span.extracting(start..<min(start + blockSamples, track.count))
                session.feed(index, MediaTime(samples: Int64(start)), block)
            }
        }
        self.init(session)
    }

    init(_ session: consuming AnalysedSession) {
        (events, totals) = session.finish()
    }

    /// The ticks of a speaker in order.
    public func ticks(of speaker: String) -> [(seconds: Double, tick: Tick)] {
        events.compactMap { event in
            guard event.speaker == speaker, case .tick(let tick) = event.body else { return nil }
            return (event.timeSeconds ?? 0, tick)
        }
    }
}

/// A session whose speakers deliver blocks of samples.
public struct AnalysedSession: ~Copyable {
    private final class Voice {
        let speaker: Int
        var pipeline: SpeakerPipeline

        init(speaker: Int, start: MediaTime, detection: SpeechDetection) {
            self.speaker = speaker
            pipeline = SpeakerPipeline(start: start, measuresFeatures: true, detection: detection)
        }
    }

    private let detection: SpeechDetection
    private var engine: SessionEngine
    private var voices: [Voice] = []

    /// A session without speakers; all are waited for, however far they lie apart.
    public init(detection: SpeechDetection) {
        var configuration = ConversationConfiguration()
        configuration.skewHops = nil
        self.detection = detection
        engine = SessionEngine(id: "s", configuration: configuration)
    }

    /// Whether nobody has joined yet.
    public var isEmpty: Bool { voices.isEmpty }

    /// The next speaker joins; the media begins at `start`.
    public mutating func join(at start: MediaTime) {
        let number = engine.join(name: "s\(voices.count)", role: nil, consent: .granted, at: 0)
        voices.append(Voice(speaker: number, start: start, detection: detection))
    }

    /// Takes in samples of a speaker that begin at `start` of the session.
    public mutating func feed(_ speaker: Int, _ start: MediaTime, _ samples: Span<Float>) {
        let voice = voices[speaker]
        engine.advance(to: (start.samples + Int64(samples.count)) / Int64(AudioGrid.hopSamples))
        voice.pipeline.feed(start: start, samples: samples) { engine.take($0, from: voice.speaker) }
    }

    /// Events since the last call.
    public mutating func takeEvents() -> [Event] { engine.takeEvents() }

    /// Ends the media of all speakers; the events are those that have not been taken yet.
    public consuming func finish() -> (events: [Event], totals: SessionTotals) {
        for voice in voices {
            voice.pipeline.finish { engine.take($0, from: voice.speaker) }
            engine.leave(speaker: voice.speaker, reason: "track ended")
        }
        let totals = engine.finish()
        return (engine.takeEvents(), totals)
    }
}
