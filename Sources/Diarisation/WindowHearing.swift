import CKernels

/// Who speaks in a window, as the segmentation network says.
struct HeardWindow {
    /// First sample.
    let start: Int64
    /// How likely each frame is to be speech, and speech of two people at once.
    let speech: [Float], overlap: [Float]
    /// A bit per speaker in each frame; speakers mean nothing outside of the window.
    let speakers: [UInt8]
}

/// Looks at windows of audio: who speaks in them, and what each of these sounds like alone.
struct WindowHearing<Model: VoiceModel> {
    /// Windows begin a second apart.
    static var stepSamples: Int { 16_000 }
    /// Windows that a second of speech is heard in.
    static var windowsPerSecond: Float { Float(SpeakerFrame.windowSamples / stepSamples) }
    /// No media lies further away than this, some 1,800 years.
    static var farthest: Int64 { 1 << 50 }
    /// Less speech than this says too little about a voice, in frames of 10 ms.
    private static var leastFrames: Int { 80 }

    private let model: Model
    private let features = MelFeatures()
    /// More speech than this is left out, in frames of 10 ms.
    private let mostFrames: Int

    init(model: Model, mostFrames: Int) {
        self.model = model
        self.mostFrames = mostFrames
    }

    /// Takes in samples as a window may hold them: finite, and not louder than any recording is.
    static func append(_ samples: Span<Float>, droppingFirst dropped: Int, to buffer: inout [Float]) {
        for index in dropped..<samples.count {
            let sample = samples[index]
            buffer.append(sample.isFinite ? min(8, max(-8, sample)) : 0)
        }
    }

    /// Who speaks in a window, which is filled up with silence; nil where the network fails.
    func hear(_ samples: ArraySlice<Float>, from start: Int64) -> HeardWindow? {
        let states = model.states(in: Self.filled(samples))
        guard states.count == SpeakerFrame.count * SpeakerFrame.classCount else { return nil }
        var speech: [Float] = [], overlap: [Float] = []
        var speakers: [UInt8] = []
        for frame in 0..<SpeakerFrame.count {
            let logs = states[frame * SpeakerFrame.classCount..<(frame + 1) * SpeakerFrame.classCount]
            let likeliest = logs.indices.max { logs[$0] < logs[$1] } ?? logs.startIndex
            speakers.append(SpeakerFrame.speakers[likeliest - logs.startIndex])
            speech.append(1 - ck_exp(logs[logs.startIndex]))
            overlap.append(logs.dropFirst(1 + SpeakerFrame.speakerCount).reduce(0) { $0 + ck_exp($1) })
        }
        return HeardWindow(start: start, speech: speech, overlap: overlap, speakers: speakers)
    }

    private static func filled(_ samples: ArraySlice<Float>) -> [Float] {
        Array(samples) + repeatElement(0, count: SpeakerFrame.windowSamples - samples.count)
    }

    /// What a speaker of a window sounds like alone, as a direction of length 1, and how many seconds that rests on;
    /// nil where too little was heard.
    func voice(
        of speaker: Int, in window: HeardWindow, _ samples: ArraySlice<Float>
    ) -> (seconds: Float, vector: [Float])? {
        let alone = UInt8(1) << speaker
        guard window.speakers.contains(alone) else { return nil }
        let starts = stride(
            from: 0, through: samples.count - MelFeatures.frameSamples, by: MelFeatures.stepSamples
        ).filter { window.speakers[Self.frame(at: $0 + MelFeatures.frameSamples / 2)] == alone }
        guard starts.count >= Self.leastFrames else { return nil }
        let first = max(0, starts.count - mostFrames) / 2
        let middle = Array(starts[first..<min(starts.count, first + mostFrames)])
        let vector = model.embedding(of: features.frames(of: Self.filled(samples), at: middle))
        return vector.isEmpty ? nil : (Float(middle.count) / 100, vector)
    }

    /// The frame in whose middle a sample of the window lies.
    private static func frame(at sample: Int) -> Int {
        min(SpeakerFrame.count - 1, max(0, (sample - SpeakerFrame.firstSample) / SpeakerFrame.stepSamples))
    }
}
