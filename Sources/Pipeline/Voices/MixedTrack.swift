public import Diarisation
public import MediaTypes

/// A track with several voices: gives each of them records as if it had a track of its own.
///
/// Who speaks is a matter of the voices' stretches and of the voice core alike, so that speech begins and ends where it
/// does with a track for each. Pitch, level and pace are measured by a voice core for each, which hears the track where
/// that voice speaks alone and silence elsewhere: it gets used to one person's voice.
///
/// Not shared: used on one thread.
public final class MixedTrack {
    /// The voice core of one voice, and what it has said of hops that the track's has not come to.
    private final class Part {
        private var pipeline: SpeakerPipeline
        /// Few: both hear the same audio.
        private var records: [HopRecord] = []
        private var next = 0

        init(pipeline: consuming SpeakerPipeline) { self.pipeline = pipeline }

        func feed(start: MediaTime, samples: Span<Float>) {
            pipeline.feed(start: start, samples: samples) { take($0) }
        }

        func feedSilence(start: MediaTime, count: Int) { pipeline.feedSilence(start: start, count: count) { take($0) } }

        func finish() { pipeline.finish { take($0) } }

        private func take(_ output: SpeakerOutput) {
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

    private let detection: SpeechDetection
    /// One for the audio, and one for the records, which come later.
    private var gate: VoiceSplitter, splitter: VoiceSplitter
    /// By voice; those that are not measured have none, or none yet.
    private var parts: [Part?]
    private var isMeasured: [Bool]
    /// Hops of the last time in which the track's voice core hears speech, and those that each voice was given.
    private var heard = HopRuns(), given: [HopRuns]

    /// A track of these voices.
    ///
    /// - Parameter start: where its media starts.
    init(_ spans: [VoiceSpan], start: MediaTime, detection: SpeechDetection) {
        self.detection = detection
        gate = VoiceSplitter(spans)
        splitter = gate
        parts = gate.names.map { _ in
            Part(pipeline: SpeakerPipeline(start: start, measuresFeatures: true, detection: detection))
        }
        isMeasured = parts.map { _ in true }
        given = parts.map { _ in HopRuns() }
    }

    /// A track whose voices are found while it goes on.
    public convenience init(detection: SpeechDetection) { self.init([], start: .zero, detection: detection) }

    /// Names of the voices.
    var names: [String] { gate.names }

    /// There is one voice more, of which nothing is measured.
    ///
    /// - Returns: its number.
    public func addVoice() -> Int {
        parts.append(nil)
        isMeasured.append(false)
        given.append(HopRuns())
        return parts.count - 1
    }

    /// Says whether a voice may be measured from now on; of one that may not be what was heard is let go of.
    public func setMeasured(_ voice: Int, _ isMeasured: Bool) {
        self.isMeasured[voice] = isMeasured
        if !isMeasured { parts[voice] = nil }
    }

    /// Says who speaks when, in the order of the starts: in all that has not been heard yet.
    public func see(_ spans: [VoiceSpan]) {
        gate = VoiceSplitter(spans, voices: parts.count)
        splitter = gate
    }

    /// Takes in a block, before the track's own voice core does.
    public func hear(start: MediaTime, samples: Span<Float>) {
        let hopSamples = Int64(AudioGrid.hopSamples)
        for voice in parts.indices where isMeasured[voice] && parts[voice] == nil {
            parts[voice] = Part(pipeline: SpeakerPipeline(start: start, measuresFeatures: true, detection: detection))
        }
        var blocks = Array(repeating: [Float](repeating: 0, count: samples.count), count: parts.count)
        var place = 0
        while place < samples.count {
            let sample = start.samples + Int64(place)
            // Before the start there is nothing.
            let hop = sample >= 0 ? sample / hopSamples : -1
            let end = hop < 0 ? samples.count : min(samples.count, Int((hop + 1) * hopSamples - start.samples))
            for voice in parts.indices where parts[voice] != nil && gate.holds(voice, at: hop) {
                for index in place..<end { blocks[voice][index] = samples[index] }
            }
            place = end
        }
        for (part, block) in zip(parts, blocks) {
            part?.feed(start: start, samples: block.span)
        }
    }

    /// Takes in silence that was not transmitted.
    public func hearSilence(start: MediaTime, count: Int) {
        for part in parts { part?.feedSilence(start: start, count: count) }
    }

    /// Ends the audio, before the track's own voice core does.
    public func finish() {
        for part in parts { part?.finish() }
    }

    /// Gives what the track's voice core says to each voice, by its number.
    public func split(_ output: SpeakerOutput, into sink: (Int, SpeakerOutput) -> Void) {
        guard case .hop(let record) = output else {
            for voice in parts.indices { sink(voice, output) }
            return
        }
        remember(record)
        for voice in parts.indices {
            let share = share(of: voice, in: record)
            if share.isSpeech { given[voice].append(record.index..<record.index + 1) }
            sink(voice, .hop(share))
        }
    }

    /// Tells of whom it turns out that they spoke otherwise in hops whose records were given.
    ///
    /// - Parameters:
    ///   - spans: who spoke when, as it is known by now.
    ///   - range: the hops it is about; what lies further back than half a minute is not known any more.
    ///   - doubtful: hops of which it is not known.
    /// - Returns: of each voice for which something is otherwise, all hops of the range in which it speaks.
    public func revise(_ spans: [VoiceSpan], in range: Range<Int64>, doubtful: HopRuns) -> [(voice: Int, hops: HopRuns)]
    {
        let splitter = VoiceSplitter(spans, voices: parts.count)
        let known = heard.clamped(to: range)
        let right = parts.indices.map { voice in
            HopRuns(splitter.stretches(of: voice)).combined(with: known) { $0 && $1 }
        }
        // Edges move a little with every look; only what is otherwise for long is told anew.
        var moved = HopRuns()
        for voice in parts.indices {
            let differing = right[voice].combined(with: given[voice].clamped(to: range)) { $0 != $1 }
            let long = differing.runs.filter { $0.count >= Self.revisedHops }
            moved = moved.combined(with: HopRuns(long.map(Self.withEdges))) { $0 || $1 }
        }
        moved = moved.clamped(to: range).combined(with: doubtful) { $0 && !$1 }
        guard !moved.runs.isEmpty else { return [] }
        return parts.indices.compactMap { voice in
            let former = given[voice]
            let kept = former.combined(with: moved) { $0 && !$1 }
            given[voice] = kept.combined(with: right[voice].combined(with: moved) { $0 && $1 }) { $0 || $1 }
            return given[voice] == former ? nil : (voice, given[voice].clamped(to: range))
        }
    }

    private func remember(_ record: HopRecord) {
        if record.isSpeech { heard.append(record.index..<record.index + 1) }
        guard record.index % Int64(AudioGrid.hopsPerSecond) == 0 else { return }
        let first = record.index - Self.rememberedHops
        heard.drop(before: first)
        for voice in given.indices { given[voice].drop(before: first) }
    }

    /// What is told anew is never older, in hops.
    private static let rememberedHops = 40 * Int64(AudioGrid.hopsPerSecond)
    /// Speech of a voice is told anew where so much of it, in hops, is otherwise in one piece, and so much around it.
    private static let revisedHops = 50
    private static func withEdges(_ run: Range<Int64>) -> Range<Int64> { run.lowerBound - 20..<run.upperBound + 20 }

    private func share(of voice: Int, in record: HopRecord) -> HopRecord {
        let measured = parts[voice]?.record(at: record.index)
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
