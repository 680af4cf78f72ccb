/// A movement of the head that means something to others.
public struct HeadGesture: Sendable, Hashable {
    /// Which movement.
    public enum Kind: Sendable, Hashable {
        /// Up and down.
        case nod
        /// From side to side.
        case shake
    }

    /// Which movement.
    public var kind: Kind
    /// From its first movement to the end of its last, seconds.
    public var start: Double, end: Double

    /// A gesture.
    public init(kind: Kind, start: Double, end: Double) {
        self.kind = kind
        self.start = start
        self.end = end
    }
}

/// Makes out nods and shakes from the pose of the head. A pure state machine.
///
/// Each axis becomes a row of swings between turning points. A nod is two or more swings of pitch one behind the other,
/// each of 2° or more, quick, about as large as its neighbour, and larger than what yaw does meanwhile. A shake is
/// three or more of yaw: a glance aside and back is two.
public struct GestureWatch: Sendable {
    private var pitch = SwingChain(leastSwings: 2)
    private var yaw = SwingChain(leastSwings: 3)
    private var recent: [(seconds: Double, pitch: Double, yaw: Double)] = []
    private var latest = -Double.infinity

    /// How much larger a movement has to be than that along the other axis.
    static let axisRatio = 1.3
    /// Poses that are kept: what the longest gesture takes, and a little more.
    private static let keptSeconds = SwingChain.longestSeconds + 2
    /// After a pause of this length nothing goes on.
    private static let pauseSeconds = 0.5

    /// A watch that has seen nothing.
    public init() {}

    /// Takes in a pose in degrees at `seconds`, and gives the gestures that are over with it.
    public mutating func take(pitchDeg: Double, yawDeg: Double, at seconds: Double) -> [HeadGesture] {
        guard seconds > latest else { return [] }
        if seconds - latest > Self.pauseSeconds { reset() }
        latest = seconds
        recent.append((seconds, pitchDeg, yawDeg))
        recent.removeAll { seconds - $0.seconds > Self.keptSeconds }
        var gestures: [HeadGesture] = []
        if let chain = pitch.take(pitchDeg, at: seconds), dominates(chain, \.pitch, over: \.yaw) {
            gestures.append(HeadGesture(kind: .nod, start: chain.start, end: chain.end))
        }
        if let chain = yaw.take(yawDeg, at: seconds), dominates(chain, \.yaw, over: \.pitch) {
            gestures.append(HeadGesture(kind: .shake, start: chain.start, end: chain.end))
        }
        return gestures
    }

    /// The face is gone, or somebody else's.
    public mutating func reset() {
        pitch.reset()
        yaw.reset()
        recent = []
    }

    /// No gesture that ends later will begin before this time.
    public var decidedSeconds: Double {
        min(latest - SwingChain.swingSeconds - SwingChain.dwellSeconds, pitch.start ?? latest, yaw.start ?? latest)
    }

    private func dominates(
        _ chain: SwingChain.Chain, _ axis: KeyPath<(seconds: Double, pitch: Double, yaw: Double), Double>,
        over other: KeyPath<(seconds: Double, pitch: Double, yaw: Double), Double>
    ) -> Bool {
        let during = recent.filter { $0.seconds >= chain.start && $0.seconds <= chain.end }
        func path(_ axis: KeyPath<(seconds: Double, pitch: Double, yaw: Double), Double>) -> Double {
            zip(during, during.dropFirst()).reduce(0) { $0 + abs($1.1[keyPath: axis] - $1.0[keyPath: axis]) }
        }
        return path(axis) >= Self.axisRatio * path(other)
    }
}

/// Swings of one axis, one behind the other.
struct SwingChain: Sendable {
    /// A run of swings that is over.
    struct Chain: Equatable {
        var start: Double, end: Double
        var swings: Int
    }

    /// Least size of a swing, degrees.
    static let leastDeg = 2.0
    /// What lies within this of a turning point belongs to it, degrees.
    private static let nearDeg = 0.5
    /// Longest swing, and longest rest at a turning point, seconds: nods and shakes have some 1 to 4 swings a second.
    static let swingSeconds = 0.75, dwellSeconds = 0.35
    /// A swing and its neighbour differ by no more than this factor.
    private static let sizeRatio = 3.0
    /// A run is over after so long at the latest, seconds.
    static let longestSeconds = 6.0

    /// A turning point: its value, when it was first reached, and when it was left.
    private struct Turn: Sendable {
        var value: Double
        var reached: Double, left: Double
        /// Value at which `reached` was set.
        var anchor: Double
    }

    private let leastSwings: Int
    private var direction = 0.0
    private var extreme: Turn?
    private var before: Turn?
    private var recent: [(seconds: Double, value: Double)] = []
    private var swings = 0
    private var lastSize = 0.0
    /// Begin of the run that is going on; nil where none is.
    private(set) var start: Double?
    private var end = 0.0

    init(leastSwings: Int) {
        self.leastSwings = leastSwings
    }

    mutating func reset() {
        self = SwingChain(leastSwings: leastSwings)
    }

    /// Takes in a value, and gives the run of swings that is over with it, where it is long enough.
    mutating func take(_ value: Double, at seconds: Double) -> Chain? {
        recent.append((seconds, value))
        recent.removeAll { seconds - $0.seconds > Self.swingSeconds }
        guard var turn = extreme, direction != 0 else { return begin(value, seconds) }
        let ahead = (value - turn.value) * direction
        if ahead >= 0 {
            if (value - turn.anchor) * direction > Self.nearDeg {
                turn.anchor = value
                turn.reached = seconds
            }
            turn.value = value
            turn.left = seconds
        } else if -ahead <= Self.nearDeg {
            turn.left = seconds
        } else if -ahead >= Self.leastDeg {
            let over = close(turn, at: seconds)
            before = turn
            extreme = Turn(value: value, reached: seconds, left: seconds, anchor: value)
            direction = -direction
            return over
        } else if seconds - turn.left > Self.swingSeconds {
            // It has crept away: what counts is how it lies now.
            turn = freshest(direction) ?? turn
        }
        extreme = turn
        return timedOut(at: seconds)
    }

    private mutating func begin(_ value: Double, _ seconds: Double) -> Chain? {
        let values = recent.map(\.value)
        if let low = values.min(), value - low >= Self.leastDeg {
            direction = 1
            before = freshest(-1)
        } else if let high = values.max(), high - value >= Self.leastDeg {
            direction = -1
            before = freshest(1)
        }
        if direction != 0 { extreme = Turn(value: value, reached: seconds, left: seconds, anchor: value) }
        return nil
    }

    /// The extreme of the last moments, upwards (1) or downwards (-1).
    private func freshest(_ sign: Double) -> Turn? {
        guard let place = recent.max(by: { $0.value * sign < $1.value * sign }) else { return nil }
        let near = recent.filter { abs($0.value - place.value) <= Self.nearDeg }
        return Turn(
            value: place.value, reached: near.first?.seconds ?? place.seconds,
            left: near.last?.seconds ?? place.seconds,
            anchor: place.value)
    }

    /// A swing has ended at `turn`, and the next one has begun. Gives the run before it where this one is no part of
    /// it.
    private mutating func close(_ turn: Turn, at seconds: Double) -> Chain? {
        guard let from = before else { return nil }
        let size = abs(turn.value - from.value)
        let isSwing = size >= Self.leastDeg && turn.reached - from.left <= Self.swingSeconds
        let goesOn =
            isSwing && start != nil && from.left - from.reached <= Self.dwellSeconds
            && size <= lastSize * Self.sizeRatio && lastSize <= size * Self.sizeRatio
        var over: Chain?
        if !goesOn {
            over = finish()
            if isSwing { start = from.left }
        }
        if isSwing {
            swings += 1
            lastSize = size
            end = turn.reached
        }
        if let start, end - start > Self.longestSeconds { over = finish() }
        return over
    }

    /// Ends the run where the swing that would go on does not come.
    private mutating func timedOut(at seconds: Double) -> Chain? {
        guard start != nil, let turn = extreme, let from = before else { return nil }
        // The swing that is going on counts as soon as it has come to rest.
        let size = abs(turn.value - from.value)
        guard seconds - turn.reached > Self.dwellSeconds || seconds - from.left > Self.swingSeconds else { return nil }
        if size >= Self.leastDeg, turn.reached - from.left <= Self.swingSeconds,
            from.left - from.reached <= Self.dwellSeconds, size <= lastSize * Self.sizeRatio,
            lastSize <= size * Self.sizeRatio
        {
            swings += 1
            end = turn.reached
        }
        // The next swing begins a run of its own.
        before = nil
        return finish()
    }

    private mutating func finish() -> Chain? {
        defer {
            start = nil
            swings = 0
            lastSize = 0
        }
        guard let start, swings >= leastSwings else { return nil }
        return Chain(start: start, end: end, swings: swings)
    }
}
