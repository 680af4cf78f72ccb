import MediaTypes

/// The way from decoded audio of one stream to blocks of its tracks: timeline, resampler, sink.
struct TrackOutput: ~Copyable {
    private let firstTrack: Int
    private let channelLimit: Int?
    private let source: ErrorSource
    private var resampler: Resampler?
    private var timeline = Timeline()
    /// Rate of the first samples, and the frame before with its time.
    private var firstRateHz: Int?
    private var previous: (seconds: Double, count: Int)?

    /// Output to the tracks from `firstTrack`: one mix, or (with a limit) that many channels apart.
    init(firstTrack: Int, channelLimit: Int?, source: ErrorSource) {
        self.firstTrack = firstTrack
        self.channelLimit = channelLimit
        self.source = source
    }

    /// What restarts of the source's clock came to, and where the output has come to, seconds.
    var offsetSeconds: Double { timeline.offset }
    var endSeconds: Double { timeline.endSeconds }

    /// Sends on `count` samples per channel that start at `seconds` (`nil`: right after the last).
    ///
    /// `planes` must hold them in `shape`. Gives the samples per track that went out.
    mutating func push(
        _ planes: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>, count: Int, shape: AudioShape,
        at seconds: Double?, _ sink: BlockSink
    ) throws(MediaError) -> Int {
        var delivered = 0
        if let current = resampler?.shape, current != shape {
            delivered += try drain(sink)
            timeline.changeShape()
        }
        let duration = Double(count) / Double(shape.rateHz)
        let seconds = usable(seconds, count: count, rateHz: shape.rateHz)
        if case .jump(let start) = timeline.place(seconds, duration: duration) {
            delivered += try drain(sink)
            timeline.begin(at: start)
        }
        if resampler == nil {
            resampler = try Resampler(shape, channelLimit: channelLimit, source: source)
        }
        timeline.advance(inputSamples: count, rateHz: shape.rateHz)
        return try delivered + convertInSlices(planes, count: count, shape: shape, sink)
    }

    /// Resamples a second at a time, whatever the length of a frame, so that what is allocated does not depend on it.
    private mutating func convertInSlices(
        _ planes: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>, count: Int, shape: AudioShape, _ sink: BlockSink
    ) throws(MediaError) -> Int {
        guard count > shape.rateHz else { return try convert(planes, count: count, sink) }
        // One plane per channel, or one for all of them.
        let slice = UnsafeMutableBufferPointer<UnsafeMutablePointer<UInt8>?>.allocate(capacity: shape.planeCount)
        defer { slice.deallocate() }
        var delivered = 0
        for begin in stride(from: 0, to: count, by: shape.rateHz) {
            for plane in 0..<shape.planeCount { slice[plane] = planes[plane]?.advanced(by: begin * shape.planeStride) }
            guard let base = slice.baseAddress else { break }
            delivered += try convert(base, count: min(shape.rateHz, count - begin), sink)
        }
        return delivered
    }

    /// The time of a frame, or nil where it is wrong: what counts samples to tell the time (Ogg, bare frames) goes on
    /// doing so at its first rate when media of another rate follows.
    private mutating func usable(_ seconds: Double?, count: Int, rateHz: Int) -> Double? {
        let first = firstRateHz ?? rateHz
        firstRateHz = first
        defer { previous = seconds.map { ($0, count) } }
        guard let seconds, let previous, rateHz != first else { return seconds }
        let step = seconds - previous.seconds
        let atThisRate = Double(previous.count) / Double(rateHz), atFirstRate = Double(previous.count) / Double(first)
        return abs(step - atFirstRate) < abs(step - atThisRate) ? nil : seconds
    }

    /// Sends on what the resampler's filter still holds.
    mutating func drain(_ sink: BlockSink) throws(MediaError) -> Int {
        let delivered = try convert(nil, count: 0, sink)
        resampler = nil
        return delivered
    }

    private mutating func convert(
        _ planes: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?, count: Int, _ sink: BlockSink
    ) throws(MediaError) -> Int {
        guard let converted = resampler?.convert(planes, count: count) else { return 0 }
        guard converted >= 0 else {
            throw source.error(code: Int32(clamping: converted), .resample)
        }
        let (start, skipped) = timeline.emit(converted)
        guard skipped < converted, let channels = resampler?.outputChannels else { return 0 }
        for channel in 0..<channels {
            resampler?.withSamples(channel: channel, in: skipped..<converted) { samples in
                sink(firstTrack + channel, start, samples)
            }
        }
        return converted - skipped
    }
}
