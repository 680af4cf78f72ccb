import CFFmpeg
import MediaTypes

/// Sample format, rate and channel count of audio before resampling.
struct AudioShape: Equatable {
    var format: AVSampleFormat
    var rateHz: Int
    var channelCount: Int

    /// How many runs of memory hold the samples: one per channel, or one in which they alternate.
    var planeCount: Int { av_sample_fmt_is_planar(format) != 0 ? channelCount : 1 }

    /// Bytes from one sample to the next within a run.
    var planeStride: Int {
        Int(av_get_bytes_per_sample(format)) * (av_sample_fmt_is_planar(format) != 0 ? 1 : channelCount)
    }

    static func == (left: AudioShape, right: AudioShape) -> Bool {
        left.format == right.format && left.rateHz == right.rateHz && left.channelCount == right.channelCount
    }
}

/// A `SwrContext` from one shape to 16 kHz planar Float32, with the buffer it writes to.
///
/// Its filter is centred: output sample n lies at n / 16,000 s from the first input sample. Positions of
/// speakers are ignored: a mix is the plain mean of the channels, whatever they are called.
struct Resampler: ~Copyable {
    /// Samples per channel that the buffer has room for at first.
    private static let initialCapacity = 4096

    let shape: AudioShape
    let outputChannels: Int
    private let context: OpaquePointer
    // `storage` holds `outputChannels` runs of `capacity` samples; `planes` points at the start of each.
    private let planes: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>
    private var storage: UnsafeMutablePointer<Float>
    private var capacity: Int

    /// A resampler that gives the mean of all channels, or the first `channelLimit` channels apart.
    init(_ shape: AudioShape, channelLimit: Int?, source: ErrorSource) throws(MediaError) {
        let outputChannels = channelLimit.map { min($0, shape.channelCount) } ?? 1
        var input = attune_plain_layout(Int32(shape.channelCount))
        var output = attune_plain_layout(Int32(outputChannels))
        var candidate: OpaquePointer?
        var code = swr_alloc_set_opts2(
            &candidate, &output, AV_SAMPLE_FMT_FLTP, Int32(AudioGrid.sampleRateHz), &input, shape.format,
            Int32(shape.rateHz), 0, nil)
        if let context = candidate, code >= 0 {
            // 16-bit input would otherwise be resampled in 16 bits.
            av_opt_set_sample_fmt(
                UnsafeMutableRawPointer(context), "internal_sample_fmt", AV_SAMPLE_FMT_FLTP, 0)
            if outputChannels != shape.channelCount {
                let matrix = Resampler.matrix(shape.channelCount, outputChannels, mixes: channelLimit == nil)
                code = swr_set_matrix(context, matrix, Int32(shape.channelCount))
            }
            if code >= 0 { code = swr_init(context) }
        }
        guard let context = candidate, code >= 0 else {
            swr_free(&candidate)
            throw source.error(.unsupported, .resample, detail: shape.text)
        }
        self.shape = shape
        self.outputChannels = outputChannels
        self.context = context
        planes = .allocate(capacity: outputChannels)
        planes.initialize(repeating: nil, count: outputChannels)
        capacity = Resampler.initialCapacity
        storage = .allocate(capacity: capacity * outputChannels)
        storage.initialize(repeating: 0, count: capacity * outputChannels)
    }

    deinit {
        var context: OpaquePointer? = context
        swr_free(&context)
        planes.deallocate()
        storage.deallocate()
    }

    private static func matrix(_ inputs: Int, _ outputs: Int, mixes: Bool) -> [Double] {
        var matrix = [Double](repeating: 0, count: inputs * outputs)
        for output in 0..<outputs {
            for input in 0..<inputs {
                matrix[output * inputs + input] = mixes ? 1 / Double(inputs) : (input == output ? 1 : 0)
            }
        }
        return matrix
    }

    /// Feeds `count` samples per channel and converts; gives the samples per channel that came out, or an
    /// FFmpeg error number. `planes` must hold `count` samples in `shape`; `nil` drains what the filter still
    /// holds, after which the resampler takes no more input.
    mutating func convert(
        _ input: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?, count: Int
    ) -> Int {
        let count = Int32(clamping: count)
        let bound = Int(swr_get_out_samples(context, count))
        guard bound >= 0 else { return bound }
        if bound > capacity { grow(to: bound) }
        for channel in 0..<outputChannels {
            // Float storage seen as bytes, which is how swresample takes every format.
            planes[channel] = UnsafeMutableRawPointer(storage + channel * capacity)
                .assumingMemoryBound(to: UInt8.self)
        }
        let input = UnsafeMutableRawPointer(input)?.assumingMemoryBound(to: UnsafePointer<UInt8>?.self)
        return Int(swr_convert(context, planes, Int32(clamping: capacity), input, count))
    }

    /// Lends samples `range` of what the last `convert` wrote for `channel`.
    func withSamples(channel: Int, in range: Range<Int>, _ body: (Span<Float>) -> Void) {
        precondition(channel < outputChannels && range.lowerBound >= 0 && range.upperBound <= capacity)
        let start = storage + channel * capacity + range.lowerBound
        body(UnsafeBufferPointer(start: start, count: range.count).span)
    }

    private mutating func grow(to needed: Int) {
        storage.deallocate()
        capacity = needed
        storage = .allocate(capacity: capacity * outputChannels)
        storage.initialize(repeating: 0, count: capacity * outputChannels)
    }
}

extension AudioShape {
    fileprivate var text: String { "\(channelCount) channels at \(rateHz) Hz" }
}
