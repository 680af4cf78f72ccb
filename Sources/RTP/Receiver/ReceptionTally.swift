/// Counts what a receiver reports of a source (RFC 3550, appendices A.3 and A.8).
struct ReceptionTally {
    private let firstSequence: Int64
    /// Packets that arrived, in whatever order and however often.
    private var received: Int64 = 1
    /// Both as of the last report.
    private var reported = (expected: Int64(0), received: Int64(0))
    /// Mean difference between how far packets lie apart when sent and when they arrive.
    private(set) var jitterNanoseconds = 0.0

    /// The first packet has arrived, of this unwrapped sequence number.
    init(first sequence: Int64) { firstSequence = sequence }

    /// A packet has arrived.
    ///
    /// - Parameter differenceNanoseconds: how much later after the one before it arrived than it was sent after it, by
    ///   the timestamps; nil where that is not known.
    mutating func note(differenceNanoseconds difference: Int64?) {
        if let difference { jitterNanoseconds += (Double(difference.magnitude) - jitterNanoseconds) / 16 }
        received += 1
    }

    /// What is reported; the fraction lost is that since the last call.
    mutating func report(ssrc: UInt32, highestSequence: Int64, clockRateHz: Int) -> ReceptionReport {
        let expected = highestSequence - firstSequence + 1
        let (newlyExpected, newlyReceived) = (expected - reported.expected, received - reported.received)
        reported = (expected, received)
        let lost = max(0, newlyExpected - newlyReceived)
        return ReceptionReport(
            ssrc: ssrc, fractionLost: UInt8(clamping: newlyExpected > 0 ? lost * 256 / newlyExpected : 0),
            lost: Int32(clamping: expected - received), highestSequence: UInt32(truncatingIfNeeded: highestSequence),
            jitter: UInt32(clamping: Int64(jitterNanoseconds / 1e9 * Double(clockRateHz))))
    }
}

extension ReceptionReport {
    /// Says when the source reported last itself (RFC 3550, section 6.4.1).
    mutating func note(_ report: SenderReport, arrivalNanoseconds: Int64, nowNanoseconds: Int64) {
        latestSenderReport = UInt32(truncatingIfNeeded: report.ntpTimestamp >> 16)
        let delay = max(0, nowNanoseconds &- arrivalNanoseconds)
        delaySinceSenderReport = UInt32(clamping: Int64(Double(delay) / 1e9 * 65_536))
    }
}
