public import MediaTypes

/// Tells who speaks when on a track with several voices, once all of it was heard.
///
/// Every second the last 10 s are looked at: who speaks in which frame, up to three speakers that mean nothing outside
/// of the window, and what each sounds like where nobody else speaks. At the end what was alike becomes a voice, and
/// each frame goes to the voices that most of the ten windows around it say. After Plaquet & Bredin (2023) and Bredin
/// (2023, pyannote.audio 2.1), with other numbers. Takes some 5 MB an hour.
///
/// What voices sound like is kept for as long as this lives, and leaves it nowhere.
public struct Diariser<Model: VoiceModel> {
    private typealias Hearing = WindowHearing<Model>

    private static var stepSamples: Int { Hearing.stepSamples }
    private static var windowSamples: Int { SpeakerFrame.windowSamples }
    /// Of a voice no more is embedded of a window, in frames of 10 ms.
    private static var mostFrames: Int { 700 }

    private let hearing: WindowHearing<Model>
    /// What was heard from `start` on.
    private var buffer: [Float] = []
    private var start: Int64 = 0
    private var sections: [Section] = []
    private var windows: [Window] = []
    private var pieces: [VoicePiece] = []
    /// How many voices there are, once it is over; nil where nobody is heard, or it was told.
    public private(set) var number: VoiceNumber?

    /// Who speaks in a window: a bit per speaker in each frame.
    private struct Window {
        let section: Int
        let start: Int64
        let speakers: [UInt8]
    }

    /// A diariser that has heard nothing.
    public init(model: Model) { hearing = WindowHearing(model: model, mostFrames: Self.mostFrames) }

    /// Takes in samples that start at `start`. What was heard before is left out.
    public mutating func hear(start place: MediaTime, samples: Span<Float>) {
        var dropped = 0
        let next = start + Int64(buffer.count)
        let place = min(max(place.samples, -Hearing.farthest), Hearing.farthest)
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
        Hearing.append(samples, droppingFirst: dropped, to: &buffer)
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

    /// Looks at the window at the beginning of the buffer.
    private mutating func look() {
        let samples = buffer.prefix(Self.windowSamples)
        guard let window = hearing.hear(samples, from: start) else { return }
        sections[sections.count - 1].add(window)
        for speaker in 0..<SpeakerFrame.speakerCount {
            guard let voice = hearing.voice(of: speaker, in: window, samples) else { continue }
            pieces.append(
                VoicePiece(window: windows.count, speaker: speaker, seconds: voice.seconds, vector: voice.vector))
        }
        windows.append(Window(section: sections.count - 1, start: start, speakers: window.speakers))
    }

    /// Ends the audio and tells who spoke when, in the order of the starts.
    ///
    /// - Parameter count: how many voices there are; nil where that is not known.
    public mutating func finish(voices count: Int? = nil) -> [VoiceSpan] {
        endSection()
        let centroids: [[Float]]
        (centroids, number) = VoiceClusters.centroids(
            of: pieces, windowsPerSecond: Hearing.windowsPerSecond, wanted: count.map { max(1, $0) })
        guard !centroids.isEmpty else { return [] }
        var votes = sections.map { Votes(section: $0, voices: centroids.count) }
        var place = 0
        for (number, window) in windows.enumerated() {
            var own: [VoicePiece] = []
            while place < pieces.count, pieces[place].window == number {
                own.append(pieces[place])
                place += 1
            }
            let gains = own.map { piece in
                centroids.map { centroid in zip(piece.vector, centroid).reduce(0) { $0 + $1.0 * $1.1 } }
            }
            votes[window.section].add(window.speakers, of: own.map(\.speaker), from: window.start, gains: gains)
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
