import Kit
import MediaTypes
import Timing

/// Turns the packets of a stream, in order, into 16 kHz media on one time line.
///
/// A stretch of timestamps is tied to a line of its own by an anchor: `raw = anchor + (timestamp - anchor) ×
/// 16 000 / clock`. The time line delivered is that of the host's clock, on which a packet ends when it arrives
/// with the least delay: raw time plus a correction that follows the clocks (`ClockTracker`). What the correction
/// changes is taken out of silence where there is some, else of single samples. After a break (`anchorAnew`) the
/// next anchor is set by arrival time.
struct Playout: ~Copyable {
    private static let samplesPerSecond = Int64(AudioGrid.sampleRateHz)
    private static let nanosecondsPerSample = 1_000_000_000 / samplesPerSecond
    /// How far a timestamp may be off what the samples before it add up to and still count as contiguous.
    private static let toleranceMilliseconds: Int64 = 2
    /// Corrections below this are not made (2 ms); from this on (100 ms) the sender has paused.
    private static let minCorrection: Int64 = 32, pauseCorrection: Int64 = 1_600
    /// A gap in the timestamps that ends this long before its time is a step of the timestamps (200 ms).
    private static let stepNanoseconds: Int64 = 200_000_000
    /// Further apart than this (some 3 years) no media is, in samples.
    private static let farthest: Int64 = 1 << 40
    /// Media further ahead of its time than this is not taken (30 s): nobody waits so long for it.
    private static let maxAhead = 30 * samplesPerSecond

    private let concealLimit: Int64
    private let maxPayloadBytes: Int
    // Made when it is known what the format, or a packet of Opus, needs: there are hundreds of streams.
    private var pcm = FixedBuffer<Float>(repeating: 0, count: 0)
    private var output = FixedBuffer<Float>(repeating: 0, count: 0)
    /// Takes the output where it is made longer or shorter.
    private var slewed = FixedBuffer<Float>(repeating: 0, count: 0)

    private var opus: OpusDecoder?
    private var g722: G722Decoder?
    /// Whether the sender was seen to send nothing while there was nothing to say (DTX, comfort noise).
    private(set) var pausesInSilence = false
    /// Whether encoders of its codec can do so by themselves.
    var codecPauses: Bool { format?.codec == .opus }
    /// What the packet before said about the time after it.
    private(set) var announcement: SilenceAnnouncement?
    /// Whether the packet before was silent by its sender's word.
    private var lastWasSilent = false
    private var repeatedSilence = RepeatedSilence()
    private var resampler: Resampler?
    /// One per rate that occurred, of the few in `AudioFormat.pcmRatesHz`.
    private var filters: [Int: ResamplerFilter] = [:]
    private(set) var format: AudioFormat?

    private var anchor: TimestampAnchor?
    /// Timestamp that continues what has been decoded.
    private var expectedTimestamp: Int64 = 0
    /// Media time of the next sample to deliver.
    private var position: Int64 = 0
    /// Packets before the next one that are missing or were not decodable.
    private var lostPackets: Int64 = 0
    /// Length of the last packet in samples.
    private var packetSamples: Int64 = 0
    private(set) var clock = ClockTracker()
    /// Host's time at media time 0; nil before the first packet.
    private var originNanoseconds: Int64?
    /// Media time less raw time, as delivered.
    private var correction: Int64 = 0
    /// What is added to the correction to align this speaker with others, in samples.
    private var alignment: Int64 = 0
    /// Raw time less the sender's wall clock, in nanoseconds; nil before a sender report.
    private var reportOffset: Int64?

    init(concealLimitMilliseconds: Int, maxPayloadBytes: Int) {
        concealLimit = Int64(concealLimitMilliseconds * AudioGrid.sampleRateHz / 1_000)
        self.maxPayloadBytes = maxPayloadBytes
    }

    /// Says that `count` packets before the next one are missing.
    mutating func noteLoss(_ count: Int64 = 1) {
        lostPackets += count
        repeatedSilence = RepeatedSilence()
    }

    /// Takes note of a packet's arrival, in whatever order it comes.
    mutating func noteArrival(_ tag: PacketTag, payload: RawSpan, format: AudioFormat) {
        guard let anchor, self.format?.clockRateHz == format.clockRateHz else { return }
        let end = anchor.raw(of: tag.timestamp, clock: Int64(format.clockRateHz)) &+ format.duration(of: payload)
        clock.note(mediaEnd: end &* Self.nanosecondsPerSample, arrival: tag.arrivalNanoseconds)
    }

    /// Takes note of a sender report: its RTP timestamp (unwrapped) belongs to its wall clock time.
    mutating func noteReport(timestamp: Int64, wallClockNanoseconds: Int64) {
        guard let anchor, let format else { return }
        let raw = anchor.raw(of: timestamp, clock: Int64(format.clockRateHz))
        reportOffset = raw &* Self.nanosecondsPerSample &- wallClockNanoseconds
    }

    /// Host's time of arrival, at the least delay, less the sender's wall clock at the end of the packet's media;
    /// nil without a sender report of the running stream.
    func wallClockOffset(at nanoseconds: Int64) -> Int64? {
        guard clock.isSettled else { return nil }
        return reportOffset.map { clock.leastDelay(at: nanoseconds) &+ $0 }
    }

    /// Moves the time line by `nanoseconds` from where arrival puts it; little by little where there is no silence.
    mutating func align(nanoseconds: Int64) {
        alignment = nanoseconds / Self.nanosecondsPerSample
    }

    /// Ends the running stretch: the next packet is the first of a new one.
    mutating func anchorAnew<Sink: RTPSink & ~Copyable>(into sink: inout Sink) {
        finish(into: &sink)
        opus?.reset()
        repeatedSilence = RepeatedSilence()
        g722?.reset()
        anchor = nil
        reportOffset = nil
        lostPackets = 0
    }

    /// Delivers what the resampler still owes for the stretch so far.
    mutating func finish<Sink: RTPSink & ~Copyable>(into sink: inout Sink) {
        guard let memory = output.memory.baseAddress, let count = resampler?.finish(into: memory), count > 0
        else {
            return
        }
        deliver(count, isConcealed: false, into: &sink)
    }

    /// Decodes one packet and delivers it, with the silence or concealment before it.
    mutating func play<Sink: RTPSink & ~Copyable>(
        _ payload: RawSpan, tag: PacketTag, format newFormat: AudioFormat, statistics: inout RTPStatistics,
        into sink: inout Sink
    ) {
        if newFormat.codec == .comfortNoise {
            statistics.comfortNoise += 1
            pausesInSilence = true
            announcement = .pause
            // Ends what was before; the silence comes out when it is over.
            guard let format else { return }
            place(tag, payload: payload, format: format, statistics: &statistics, into: &sink)
            lostPackets = 0
            return
        }
        announcement = tag.isSilent ? .mute : newFormat.codec == .opus && payload.byteCount <= 2 ? .pause : nil
        if let originNanoseconds {
            let (present, overflows) = tag.arrivalNanoseconds.subtractingReportingOverflow(originNanoseconds)
            guard !overflows, position - present / Self.nanosecondsPerSample <= Self.maxAhead else {
                statistics.ahead += 1
                return
            }
        }
        if format != newFormat { switchFormat(to: newFormat, into: &sink) }
        place(tag, payload: payload, format: newFormat, statistics: &statistics, into: &sink)
        lostPackets = 0

        // The first silent packet is decoded, because what was before it may still ring.
        defer { lastWasSilent = tag.isSilent }
        if tag.isSilent && lastWasSilent || newFormat.codec == .opus && repeatedSilence.contains(payload) {
            beSilent(payload, tag: tag, format: newFormat, statistics: &statistics, into: &sink)
            return
        }
        let change = change(at: tag.arrivalNanoseconds, &statistics, into: &sink)
        if newFormat.codec == .opus { makeRoom(for: Int(newFormat.duration(of: payload))) }
        guard let memory = output.memory.baseAddress else { return }
        switch newFormat.codec {
        case .opus:
            // Two bytes are a header alone, with which an encoder announces its DTX.
            if payload.byteCount <= 2 { pausesInSilence = true }
            guard let count = opus?.decode(payload, into: memory, room: output.count) else {
                statistics.decodeErrors += 1
                lostPackets = 1
                return
            }
            repeatedSilence.note(payload, samples: UnsafeBufferPointer(start: memory, count: count))
            expectedTimestamp += Int64(count) * Int64(newFormat.clockRateHz) / Self.samplesPerSecond
            packetSamples = Int64(count)
            deliver(count, isConcealed: false, change: change, into: &sink)
        case .g722:
            guard let count = g722?.decode(payload, into: memory) else { return }
            expectedTimestamp += Int64(payload.byteCount)
            packetSamples = Int64(count)
            deliver(count, isConcealed: false, change: change, into: &sink)
        case .comfortNoise: break
        case .pcmu, .pcma, .l16:
            guard let frames = PCM.decode(payload, format: newFormat, into: pcm.memory),
                let source = pcm.memory.baseAddress
            else {
                statistics.decodeErrors += 1
                lostPackets = 1
                return
            }
            expectedTimestamp += Int64(frames)
            packetSamples = Int64(frames) * Self.samplesPerSecond / Int64(newFormat.clockRateHz)
            if let count = resampler?.push(source, count: frames, into: memory) {
                deliver(count, isConcealed: false, change: change, into: &sink)
            } else {
                memory.update(from: source, count: frames)
                deliver(frames, isConcealed: false, change: change, into: &sink)
            }
        }
    }

    /// Delivers a packet as the silence that it is, without decoding it.
    private mutating func beSilent<Sink: RTPSink & ~Copyable>(
        _ payload: RawSpan, tag: PacketTag, format: AudioFormat, statistics: inout RTPStatistics,
        into sink: inout Sink
    ) {
        finish(into: &sink)
        let length = format.duration(of: payload)
        statistics.silent += 1
        expectedTimestamp += length * Int64(format.clockRateHz) / Self.samplesPerSecond
        packetSamples = length
        let silence = max(0, length + error(at: tag.arrivalNanoseconds, from: position))
        correction += silence - length
        guard silence > 0 else { return }
        sink.silence(start: MediaTime(samples: position), sampleCount: silence)
        position += silence
    }

    // MARK: Time line

    /// Brings `position` to where the packet belongs.
    private mutating func place<Sink: RTPSink & ~Copyable>(
        _ tag: PacketTag, payload: RawSpan, format: AudioFormat, statistics: inout RTPStatistics,
        into sink: inout Sink
    ) {
        let rate = Int64(format.clockRateHz)
        let gap = tag.timestamp &- expectedTimestamp
        let tolerance = rate * Self.toleranceMilliseconds / 1_000
        if let anchor, gap >= -tolerance, !isStep(tag, gap: gap, payload: payload, format: format) {
            if gap > tolerance {
                finish(into: &sink)
                fill(
                    to: anchor.raw(of: tag.timestamp, clock: rate), tag: tag, payload: payload,
                    format: format, &statistics, into: &sink)
                expectedTimestamp = tag.timestamp
            }
            return
        }
        // A first packet, or a timestamp that went back or ahead of its time while the sequence went on.
        finish(into: &sink)
        let length = format.duration(of: payload)
        if let originNanoseconds {
            statistics.restarts += 1
            let arrived = (tag.arrivalNanoseconds &- originNanoseconds) / Self.nanosecondsPerSample
            position = max(position, arrived - length + alignment)
            // The packet counts as one of the least delay.
            let least = clock.leastDelay(at: tag.arrivalNanoseconds)
            let raw = (tag.arrivalNanoseconds &- least) / Self.nanosecondsPerSample - length
            anchor = TimestampAnchor(timestamp: tag.timestamp, raw: raw)
            correction = position - raw
        } else {
            originNanoseconds = tag.arrivalNanoseconds &- length * Self.nanosecondsPerSample
            anchor = TimestampAnchor(timestamp: tag.timestamp, raw: 0)
            noteArrival(tag, payload: payload, format: format)
        }
        reportOffset = nil
        expectedTimestamp = tag.timestamp
    }

    /// Whether a gap in the timestamps is none in time: the packet behind it came long before its time, and no packets
    /// are missing that could have filled it; or it would lie further ahead than media is taken, whatever is missing.
    private func isStep(_ tag: PacketTag, gap: Int64, payload: RawSpan, format: AudioFormat) -> Bool {
        guard let anchor, let originNanoseconds else { return false }
        let rate = Int64(format.clockRateHz)
        let start = anchor.raw(of: tag.timestamp, clock: rate)
        let missing = lostPackets.multipliedReportingOverflow(by: packetSamples)
        let filled = missing.overflow ? 0 : missing.partialValue
        // Beyond what any clock can mean there is no product to compare.
        let (unfilled, overflows) = (gap / rate * Self.samplesPerSecond)
            .subtractingReportingOverflow(filled - gap % rate * Self.samplesPerSecond / rate)
        guard !overflows, unfilled < Self.farthest else { return true }
        let present = (tag.arrivalNanoseconds &- originNanoseconds) / Self.nanosecondsPerSample
        guard gap <= 0 || start &+ correction &- present <= Self.maxAhead else { return true }
        guard unfilled * Self.nanosecondsPerSample > Self.stepNanoseconds else { return false }
        let end = start &+ format.duration(of: payload)
        let delay = tag.arrivalNanoseconds &- end &* Self.nanosecondsPerSample
        return delay < clock.leastDelay(at: tag.arrivalNanoseconds) &- Self.stepNanoseconds
    }

    /// Fills or leaves out what lies between `position` and raw time `end`: as much of it as packets are missing
    /// is lost, and what is over was not sent on purpose.
    private mutating func fill<Sink: RTPSink & ~Copyable>(
        to end: Int64, tag: PacketTag, payload: RawSpan, format: AudioFormat, _ statistics: inout RTPStatistics,
        into sink: inout Sink
    ) {
        let length = end + correction - position
        guard length > 0 else { return }
        var lost = lostPackets > 0 ? min(length, packetSamples.multipliedReportingOverflow(by: lostPackets).0) : 0
        // Less than the tolerance is no silence; nor is anything before packets of unknown length.
        let tolerance = Self.samplesPerSecond * Self.toleranceMilliseconds / 1_000
        if lostPackets > 0, lost <= 0 || length - lost <= tolerance { lost = length }
        if length > lost {
            let silence = max(0, length - lost + error(at: tag.arrivalNanoseconds, from: position + length))
            correction += silence - (length - lost)
            if silence > 0 {
                pausesInSilence = true
                statistics.silenceSamples += silence
                sink.silence(start: MediaTime(samples: position), sampleCount: silence)
                position += silence
            }
        }
        if lost > 0 {
            if format.codec == .opus, lost <= concealLimit { makeRoom(for: Int(lost)) }
            if format.codec == .opus, lost <= concealLimit, lost % Int64(OpusDecoder.concealmentStep) == 0,
                let memory = output.memory.baseAddress,
                let count = opus?.conceal(samples: Int(lost), before: payload, into: memory)
            {
                statistics.concealedSamples += Int64(count)
                deliver(count, isConcealed: true, into: &sink)
            } else {
                statistics.lostSamples += lost
            }
        }
        position = end + correction
    }

    /// By how many samples the correction is to grow, if it is known; 0 where it is right enough. What begins at
    /// `start` is moved no further than to its arrival, whatever time stamps have made of the clock.
    private func error(at nanoseconds: Int64, from start: Int64) -> Int64 {
        guard clock.isSettled, let originNanoseconds else { return 0 }
        let least = clock.leastDelay(at: nanoseconds) &- originNanoseconds
        let room = (nanoseconds &- originNanoseconds) / Self.nanosecondsPerSample + max(0, alignment) - start
        let error = min(least / Self.nanosecondsPerSample + alignment - correction, max(0, room))
        return abs(error) < Self.minCorrection ? 0 : error
    }

    /// By how many samples the next packet is to be made longer. Where the sender paused without advancing its
    /// timestamps, the pause is delivered first.
    private mutating func change<Sink: RTPSink & ~Copyable>(
        at nanoseconds: Int64, _ statistics: inout RTPStatistics, into sink: inout Sink
    ) -> Int {
        let error = error(at: nanoseconds, from: position)
        guard error >= Self.pauseCorrection else {
            return Int(clamping: error == 0 ? 0 : error / 64 + error.signum())
        }
        finish(into: &sink)
        statistics.silenceSamples += error
        sink.silence(start: MediaTime(samples: position), sampleCount: error)
        position += error
        correction += error
        return 0
    }

    // MARK: Formats

    private mutating func switchFormat<Sink: RTPSink & ~Copyable>(
        to newFormat: AudioFormat, into sink: inout Sink
    ) {
        finish(into: &sink)
        // Timestamps of another clock do not continue those before.
        if newFormat.clockRateHz != format?.clockRateHz { anchor = nil }
        format = newFormat
        if newFormat.codec == .opus {
            if opus == nil { opus = OpusDecoder() }
            resampler = nil
        } else if newFormat.codec == .g722 {
            if g722 == nil { g722 = G722Decoder() }
            resampler = nil
            // Two samples a byte.
            makeRoom(for: 2 * maxPayloadBytes)
        } else if newFormat.clockRateHz == AudioGrid.sampleRateHz {
            resampler = nil
            makeRoom(for: maxPayloadBytes)
        } else if resampler?.filter.inputRateHz != newFormat.clockRateHz {
            // Kept, because designing a filter costs more than a packet may.
            let filter = filters[newFormat.clockRateHz] ?? ResamplerFilter(inputRateHz: newFormat.clockRateHz)
            filters[newFormat.clockRateHz] = filter
            let made = Resampler(filter: filter, maxInput: maxPayloadBytes)
            makeRoom(for: made.maxOutput)
            resampler = consume made
        }
        if newFormat.codec != .opus, newFormat.codec != .g722, pcm.count == 0 {
            pcm = FixedBuffer(repeating: 0, count: maxPayloadBytes)
        }
    }

    /// Makes the output hold so many samples.
    private mutating func makeRoom(for samples: Int) {
        guard output.count < samples else { return }
        output = FixedBuffer(repeating: 0, count: samples)
        slewed = FixedBuffer(repeating: 0, count: samples + Slew.limit(count: samples))
    }

    private mutating func deliver<Sink: RTPSink & ~Copyable>(
        _ count: Int, isConcealed: Bool, change: Int = 0, into sink: inout Sink
    ) {
        guard count > 0, let source = output.memory.baseAddress, let target = slewed.memory.baseAddress else { return }
        var memory = output.memory
        var length = count
        if change != 0, Slew.limit(count: count) > 0 {
            length = Slew.apply(source, count: count, change: change, into: target)
            memory = slewed.memory
            correction += Int64(length - count)
        }
        let start = MediaTime(samples: position)
        position += Int64(length)
        sink.media(
            start: start, samples: UnsafeMutableBufferPointer(rebasing: memory[..<length]).span,
            isConcealed: isConcealed)
    }
}
