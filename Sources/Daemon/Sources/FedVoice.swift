import Conversation
import Events
import MediaTypes
import Pipeline

/// One speaker's voice as far as a source feeds it. Confined to the thread (or event loop) of its source.
final class FedVoice {
    let speaker: Int
    /// Name of the speaker within the session.
    let name: String
    /// What may be computed, as the session pushed it.
    let permit: PermitHolder
    /// Whether the pipeline computes more than speech or silence.
    var isMeasured = false
    /// Opened by the first media, whose place it needs.
    var pipeline: SpeakerPipeline?
    /// The voices of the track, where it has several.
    var mixture: FedMixture?
    /// What is said, while that may be written down.
    var words: FedWords?
    /// Session time up to which media came; the pipeline may have been taken further.
    var mediaEnd = MediaTime.zero
    /// What the speaker's pictures come to; begun anew where they may be looked at again.
    var faces: FacePipeline?
    /// Why media is missing that is told to be missing now.
    private(set) var missingBy = Gap.Why.loss
    /// Where media ended when that reason was given, and how many hops of what follows may come before it is over.
    private var missingFromHop: Int64 = 0
    private var hopsUntilLoss: Int64 = 0
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

    init(speaker: Int, name: String, permit: PermitHolder) {
        self.speaker = speaker
        self.name = name
        self.permit = permit
    }

    /// What will be missing before media has come for 100 ms is missing for this reason: what was held back comes
    /// first, and what is missing is told only with the first whole hop behind it.
    func miss(by why: Gap.Why) {
        missingBy = why
        missingFromHop = mediaEnd.samples / Int64(AudioGrid.hopSamples)
        hopsUntilLoss = 10
    }

    /// Takes note of what has come out: what is missing after media is lost without anybody having said why.
    func note(_ output: SpeakerOutput) {
        guard missingBy != .loss else { return }
        switch output {
        case .hop(let record) where !record.isLost && record.index >= missingFromHop: hopsUntilLoss -= 1
        case .silence(let from, let to): hopsUntilLoss -= max(0, min(hopsUntilLoss, to - max(from, missingFromHop)))
        default: return
        }
        if hopsUntilLoss == 0 { missingBy = .loss }
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
