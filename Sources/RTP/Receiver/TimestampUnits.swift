/// Finds out in which units a sender counts, where these are not those of its format: G.722 by its 16 kHz, Opus by the
/// rate of its input, samples of all channels. What packets last says what their time stamps ought to say.
///
/// A sender is believed to err only where packet after packet the time stamps have grown by the same multiple of what
/// the packet lasts, and arrival says that the packets are right: silence that was not sent grows them in one step, and
/// not the same each time.
struct TimestampUnits {
    /// Packets that have to agree.
    private static let minPackets = 6
    /// How far arrival may be off what it is to prove, as one part of so many.
    private static let tolerance: Int64 = 4

    private struct Run {
        var sequence: UInt16
        var timestamp: UInt32
        /// Of the last packet, in units of the format.
        var duration: Int64
        /// Growth of the time stamps, and what the packets last, over the run.
        var ticks: Int64 = 0
        var lasted: Int64 = 0
        var packets = 0
        let arrivalNanoseconds: Int64
    }

    private(set) var ssrc: UInt32?
    private var run: Run?
    /// Units of the sender for `nominal` of the format.
    private var counted: Int64 = 1
    private var nominal: Int64 = 1
    /// Where the sender's time stamps were found to be wrong, unwrapped, and what they then came to.
    private var latestRaw: Int64 = 0
    private var base = (raw: Int64(0), given: Int64(0))
    private var latestGiven: Int64 = 0

    /// Whether the sender counts in other units than its format.
    var isCorrecting: Bool { counted != nominal }

    /// The packet's time stamp in units of its format.
    ///
    /// - Parameters:
    ///   - duration: what the packet lasts, in units of its format.
    mutating func timestamp(
        of packet: RTPPacket, duration: Int64, clockRateHz: Int, arrivalNanoseconds: Int64
    ) -> UInt32 {
        if ssrc != packet.ssrc { self = TimestampUnits(begin: packet) }
        let step = Int64(Int32(bitPattern: packet.timestamp &- UInt32(truncatingIfNeeded: latestRaw)))
        latestRaw &+= step
        note(packet, duration: duration, clockRateHz: clockRateHz, arrivalNanoseconds: arrivalNanoseconds)
        let given = given(latestRaw)
        latestGiven = given
        return UInt32(truncatingIfNeeded: given)
    }

    /// The time stamp of a sender report in units of the format.
    func timestamp(ofReport timestamp: UInt32) -> UInt32 {
        let step = Int64(Int32(bitPattern: timestamp &- UInt32(truncatingIfNeeded: latestRaw)))
        return UInt32(truncatingIfNeeded: given(latestRaw &+ step))
    }

    init() {}

    private init(begin packet: RTPPacket) {
        ssrc = packet.ssrc
        latestRaw = Int64(packet.timestamp)
        base = (latestRaw, latestRaw)
        latestGiven = latestRaw
    }

    private func given(_ raw: Int64) -> Int64 {
        isCorrecting
            ? base.given &+ (raw &- base.raw) &* nominal / counted : raw &- base.raw &+ base.given
    }

    private mutating func note(
        _ packet: RTPPacket, duration: Int64, clockRateHz: Int, arrivalNanoseconds: Int64
    ) {
        let fresh = Run(
            sequence: packet.sequence, timestamp: packet.timestamp, duration: duration,
            arrivalNanoseconds: arrivalNanoseconds)
        guard var current = run, current.sequence &+ 1 == packet.sequence, duration > 0, current.duration > 0 else {
            run = duration > 0 ? fresh : nil
            return
        }
        let ticks = Int64(packet.timestamp &- current.timestamp)
        // The same multiple as before, as far as there is one.
        guard ticks < 1 << 24, current.packets == 0 || ticks * current.lasted == current.ticks * current.duration else {
            run = fresh
            return
        }
        current.ticks += ticks
        current.lasted += current.duration
        current.packets += 1
        current.sequence = packet.sequence
        current.timestamp = packet.timestamp
        current.duration = duration
        run = current
        guard current.packets >= Self.minPackets else { return }
        run = fresh
        decide(current, clockRateHz: clockRateHz, elapsed: arrivalNanoseconds &- current.arrivalNanoseconds)
    }

    private mutating func decide(_ run: Run, clockRateHz: Int, elapsed: Int64) {
        guard run.ticks > 0, run.ticks != run.lasted * counted / nominal else { return }
        // Half as much again is more than clocks are off each other.
        let isOdd = 2 * run.ticks >= 3 * run.lasted || 3 * run.ticks <= 2 * run.lasted
        let lasted = run.lasted * 1_000_000_000 / Int64(clockRateHz)
        let claimed = run.ticks * 1_000_000_000 / Int64(clockRateHz)
        let isProven =
            (elapsed &- lasted).magnitude * UInt64(Self.tolerance) <= lasted.magnitude
            && (elapsed &- claimed).magnitude * UInt64(Self.tolerance) > claimed.magnitude
        let isRight = !isOdd
        guard isRight ? isCorrecting : isProven else { return }
        // What comes now follows what came before.
        base = (latestRaw, latestGiven &+ run.lasted / Int64(run.packets))
        counted = isRight ? 1 : run.ticks
        nominal = isRight ? 1 : run.lasted
    }
}
