import Diarisation
import MediaTypes

/// A track with several voices: gives each of them records as if it had a track of its own.
///
/// Who speaks is a matter of the voices' stretches and of the voice core alike, so that speech begins and ends where it
/// does with a track for each. Pitch, level and pace are measured by a voice core for each, which hears the track where
/// that voice speaks alone and silence elsewhere: it gets used to one person's voice.
///
/// Not shared: used on one thread.
final class MixedTrack {
    /// The voice core of one voice, and what it has said of hops that the track's has not come to.
    private final class Part {
        var pipeline: SpeakerPipeline
        /// Few: both hear the same audio.
        private var records: [HopRecord] = []
        private var next = 0

        init(pipeline: consuming SpeakerPipeline) { self.pipeline = pipeline }

        func take(_ output: SpeakerOutput) {
            if case .hop(let record) = output { records.append(record) }
        }

        /// The record of a hop; nil where there is none.
        func record(at hop: Int64) -> HopRecord? {
            while next < records.count, records[next].index < hop { next += 1 }
            defer {
                // Every second what was taken is let go of.
                if next > AudioGrid.hopsPerSecond {
                    records.removeFirst(next)
                    next = 0
                }
            }
            return next < records.count && records[next].index == hop ? records[next] : nil
        }
    }

    /// Names of the voices.
    let names: [String]
    /// One for the audio, and one for the records, which come later.
    private var gate: VoiceSplitter, splitter: VoiceSplitter
    private let parts: [Part]

    /// A track of these voices.
    ///
    /// - Parameter start: where its media starts.
    init(_ spans: [VoiceSpan], start: MediaTime, detection: SpeechDetection) {
        gate = VoiceSplitter(spans)
        splitter = gate
        names = gate.names
        parts = gate.names.map { _ in
            Part(pipeline: SpeakerPipeline(start: start, measuresFeatures: true, detection: detection))
        }
    }

    /// Takes in a block, before the track's own voice core does.
    func hear(start: MediaTime, samples: Span<Float>) {
        let hopSamples = Int64(AudioGrid.hopSamples)
        var blocks = Array(repeating: [Float](repeating: 0, count: samples.count), count: parts.count)
        var place = 0
        while place < samples.count {
            let sample = start.samples + Int64(place)
            // Before the start there is nothing.
            let hop = sample >= 0 ? sample / hopSamples : -1
            let end = hop < 0 ? samples.count : min(samples.count, Int((hop + 1) * hopSamples - start.samples))
            for voice in parts.indices where gate.holds(voice, at: hop) {
                for index in place..<end { blocks[voice][index] = samples[index] }
            }
            place = end
        }
        for (part, block) in zip(parts, blocks) {
            part.pipeline.feed(start: start, samples: block.span) { part.take($0) }
        }
    }

    /// Ends the audio, before the track's own voice core does.
    func finish() {
        for part in parts { part.pipeline.finish { part.take($0) } }
    }

    /// Gives what the track's voice core says to each voice, by its number.
    func split(_ output: SpeakerOutput, into sink: (Int, SpeakerOutput) -> Void) {
        for voice in parts.indices {
            guard case .hop(let record) = output else {
                sink(voice, output)
                continue
            }
            sink(voice, .hop(share(of: voice, in: record)))
        }
    }

    private func share(of voice: Int, in record: HopRecord) -> HopRecord {
        let measured = parts[voice].record(at: record.index)
        let (speaks, isAlone) = splitter.speaks(voice, at: record.index)
        var own = HopRecord(
            index: record.index, levelDb: record.levelDb, speechProbability: speaks ? record.speechProbability : 0,
            f0Hz: 0, voicingProbability: 0, isSpeech: record.isSpeech && speaks, isLost: record.isLost)
        // All have the same channel: compared with each other, each would be a leak of the others. So there are no
        // levels ahead.
        guard speaks, isAlone, let measured else {
            own.isShared = own.isSpeech
            return own
        }
        own.levelDb = measured.levelDb
        own.f0Hz = measured.f0Hz
        own.voicingProbability = measured.voicingProbability
        own.isNucleus = measured.isNucleus
        own.relativeLevelDb = measured.relativeLevelDb
        own.spectralTiltDb = measured.spectralTiltDb
        return own
    }
}
