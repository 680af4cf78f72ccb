import Kit

/// Follows how a sender's media time runs against the host's clock.
///
/// The delay of a packet is its arrival less the end of its media. What the network holds up only adds to it, so
/// the least delays of successive windows lie on a line: its height is the fixed part of the delay, its slope the
/// difference of the two clocks (Moon, Skelly & Towsley, INFOCOM 1999; here by least squares over the minima).
public struct ClockTracker: ~Copyable {
    /// Length of a window, and the packets that it needs; a sparse one lasts up to five times as long.
    private static let windowNanoseconds: Int64 = 2_000_000_000
    private static let windowPackets = 20
    /// Windows that the line goes through, and the least number of them for a slope.
    private static let windowCount = 32
    private static let slopeWindows = 5
    /// A window that is further off the line is on another path.
    private static let stepNanoseconds = 20_000_000.0
    /// Delays over the least one by more than this, or under it, are those of another path, if they stay as they are:
    /// of a sender that paused without advancing its time stamps, or of one that began ahead of time.
    private static let overNanoseconds: Int64 = 250_000_000
    private static let underNanoseconds: Int64 = 60_000_000
    /// Delays that differ by no more stay as they are; where they differ by more, a while shows whether what is sent
    /// takes as long as it lasts, or was held up, or is sent at once.
    private static let steadyNanoseconds: Int64 = 10_000_000
    private static let longNanoseconds: Int64 = 250_000_000
    /// From so many packets in a row on that come faster than they last, they were sent ahead of time or held up: they
    /// do not say that the path is shorter.
    private static let hurriedPackets = 4
    /// Media time that is further from one packet to the next has stepped.
    private static let leapNanoseconds: Int64 = 1_000_000_000
    /// No clock is worse.
    private static let steepest = 1_000e-6
    /// Arrivals further off than a month say nothing.
    private static let implausibleNanoseconds: Int64 = 2_592_000_000_000_000

    struct Minimum: BitwiseCopyable {
        var time: Int64 = 0
        var delay: Int64 = 0
    }

    /// Packets in a row whose delay is far off the least, and much the same.
    private struct Run {
        var since: Int64
        var firstEnd: Int64
        var least: Int64
        var greatest: Int64
        var packets = 0
        let isOver: Bool

        init(arrival: Int64, mediaEnd: Int64, isOver: Bool) {
            since = arrival
            firstEnd = mediaEnd
            least = arrival &- mediaEnd
            greatest = least
            self.isOver = isOver
        }
    }

    /// For how long packets have to be far off in the same way to be of another path.
    private let settlingNanoseconds: Int64
    private let minima = FixedBuffer(repeating: Minimum(), count: windowCount)
    private var minimaCount = 0
    private typealias Window = (start: Int64, least: Minimum, packets: Int, spread: Int64)
    private var window: Window?
    private var run: Run?
    private var lastWasOff = false
    /// The packet from which on all that came took less than half of what it lasts, and how many did.
    private var hurry = (end: Int64(0), arrival: Int64(0), packets: 0)
    private var latestEnd: Int64 = 0
    /// The line and the window before those.
    private var unhurried: (level: Double, levelTime: Int64, window: Window?) = (0, 0, nil)
    /// The line: delay `level` at `levelTime`, rising by `slope`.
    private var level = 0.0
    private var levelTime: Int64 = 0
    private var slope = 0.0
    private var hasLevel = false
    /// Delay of the first packet.
    private var firstDelay: Int64 = 0
    /// Greatest delay over the least, of recent windows; fades by an eighth per window.
    private var fadedSpread: Int64 = 0

    /// A tracker that has seen nothing.
    ///
    /// - Parameter settlingMilliseconds: for how long everything has to be late (or early) by the same before it counts
    ///   as on time.
    public init(settlingMilliseconds: Int = 100) {
        settlingNanoseconds = Int64(settlingMilliseconds) * 1_000_000
    }

    /// Whether the level has been observed for long enough to be acted on.
    public private(set) var isSettled = false

    /// How much faster (positive) the host's clock runs than the sender's, in parts per million; nil before there
    /// are all the windows, with fewer of which it may be off by hundreds.
    public var driftPartsPerMillion: Double? { minimaCount == Self.windowCount ? slope * 1e6 : nil }

    /// How far delays have lately exceeded the least one.
    public var spreadNanoseconds: Int64 { max(fadedSpread, window?.spread ?? 0) }

    /// The least delay that a packet arriving at `time` could have.
    public func leastDelay(at time: Int64) -> Int64 {
        let delay = level + slope * Double(time &- levelTime)
        // Time stamps that no clock can mean come to numbers that are none.
        return delay.magnitude < 0x1p62 ? Int64(delay) : delay < 0 ? -(1 << 62) : 1 << 62
    }

    /// Takes note of a packet that arrived at `arrival`, when its media ended at `mediaEnd` (both nanoseconds).
    public mutating func note(mediaEnd: Int64, arrival: Int64) {
        let delay = arrival &- mediaEnd
        guard hasLevel else {
            set(level: delay, at: arrival)
            firstDelay = delay
            hurry = (mediaEnd, arrival, 0)
            latestEnd = mediaEnd
            return
        }
        if noteHurry(mediaEnd: mediaEnd, arrival: arrival), delay < leastDelay(at: arrival) { return }
        let excess = delay &- leastDelay(at: arrival)
        guard excess.magnitude < UInt64(Self.implausibleNanoseconds) else { return }
        if noteOtherPath(mediaEnd: mediaEnd, excess: excess, arrival: arrival) { return }
        if excess < 0, !isSettled { set(level: delay, at: arrival) }
        add(Minimum(time: arrival, delay: delay), excess: max(0, excess))
    }

    /// Whether the packet is one of many that come faster than they last. What the first of them said is taken back.
    private mutating func noteHurry(mediaEnd: Int64, arrival: Int64) -> Bool {
        // From the first on: one that the host kept waiting does not end the hurry.
        let step = mediaEnd &- latestEnd
        latestEnd = mediaEnd
        guard step < Self.leapNanoseconds, 2 &* (arrival &- hurry.arrival) < mediaEnd &- hurry.end else {
            hurry = (mediaEnd, arrival, 0)
            return false
        }
        if hurry.packets == 0 { unhurried = (level, levelTime, window) }
        hurry.packets += 1
        if hurry.packets == Self.hurriedPackets { (level, levelTime, window) = unhurried }
        return hurry.packets >= Self.hurriedPackets
    }

    /// Forgets the line and begins with `delay` as the least one.
    private mutating func set(level delay: Int64, at time: Int64) {
        level = Double(delay)
        levelTime = time
        hasLevel = true
    }

    /// Whether the packet is far off what is usual, and says nothing of it. Where it stays like that, the line begins
    /// anew at the delay since.
    private mutating func noteOtherPath(mediaEnd: Int64, excess: Int64, arrival: Int64) -> Bool {
        let delay = arrival &- mediaEnd
        // As long as the line follows every smaller delay, it would follow a sentence that is sent at once.
        let isUnder = isSettled ? excess < -Self.underNanoseconds : delay < firstDelay &- Self.underNanoseconds
        guard isUnder || excess > Self.overNanoseconds else {
            run = nil
            return false
        }
        var current = run ?? Run(arrival: arrival, mediaEnd: mediaEnd, isOver: !isUnder)
        if current.isOver == isUnder { current = Run(arrival: arrival, mediaEnd: mediaEnd, isOver: !isUnder) }
        current.least = min(current.least, delay)
        current.greatest = max(current.greatest, delay)
        current.packets += 1
        run = current
        let passed = arrival &- current.since
        let isSteady = current.greatest &- current.least <= Self.steadyNanoseconds
        let lasted = mediaEnd &- current.firstEnd
        guard current.packets >= 4 else { return true }
        let long = isUnder ? 2 * Self.longNanoseconds : Self.longNanoseconds
        if passed < settlingNanoseconds || !isSteady && passed < long {
            // What was sent at once has lasted by now.
            if lasted > 2 * long { run = nil }
            return true
        }
        run = nil
        // Catching up: what follows has to show again that it stays.
        guard isSteady || passed >= lasted / 10 * (isUnder ? 9 : 8) else { return true }
        window = nil
        minimaCount = 0
        lastWasOff = false
        set(level: current.least, at: arrival)
        isSettled = true
        return true
    }

    private mutating func add(_ packet: Minimum, excess: Int64) {
        guard var current = window else {
            window = (packet.time, packet, 1, excess)
            return
        }
        if packet.delay < current.least.delay { current.least = packet }
        current.packets += 1
        current.spread = max(current.spread, excess)
        let age = packet.time &- current.start
        let isFull = age >= Self.windowNanoseconds && current.packets >= Self.windowPackets
        guard isFull || age >= 5 * Self.windowNanoseconds else {
            window = current
            return
        }
        window = nil
        fadedSpread = max(current.spread, fadedSpread - fadedSpread / 8)
        close(current.least)
        isSettled = true
    }

    private mutating func close(_ least: Minimum) {
        let deviation = Double(least.delay) - Double(leastDelay(at: least.time))
        let isOff = isSettled && deviation.magnitude > Self.stepNanoseconds
        // Nothing but a shorter path makes delays smaller; for a longer one two windows must agree.
        if isOff, deviation < 0 || lastWasOff {
            minimaCount = 0
            lastWasOff = false
        } else if isOff {
            lastWasOff = true
            return
        }
        if !isOff { lastWasOff = false }
        if minimaCount == Self.windowCount {
            for index in 1..<minimaCount { minima.memory[index - 1] = minima.memory[index] }
            minimaCount -= 1
        }
        minima.memory[minimaCount] = least
        minimaCount += 1
        fit(at: least.time)
    }

    /// Least squares through the minima; with few of them, their least under the slope known so far.
    private mutating func fit(at time: Int64) {
        let count = Double(minimaCount)
        var sumTime = 0.0, sumDelay = 0.0, sumSquare = 0.0, sumProduct = 0.0
        var least = Double.infinity
        // Relative to now and to the newest delay, so that no precision is lost.
        let reference = minima.memory[minimaCount - 1].delay
        for index in 0..<minimaCount {
            let x = Double(minima.memory[index].time &- time)
            let y = Double(minima.memory[index].delay &- reference)
            sumTime += x
            sumDelay += y
            sumSquare += x * x
            sumProduct += x * y
            least = min(least, y - slope * x)
        }
        levelTime = time
        guard minimaCount >= Self.slopeWindows else {
            level = Double(reference) + least
            return
        }
        let spread = count * sumSquare - sumTime * sumTime
        let steepness = spread > 0 ? (count * sumProduct - sumTime * sumDelay) / spread : 0
        slope = min(max(steepness, -Self.steepest), Self.steepest)
        level = Double(reference) + (sumDelay - slope * sumTime) / count
    }
}
