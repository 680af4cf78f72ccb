import Conversation
import Decode
import MediaTypes
import Pipeline

/// What the voice core and the engine measure of one recording.
struct VoiceMeasurement: Sendable {
    /// Every hop, from the start of the recording.
    private(set) var records: [HopRecord] = []
    /// The named features of the whole recording; nil where there is too little voice.
    let values: [AffectInput: Double]?
    /// Speech in it, seconds.
    let speechSeconds: Double

    /// Measures the first track of `media`, mixed to mono.
    ///
    /// - Throws: `MediaError` naming the recording.
    init(_ media: String, detection: SpeechDetection) throws(MediaError) {
        var input = try TrackInput(media, channel: nil)
        var pipeline = SpeakerPipeline(start: .zero, measuresFeatures: true, detection: detection)
        var sample = VoiceSample()
        var records: [HopRecord] = []
        func take(_ output: SpeakerOutput) {
            guard case .hop(let record) = output else { return }
            sample.add(record)
            records.append(record)
        }
        while true {
            let outcome = try input.read { start, samples in
                pipeline.feed(start: start, samples: samples) { take($0) }
            }
            if outcome == .end { break }
        }
        pipeline.finish { take($0) }
        self.records = records
        values = sample.values
        speechSeconds = sample.speechSeconds
    }
}
