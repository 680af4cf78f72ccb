import MediaTypes

/// Turns speech probabilities into inter-pausal units: a pure state machine without signal processing.
///
/// The rules, in this order: a hop is active by hysteresis (on at `onThreshold`, off below `offThreshold`);
/// active runs shorter than `minimalSpeechHops` are dropped; gaps shorter than `minimalPauseHops` between what
/// is left are filled. On near voices what is left begins `earlyHops` too early and ends `lateHops` too late, because a
/// detector sees some context on both sides: the units are shortened by that. Changes are told as soon as they are
/// certain, so that none is ever taken back; the label of a hop is certain `delayHops` hops later.
struct SpeechSegmenter: Sendable {
    /// The label of hop `h` is final once hop `h + delayHops` has been pushed.
    let delayHops: Int
    /// Number of the next hop to be pushed.
    private(set) var nextHop: Int64 = 0

    private let minimalSpeechHops: Int
    private let minimalPauseHops: Int
    private let earlyHops: Int
    private let lateHops: Int
    private let onThreshold: Float
    private let offThreshold: Float
    /// Whether the last hop was active.
    private(set) var isActive = false
    private var runStart: Int64 = 0
    /// Where the pause began that may turn out to end the open unit; nil while its last run is still active.
    private var pauseStart: Int64?
    private var isInUnit = false
    /// Labels of the last `delayHops + 1` hops, by hop number modulo their count.
    private var labels: [Bool]

    init(
        minimalSpeechHops: Int, minimalPauseHops: Int, onThreshold: Float, offThreshold: Float, earlyHops: Int = 0,
        lateHops: Int = 0
    ) {
        // A unit never becomes empty by being shortened.
        self.minimalSpeechHops = max(1 + earlyHops + lateHops, minimalSpeechHops)
        self.minimalPauseHops = max(1 + earlyHops + lateHops, minimalPauseHops)
        self.earlyHops = earlyHops
        self.lateHops = lateHops
        self.onThreshold = onThreshold
        self.offThreshold = min(onThreshold, offThreshold)
        // The last hop of a gap that can still be filled is followed by a run of at least the minimal length.
        delayHops = self.minimalPauseHops + self.minimalSpeechHops - 2
        labels = Array(repeating: false, count: delayHops + 1)
    }

    /// Takes the probability of the next hop (a lost hop counts as 0).
    ///
    /// - Parameter isNear: whether the voice is near, so that what begins or ends now is shortened.
    mutating func push(_ probability: Float, isNear: Bool) -> SpeechChange? {
        let hop = nextHop
        nextHop += 1
        labels[slot(hop)] = isInUnit
        let wasActive = isActive
        isActive = probability >= (isActive ? offThreshold : onThreshold)
        if isActive && !wasActive { runStart = hop }
        let runIsLongEnough = isActive && hop - runStart + 1 >= Int64(minimalSpeechHops)

        guard isInUnit else {
            guard runIsLongEnough else { return nil }
            isInUnit = true
            pauseStart = nil
            let start = runStart + (isNear ? Int64(earlyHops) : 0)
            setLabels(from: start, to: true)
            return .started(hop: start)
        }
        if runIsLongEnough {
            pauseStart = nil
        } else if !isActive || !wasActive {
            // A new pause, or a run inside a pause that is still too short to matter.
            pauseStart = pauseStart ?? hop
        }
        // A run that began early enough may yet bridge the pause: wait for it.
        // The pause between shortened units is longer than that between active runs.
        let shortening = isNear ? earlyHops + lateHops : 0
        guard !isActive, let start = pauseStart, hop - start + 1 >= Int64(minimalPauseHops - shortening) else {
            return nil
        }
        return end(at: isNear ? start - Int64(lateHops) : start)
    }

    /// The end of the stream: closes what is open.
    mutating func finish() -> SpeechChange? {
        isActive = false
        guard isInUnit else { return nil }
        return end(at: pauseStart ?? nextHop)
    }

    /// The label of one of the last `delayHops + 1` hops.
    func isSpeech(_ hop: Int64) -> Bool {
        labels[slot(hop)]
    }

    private mutating func end(at hop: Int64) -> SpeechChange {
        isInUnit = false
        pauseStart = nil
        setLabels(from: hop, to: false)
        return .ended(hop: hop)
    }

    private func slot(_ hop: Int64) -> Int {
        Int(hop % Int64(labels.count))
    }

    private mutating func setLabels(from first: Int64, to value: Bool) {
        var hop = first
        while hop < nextHop {
            labels[slot(hop)] = value
            hop += 1
        }
    }
}
