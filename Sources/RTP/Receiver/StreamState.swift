/// The running stream of a receiver: one source, its numbers unwrapped, its jitter.
///
/// The sequence rules are those of RFC 3550, appendix A.1.
struct StreamState {
    /// Sequence numbers that a stream may skip and still be the same (a minute of 20 ms packets).
    static let maxDropout = 3_000
    /// How far behind the highest sequence number a packet may lie.
    static let maxMisorder = 100

    let ssrc: UInt32
    var clockRateHz: Int
    /// Whether the source has said that it leaves.
    var hasEnded = false

    private(set) var highest: PacketTag
    /// The packet that arrived last, in whatever order.
    private(set) var latest: PacketTag
    private var tally: ReceptionTally

    init(first packet: RTPPacket, clockRateHz: Int, arrivalNanoseconds: Int64) {
        ssrc = packet.ssrc
        self.clockRateHz = clockRateHz
        highest = PacketTag(
            sequence: Int64(packet.sequence), timestamp: Int64(packet.timestamp),
            arrivalNanoseconds: arrivalNanoseconds, payloadType: packet.payloadType)
        latest = highest
        tally = ReceptionTally(first: highest.sequence)
    }

    var jitterMilliseconds: Double { tally.jitterNanoseconds / 1e6 }

    /// The packet with its numbers unwrapped, or nil where it cannot belong to this stream: another source, a
    /// sequence number far off, or a timestamp more than the tolerance off both the latest one and arrival
    /// time.
    func fit(
        _ packet: RTPPacket, clockRateHz: Int, arrivalNanoseconds: Int64, toleranceMilliseconds: Int
    ) -> PacketTag? {
        guard packet.ssrc == ssrc else { return nil }
        let step = Int(Int16(bitPattern: packet.sequence &- UInt16(truncatingIfNeeded: highest.sequence)))
        guard step >= -Self.maxMisorder, step <= Self.maxDropout else { return nil }
        let ticks = Int32(bitPattern: packet.timestamp &- UInt32(truncatingIfNeeded: highest.timestamp))
        // Units of another clock say nothing here; playout anchors anew.
        if clockRateHz == self.clockRateHz {
            let media = Self.nanoseconds(ticks: ticks, clockRateHz: clockRateHz)
            let passed = arrivalNanoseconds &- highest.arrivalNanoseconds
            let tolerance = UInt64(toleranceMilliseconds) * 1_000_000
            guard media.magnitude <= tolerance || (media &- passed).magnitude <= tolerance else { return nil }
        }
        return PacketTag(
            sequence: highest.sequence + Int64(step), timestamp: highest.timestamp + Int64(ticks),
            arrivalNanoseconds: arrivalNanoseconds, payloadType: packet.payloadType)
    }

    /// Takes note of a packet that fits.
    mutating func note(_ tag: PacketTag, clockRateHz: Int) {
        var difference: Int64?
        if clockRateHz == self.clockRateHz {
            let ticks = Int32(truncatingIfNeeded: tag.timestamp - latest.timestamp)
            let media = Self.nanoseconds(ticks: ticks, clockRateHz: clockRateHz)
            difference = (tag.arrivalNanoseconds &- latest.arrivalNanoseconds) &- media
        }
        tally.note(differenceNanoseconds: difference)
        latest = tag
        if tag.sequence > highest.sequence {
            highest = tag
            self.clockRateHz = clockRateHz
        }
    }

    /// What a receiver reports of the stream; the fraction lost is that since the last call.
    mutating func receptionReport() -> ReceptionReport {
        tally.report(ssrc: ssrc, highestSequence: highest.sequence, clockRateHz: clockRateHz)
    }

    /// The full timestamp next to the highest one that `timestamp` can mean.
    func unwrapped(_ timestamp: UInt32) -> Int64 {
        highest.timestamp + Int64(Int32(bitPattern: timestamp &- UInt32(truncatingIfNeeded: highest.timestamp)))
    }

    private static func nanoseconds(ticks: Int32, clockRateHz: Int) -> Int64 {
        Int64(ticks) * 1_000_000_000 / Int64(clockRateHz)
    }
}
