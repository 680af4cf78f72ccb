/// Decides, four times a second, how much of the work of one part of the daemon (an event loop, the threads of inputs
/// that block) is given up, from how late it is. Pure: no clock, no I/O; the same readings give the same decisions.
///
/// Only lateness says that there is too much: it counts what others on the machine take as well. How much too much
/// there is says the progress: how many packets a track gets done now, compared with calm times. The share of the CPU
/// says how many tracks fit again.
struct LoadController: Sendable {
    /// What one step has measured.
    struct Reading: Sendable {
        /// CPU time per wall time of the thread, 0 to 1.
        var share: Double
        /// How late the part is, mean of the step, seconds.
        var lateSeconds: Double
        /// Packets per second that were taken of the tracks that are kept; nil where that is not counted.
        var packetsPerSecond: Double?
        /// Share of the machine's CPUs that idled; nil where that is not known.
        var idleShare: Double?
    }

    /// What is given up.
    struct Shed: Sendable, Equatable {
        /// How far the rhythm of ticks is thinned out: 0 to 3 (`SessionPriority.tickEvery`).
        var ticks = 0
        /// Tracks that are given up.
        var tracks = 0

        /// How far that is altogether: 0 nothing, 1 to 3 ticks, 4 tracks too.
        var level: Int { tracks > 0 ? 4 : ticks }
    }

    /// Steps per second.
    static let stepsPerSecond = 4
    /// The last of the levels of ticks.
    private static let maxTicks = 3
    /// Mean lateness of a step above which it was late: one and a half periods of the timer.
    private static let lateSeconds = 0.06
    /// Above this the steps in between are skipped.
    private static let severeSeconds = 0.25
    /// Late steps without a sign that it gets better before anything is given up: one alone is a hiccup.
    private static let strikesNeeded = 2
    /// Least and largest share of the kept tracks that is given up at once.
    private static let minShare = 0.1, maxShare = 0.6
    /// Steps that are waited for the effect of what was given up.
    private static let settlingSteps = 2
    /// Calm steps before anything comes back: at first, where it went wrong before, where the load is clearly gone, and
    /// where all is given up, so that nothing tells whether it is.
    private static let patience = 4, maxPatience = 64, clearPatience = 8, blindPatience = 14
    /// What idles above this can be had.
    private static let idleShare = 0.15
    /// Steps within which overload after something came back is blamed on that.
    private static let blameSteps = 20

    /// Share of what can be had up to which tracks come back.
    let target: Double
    private(set) var shed = Shed()
    /// How much there is to do: 1 is as much as can be done; above it by how many seconds the part is late.
    private(set) var load = 0.0

    /// CPU share that can be had; below 1 where others took the rest.
    private var capacity = 1.0
    /// Packets per second of a track, in calm times.
    private var usualPackets: Double?
    /// CPU share of a track, when last known.
    private var shareOfTrack: Double?
    private var latestLate = 0.0
    private var strikes = 0, settling = 0, calm = 0
    private var patience = Self.patience
    /// Whether the load was seen to be gone, since it was last too much.
    private var isClear = false
    /// Steps since something came back.
    private var sinceReturn = Self.blameSteps

    /// - Parameter target: share of what can be had up to which tracks come back, 0 to 1.
    init(target: Double) {
        self.target = target
    }

    /// Takes what a step has measured.
    ///
    /// - Parameters:
    ///   - tracks: tracks that have media, given up or not.
    ///   - givenUp: how many of them are given up now.
    mutating func step(_ reading: Reading, tracks: Int, givenUp: Int) {
        shed.tracks = min(givenUp, tracks)
        let kept = tracks - shed.tracks
        let packets = reading.packetsPerSecond.flatMap { kept > 0 ? $0 / Double(kept) : nil }
        sinceReturn = min(sinceReturn + 1, Self.blameSteps)
        if reading.lateSeconds >= Self.lateSeconds {
            late(reading, kept: kept, packets: packets)
        } else {
            onTime(reading, kept: kept, packets: packets)
        }
        latestLate = reading.lateSeconds
    }

    private mutating func late(_ reading: Reading, kept: Int, packets: Double?) {
        load = 1 + reading.lateSeconds
        (calm, isClear) = (0, false)
        // What is behind and catches up needs no help: fewer seconds late, or more packets than come in.
        let progress = packets.flatMap { packets in usualPackets.map { packets / $0 } }
        let recovers = reading.lateSeconds < 0.8 * latestLate || (progress ?? 0) > 1.05
        if !recovers { strikes += 1 }
        settling -= 1
        guard strikes >= Self.strikesNeeded, !recovers, settling <= 0 else { return }
        capacity = reading.share >= 0.9 ? 1 : max(0.1, reading.share)
        if sinceReturn < Self.blameSteps { patience = min(2 * patience, Self.maxPatience) }
        sinceReturn = Self.blameSteps
        let isSevere = reading.lateSeconds >= Self.severeSeconds || (progress ?? 1) < 0.8
        guard isSevere || shed.ticks == Self.maxTicks else {
            shed.ticks += 1
            return
        }
        shed.ticks = Self.maxTicks
        let usual = reading.lateSeconds >= Self.severeSeconds ? 0.25 : Self.minShare
        let surplus = progress.map { 1 - $0 * target } ?? usual
        let share = min(max(surplus, Self.minShare), Self.maxShare)
        shed.tracks += min(kept, Int((share * Double(kept)).rounded(.up)))
        settling = Self.settlingSteps
    }

    private mutating func onTime(_ reading: Reading, kept: Int, packets: Double?) {
        load = reading.share / capacity
        strikes = 0
        settling = 0
        calm += 1
        if kept > 0 { shareOfTrack = reading.share / Double(kept) }
        // Slowly, so that a pause of the senders does not pass for what is usual.
        if let packets, packets > 0 {
            usualPackets = usualPackets.map { $0 + 0.1 * (packets - $0) } ?? packets
        }
        if shed == Shed() {
            // Long after, nothing is held against anybody.
            if calm >= 10 * Self.stepsPerSecond { (patience, capacity) = (Self.patience, 1) }
            return
        }
        // Whoever took the rest is gone, or little is left to do.
        let idle = capacity < 1 ? reading.idleShare ?? 0 : 0
        if idle >= Self.idleShare || kept > 0 && reading.share < 0.5 * target * capacity { isClear = true }
        let maxPatience = kept > 0 ? Self.maxPatience : Self.blindPatience
        let wait = min(patience, isClear ? Self.clearPatience : maxPatience)
        guard calm >= wait else { return }
        if idle >= Self.idleShare { capacity = max(capacity, min(1, reading.share + idle)) }
        let room = target * capacity - reading.share
        guard shed.tracks > 0 else {
            guard room > 0 else { return tryMore() }
            shed.ticks -= 1
            sinceReturn = 0
            return
        }
        // Not all that seems to fit: what a track needs is known only roughly, and of tracks that are all given up from
        // former times, so that one of them has to show it.
        let fitting = max(
            shareOfTrack.map { $0 > 0 ? 0.75 * room / $0 : .infinity } ?? 1, kept == 0 && room > 0 ? 1 : 0)
        guard fitting >= 1 else { return tryMore() }
        shed.tracks -= fitting < Double(shed.tracks) ? Int(fitting) : shed.tracks
        sinceReturn = 0
        // The next step shows what that costs.
        calm = max(0, wait - 2)
    }

    /// Takes it that more can be had than when it was last too much, because whoever took the rest may be gone.
    private mutating func tryMore() {
        guard capacity < 1 else { return }
        capacity = min(1, 1.25 * capacity)
        sinceReturn = 0
    }
}
