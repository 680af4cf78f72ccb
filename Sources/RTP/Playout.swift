import MediaTypes

/// Turns the packets of a stream, in order, into 16 kHz media on one time line.
///
/// A stretch of timestamps is tied to the time line by an anchor: `media = anchor + (timestamp - anchor) ×
/// 16 000 / clock`. After a break (`anchorAnew`) the next anchor is set by arrival time.
struct Playout: ~Copyable {
    private static let samplesPerSecond = Int64(AudioGrid.sampleRateHz)
    private static let nanosecondsPerSample = 1_000_000_000 / samplesPerSecond
    /// How far a timestamp may be off what the samples before it add up to and still count as contiguous.
    private static let toleranceMilliseconds: Int64 = 2

    private struct Anchor {
        var timestamp: Int64
        var media: Int64
    }

    private let concealLimit: Int64
    private let maxPayloadBytes: Int
    private let pcm: FixedBuffer<Float>
    private var output: FixedBuffer<Float>

    private var opus: OpusDecoder?
    private var resampler: Resampler?
    /// One per rate that occurred, of the few in `AudioFormat.pcmRatesHz`.
    private var filters: [Int: ResamplerFilter] = [:]
    private var format: AudioFormat?

    private var anchor: Anchor?
    /// Timestamp that continues what has been decoded.
    private var expectedTimestamp: Int64 = 0
    /// Media time of the next sample to deliver.
    private var position: Int64 = 0
    /// Whether something before the next packet is missing or was not decodable.
    private var lossPending = false
    /// Arrival time less media time, in nanoseconds, of the least delayed packets of late.
    private var delayFloor: Int64?

    init(concealLimitMilliseconds: Int, maxPayloadBytes: Int) {
        concealLimit = Int64(concealLimitMilliseconds * AudioGrid.sampleRateHz / 1_000)
        self.maxPayloadBytes = maxPayloadBytes
        pcm = FixedBuffer(repeating: 0, count: maxPayloadBytes)
        output = FixedBuffer(repeating: 0, count: max(OpusDecoder.maxSamples, maxPayloadBytes))
    }

    /// Says that the packet before the next one is missing.
    mutating func noteLoss() {
        lossPending = true
    }

    /// Ends the running stretch: the next packet is the first of a new one.
    mutating func anchorAnew<Sink: RTPSink & ~Copyable>(into sink: inout Sink) {
        finish(into: &sink)
        opus?.reset()
        anchor = nil
        lossPending = false
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
        if format != newFormat { switchFormat(to: newFormat, into: &sink) }
        place(tag, payload: payload, format: newFormat, statistics: &statistics, into: &sink)
        lossPending = false
        guard let memory = output.memory.baseAddress else { return }

        switch newFormat.codec {
        case .opus:
            guard let count = opus?.decode(payload, into: memory) else {
                statistics.decodeErrors += 1
                lossPending = true
                return
            }
            expectedTimestamp += Int64(count) * Int64(newFormat.clockRateHz) / Self.samplesPerSecond
            deliver(count, isConcealed: false, into: &sink)
        case .pcmu, .pcma, .l16:
            guard let frames = PCM.decode(payload, format: newFormat, into: pcm.memory),
                let source = pcm.memory.baseAddress
            else {
                statistics.decodeErrors += 1
                lossPending = true
                return
            }
            expectedTimestamp += Int64(frames)
            if let count = resampler?.push(source, count: frames, into: memory) {
                deliver(count, isConcealed: false, into: &sink)
            } else {
                memory.update(from: source, count: frames)
                deliver(frames, isConcealed: false, into: &sink)
            }
        }
    }

    // MARK: Time line

    /// Brings `position` to where the packet belongs.
    private mutating func place<Sink: RTPSink & ~Copyable>(
        _ tag: PacketTag, payload: RawSpan, format: AudioFormat, statistics: inout RTPStatistics,
        into sink: inout Sink
    ) {
        let clock = Int64(format.clockRateHz)
        let gap = tag.timestamp &- expectedTimestamp
        let tolerance = clock * Self.toleranceMilliseconds / 1_000
        if let anchor, gap >= -tolerance {
            if gap > tolerance {
                finish(into: &sink)
                let target = Self.media(of: tag.timestamp, from: anchor, clock: clock)
                fill(to: max(target, position), payload: payload, format: format, &statistics, into: &sink)
                expectedTimestamp = tag.timestamp
            }
        } else {
            // A first packet, or a timestamp that went back while the sequence went on.
            if delayFloor != nil { statistics.restarts += 1 }
            finish(into: &sink)
            position = max(position, arrivalMedia(tag.arrivalNanoseconds) ?? position)
            anchor = Anchor(timestamp: tag.timestamp, media: position)
            expectedTimestamp = tag.timestamp
        }
        trackDelay(tag, clock: clock)
    }

    /// Fills or leaves out what lies between `position` and `target`.
    private mutating func fill<Sink: RTPSink & ~Copyable>(
        to target: Int64, payload: RawSpan, format: AudioFormat, _ statistics: inout RTPStatistics,
        into sink: inout Sink
    ) {
        let length = target - position
        guard length > 0 else { return }
        if !lossPending {
            statistics.silenceSamples += length
            sink.silence(start: MediaTime(samples: position), sampleCount: length)
        } else if format.codec == .opus, length <= concealLimit,
            length % Int64(OpusDecoder.concealmentStep) == 0, let memory = output.memory.baseAddress,
            let count = opus?.conceal(samples: Int(length), before: payload, into: memory)
        {
            statistics.concealedSamples += Int64(count)
            deliver(count, isConcealed: true, into: &sink)
        } else {
            statistics.lostSamples += length
        }
        position = target
    }

    private static func media(of timestamp: Int64, from anchor: Anchor, clock: Int64) -> Int64 {
        // Whole seconds apart, so that no product can overflow.
        let (seconds, rest) = (timestamp &- anchor.timestamp).quotientAndRemainder(dividingBy: clock)
        return anchor.media &+ seconds &* samplesPerSecond &+ rest * samplesPerSecond / clock
    }

    /// Where arrival time says that a packet belongs; nil before the first packet.
    private func arrivalMedia(_ arrivalNanoseconds: Int64) -> Int64? {
        guard let delayFloor else { return nil }
        return (arrivalNanoseconds &- delayFloor) / Self.nanosecondsPerSample
    }

    /// Follows the least delay: down at once, up slowly, so that late packets of the old stream do not shift
    /// the anchor of a new one, but a clock that drifts is followed.
    private mutating func trackDelay(_ tag: PacketTag, clock: Int64) {
        guard let anchor else { return }
        let media = Self.media(of: tag.timestamp, from: anchor, clock: clock)
        let delay = tag.arrivalNanoseconds &- media &* Self.nanosecondsPerSample
        guard let floor = delayFloor, delay > floor else {
            delayFloor = delay
            return
        }
        delayFloor = floor &+ (delay &- floor) / 64
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
        } else if newFormat.clockRateHz == AudioGrid.sampleRateHz {
            resampler = nil
        } else if resampler?.filter.inputRateHz != newFormat.clockRateHz {
            // Kept, because designing a filter costs more than a packet may.
            let filter = filters[newFormat.clockRateHz] ?? ResamplerFilter(inputRateHz: newFormat.clockRateHz)
            filters[newFormat.clockRateHz] = filter
            let made = Resampler(filter: filter, maxInput: maxPayloadBytes)
            if output.count < made.maxOutput { output = FixedBuffer(repeating: 0, count: made.maxOutput) }
            resampler = consume made
        }
    }

    private mutating func deliver<Sink: RTPSink & ~Copyable>(
        _ count: Int, isConcealed: Bool, into sink: inout Sink
    ) {
        guard count > 0 else { return }
        let start = MediaTime(samples: position)
        position += Int64(count)
        sink.media(
            start: start, samples: UnsafeMutableBufferPointer(rebasing: output.memory[..<count]).span,
            isConcealed: isConcealed)
    }
}
