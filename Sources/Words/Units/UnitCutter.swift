import CSherpa
import Kit
public import MediaTypes

/// Cuts one speaker's audio into units that a recogniser takes: from speech to a pause, and long ones where it is
/// quietest. Audio is kept for as long as a unit can need it, in a buffer of a fixed size.
public struct UnitCutter: ~Copyable {
    /// Silence that ends a unit, in hops: in a live call, where somebody waits for the words, and in a recording. Shorter
    /// pauses are within what is being said, and context for the recogniser.
    public static let liveHangoverHops: Int64 = 40, recordedHangoverHops: Int64 = 92
    /// How much later than it begins speech is told at the latest, as a rule, in hops: the next unit may begin so much
    /// before the end of the silence that ended one.
    static let tellingHops: Int64 = 12
    /// The longest unit, in hops.
    static let maxHops: Int64 = 1_000
    /// A long unit is cut in its last part, in hops.
    static let cutZoneHops: Int64 = 400
    /// What is quieter than what is around it is a pause, hops.
    static let quietHops: Int64 = 9
    /// Audio before and after, hops.
    static let leadHops: Int64 = 25, trailHops: Int64 = 40
    /// Less speech than this is no word, hops.
    static let minSpeechHops: Int64 = 12
    /// An open unit of this length is worth being written down before it ends; and again when it has grown by the second,
    /// or by half, which bounds what the partial ones of a unit cost to some twice what itself does. In hops.
    static let partialHops: Int64 = 150, partialStepHops: Int64 = 100

    private static let hop = Int64(AudioGrid.hopSamples)
    /// What is longest, what was announced late, and what is around it.
    private static let capacity = (maxHops + 200) * hop

    private var ring: FixedBuffer<Float>
    /// The samples that the ring has: of the session's time, from and up to.
    private var first: Int64 = 0, next: Int64 = 0
    /// Runs of speech of the open unit; the last one may be open.
    private var runs: [Range<Int64>] = []
    /// Where the run that is open began.
    private var openRun: Int64?
    /// Where audio of the open unit may begin: what lies before belongs to the one before.
    private var floor: Int64 = 0

    private let hangoverHops: Int64
    /// The length at which the open unit is due as a partial one, and whether it was one.
    private var dueHops = Self.partialHops, hadPartials = false

    /// A cutter that has heard nothing.
    ///
    /// - Parameter hangoverHops: silence that ends a unit.
    public init(hangoverHops: Int64 = Self.liveHangoverHops) {
        self.hangoverHops = max(1, hangoverHops)
        ring = FixedBuffer(repeating: 0, count: Int(Self.capacity))
    }

    deinit {
        attune_wipe(ring.memory.baseAddress, ring.count * MemoryLayout<Float>.size)
    }

    /// Forgets what was heard.
    public mutating func wipe() {
        attune_wipe(ring.memory.baseAddress, ring.count * MemoryLayout<Float>.size)
        runs = []
        openRun = nil
        first = next
    }

    /// Takes in samples that start at `start` of the session, before what the voice core says of them.
    public mutating func hear(start: MediaTime, samples: Span<Float>, into sink: (SpeechUnit) -> Void) {
        let ahead = start.samples - next
        var dropped = 0
        if abs(ahead) >= Self.hop {
            guard ahead > 0 || -ahead < samples.count else { return }
            if ahead > 0 {
                // Media is missing. What was said before is all there is of it.
                finish(sink)
                first = start.samples
                next = start.samples
            } else {
                dropped = Int(-ahead)
            }
        }
        for index in dropped..<samples.count { ring.memory[slot(next + Int64(index - dropped))] = samples[index] }
        next += Int64(samples.count - dropped)
        first = max(first, next - Self.capacity)
    }

    /// Takes in silence that nobody sent: `count` samples from `start` of the session on. A long one ends the unit.
    public mutating func hearSilence(start: MediaTime, count: Int, into sink: (SpeechUnit) -> Void) {
        guard count < Int(hangoverHops * Self.hop) else {
            guard start.samples + Int64(count) > next else { return }
            finish(sink)
            next = start.samples + Int64(count)
            first = next
            return
        }
        let zeros = [Float](repeating: 0, count: count)
        hear(start: start, samples: zeros.span, into: sink)
    }

    /// Takes in where speech begins and ends, in hops of the session.
    public mutating func take(_ change: SpeechChange, into sink: (SpeechUnit) -> Void) {
        switch change {
        case .started(let hop):
            closeAfterPause(before: hop, sink)
            openRun = hop
        case .ended(let hop):
            guard let start = openRun else { return }
            openRun = nil
            if hop > start { runs.append(start..<hop) }
        }
    }

    /// Brings out what is complete by now.
    public mutating func advance(into sink: (SpeechUnit) -> Void) {
        closeAfterPause(before: openRun ?? next / Self.hop, sink)
        while let start = runs.first?.lowerBound ?? openRun, next / Self.hop - start >= Self.maxHops + Self.trailHops {
            guard openRun != nil else { return }
            cut(from: start, sink)
        }
    }

    /// How long the open unit is while somebody speaks, in hops.
    private var openHops: Int64? { openRun.map { next / Self.hop - (runs.first?.lowerBound ?? $0) } }

    /// Whether the open unit is long enough to be written down before it ends.
    public var isPartialDue: Bool { openHops ?? 0 >= dueHops }

    /// The open unit as far as it goes; nil where it is not due.
    public mutating func takePartial() -> SpeechUnit? {
        guard isPartialDue, let openRun, let length = openHops else { return nil }
        dueHops = length + max(Self.partialStepHops, length / 2)
        let unit = unit(of: runs + [openRun..<next / Self.hop], upTo: next, isPartial: true)
        if unit != nil { hadPartials = true }
        return unit
    }

    /// Ends the audio: what is open is a unit.
    public mutating func finish(_ sink: (SpeechUnit) -> Void) {
        if let start = openRun, next / Self.hop > start { runs.append(start..<next / Self.hop) }
        openRun = nil
        close(upTo: next, sink)
    }

    private mutating func closeAfterPause(before hop: Int64, _ sink: (SpeechUnit) -> Void) {
        guard let end = runs.last?.upperBound, hop - end >= hangoverHops else { return }
        let last = min(next, (end + Self.trailHops) * Self.hop)
        close(upTo: last, sink)
        floor = last - Self.tellingHops * Self.hop
    }

    /// Cuts the open unit in two, where it is quietest.
    private mutating func cut(from start: Int64, _ sink: (SpeechUnit) -> Void) {
        let place = quietest(from: start + Self.maxHops - Self.cutZoneHops, to: start + Self.maxHops)
        var rest: [Range<Int64>] = []
        let open = openRun
        let all = runs + [(open ?? place)..<max(place, open ?? place)]
        runs = []
        for run in all where !run.isEmpty {
            if run.lowerBound < place { runs.append(run.lowerBound..<min(run.upperBound, place)) }
            if run.upperBound > place { rest.append(max(run.lowerBound, place)..<run.upperBound) }
        }
        close(upTo: place * Self.hop, sink)
        runs = rest
        openRun = open.map { max($0, place) }
        floor = place * Self.hop
    }

    /// The hop in the middle of the quietest stretch.
    private func quietest(from: Int64, to: Int64) -> Int64 {
        var best = to, least = Float.infinity
        var place = max(from, first / Self.hop + Self.quietHops)
        while place < to {
            var power: Float = 0
            for sample in (place - Self.quietHops / 2) * Self.hop..<(place + Self.quietHops / 2 + 1) * Self.hop {
                let value = ring.memory[slot(sample)]
                power += value * value
            }
            if power <= least { (best, least) = (place, power) }
            place += 1
        }
        return best
    }

    private mutating func close(upTo end: Int64, _ sink: (SpeechUnit) -> Void) {
        if let unit = unit(of: runs, upTo: end, isPartial: false) { sink(unit) }
        runs = []
        floor = end
        (dueHops, hadPartials) = (Self.partialHops, false)
    }

    /// Runs of speech as a unit; nil where there is no word in them.
    private func unit(of runs: [Range<Int64>], upTo end: Int64, isPartial: Bool) -> SpeechUnit? {
        guard let speech = runs.first?.lowerBound else { return nil }
        let start = max(first, floor, (speech - Self.leadHops) * Self.hop)
        let speechHops = runs.reduce(0) { $0 + Int64($1.count) }
        guard speechHops >= Self.minSpeechHops, end > start else { return nil }
        return SpeechUnit(
            runs: runs, sampleCount: Int(end - start), isPartial: isPartial, hadPartials: hadPartials
        ) { memory in
            for index in memory.indices { memory[index] = ring.memory[slot(start + Int64(index))] }
        }
    }

    private func slot(_ sample: Int64) -> Int {
        let remainder = Int(sample % Self.capacity)
        return remainder < 0 ? remainder + Int(Self.capacity) : remainder
    }
}
