import Conversation
import Events
import Kit
import MediaTypes
import Pipeline
import RTP

/// A track of a source and the speaker behind it.
struct SpeakerTrack: Sendable, Equatable {
    /// Number of the track within the input, from 0.
    var track: Int
    var name: String
    var role: String?
    var consent: ConsentState
    /// Which of the sources on the track's port speaks; nil where there is one only.
    var selector: RTPSourceSelector?
}

/// Brings the media of one source into its session: places its media time on the session's time line by
/// arrival, runs each speaker's pipeline, and pushes the records.
///
/// Confined to the thread (or event loop) of its source.
final class SourceFeed {
    /// Media that lies further behind the host's clock than this after an interruption is placed anew.
    private static let toleratedLag = MediaTime(seconds: 1).samples

    private final class Voice {
        let speaker: Int
        /// Whether the pipeline may compute more than speech or silence.
        var isMeasured: Bool
        /// Opened by the first media, whose place it needs.
        var pipeline: SpeakerPipeline?
        /// Session time up to which media came; the pipeline may have been taken further.
        var mediaEnd = MediaTime.zero
        /// Why media before the next one is missing, if any is.
        var missingBy = Gap.Why.loss
        /// Mean power of the loudest block lately, and how many samples in a row were far below it.
        private var loudestPower: Float = 0, quietSamples = 0

        /// Whether the last 100 ms were 30 dB below the loudest block lately: an encoder goes on for a while before
        /// it pauses, and the voice core needs a while to see that nobody speaks any more.
        var isQuiet: Bool { quietSamples >= AudioGrid.sampleRateHz / 10 }

        init(speaker: Int, isMeasured: Bool) {
            self.speaker = speaker
            self.isMeasured = isMeasured
        }

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

        func noteSilence(count: Int) { quietSamples += count }
    }

    /// When the media arrived that is being taken in (`CLOCK_MONOTONIC`); nil where that isn't known.
    var arrivedNanoseconds: Int64?
    /// CPU time of the analysis so far.
    private(set) var analysisNanoseconds: Int64 = 0
    /// What the time of the analysis counts: 0 where none is taken, more than 1 where it stands for others too.
    var timeWeight: Int64 = 1

    private let session: LiveSession
    private var voices: [Int: Voice] = [:]
    /// Session time minus media time of the source; nil before the first media.
    private(set) var offset: Int64?
    private var wasInterrupted = false
    private var outputs: [SpeakerOutput] = []
    /// Zeros lent to the pipelines for silence that was not sent.
    private static let zeros = [Float](repeating: 0, count: 1_600)

    init(session: LiveSession) {
        self.session = session
    }

    /// Lets the speakers join the session.
    func join(_ tracks: [SpeakerTrack]) {
        let hop = session.now().samples / Int64(AudioGrid.hopSamples)
        for track in tracks where voices[track.track] == nil {
            let joined = session.update { engine in
                let speaker = engine.join(name: track.name, role: track.role, consent: track.consent, at: hop)
                return (speaker, engine.isMeasured(speaker: speaker))
            }
            guard let (speaker, isMeasured) = joined else { return }
            voices[track.track] = Voice(speaker: speaker, isMeasured: isMeasured)
        }
    }

    /// Says that media did not flow for a while: what comes next is placed by its arrival if it lies behind, and what
    /// is missing before it is a gap for that reason.
    func interrupt(by why: Gap.Why = .stall) {
        wasInterrupted = true
        for voice in voices.values { voice.missingBy = why }
    }

    /// Says that the source's media time begins anew, `offset` before session time where that is known.
    func restart(at offset: Int64? = nil) {
        self.offset = offset
    }

    /// Takes what the sender says of media that does not come; nil where it comes again.
    ///
    /// - Parameter track: the track that it is said of; nil for all.
    func setAbsence(track: Int?, _ why: Gap.Why?) {}

    /// Says that what comes next of a track is not known, and why.
    func miss(track: Int, _ why: Gap.Why) {
        voices[track]?.missingBy = why
    }

    /// Takes in a block of 16 kHz mono samples; `start` is media time of the source.
    func media(track: Int, start: MediaTime, samples: Span<Float>) {
        guard let voice = voices[track] else { return }
        let began = timeBegin()
        defer { timeEnd(began) }
        let place = place(start, count: samples.count)
        openPipeline(of: voice, at: place)
        voice.pipeline?.feed(start: place, samples: samples) { outputs.append($0) }
        voice.noteLoudness(samples)
        voice.mediaEnd = MediaTime(samples: place.samples + Int64(samples.count))
        push(voice)
    }

    /// Takes in silence that the sender did not transmit (DTX).
    func silence(track: Int, start: MediaTime, count: Int) {
        guard let voice = voices[track] else { return }
        let began = timeBegin()
        defer { timeEnd(began) }
        let place = place(start, count: count)
        openPipeline(of: voice, at: place)
        voice.noteSilence(count: count)
        voice.mediaEnd = MediaTime(samples: place.samples + Int64(count))
        feedSilence(to: voice, from: place, count: count)
    }

    /// Takes it that a speaker who last said nothing, or ended with next to nothing, goes on like that for `nanoseconds` after the media that came
    /// last, though none has come: so nobody in the session waits for a sender that pauses. Media that comes after all
    /// counts from where this ends. Whose sender is not known to pause must have ended with next to nothing.
    func presumeSilence(track: Int, nanoseconds: Int64, isKnownToPause: Bool = true) {
        guard let voice = voices[track], voice.isQuiet || isKnownToPause && voice.pipeline?.isActive == false,
            let end = voice.pipeline?.end
        else {
            return
        }
        let began = timeBegin()
        defer { timeEnd(began) }
        let hop = Int64(AudioGrid.hopSamples)
        let until = voice.mediaEnd.samples + nanoseconds / (1_000_000_000 / Int64(AudioGrid.sampleRateHz))
        feedSilence(to: voice, from: end, count: Int((until - end.samples) / hop * hop))
    }

    private func feedSilence(to voice: Voice, from start: MediaTime, count: Int) {
        var place = start
        let zeros = Self.zeros
        var left = count
        while left > 0 {
            let length = min(left, zeros.count)
            voice.pipeline?.feed(start: place, samples: zeros.span.extracting(first: length)) {
                outputs.append($0)
            }
            place.samples += Int64(length)
            left -= length
            push(voice)
        }
    }

    /// How far the newest media lies ahead of the host's clock, in seconds; what is not live is slowed by it.
    func lead() -> Double {
        let now = session.now()
        let newest = voices.values.compactMap { $0.pipeline?.end }.max() ?? now
        return newest.seconds - now.seconds
    }

    /// Ends all pipelines and lets the speakers leave.
    ///
    /// - Parameter isOver: whether nothing more was to come; else what was still waited for is missing up to now.
    func finish(reason: String, isOver: Bool = false) {
        let now = session.now().samples
        for track in voices.keys.sorted() {
            guard let voice = voices.removeValue(forKey: track) else { continue }
            if wasInterrupted, !isOver, let end = voice.pipeline?.end.samples {
                let missing = Int(clamping: (now - end) / Int64(AudioGrid.hopSamples))
                voice.pipeline?.lose(hops: missing) { outputs.append($0) }
            }
            voice.pipeline?.finish { outputs.append($0) }
            push(voice)
            session.update { $0.leave(speaker: voice.speaker, reason: reason) }
        }
    }

    private func timeBegin() -> Int64 { timeWeight > 0 ? HostClock.threadNanoseconds() : 0 }

    private func timeEnd(_ began: Int64) {
        if timeWeight > 0 { analysisNanoseconds += timeWeight * (HostClock.threadNanoseconds() - began) }
    }

    private func place(_ start: MediaTime, count: Int) -> MediaTime {
        let arrived = session.now().samples - Int64(count)
        if let known = offset {
            let isBehind = wasInterrupted && arrived - (start.samples + known) > Self.toleratedLag
            if isBehind { offset = arrived - start.samples }
        } else {
            offset = max(0, arrived) - start.samples
        }
        wasInterrupted = false
        return MediaTime(samples: start.samples + (offset ?? 0))
    }

    private func openPipeline(of voice: Voice, at start: MediaTime) {
        if voice.pipeline == nil {
            voice.pipeline = SpeakerPipeline(
                start: start, measuresFeatures: voice.isMeasured, detection: session.detection)
        }
    }

    private func push(_ voice: Voice) {
        guard !outputs.isEmpty else { return }
        let isMeasured = session.update(arrivedNanoseconds: arrivedNanoseconds) { engine in
            for output in outputs { engine.take(output, from: voice.speaker, missingBy: voice.missingBy) }
            return engine.isMeasured(speaker: voice.speaker)
        }
        outputs.removeAll(keepingCapacity: true)
        voice.missingBy = .loss
        // Consent was given or taken back: the next block opens a pipeline that does what is allowed now.
        if let isMeasured, isMeasured != voice.isMeasured {
            voice.isMeasured = isMeasured
            voice.pipeline = nil
        }
    }
}
