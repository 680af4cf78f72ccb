public import MediaTypes

/// Tells who speaks when on a track with several voices, once all of it was heard.
///
/// Every second the last 10 s are looked at: who speaks in which frame, up to three speakers that mean nothing outside
/// of the window, and what each sounds like where nobody else speaks. At the end what was alike becomes a voice, and each
/// frame goes to the voices that most of the ten windows around it say. After Plaquet & Bredin (2023) and Bredin (2023,
/// pyannote.audio 2.1), with other numbers. Takes some 5 MB an hour.
///
/// What voices sound like is kept for as long as this lives, and leaves it nowhere.
public struct Diariser<Model: VoiceModel> {
    /// Windows begin a second apart.
    private static var stepSamples: Int { 16_000 }
    private static var windowSamples: Int { SpeakerFrame.windowSamples }
    /// Windows that a second of speech is heard in.
    private static var windowsPerSecond: Float { Float(windowSamples / stepSamples) }
    /// Less speech than this says too little about a voice, and more than this no more, in frames of 10 ms.
    private static var leastFrames: Int { 80 }
    private static var mostFrames: Int { 700 }

    /// No media lies further away than this, some 1,800 years.
    private static var farthest: Int64 { 1 << 50 }

    private let model: Model
    private let features = MelFeatures()
    /// What was heard from `start` on.
    private var buffer: [Float] = []
    private var start: Int64 = 0
    private var sections: [Section] = []
    private var windows: [Window] = []
    private var pieces: [VoicePiece] = []

    /// Who speaks in a window: a bit per speaker in each frame.
    private struct Window {
        let section: Int
        let start: Int64
        let speakers: [UInt8]
    }

    /// A diariser that has heard nothing.
    public init(model: Model) { self.model = model }

    /// Takes in samples that start at `start`. What was heard before is left out.
    public mutating func hear(start place: MediaTime, samples: Span<Float>) {
        var dropped = 0
        let next = start + Int64(buffer.count)
        let place = min(max(place.samples, -Self.farthest), Self.farthest)
        if sections.isEmpty || place - next >= Int64(Self.windowSamples) {
            // Nothing came for so long that no window would hear both sides.
            endSection()
            start = max(0, place)
            sections.append(Section(start: start))
            dropped = Int(min(Int64(samples.count), max(0, -place)))
        } else if place > next {
            buffer.append(contentsOf: repeatElement(0, count: Int(place - next)))
        } else {
            dropped = Int(min(Int64(samples.count), next - place))
        }
        for index in dropped..<samples.count {
            let sample = samples[index]
            buffer.append(sample.isFinite ? min(8, max(-8, sample)) : 0)
        }
        while buffer.count >= Self.windowSamples {
            look()
            buffer.removeFirst(Self.stepSamples)
            start += Int64(Self.stepSamples)
        }
    }

    /// Looks at what no window has heard yet.
    private mutating func endSection() {
        guard let section = sections.last else { return }
        let heard = section.isHeard ? Self.windowSamples - Self.stepSamples : 0
        if buffer.count > heard { look() }
        sections[sections.count - 1].end = start + Int64(buffer.count)
        buffer.removeAll(keepingCapacity: true)
    }

    /// Looks at the window at the beginning of the buffer, which is filled up with silence.
    private mutating func look() {
        var window = Array(buffer.prefix(Self.windowSamples))
        let heard = window.count
        window.append(contentsOf: repeatElement(0, count: Self.windowSamples - heard))
        let states = model.states(in: window)
        guard states.count == SpeakerFrame.count * SpeakerFrame.classCount else { return }
        var speakers = [UInt8](repeating: 0, count: SpeakerFrame.count)
        for frame in speakers.indices {
            let logs = states[frame * SpeakerFrame.classCount..<(frame + 1) * SpeakerFrame.classCount]
            let likeliest = logs.indices.max { logs[$0] < logs[$1] } ?? logs.startIndex
            speakers[frame] = SpeakerFrame.speakers[likeliest - logs.startIndex]
        }
        sections[sections.count - 1].add(states, from: start)
        for speaker in 0..<SpeakerFrame.speakerCount {
            guard let piece = piece(of: speaker, speakers, in: window, heard: heard) else { continue }
            pieces.append(piece)
        }
        windows.append(Window(section: sections.count - 1, start: start, speakers: speakers))
    }

    /// What a speaker of a window sounds like alone; nil where too little was heard.
    private func piece(of speaker: Int, _ speakers: [UInt8], in window: [Float], heard: Int) -> VoicePiece? {
        let alone = UInt8(1) << speaker
        guard speakers.contains(alone) else { return nil }
        var starts = stride(from: 0, through: heard - MelFeatures.frameSamples, by: MelFeatures.stepSamples).filter {
            speakers[Self.frame(at: $0 + MelFeatures.frameSamples / 2)] == alone
        }
        guard starts.count >= Self.leastFrames else { return nil }
        if starts.count > Self.mostFrames {
            let first = (starts.count - Self.mostFrames) / 2
            starts = Array(starts[first..<first + Self.mostFrames])
        }
        let vector = model.embedding(of: features.frames(of: window, at: starts))
        guard !vector.isEmpty else { return nil }
        return VoicePiece(window: windows.count, speaker: speaker, seconds: Float(starts.count) / 100, vector: vector)
    }

    /// The frame in whose middle a sample of the window lies.
    private static func frame(at sample: Int) -> Int {
        min(SpeakerFrame.count - 1, max(0, (sample - SpeakerFrame.firstSample) / SpeakerFrame.stepSamples))
    }

    /// Ends the audio and tells who spoke when, in the order of the starts.
    ///
    /// - Parameter count: how many voices there are; nil where that is not known.
    public mutating func finish(voices count: Int? = nil) -> [VoiceSpan] {
        endSection()
        let centroids = VoiceClusters.centroids(
            of: pieces, windowsPerSecond: Self.windowsPerSecond, wanted: count.map { max(1, $0) })
        guard !centroids.isEmpty else { return [] }
        var votes = sections.map { Votes(section: $0, voices: centroids.count) }
        var place = 0
        for (number, window) in windows.enumerated() {
            var own: [VoicePiece] = []
            while place < pieces.count, pieces[place].window == number {
                own.append(pieces[place])
                place += 1
            }
            // Speakers of one window are different people.
            let gains = own.map { piece in
                centroids.map { centroid in zip(piece.vector, centroid).reduce(0) { $0 + $1.0 * $1.1 } }
            }
            for (index, voice) in Assignment.best(gains).enumerated() {
                guard let voice else { continue }
                votes[window.section].add(
                    window.speakers, of: own[index].speaker, for: voice, from: window.start,
                    weighing: Votes.weight(of: voice, gains[index]))
            }
        }
        return Self.numbered(votes.flatMap { $0.spans() })
    }

    /// Voices numbered in the order in which they are first heard.
    private static func numbered(_ spans: [VoiceSpan]) -> [VoiceSpan] {
        var numbers: [Int: Int] = [:]
        return spans.sorted { ($0.startSample, $0.voice) < ($1.startSample, $1.voice) }.map { span in
            let number = numbers[span.voice] ?? numbers.count
            numbers[span.voice] = number
            return VoiceSpan(voice: number, startSample: span.startSample, endSample: span.endSample)
        }
    }
}
