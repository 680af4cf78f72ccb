import CKernels

/// One hypothesis about the pitch of a hop.
struct PitchCandidate: Sendable, BitwiseCopyable {
    /// Base-2 logarithm of the frequency in Hz; the unvoiced candidate has none (0).
    var log2F0: Float
    /// How well it explains the hop by itself.
    var strength: Float
    /// The best path that ends here.
    var total: Float = 0
    /// Its candidate in the hop before.
    var previous: Int32 = 0
}

/// Viterbi search over the candidates of the hops, answered with a fixed lag.
struct PitchSearch: ~Copyable, Sendable {
    /// Candidates per hop; number 0 is the unvoiced one.
    static let places = 9
    /// The voicing probability as a logistic of the lead over the unvoiced candidate, fitted on laryngograph
    /// references (50 utterances): even odds at this lead, e : 1 for this much more.
    private static let evenLead: Float = 0.06
    private static let leadScale: Float = 0.1

    /// Strength of the unvoiced candidate of the current hop.
    var unvoicedStrength: Float = 0

    private let delayHops: Int
    private let highestLog2F0: Float
    /// Candidates of the last `delayHops + 1` hops, hop by hop in a ring.
    private let candidates: OwnedBuffer<PitchCandidate>
    private let counts: OwnedBuffer<Int32>
    private var slot = 0
    private var habit = PitchHabit()

    init(delayHops: Int, highestHz: Float) {
        self.delayHops = delayHops
        highestLog2F0 = ck_log2(highestHz)
        let none = PitchCandidate(log2F0: 0, strength: 0)
        candidates = OwnedBuffer(count: (delayHops + 1) * Self.places, filledWith: none)
        counts = OwnedBuffer(count: delayHops + 1, filledWith: 1)
    }

    /// Opens the next hop, with nothing but the unvoiced candidate.
    mutating func beginHop() {
        slot = (slot + 1) % counts.count
        counts[slot] = 1
        unvoicedStrength = 0
    }

    /// Adds a candidate; when all places are taken it replaces the weakest that is weaker.
    mutating func add(_ candidate: PitchCandidate, _ parameters: PitchParameters) {
        var candidate = candidate
        candidate.strength -= habit.cost(log2F0: candidate.log2F0, parameters)
        let first = slot * Self.places
        let count = counts[slot]
        var place = Int(count)
        if place < Self.places {
            counts[slot] = count + 1
        } else {
            place = 1
            for other in 2..<Self.places
            where candidates[first + other].strength < candidates[first + place].strength { place = other }
            guard candidates[first + place].strength < candidate.strength else { return }
        }
        candidates[first + place] = candidate
    }

    /// Closes the hop and answers for the one `delayHops` before it.
    mutating func endHop(_ parameters: PitchParameters) -> PitchEstimate {
        let first = slot * Self.places
        let before = (slot + delayHops) % (delayHops + 1)
        candidates[first] = PitchCandidate(log2F0: 0, strength: unvoicedStrength)
        var best = 0
        for place in 0..<Int(counts[slot]) {
            extend(first + place, from: before, parameters)
            if candidates[first + place].total > candidates[first + best].total { best = place }
        }
        // Totals only matter relative to each other: keep them small, for precision.
        let lead = candidates[first + best].total
        for place in 0..<Int(counts[slot]) {
            // Changing a value in its place breaks the compiler down where ThreadSanitizer is to be built in (6.3.1).
            var candidate = candidates[first + place]
            candidate.total -= lead
            candidates[first + place] = candidate
        }
        return trace(from: best)
    }

    private mutating func extend(_ index: Int, from before: Int, _ parameters: PitchParameters) {
        var candidate = candidates[index]
        candidate.total = -.greatestFiniteMagnitude
        for place in 0..<Int(counts[before]) {
            let other = candidates[before * Self.places + place]
            let cost: Float =
                switch (other.log2F0 > 0, candidate.log2F0 > 0) {
                case (true, true): parameters.jumpCost * (other.log2F0 - candidate.log2F0).magnitude
                case (false, false): 0
                default: parameters.voicingCost
                }
            if other.total - cost > candidate.total {
                candidate.total = other.total - cost
                candidate.previous = Int32(place)
            }
        }
        candidate.total += candidate.strength
        candidates[index] = candidate
    }

    private mutating func trace(from best: Int) -> PitchEstimate {
        var place = best
        var hop = slot
        for _ in 0..<delayHops {
            place = Int(candidates[hop * Self.places + place].previous)
            hop = (hop + delayHops) % (delayHops + 1)
        }
        let first = hop * Self.places
        let chosen = candidates[first + place]
        // A hop without candidates (or one nobody looked at) is unvoiced for certain.
        guard counts[hop] > 1 else { return .unvoiced }
        // A period above the ceiling is one, so that no multiple of it is taken instead; but no pitch is told of it.
        let isVoiced = chosen.log2F0 > 0 && chosen.log2F0 <= highestLog2F0
        // Where there is no other, it is as unvoiced as can be.
        var strength = isVoiced ? chosen.strength : candidates[first].strength - 2
        if !isVoiced {
            for other in 1..<Int(counts[hop]) where candidates[first + other].log2F0 <= highestLog2F0 {
                strength = max(strength, candidates[first + other].strength)
            }
        }
        let lead = strength - candidates[first].strength - Self.evenLead
        let probability = 1 / (1 + ck_exp(-lead / Self.leadScale))
        if isVoiced, probability > PitchHabit.minProbability { habit.learn(log2F0: chosen.log2F0) }
        return PitchEstimate(f0Hz: isVoiced ? ck_exp2(chosen.log2F0) : 0, voicingProbability: probability)
    }
}

/// The pitch that a speaker usually has: a running median of what was certainly voiced.
private struct PitchHabit {
    /// Hops less certainly voiced than this teach nothing.
    static let minProbability: Float = 0.8
    /// Hops before there is a habit.
    private static let minHops: Float = 30
    /// The median moves by so many octaves per hop over the number of hops, and no less than that in the end.
    private static let stepOctaves: Float = 0.5
    private static let minStepOctaves: Float = 0.002

    private var usual: Float = 0
    private var hops: Float = 0

    mutating func learn(log2F0: Float) {
        hops = min(hops + 1, 1e6)
        guard hops > 1 else {
            usual = log2F0
            return
        }
        // A step towards each value finds the median, and no single value moves it far.
        let step = max(Self.minStepOctaves, Self.stepOctaves / hops)
        usual += max(-step, min(step, log2F0 - usual))
    }

    func cost(log2F0: Float, _ parameters: PitchParameters) -> Float {
        guard hops >= Self.minHops else { return 0 }
        return parameters.habitCost * max(0, (log2F0 - usual).magnitude - parameters.habitOctaves)
    }
}
