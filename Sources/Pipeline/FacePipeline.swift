public import Conversation
public import MediaTypes
import Sight

/// One speaker's pictures on their way to the session: sightings become records, and gestures are told apart from beats
/// of the own speech. No clock, no files.
public struct FacePipeline: Sendable {
    private var behaviour = FaceBehaviour()
    /// Spans of own speech of late, in hops; the last one may be open.
    private var speech: [(start: Int64, end: Int64?)] = []
    private static let keptSpans = 16

    /// Has seen nothing.
    public init() {}

    /// Takes note of what the speaker's sound has brought.
    public mutating func note(_ output: SpeakerOutput) {
        switch output {
        case .change(.started(let hop)):
            speech.append((hop, nil))
            if speech.count > Self.keptSpans { speech.removeFirst() }
        case .change(.ended(let hop)):
            if let last = speech.indices.last, speech[last].end == nil { speech[last].end = hop }
        case .hop, .lost, .silence, .quality: break
        }
    }

    /// Takes in a sighting whose time is that of the session, and pushes what follows from it.
    public mutating func take(_ sighting: FaceSighting, of speaker: Int, into engine: inout SessionEngine) {
        let outcome = behaviour.take(sighting)
        for seen in outcome.seen { push(seen, of: speaker, into: &engine) }
        for gesture in outcome.gestures {
            let start = AudioGrid.hops(seconds: gesture.start), end = AudioGrid.hops(seconds: gesture.end)
            guard end > start else { continue }
            engine.see(
                speaker: speaker, gesture.kind == .nod ? .nod : .shake, hops: start..<end,
                isSpeaking: speech.contains { $0.start < end && start < $0.end ?? .max })
        }
    }

    /// Pushes what still waits.
    public mutating func finish(of speaker: Int, into engine: inout SessionEngine) {
        for seen in behaviour.finish() { push(seen, of: speaker, into: &engine) }
    }

    private func push(_ seen: FaceBehaviour.Seen, of speaker: Int, into engine: inout SessionEngine) {
        let hop = seen.sighting.time.samples / Int64(AudioGrid.hopSamples)
        engine.see(speaker: speaker, at: hop, seen.sighting, visualSpeech: seen.visualSpeech)
    }
}
