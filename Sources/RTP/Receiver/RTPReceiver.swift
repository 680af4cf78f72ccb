import Kit
import MediaTypes
import Timing

/// Receives the datagrams of one port and delivers one speaker's audio on a 16 kHz time line.
///
/// Follows one source (SSRC) at a time. Packets are decoded as soon as their turn comes; a missing one is
/// waited for within the limits, then given up. The time line begins at 0 with the first packet and follows
/// the RTP timestamps, corrected for the drift between the sender's clock and the host's; when the source is
/// replaced or restarts, it goes on by arrival time.
///
/// Has no clock and no thread: use it from one thread, with arrival times from one monotonic clock.
public struct RTPReceiver: ~Copyable {
    /// A packet that did not fit, kept until a second one proves it right.
    private struct Candidate {
        var packet: RTPPacket
        var mark: UInt64
        var arrivalNanoseconds: Int64
    }

    /// What has been counted so far.
    public private(set) var statistics = RTPStatistics()
    /// The latest sender report of the running source, and when it arrived.
    public private(set) var latestReport: (report: SenderReport, arrivalNanoseconds: Int64)?

    let limits: RTPReceiverLimits
    let formats: [AudioFormat?]
    private let levelExtension: UInt8?
    /// Payload types of digits and of redundant audio.
    let events: Set<UInt8>, redundant: Set<UInt8>
    var stream: StreamState?
    private var candidate: Candidate?
    private let candidateBytes: FixedBuffer<UInt8>
    var reorder: ReorderBuffer
    var playout: Playout
    private var units = TimestampUnits()

    /// A receiver for the payload types (0…127) in `formats`; packets of other types are counted and dropped.
    ///
    /// - Parameters:
    ///   - levelExtension: number of the header extension with the audio level (RFC 6464), if there is one. Packets
    ///     that are silent by it, after one that was, are not decoded.
    ///   - events: payload types of digits (RFC 4733), which are time without speech.
    ///   - redundant: payload types of redundant audio (RFC 2198).
    public init(
        formats: [UInt8: AudioFormat], levelExtension: UInt8? = nil, events: Set<UInt8> = [],
        redundant: Set<UInt8> = [], limits: RTPReceiverLimits = RTPReceiverLimits()
    ) {
        let limits = limits.bounded
        self.limits = limits
        self.levelExtension = levelExtension
        self.events = events
        self.redundant = redundant
        self.formats = (0..<128).map { formats[UInt8($0)] }
        candidateBytes = FixedBuffer(repeating: 0, count: limits.maxDatagramBytes)
        reorder = ReorderBuffer(capacity: limits.holdPackets, slotBytes: limits.maxDatagramBytes)
        playout = Playout(
            concealLimitMilliseconds: limits.concealMilliseconds, maxPayloadBytes: limits.maxDatagramBytes)
    }

    /// The source that is followed; nil before the first packet.
    public var source: UInt32? { stream?.ssrc }

    /// Whether the sender may be sending nothing because there is nothing to say: it was seen to do so (Opus DTX,
    /// comfort noise), and nothing is missing.
    public var mayPause: Bool { playout.pausesInSilence && reorder.heldCount == 0 }

    /// Whether its codec has such pauses (Opus), and nothing is missing.
    public var couldPause: Bool { playout.codecPauses && reorder.heldCount == 0 }

    /// What the sender said, with what it sent last, about its sending nothing more for now; nil where it did not.
    public var announcement: SilenceAnnouncement? { playout.announcement }

    /// How the running stream lies in time.
    public var timing: RTPTiming {
        RTPTiming(
            jitterMilliseconds: statistics.jitterMilliseconds,
            bufferMilliseconds: Int(holdNanoseconds / 1_000_000),
            driftPartsPerMillion: playout.clock.driftPartsPerMillion)
    }

    /// What is to be reported to the sender of the running stream, which has sent a report of its own; nil without.
    public mutating func receptionReport(nowNanoseconds: Int64) -> ReceptionReport? {
        guard let latestReport, var report = stream?.receptionReport() else { return nil }
        report.note(
            latestReport.report, arrivalNanoseconds: latestReport.arrivalNanoseconds, nowNanoseconds: nowNanoseconds)
        return report
    }

    /// Host's time less the sender's wall clock (of its sender reports, RFC 3550, section 6.4.1), as of media that
    /// arrives at `nanoseconds` with the least delay; nil as long as there is no report, or the delay is not known.
    public func wallClockOffset(at nanoseconds: Int64) -> Int64? {
        playout.wallClockOffset(at: nanoseconds)
    }

    /// Moves the time line by `nanoseconds` from where arrival puts it, to align speakers with each other: at once in
    /// silence, else little by little.
    public mutating func align(nanoseconds: Int64) {
        playout.align(nanoseconds: min(max(nanoseconds, -1_000_000_000), 1_000_000_000))
    }

    /// Whether the source that is followed has left (RTCP BYE).
    public var hasEnded: Bool { stream?.hasEnded ?? false }

    /// Takes one datagram, RTP or RTCP, that nobody has read. Never traps, whatever the bytes.
    ///
    /// - Parameter mark: is told to the sink when the turn of the packet has come.
    public mutating func receive<Sink: RTPSink & ~Copyable>(
        _ datagram: RawSpan, mark: UInt64 = 0, arrivalNanoseconds: Int64, into sink: inout Sink
    ) {
        receive(
            datagram, as: DatagramContent(parsing: datagram), mark: mark, arrivalNanoseconds: arrivalNanoseconds,
            into: &sink)
    }

    /// Takes one datagram that was read before, as `content`.
    ///
    /// - Parameter mark: is told to the sink when the turn of the packet has come.
    public mutating func receive<Sink: RTPSink & ~Copyable>(
        _ datagram: RawSpan, as content: DatagramContent, mark: UInt64 = 0, arrivalNanoseconds: Int64,
        into sink: inout Sink
    ) {
        statistics.bytes += UInt64(datagram.byteCount)
        do throws(RTPParseError) {
            guard datagram.byteCount <= limits.maxDatagramBytes else { throw .tooLong }
            switch content {
            case .compound: try receiveReport(datagram, arrivalNanoseconds: arrivalNanoseconds, into: &sink)
            case .packet(let packet):
                // Where it was read from another datagram.
                guard packet.payload.upperBound <= datagram.byteCount else { throw .tooShort }
                let level = levelExtension.flatMap { packet.level(in: datagram, number: $0) }
                receive(
                    packet, payload: datagram.extracting(packet.payload), isSilent: level == 127, mark: mark,
                    arrivalNanoseconds, into: &sink)
            case .malformed(let reason): throw reason
            }
        } catch {
            statistics.malformed += 1
            statistics.lastMalformedReason = error
        }
        expire(now: arrivalNanoseconds, into: &sink)
    }

    /// Gives up missing packets that have been waited for too long; to be called from a timer, some times per
    /// `holdMilliseconds`, while packets may fail to come.
    public mutating func flush<Sink: RTPSink & ~Copyable>(nowNanoseconds: Int64, into sink: inout Sink) {
        expire(now: nowNanoseconds, into: &sink)
    }

    /// Delivers everything held, as at the end of the stream.
    public mutating func finish<Sink: RTPSink & ~Copyable>(into sink: inout Sink) {
        while let missing = reorder.missingCount() {
            skip(missing)
            playHeld(into: &sink)
        }
        playout.finish(into: &sink)
    }

    // MARK: RTCP

    private mutating func receiveReport<Sink: RTPSink & ~Copyable>(
        _ compound: RawSpan, arrivalNanoseconds: Int64, into sink: inout Sink
    ) throws(RTPParseError) {
        let source = stream?.ssrc
        var report: RTCPMessage?
        var bye: RTCPMessage?
        try RTCP.visit(compound) { message in
            guard message.ssrc == source else { return }
            switch message {
            case .senderReport: report = message
            case .bye: bye = message
            case .description: break
            }
        }
        statistics.rtcpPackets += 1
        if let report { receive(report, arrivalNanoseconds: arrivalNanoseconds, into: &sink) }
        if let bye { receive(bye, arrivalNanoseconds: arrivalNanoseconds, into: &sink) }
    }

    /// Takes one message of a compound that was read elsewhere; what is not of the running source is ignored.
    public mutating func receive<Sink: RTPSink & ~Copyable>(
        _ message: RTCPMessage, arrivalNanoseconds: Int64, into sink: inout Sink
    ) {
        guard let source = stream?.ssrc, message.ssrc == source else { return }
        switch message {
        case .senderReport(let report):
            latestReport = (report, arrivalNanoseconds)
            if let timestamp = stream?.unwrapped(units.timestamp(ofReport: report.rtpTimestamp)) {
                playout.noteReport(timestamp: timestamp, wallClockNanoseconds: report.wallClockNanoseconds)
            }
        case .bye:
            finish(into: &sink)
            stream?.hasEnded = true
        case .description: break
        }
    }

    // MARK: Sources

    private mutating func receive<Sink: RTPSink & ~Copyable>(
        _ packet: RTPPacket, payload: RawSpan, isSilent: Bool, mark: UInt64, _ arrival: Int64, into sink: inout Sink
    ) {
        statistics.packets += 1
        if redundant.contains(packet.payloadType) || formats[Int(packet.payloadType)] == nil,
            let blocks = RedundantAudio(payload), formats[Int(blocks.primary.payloadType)] != nil,
            !redundant.contains(blocks.primary.payloadType)
        {
            return receive(blocks, of: packet, payload, isSilent: isSilent, mark: mark, arrival, into: &sink)
        }
        take(packet, payload: payload, isSilent: isSilent, mark: mark, arrival, into: &sink)
    }

    mutating func take<Sink: RTPSink & ~Copyable>(
        _ packet: RTPPacket, payload: RawSpan, isSilent: Bool, mark: UInt64, _ arrival: Int64, into sink: inout Sink
    ) {
        let isEvent = isEvent(packet, payload)
        let format = isEvent ? nil : formats[Int(packet.payloadType)]
        if format == nil, !isEvent {
            statistics.unknownPayload += 1
            if statistics.firstUnknownPayloadType == nil {
                statistics.firstUnknownPayloadType = packet.payloadType
            }
        }
        var packet = packet
        if let format, stream.map({ $0.ssrc == packet.ssrc }) ?? true {
            let rate = Int64(format.clockRateHz)
            packet.timestamp = units.timestamp(
                of: packet, duration: format.duration(of: payload) * rate / Int64(AudioGrid.sampleRateHz),
                clockRateHz: format.clockRateHz, arrivalNanoseconds: arrival)
            statistics.countsOtherUnits = units.isCorrecting
        }
        guard let running = stream else {
            if let format { begin(packet, payload: payload, mark: mark, format, arrival, into: &sink) }
            return
        }
        // Comfort noise counts in the units of the codec that it stands in for.
        let isNoise = format?.codec == .comfortNoise
        let clock = isNoise ? running.clockRateHz : format?.clockRateHz ?? running.clockRateHz
        let fitting = running.fit(
            packet, clockRateHz: clock, arrivalNanoseconds: arrival,
            toleranceMilliseconds: limits.stepMilliseconds)
        if var tag = fitting {
            tag.isSilent = isSilent
            tag.isEvent = isEvent
            tag.mark = mark
            dropCandidate()
            stream?.hasEnded = false
            stream?.note(tag, clockRateHz: clock)
            statistics.jitterMilliseconds = stream?.jitterMilliseconds ?? 0
            if tag.sequence >= reorder.next, tag.sequence < running.highest.sequence {
                statistics.reordered += 1
            }
            accept(tag, payload: payload, into: &sink)
        } else if let format {
            consider(packet, payload: payload, mark: mark, format, arrival, running: running, into: &sink)
        } else {
            statistics.stray += 1
        }
    }

    /// Looks at a packet that does not fit the running stream. Two of them in order begin a new stream; if
    /// they are of another source, the running one must have left or have been silent for the longest wait,
    /// so that two sources on one port do not take turns.
    private mutating func consider<Sink: RTPSink & ~Copyable>(
        _ packet: RTPPacket, payload: RawSpan, mark: UInt64, _ format: AudioFormat, _ arrival: Int64,
        running: StreamState, into sink: inout Sink
    ) {
        let quiet = arrival &- running.latest.arrivalNanoseconds
        let mayReplace =
            packet.ssrc == running.ssrc || running.hasEnded
            || quiet >= holdNanoseconds
        if mayReplace, let candidate, candidate.packet.ssrc == packet.ssrc,
            candidate.packet.sequence &+ 1 == packet.sequence,
            let first = formats[Int(candidate.packet.payloadType)]
        {
            self.candidate = nil
            finish(into: &sink)
            playout.anchorAnew(into: &sink)
            let bytes = UnsafeRawBufferPointer(
                UnsafeMutableBufferPointer(rebasing: candidateBytes.memory[..<candidate.packet.payload.count])
            )
            begin(
                candidate.packet, payload: bytes.bytes, mark: candidate.mark, first, candidate.arrivalNanoseconds,
                into: &sink)
            // The second packet now belongs to the stream that the first began.
            if var tag = stream?.fit(
                packet, clockRateHz: format.clockRateHz, arrivalNanoseconds: arrival,
                toleranceMilliseconds: limits.stepMilliseconds)
            {
                tag.mark = mark
                stream?.note(tag, clockRateHz: format.clockRateHz)
                accept(tag, payload: payload, into: &sink)
            } else {
                statistics.stray += 1
            }
        } else {
            dropCandidate()
            candidate = Candidate(packet: packet, mark: mark, arrivalNanoseconds: arrival)
            let target = UnsafeMutableRawBufferPointer(candidateBytes.memory)
            payload.withUnsafeBytes { target.copyMemory(from: $0) }
        }
    }

    private mutating func dropCandidate() {
        guard candidate != nil else { return }
        candidate = nil
        statistics.stray += 1
    }

    private mutating func begin<Sink: RTPSink & ~Copyable>(
        _ packet: RTPPacket, payload: RawSpan, mark: UInt64, _ format: AudioFormat, _ arrival: Int64,
        into sink: inout Sink
    ) {
        let state = StreamState(
            first: packet, clockRateHz: format.clockRateHz, arrivalNanoseconds: arrival)
        stream = state
        if units.ssrc != packet.ssrc { units = TimestampUnits() }
        latestReport = nil
        statistics.jitterMilliseconds = 0
        reorder.start(at: state.highest.sequence)
        var tag = state.highest
        tag.mark = mark
        accept(tag, payload: payload, into: &sink)
    }

    // MARK: Order

    /// How long a missing packet is waited for now.
    private var holdNanoseconds: Int64 {
        let margin: Int64 = 20_000_000
        return min(
            max(playout.clock.spreadNanoseconds + margin, Int64(limits.holdMilliseconds) * 1_000_000),
            Int64(limits.holdMostMilliseconds) * 1_000_000)
    }

    mutating func accept<Sink: RTPSink & ~Copyable>(
        _ tag: PacketTag, payload: RawSpan, into sink: inout Sink
    ) {
        if !tag.isEvent, let format = formats[Int(tag.payloadType)] {
            playout.noteArrival(tag, payload: payload, format: format)
        }
        guard tag.sequence >= reorder.next else {
            if reorder.isInPast(tag.sequence) {
                statistics.duplicates += 1
            } else {
                statistics.late += 1
            }
            return
        }
        // Make room: what lies a whole buffer before this packet has had its time.
        while tag.sequence - reorder.next >= Int64(reorder.capacity) {
            let outside = tag.sequence - reorder.next - Int64(reorder.capacity) + 1
            skip(min(outside, reorder.missingCount() ?? outside))
            playHeld(into: &sink)
        }
        if reorder.holds(tag.sequence) {
            statistics.duplicates += 1
        } else if tag.sequence > reorder.next {
            reorder.hold(tag, payload: payload)
        } else {
            reorder.advance()
            Self.play(payload, tag, formats, &playout, &statistics, into: &sink)
            playHeld(into: &sink)
        }
    }

    private mutating func expire<Sink: RTPSink & ~Copyable>(now: Int64, into sink: inout Sink) {
        while let oldest = reorder.oldestArrival(), now &- oldest >= holdNanoseconds,
            let missing = reorder.missingCount()
        {
            skip(missing)
            playHeld(into: &sink)
        }
    }

    /// Gives up `count` packets from the next one on.
    private mutating func skip(_ count: Int64) {
        guard count > 0 else { return }
        statistics.lost += UInt64(count)
        playout.noteLoss(count)
        reorder.skip(count)
    }

    /// Plays the packets held whose turn has come.
    private mutating func playHeld<Sink: RTPSink & ~Copyable>(into sink: inout Sink) {
        while Self.takeAndPlay(&reorder, formats, &playout, &statistics, into: &sink) {}
    }
}
