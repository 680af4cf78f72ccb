import MediaTypes
import Pipeline

/// How many voices a track has.
struct VoicesWanted: Sendable, Equatable {
    /// Nil where that is to be found out.
    var count: Int?
}

/// Tracks with several voices: what comes in is held back until it is known who speaks.
extension SourceFeed {
    /// Brings on what was held back for long enough.
    func releaseDue(of voice: FedVoice) {
        release(of: voice, until: session.now().samples - Int64(FedMixture.delaySamples))
    }

    /// Brings on what was held back, with what is known by now.
    func release(of voice: FedVoice, until sample: Int64 = .max) {
        guard let mixture = voice.mixture else { return }
        for due in mixture.release(until: sample) {
            openPipeline(of: voice, at: due.start)
            mixture.hear(due)
            if let samples = due.samples {
                voice.pipeline?.feed(start: due.start, samples: samples.span) { outputs.append($0) }
            } else {
                voice.pipeline?.feedSilence(start: due.start, count: due.count) { outputs.append($0) }
            }
        }
        push(voice)
    }
}

extension FedVoice {
    /// Where what has come in ends; nil before anything has.
    var end: MediaTime? { mixture?.end ?? pipeline?.end }

    /// By how much the pipeline is behind what came in.
    var heldBackSamples: Int64 { mixture == nil ? 0 : Int64(FedMixture.delaySamples) }

    /// Speakers for whom media flows: the track's, and those of the voices on it; and all there ever were.
    var speakers: [Int] { [speaker] + (mixture?.speakers ?? []) }
    var everySpeaker: [Int] { [speaker] + (mixture?.everySpeaker ?? []) }

    /// Gives what the pipeline says to whom it is about.
    func split(_ output: SpeakerOutput, into sink: (_ speaker: Int, SpeakerOutput) -> Void) {
        if let mixture { mixture.split(output, into: sink) } else { sink(speaker, output) }
    }
}
