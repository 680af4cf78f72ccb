/// Audio without long holes: how likely each frame is to be speech, and of two people at once, by all windows that hear
/// it. The middle of a window counts more than its edges, where the network knows one side only.
struct Section {
    /// First sample, and behind the last.
    let start: Int64
    var end: Int64
    private(set) var weights: [Float] = []
    private(set) var speech: [Float] = []
    private(set) var overlap: [Float] = []

    init(start: Int64) {
        self.start = start
        end = start
    }

    /// Whether a window has heard anything of it.
    var isHeard: Bool { !weights.isEmpty }

    /// The frame of the section that a window's first frame is.
    func firstFrame(ofWindowAt place: Int64) -> Int {
        Int((Double(place - start) / Double(SpeakerFrame.stepSamples)).rounded())
    }

    /// The first sample of what a frame stands for.
    func sample(ofFrame frame: Int) -> Int64 {
        start + Int64(frame * SpeakerFrame.stepSamples + SpeakerFrame.firstSample)
    }

    /// How much a frame of a window counts.
    static func weight(ofFrame frame: Int) -> Float {
        Float(30 + min(frame, SpeakerFrame.count - 1 - frame)) / 300
    }

    /// Takes in a window.
    mutating func add(_ window: HeardWindow) {
        let first = firstFrame(ofWindowAt: window.start)
        let missing = first + SpeakerFrame.count - weights.count
        if missing > 0 {
            weights.append(contentsOf: repeatElement(0, count: missing))
            speech.append(contentsOf: repeatElement(0, count: missing))
            overlap.append(contentsOf: repeatElement(0, count: missing))
        }
        for frame in 0..<SpeakerFrame.count {
            let weight = Self.weight(ofFrame: frame)
            weights[first + frame] += weight
            speech[first + frame] += weight * window.speech[frame]
            overlap[first + frame] += weight * window.overlap[frame]
        }
    }
}

/// Which voices speak in the frames of a section, by all windows that hear them.
struct Votes {
    /// What is surer than this is speech, or speech of two people at once. Speech that somebody only breathes between
    /// is less likely to be heard by all windows, and pauses of 200 ms are pauses here.
    private static let leastSpeech: Float = 0.7, leastOverlap: Float = 0.5

    /// What a piece counts that sounds like two voices alike.
    private static let leastWeight: Float = 0.05

    private let section: Section
    private let voices: Int
    private var votes: [Float]

    init(section: Section, voices: Int) {
        (self.section, self.voices) = (section, voices)
        votes = [Float](repeating: 0, count: section.weights.count * voices)
    }

    /// How much it counts that a piece is this voice: the more, the better it fits than any other.
    private static func weight(of voice: Int, _ gains: [Float]) -> Float {
        let others = gains.indices.filter { $0 != voice }.map { gains[$0] }
        guard let next = others.max() else { return 1 }
        return max(leastWeight, gains[voice] - next)
    }

    /// Takes in a window, whose speakers are different people.
    ///
    /// - Parameters:
    ///   - own: the speakers of whom is known what they sound like.
    ///   - gains: for each of these how well it fits each voice.
    mutating func add(_ speakers: [UInt8], of own: [Int], from place: Int64, gains: [[Float]]) {
        for (index, voice) in Assignment.best(gains).enumerated() {
            guard let voice else { continue }
            add(speakers, of: own[index], for: voice, from: place, weighing: Self.weight(of: voice, gains[index]))
        }
    }

    private mutating func add(
        _ speakers: [UInt8], of speaker: Int, for voice: Int, from place: Int64, weighing weight: Float
    ) {
        let first = section.firstFrame(ofWindowAt: place)
        for (frame, bits) in speakers.enumerated() where bits & (1 << speaker) != 0 {
            votes[(first + frame) * voices + voice] += weight * Section.weight(ofFrame: frame)
        }
    }

    /// The stretches of each voice.
    func spans() -> [VoiceSpan] {
        var spans: [VoiceSpan] = []
        var starts = [Int?](repeating: nil, count: voices)
        for frame in 0...section.weights.count {
            let speaking = frame < section.weights.count ? speaking(in: frame) : []
            for voice in 0..<voices where speaking.contains(voice) != (starts[voice] != nil) {
                if let start = starts[voice] {
                    let end = min(section.sample(ofFrame: frame), section.end)
                    let begin = section.sample(ofFrame: start)
                    if end > begin { spans.append(VoiceSpan(voice: voice, startSample: begin, endSample: end)) }
                    starts[voice] = nil
                } else {
                    starts[voice] = frame
                }
            }
        }
        return spans
    }

    /// Who speaks in a frame, at most two.
    private func speaking(in frame: Int) -> [Int] {
        let weight = section.weights[frame]
        guard weight > 0, section.speech[frame] > Self.leastSpeech * weight else { return [] }
        let own = votes[frame * voices..<(frame + 1) * voices]
        let count = section.overlap[frame] > Self.leastOverlap * weight ? 2 : 1
        return own.indices.filter { own[$0] > 0 }.sorted { own[$0] > own[$1] }.prefix(count).map { $0 - own.startIndex }
    }
}
