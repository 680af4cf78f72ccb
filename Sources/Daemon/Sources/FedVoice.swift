import Conversation
import Events
import MediaTypes
import Pipeline

/// One speaker's voice as far as a source feeds it. Confined to the thread (or event loop) of its source.
final class FedVoice {
    let speaker: Int
    /// What may be computed, as the session pushed it.
    let permit: PermitHolder
    /// Whether the pipeline computes more than speech or silence.
    var isMeasured = false
    /// Opened by the first media, whose place it needs.
    var pipeline: SpeakerPipeline?
    /// What is said, while that may be written down.
    var words: FedWords?
    /// Session time up to which media came; the pipeline may have been taken further.
    var mediaEnd = MediaTime.zero
    /// What the speaker's pictures come to; begun anew where they may be looked at again.
    var faces: FacePipeline?
    /// Why media before the next one is missing, if any is.
    var missingBy = Gap.Why.loss
    /// Whether media ever came.
    var hasMedia = false
    /// Why none comes for now; nil while it does.
    var absence: Gap.Why?
    /// Why there is none by the sender's word.
    var saidAbsence: Gap.Why?
    /// Whether everything that media brought is out of the pipeline, now that none comes.
    var isDrained = false
    /// Mean power of the loudest block lately, and how many samples in a row were far below it.
    private var loudestPower: Float = 0, quietSamples = 0

    init(speaker: Int, permit: PermitHolder) {
        self.speaker = speaker
        self.permit = permit
    }

    /// Whether the last 100 ms were 30 dB below the loudest block lately: an encoder goes on for a while before it
    /// pauses, and the voice core needs a while to see that nobody speaks any more.
    var isQuiet: Bool { quietSamples >= AudioGrid.sampleRateHz / 10 }

    /// Takes note of a block, of which every fourth sample tells enough.
    func noteLoudness(_ samples: Span<Float>) {
        guard !samples.isEmpty else { return }
        var sum: Float = 0
        for index in stride(from: 0, to: samples.count, by: 4) { sum += samples[index] * samples[index] }
        let power = 4 * sum / Float(samples.count)
        // Half of it is forgotten in 10 s of packets of 20 ms.
        loudestPower = max(power, loudestPower * 0.9986)
        quietSamples = power <= loudestPower / 1_000 ? quietSamples + samples.count : 0
    }

    /// Takes note of silence.
    func noteSilence(count: Int) {
        let (sum, overflows) = quietSamples.addingReportingOverflow(count)
        quietSamples = overflows ? .max / 2 : sum
    }
}
