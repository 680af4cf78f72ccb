import Conversation
import Diarisation
import Events
import MediaTypes
import Pipeline

/// A track with several voices as far as a source feeds it: its audio is held back until it is known who speaks in it,
/// and then measured for each voice by itself.
///
/// Confined to the thread (or event loop) of its source.
final class FedMixture {
    /// What was said is told so much later: by then three seconds more have been heard, and mostly four.
    static let delaySamples = 4 * AudioGrid.sampleRateHz
    /// What the session waits for voices beyond that, in hops: that somebody looks after the source now and then.
    static let patienceHops = Int64(delaySamples / AudioGrid.hopSamples) + 50
    /// A voice joins once what it says comes out within so long: what is only thought to be one for a moment does not.
    private static let joiningSamples = Int64(2 * AudioGrid.sampleRateHz)

    /// Audio is held back in pieces of this many samples at the most, for a piece is released as a whole: some inputs
    /// bring two seconds at once.
    private static let pieceSamples = AudioGrid.sampleRateHz / 10
    /// Only what lies so long behind what is told now may be told anew: the session has settled it by then.
    private static let settledSamples = Int64(6 * AudioGrid.sampleRateHz)
    /// What the voice core says comes after the audio, by no more than this.
    private static let behindSamples = Int64(AudioGrid.sampleRateHz)

    /// Audio, or silence, that is held back.
    struct Held {
        let start: MediaTime
        let count: Int
        /// Nil for silence that was not transmitted.
        let samples: [Float]?

        var end: Int64 { start.samples + Int64(count) }
    }

    /// A voice that was found.
    private struct Voice {
        let speaker: Int
        let permit: PermitHolder
        /// Its number with who tells voices apart; nil once it is another one's, or forgotten.
        var label: Int?
        var isMeasured = false
    }

    private let session: LiveSession
    private let speaker: Int
    private let pool: VoicePool
    private let stream: SeparatedStream
    private let track: MixedTrack
    private var voices: [Voice] = []
    /// Of each number by which voices are told apart, which voice it is.
    private var places: [Int: Int] = [:]
    private var held: [Held] = []
    private var number = SteadyVoiceNumber()

    /// - Parameters:
    ///   - speaker: the track's.
    ///   - count: how many voices there are; nil where that is not known.
    init(_ session: LiveSession, speaker: Int, voices count: Int?, pool: VoicePool) {
        self.session = session
        self.speaker = speaker
        self.pool = pool
        stream = SeparatedStream(voices: count) { [weak session] in session?.report($0) }
        track = MixedTrack(detection: session.detection)
        pool.add(stream)
    }

    deinit { close() }

    /// Where what has come in ends; nil where nothing is held back.
    var end: MediaTime? { held.last.map { MediaTime(samples: $0.end) } }

    /// Speakers of the voices that can be heard, and of all that were found.
    var speakers: [Int] { voices.filter { $0.label != nil }.map(\.speaker) }
    var everySpeaker: [Int] { voices.map(\.speaker) }

    /// Whether anybody may be measured.
    var mayMeasure: Bool { voices.contains { $0.permit.permit.contains(.voice) } }

    func hold(start: MediaTime, samples: Span<Float>) {
        var own: [Float] = []
        own.reserveCapacity(samples.count)
        for index in 0..<samples.count { own.append(samples[index]) }
        for first in stride(from: 0, to: own.count, by: Self.pieceSamples) {
            let piece = Array(own[first..<min(own.count, first + Self.pieceSamples)])
            held.append(
                Held(start: MediaTime(samples: start.samples + Int64(first)), count: piece.count, samples: piece))
        }
        let lost = stream.put(start: start, samples: own)
        if lost > 0 || stream.isDue { pool.note(lost: lost) }
    }

    func holdSilence(start: MediaTime, count: Int) { held.append(Held(start: start, count: count, samples: nil)) }

    /// What is due: all that ends at `sample` or before, and of silence what lies before it.
    func release(until sample: Int64) -> [Held] {
        var due = Array(held.prefix { $0.end <= sample })
        held.removeFirst(due.count)
        if let open = held.first, open.samples == nil, open.start.samples < sample {
            let count = Int(sample - open.start.samples)
            due.append(Held(start: open.start, count: count, samples: nil))
            held[0] = Held(start: MediaTime(samples: sample), count: open.count - count, samples: nil)
        }
        guard let first = due.first else { return [] }
        learn(from: first.start.samples)
        return due
    }

    /// Hears what was released, before the track's own voice core does.
    func hear(_ due: Held) {
        if let samples = due.samples {
            track.hear(start: due.start, samples: samples.span)
        } else {
            track.hearSilence(start: due.start, count: due.count)
        }
    }

    /// Ends the audio, before the track's own voice core does.
    func finish() { track.finish() }

    /// Gives what the track's voice core says to the voices, and to the track what is nobody's.
    func split(_ output: SpeakerOutput, into sink: (_ speaker: Int, SpeakerOutput) -> Void) {
        track.split(output) { if voices[$0].label != nil { sink(voices[$0].speaker, $1) } }
        guard case .hop(var record) = output else { return sink(speaker, output) }
        (record.isSpeech, record.speechProbability, record.levelsAhead) = (false, 0, .none)
        sink(speaker, .hop(record))
    }

    /// What voices sound like is forgotten.
    func close() {
        stream.close()
        pool.note(lost: 0)
    }

    // MARK: Voices

    /// Takes in what has become known of who speaks from `sample` on, and what may be computed of whom.
    private func learn(from sample: Int64) {
        settlePermits()
        let pictures = stream.takePictures()
        for merge in pictures.flatMap(\.merges) { take(merge) }
        guard let picture = pictures.last else { return }
        count(picture)
        var spans: [VoiceSpan] = []
        for span in picture.spans where span.endSample > sample - Self.behindSamples {
            guard let place = places[span.voice] ?? join(span, at: sample) else { continue }
            spans.append(VoiceSpan(voice: place, startSample: span.startSample, endSample: span.endSample))
        }
        track.see(spans)
        revise(picture, before: sample)
        settlePermits()
    }

    /// Tells the session how many voices there are, where that has changed and not just for a moment.
    private func count(_ picture: VoicePicture) {
        guard let seen = picture.number, let range = number.take(seen, at: picture.endSample)?.range else { return }
        session.update { $0.countVoices(on: speaker, VoicesCounted(least: range.lowerBound, most: range.upperBound)) }
    }

    /// Tells the session where others spoke in the last half minute than was said.
    private func revise(_ picture: VoicePicture, before sample: Int64) {
        let hop = Int64(AudioGrid.hopSamples)
        let range = picture.startSample / hop..<max(picture.startSample, sample - Self.settledSamples) / hop
        guard !range.isEmpty else { return }
        var spans: [VoiceSpan] = [], doubtful: [Range<Int64>] = []
        for span in picture.spans {
            if let place = places[span.voice] {
                spans.append(VoiceSpan(voice: place, startSample: span.startSample, endSample: span.endSample))
            } else {
                doubtful.append(span.startSample / hop..<span.endSample / hop)
            }
        }
        let revised = track.revise(spans, in: range, doubtful: HopRuns(doubtful)).map {
            (speaker: voices[$0.voice].speaker, hops: $0.hops)
        }
        if !revised.isEmpty { session.update { $0.reviseSpeech(in: range, revised) } }
    }

    private func join(_ span: VoiceSpan, at sample: Int64) -> Int? {
        guard span.startSample < sample + Self.joiningSamples,
            let found = session.findVoice(
                on: speaker, at: max(0, sample - Self.behindSamples) / Int64(AudioGrid.hopSamples))
        else { return nil }
        let place = track.addVoice()
        voices.append(Voice(speaker: found.speaker, permit: found.permit, label: span.voice))
        places[span.voice] = place
        return place
    }

    private func take(_ merge: VoicePicture.Merge) {
        guard let place = places.removeValue(forKey: merge.voice) else { return }
        guard let other = places[merge.into] else {
            // Nobody has heard of the other one: it is this one under another number.
            places[merge.into] = place
            voices[place].label = merge.into
            return
        }
        voices[place].label = nil
        track.setMeasured(place, false)
        session.update { $0.mergeVoice(voices[place].speaker, into: voices[other].speaker) }
    }

    /// Measures whom it may, and forgets what those sound like of whom it must not be known.
    private func settlePermits() {
        for place in voices.indices {
            guard let label = voices[place].label else { continue }
            let permit = voices[place].permit.permit
            let isMeasured = permit.contains(.voice)
            if isMeasured != voices[place].isMeasured {
                voices[place].isMeasured = isMeasured
                track.setMeasured(place, isMeasured)
            }
            guard !permit.contains(.likeness) else { continue }
            places[label] = nil
            voices[place].label = nil
            stream.forget(voice: label)
            session.update { $0.pause(speaker: voices[place].speaker) }
        }
    }
}
