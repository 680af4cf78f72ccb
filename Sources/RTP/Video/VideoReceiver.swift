import Kit

/// A picture as a decoder takes it.
public struct VideoUnit: Sendable, Hashable {
    /// Its RTP timestamp, unwrapped, in 1/90,000 s.
    public var timestamp: Int64
    /// Whether it needs none before it.
    public var isKey: Bool
    /// When its last packet arrived.
    public var arrivalNanoseconds: Int64
}

/// What a receiver of pictures has counted.
public struct VideoStatistics: Sendable, Hashable {
    /// Packets that were taken, and their bytes.
    public var packets: UInt64 = 0, bytes: UInt64 = 0
    /// Packets that never came.
    public var lost: UInt64 = 0
    /// Packets dropped: after their turn or twice; not readable; of another source; longer than a packet may be.
    public var late: UInt64 = 0, malformed: UInt64 = 0, stray: UInt64 = 0, tooLong: UInt64 = 0
    /// Packets dropped because their kind is not taken.
    public var unsupported: UInt64 = 0
    /// Pictures handed on, and how many of them need none before them.
    public var units: UInt64 = 0, keyUnits: UInt64 = 0
    /// Pictures dropped: not whole, or too long; and those that need one before them that is not there.
    public var brokenUnits: UInt64 = 0, unreferencedUnits: UInt64 = 0
    /// Changes of the source.
    public var restarts: UInt64 = 0
    /// Key frames that were asked for.
    public var requests: UInt64 = 0

    /// Nothing yet.
    public init() {}
}

/// Receives the packets of one source of pictures (SSRC) and hands on each picture when it is whole.
///
/// Packets that come out of order are waited for within the limits. After a loss nothing is handed on before the next
/// key frame, which the sender is asked for: what a decoder makes of the rest is no picture of anybody. Has no clock
/// and no thread. Never traps, whatever the bytes.
public struct VideoReceiver: ~Copyable {
    /// Bounds of a receiver.
    public struct Limits: Sendable {
        /// Longest datagram, and longest picture, bytes.
        public var maxDatagramBytes = 2_048, maxUnitBytes = 1 << 20
        /// Most packets held for a missing one, and the longest wait for it.
        public var holdPackets = 256, holdMilliseconds = 200
        /// For so long a source has to be silent before another one takes its place.
        public var sourceMilliseconds = 2_000

        /// The defaults.
        public init() {}
    }

    /// What has been counted so far.
    public private(set) var statistics = VideoStatistics()
    /// The source that is followed; nil before the first packet.
    public private(set) var source: UInt32?

    private let limits: Limits
    private var reorder: ReorderBuffer
    private var assembly: PictureAssembly
    /// What the sender's clock shows where its timestamps say 0, in nanoseconds since 1900; nil before it has said.
    private var wallClockOrigin: Int64?
    /// The sender's last report, and when it came.
    private var latestReport: (report: SenderReport, arrivalNanoseconds: Int64)?
    /// What is reported of the source; nil before its first packet.
    private var tally: ReceptionTally?
    private var latestSequence: Int64 = 0, latestTimestamp: Int64 = 0, latestArrival: Int64 = 0

    /// A receiver of pictures of one codec.
    public init(_ payload: VideoPayload, limits: Limits = Limits()) {
        var limits = limits
        limits.maxDatagramBytes = min(max(limits.maxDatagramBytes, 64), 65_536)
        limits.maxUnitBytes = min(max(limits.maxUnitBytes, 64), 1 << 26)
        limits.holdPackets = min(max(limits.holdPackets, 1), 1_024)
        limits.holdMilliseconds = min(max(limits.holdMilliseconds, 0), 10_000)
        limits.sourceMilliseconds = min(max(limits.sourceMilliseconds, 0), 60_000)
        self.limits = limits
        reorder = ReorderBuffer(capacity: limits.holdPackets, slotBytes: limits.maxDatagramBytes)
        assembly = PictureAssembly(payload, maxBytes: limits.maxUnitBytes)
    }

    /// Whether the sender is to be asked for a key frame now (`RTCP.pictureLossIndication`); who is told so asks.
    public mutating func requestsKeyFrame(nowNanoseconds: Int64) -> Bool {
        guard source != nil, assembly.requests.isDue(nowNanoseconds: nowNanoseconds) else { return false }
        statistics.requests += 1
        return true
    }

    /// Forgets the picture that is put together and waits for a key frame.
    public mutating func restart() {
        assembly.restart()
    }

    /// Forgets the source and all that came of it, but what was counted: nobody may look any more, or looks anew.
    public mutating func forget() {
        source = nil
        (wallClockOrigin, latestReport, tally) = (nil, nil, nil)
        reorder = ReorderBuffer(capacity: limits.holdPackets, slotBytes: limits.maxDatagramBytes)
        assembly.restart()
    }

    /// Takes what the sender says of its clock (RFC 3550, section 6.4.1), where it is the one that is followed.
    public mutating func note(_ report: SenderReport, arrivalNanoseconds: Int64) {
        guard report.ssrc == source else { return }
        latestReport = (report, arrivalNanoseconds)
        let later = Int32(truncatingIfNeeded: Int64(report.rtpTimestamp) &- latestTimestamp)
        let media = Self.nanoseconds(latestTimestamp &+ Int64(later))
        wallClockOrigin = report.wallClockNanoseconds &- media
    }

    /// What is to be reported to the sender, which has sent a report of its own; nil without.
    public mutating func receptionReport(nowNanoseconds: Int64) -> ReceptionReport? {
        guard let source, let latestReport,
            var report = tally?.report(
                ssrc: source, highestSequence: latestSequence & 0xFFFF_FFFF, clockRateHz: Self.clockRateHz)
        else { return nil }
        report.note(
            latestReport.report, arrivalNanoseconds: latestReport.arrivalNanoseconds, nowNanoseconds: nowNanoseconds)
        return report
    }

    /// When a picture was taken by the sender's clock, in nanoseconds since 1900; nil before it has told.
    public func wallClockNanoseconds(of timestamp: Int64) -> Int64? {
        wallClockOrigin.map { $0 &+ Self.nanoseconds(timestamp) }
    }

    /// Units of the timestamps of pictures (RFC 6184, RFC 7741).
    private static let clockRateHz = 90_000

    /// Units of the timestamp as time.
    private static func nanoseconds(_ timestamp: Int64) -> Int64 { timestamp / 9 &* 100_000 }

    /// Takes one packet.
    ///
    /// - Parameter sink: takes each picture that is whole by it; the bytes are lent for the time of the call.
    public mutating func receive(
        _ datagram: RawSpan, as packet: RTPPacket, arrivalNanoseconds: Int64, into sink: (VideoUnit, RawSpan) -> Void
    ) {
        guard datagram.byteCount <= limits.maxDatagramBytes else { return statistics.tooLong += 1 }
        guard packet.payload.upperBound <= datagram.byteCount else { return statistics.malformed += 1 }
        guard follow(packet, arrivalNanoseconds) else { return statistics.stray += 1 }
        let sequence = latestSequence + Int64(self.step(to: packet))
        tell(packet, sequence, arrivalNanoseconds)
        guard sequence >= reorder.next, sequence == reorder.next || !reorder.holds(sequence) else {
            return statistics.late += 1
        }
        statistics.packets += 1
        statistics.bytes += UInt64(datagram.byteCount)
        latestArrival = arrivalNanoseconds
        // What lies beyond the buffer: the oldest that are missing are given up.
        while sequence - reorder.next >= Int64(reorder.capacity) { giveUp(upTo: sequence, into: sink) }
        latestSequence = max(latestSequence, sequence)
        let later = Int32(truncatingIfNeeded: Int64(packet.timestamp) &- latestTimestamp)
        let timestamp = latestTimestamp &+ Int64(later)
        latestTimestamp = max(latestTimestamp, timestamp)
        let tag = PacketTag(
            sequence: sequence, timestamp: timestamp, arrivalNanoseconds: arrivalNanoseconds,
            payloadType: packet.payloadType, mark: packet.marker ? 1 : 0)
        let content = datagram.extracting(packet.payload)
        guard sequence == reorder.next else { return reorder.hold(tag, payload: content) }
        reorder.advance()
        assembly.take(tag, content, &statistics, into: sink)
        takeHeld(into: sink)
    }

    /// Gives up missing packets that have been waited for too long; to be called from a timer.
    public mutating func flush(nowNanoseconds now: Int64, into sink: (VideoUnit, RawSpan) -> Void) {
        let patience = Int64(limits.holdMilliseconds) * 1_000_000
        while let oldest = reorder.oldestArrival(), now &- oldest >= patience {
            guard let missing = reorder.missingCount() else { return }
            lose(missing)
            takeHeld(into: sink)
        }
    }

    // MARK: Order

    /// Whether a packet is of the source that is followed; another one takes its place once it is silent.
    private mutating func follow(_ packet: RTPPacket, _ now: Int64) -> Bool {
        if packet.ssrc == source {
            // The same source with other numbers has begun anew.
            guard abs(step(to: packet)) > 4_096, now &- latestArrival >= Int64(limits.sourceMilliseconds) * 1_000_000
            else {
                return true
            }
        } else if source != nil, now &- latestArrival < Int64(limits.sourceMilliseconds) * 1_000_000 {
            return false
        }
        if source != nil { statistics.restarts += 1 }
        (wallClockOrigin, latestReport, tally) = (nil, nil, nil)
        source = packet.ssrc
        reorder = ReorderBuffer(capacity: limits.holdPackets, slotBytes: limits.maxDatagramBytes)
        // Far from 0, so that nothing before it is negative.
        latestSequence = 1 << 32 | Int64(packet.sequence)
        latestTimestamp = 1 << 40 | Int64(packet.timestamp)
        reorder.start(at: latestSequence)
        restart()
        return true
    }

    /// Counts a packet for reports, whether it is used or not.
    private mutating func tell(_ packet: RTPPacket, _ sequence: Int64, _ now: Int64) {
        guard tally != nil else {
            tally = ReceptionTally(first: sequence & 0xFFFF_FFFF)
            return
        }
        let ticks = Int64(Int32(truncatingIfNeeded: Int64(packet.timestamp) &- latestTimestamp))
        tally?.note(differenceNanoseconds: (now &- latestArrival) &- Self.nanoseconds(ticks))
    }

    /// How many packets after the latest one a packet is; negative where it is before it.
    private func step(to packet: RTPPacket) -> Int {
        Int(Int16(truncatingIfNeeded: Int(packet.sequence) - Int(latestSequence & 0xFFFF)))
    }

    private mutating func giveUp(upTo sequence: Int64, into sink: (VideoUnit, RawSpan) -> Void) {
        guard let missing = reorder.missingCount() else {
            return lose(sequence - reorder.next)
        }
        lose(missing)
        takeHeld(into: sink)
    }

    private mutating func lose(_ count: Int64) {
        guard count > 0 else { return }
        statistics.lost += UInt64(count)
        reorder.skip(count)
        assembly.noteLoss()
    }

    private mutating func takeHeld(into sink: (VideoUnit, RawSpan) -> Void) {
        while Self.takeNext(&reorder, &assembly, &statistics, into: sink) {}
    }

    /// Static, because the packet is lent by one part of the receiver while others change.
    private static func takeNext(
        _ reorder: inout ReorderBuffer, _ assembly: inout PictureAssembly, _ statistics: inout VideoStatistics,
        into sink: (VideoUnit, RawSpan) -> Void
    ) -> Bool {
        reorder.takeNext { tag, content in assembly.take(tag, content, &statistics, into: sink) }
    }
}
