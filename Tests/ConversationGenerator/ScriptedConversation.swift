import MediaTypes
import SeededNumbers

/// A conversation put together from clips at known times: what is heard, and the truth about it.
///
/// Turns of some IPUs with pauses between; the next speaker comes after a gap, with a slip, or by an interruption;
/// listeners give backchannels inside turns and now and then say a whole sentence under the holder's voice. What is
/// placed satisfies the definitions of the measures by the speech of the clips, which `SpeechByEnergy` tells.
public struct ScriptedConversation: Sendable {
    /// A clip at its place.
    public struct Placement: Sendable {
        /// Who says it.
        public var speaker: Int
        /// What is said.
        public var clip: Clip
        /// Where its speech begins and ends, in samples.
        public var start: Int, end: Int
    }

    /// Something put inside another's turn.
    public struct Incursion: Sendable {
        /// Who speaks.
        public var speaker: Int
        /// When, in seconds.
        public var startSeconds: Double
    }

    /// Number of speakers.
    public let speakers: Int
    /// All that is said.
    public private(set) var placements: [Placement] = []
    /// Speakers of the turns in order.
    public private(set) var holders: [Int] = []
    /// Response lags per speaker, ms.
    public private(set) var lagsMilliseconds: [[Double]]
    /// Backchannels and interruptions.
    public private(set) var backchannels: [Incursion] = [], interruptions: [Incursion] = []
    /// Length in samples.
    public private(set) var sampleCount = 0

    private let gains: [Float]
    private let seed: UInt64

    /// A conversation of these voices; the same seed gives the same one.
    public init(seed: UInt64, voices: [Voice], plan: ConversationPlan = ConversationPlan()) {
        var random = SeededRandom(seed: seed)
        self.seed = seed
        speakers = Int.random(in: plan.speakers, using: &random)
        gains = (0..<speakers).map { _ in Float.random(in: 0.5...1.4, using: &random) }
        lagsMilliseconds = Array(repeating: [], count: speakers)
        let voices = (0..<speakers).map { voices[$0 % voices.count] }
        let length = Self.samples(Double.random(in: plan.seconds, using: &random))
        var turn = Turn(holder: Int.random(in: 0..<speakers, using: &random), start: 16_000, overlap: 0)
        while true {
            // Numbers of their own for every turn and transfer: where one turn is made another way, the rest stays.
            var ofTurn = SeededRandom(seed: random.next())
            var ofTransfer = SeededRandom(seed: random.next())
            let end = add(turn, voices: voices, plan: plan, using: &ofTurn)
            if end.sample >= length { break }
            turn = next(after: turn.holder, end: end, plan: plan, using: &ofTransfer)
        }
        sampleCount = (placements.map(\.end).max() ?? 0) + 4 * AudioGrid.sampleRateHz
    }

    /// A turn to come: its first IPU begins `overlap` samples before the one before it ends.
    private struct Turn {
        var holder: Int
        var start: Int
        var overlap: Int
        var isInterruption = false
    }

    private static func samples(_ seconds: Double) -> Int {
        Int(seconds * Double(AudioGrid.sampleRateHz))
    }

    private static func seconds(_ samples: Int) -> Double {
        Double(samples) / Double(AudioGrid.sampleRateHz)
    }

    /// Places a turn; returns its end, and the length of its last IPU.
    private mutating func add(
        _ turn: Turn, voices: [Voice], plan: ConversationPlan, using random: inout SeededRandom
    ) -> (sample: Int, lastIPU: Int) {
        var count = Int.random(in: plan.ipusPerTurn, using: &random)
        if Double.random(in: 0..<1, using: &random) < plan.monologues {
            count = Int.random(in: plan.ipusPerMonologue, using: &random)
        }
        var voice = voices[turn.holder]
        if let change = plan.change, Self.seconds(turn.start) >= change.fromSeconds {
            if let ipus = change.ipusPerTurn {
                count = Int.random(in: turn.holder == 1 ? ipus.own : ipus.others, using: &random)
            }
            if turn.holder == 1 { voice = change.voice ?? voice }
        }
        holders.append(turn.holder)
        if turn.isInterruption {
            interruptions.append(Incursion(speaker: turn.holder, startSeconds: Self.seconds(turn.start)))
        }
        var end = turn.start
        var ipus: [Range<Int>] = []
        for index in 0..<count {
            if index > 0 { end += Self.samples(Double.random(in: plan.pauseSeconds, using: &random)) }
            // Who interrupts goes on for more than a second after the other has stopped.
            let least = index == 0 && turn.isInterruption ? Self.seconds(turn.overlap) + 1.3 : 0
            let fitting = voice.sentences.firstIndex { $0.seconds >= least } ?? voice.sentences.count - 1
            let clip = voice.sentences[Int.random(in: fitting..<voice.sentences.count, using: &random)]
            ipus.append(place(clip, of: turn.holder, at: end))
            end = ipus[index].upperBound
        }
        if plan.hasListeners, speakers > 1 { addListeners(to: ipus, holder: turn.holder, voices, using: &random) }
        return (end, ipus[count - 1].count)
    }

    /// Decides how the floor goes on from `holder`.
    private mutating func next(
        after holder: Int, end: (sample: Int, lastIPU: Int), plan: ConversationPlan,
        using random: inout SeededRandom
    ) -> Turn {
        let speaker = (holder + Int.random(in: 1..<max(2, speakers), using: &random)) % speakers
        let chance = Double.random(in: 0..<1, using: &random)
        var turn = Turn(holder: speaker, start: end.sample, overlap: 0)
        if chance < plan.interruptions, end.lastIPU > Self.samples(1) {
            turn.isInterruption = true
            turn.overlap = Self.samples(
                Double.random(in: 0.5...min(1.1, Self.seconds(end.lastIPU) - 0.4), using: &random))
        } else if chance < plan.interruptions + plan.slips {
            turn.overlap = Self.samples(Double.random(in: 0.05...0.2, using: &random))
        } else {
            var lag = Double.random(in: plan.lagSeconds, using: &random)
            if let change = plan.change, speaker == 1 {
                lag += max(0, Self.seconds(end.sample) - change.fromSeconds) / 60 * change.lagGrowthSeconds
            }
            turn.start += Self.samples(lag)
        }
        turn.start -= turn.overlap
        lagsMilliseconds[speaker].append(max(0, Self.seconds(turn.start - end.sample) * 1000))
        return turn
    }

    private mutating func place(_ clip: Clip, of speaker: Int, at start: Int) -> Range<Int> {
        let end = start + clip.speech.count
        placements.append(Placement(speaker: speaker, clip: clip, start: start, end: end))
        return start..<end
    }

    private mutating func addListeners(
        to ipus: [Range<Int>], holder: Int, _ voices: [Voice], using random: inout SeededRandom
    ) {
        guard let first = ipus.first, let last = ipus.last else { return }
        // Not near the begin, where the speaker before may still be heard, and not so near the end that the floor
        // changes soon after.
        var time = first.lowerBound + Self.samples(1.5)
        while time + Self.samples(3.5) < last.upperBound, Double.random(in: 0..<1, using: &random) < 0.6 {
            let speaker = (holder + Int.random(in: 1..<speakers, using: &random)) % speakers
            let voice = voices[speaker]
            let isRemark = Double.random(in: 0..<1, using: &random) < 0.25
            let clips = isRemark ? voice.sentences.filter { $0.seconds < 2 } : voice.murmurs
            if let clip = clips.randomElement(using: &random), isFree(speaker, around: time, clip) {
                // A remark is plain overlap: the holder speaks all the time.
                let isUnder = ipus.contains {
                    $0.lowerBound + 6_400 <= time && time + clip.speech.count + 6_400 <= $0.upperBound
                }
                if !isRemark || isUnder { _ = place(clip, of: speaker, at: time) }
                if !isRemark {
                    backchannels.append(Incursion(speaker: speaker, startSeconds: Self.seconds(time)))
                }
            }
            time += Self.samples(Double.random(in: 1.5...3, using: &random))
        }
    }

    private func isFree(_ speaker: Int, around time: Int, _ clip: Clip) -> Bool {
        let second = AudioGrid.sampleRateHz
        return !placements.contains {
            $0.speaker == speaker && $0.start < time + clip.speech.count + second && time - second < $0.end
        }
    }
}

extension ScriptedConversation {
    /// Speech time of a speaker / speech time of all.
    public func talkRatio(of speaker: Int) -> Double {
        let own = placements.reduce(0) { $0 + ($1.speaker == speaker ? $1.end - $1.start : 0) }
        return Double(own) / Double(max(1, placements.reduce(0) { $0 + $1.end - $1.start }))
    }

    /// What is heard of a speaker: 16 kHz mono, on a noise floor of about -70 dB.
    public func track(of speaker: Int) -> [Float] {
        let noise = Self.noise(seed: seed &+ UInt64(speaker))
        var track: [Float] = []
        track.reserveCapacity(sampleCount + noise.count)
        while track.count < sampleCount { track += noise }
        track.removeLast(track.count - sampleCount)
        let gain = gains[speaker]
        for placement in placements where placement.speaker == speaker {
            let samples = placement.clip.samples
            let from = placement.start - placement.clip.speech.lowerBound
            track.withUnsafeMutableBufferPointer { track in
                for index in samples.indices { track[from + index] += gain * samples[index] }
            }
        }
        return track
    }

    /// Some seconds of white noise; longer ones are made by repeating it.
    private static func noise(seed: UInt64) -> [Float] {
        var random = SeededRandom(seed: seed)
        return (0..<4 * AudioGrid.sampleRateHz).map { _ in
            Float(Int64(truncatingIfNeeded: random.next() >> 40) - (1 << 23)) / Float(1 << 23) * 0.000_55
        }
    }
}
