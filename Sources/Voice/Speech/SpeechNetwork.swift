import CKernels
import MediaTypes

/// The bytes given to `SpeechNetwork` are not its weights.
public enum SpeechNetworkError: Error, Equatable, CustomStringConvertible {
    /// The file does not begin with the mark of its format.
    case unknownFormat
    /// The file has another length (in bytes) than the network needs.
    case wrongLength(Int, expected: Int)
    /// A weight is not a finite number.
    case damaged

    /// One line that says what is wrong.
    public var description: String {
        switch self {
        case .unknownFormat: "not a file of speech detector weights"
        case .wrongLength(let length, let expected): "has \(length) bytes instead of \(expected)"
        case .damaged: "holds values that are not finite"
        }
    }
}

/// The weights of the Silero speech detector, version 6.2, for 16 kHz (Silero Team 2025, MIT licence).
///
/// Immutable: one instance serves every analyser. The network sees the signal in chunks of 512 samples (32 ms),
/// each with the 64 samples before it: short-time Fourier magnitudes, four convolutions along time with
/// rectifiers, one long short-term memory cell whose state goes from chunk to chunk, one output.
public final class SpeechNetwork: Sendable {
    /// Samples of a chunk and of the context before it.
    static let chunkSamples = 512
    static let contextSamples = 64
    /// Units of the memory cell.
    static let units = 128

    /// First bytes of a file of weights.
    private static let magic: [UInt8] = Array("ATTUNEV1".utf8)
    /// Shapes in the order of the file: output channels, input channels, taps; biases follow their weights.
    private static let convolutions = [(128, CK_FRAME_BINS, 3), (64, 128, 3), (64, 64, 3), (128, 64, 3)]
    private static let valueCount =
        convolutions.reduce(0) { $0 + $1.0 * ($1.1 * $1.2 + 1) } + 4 * units * (2 * units + 2) + units + 1

    fileprivate let first: NetworkLayer
    fileprivate let second: NetworkLayer
    fileprivate let third: NetworkLayer
    fileprivate let fourth: NetworkLayer
    fileprivate let gates: NetworkLayer
    fileprivate let output: FloatBuffer
    fileprivate let outputBias: Float
    fileprivate let window = FloatBuffer(count: CK_FRAME_POINTS)
    fileprivate let tables = FloatBuffer(count: CK_FFT_TABLE_FLOATS)

    /// Length of a file of weights in bytes.
    public static var byteCount: Int { magic.count + 4 * valueCount }

    /// Takes the contents of a file of weights: its mark, then little-endian 32-bit floating-point numbers:
    /// weights and biases of the four convolutions, input and recurrent weights and both biases of the memory
    /// cell (gates in the order input, forget, candidate, output), weights and bias of the output.
    public init(weights: [UInt8]) throws(SpeechNetworkError) {
        guard weights.starts(with: Self.magic) else { throw .unknownFormat }
        guard weights.count == Self.byteCount else {
            throw .wrongLength(weights.count, expected: Self.byteCount)
        }
        var reader = WeightReader(bytes: weights, position: Self.magic.count)
        // Of the third layer only two taps ever meet values, of the fourth only the middle one: the others
        // always lie on the padding.
        first = reader.convolution(Self.convolutions[0], taps: 0..<3, positions: 4)
        second = reader.convolution(Self.convolutions[1], taps: 0..<3, positions: 2)
        third = reader.convolution(Self.convolutions[2], taps: 1..<3, positions: 1)
        fourth = reader.convolution(Self.convolutions[3], taps: 1..<2, positions: 1)
        gates = reader.gates(units: Self.units)
        output = FloatBuffer(reader.take(Self.units))
        outputBias = reader.take(1)[0]
        guard reader.isFinite else { throw .damaged }
        ck_fft_fill_tables(tables.base)
        for index in 0..<CK_FRAME_POINTS {
            window[index] = Float(0.5 - 0.5 * ck_cos(2 * Double.pi * Double(index) / Double(CK_FRAME_POINTS)))
        }
    }
}

/// Reads the numbers of a file of weights whose length has been checked.
private struct WeightReader {
    let bytes: [UInt8]
    var position: Int
    private(set) var isFinite = true

    init(bytes: [UInt8], position: Int) {
        self.bytes = bytes
        self.position = position
    }

    mutating func take(_ count: Int) -> [Float] {
        let start = position
        position += 4 * count
        let values = (0..<count).map { index in
            let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + 4 * index + $1]) << (8 * $1) }
            return Float(bitPattern: bits)
        }
        isFinite = isFinite && values.allSatisfy(\.isFinite)
        return values
    }

    /// Inputs of the layer are the channels of the first of `taps`, then those of the next.
    mutating func convolution(_ shape: (Int, Int, Int), taps: Range<Int>, positions: Int) -> NetworkLayer {
        let (outputs, channels, width) = shape
        let values = take(outputs * channels * width)
        return NetworkLayer(bias: take(outputs), inputs: taps.count * channels, positions: positions) {
            values[($0 * channels + $1 % channels) * width + taps.lowerBound + $1 / channels]
        }
    }

    /// Inputs of the layer are those of the cell, then its last outputs.
    mutating func gates(units: Int) -> NetworkLayer {
        let input = take(4 * units * units)
        let recurrent = take(4 * units * units)
        let bias = zip(take(4 * units), take(4 * units)).map { $0 + $1 }
        return NetworkLayer(bias: bias, inputs: 2 * units, positions: 1) {
            $1 < units ? input[$0 * units + $1] : recurrent[$0 * units + $1 - units]
        }
    }
}

/// What the network remembers of one stream, and the room it works in (11 KB).
struct SpeechNetworkState: ~Copyable, Sendable {
    private static let units = SpeechNetwork.units
    private static let padSamples = 64
    private static let framesPerChunk = 4
    private static let frameStep = 128

    /// The context, the chunk, and the room for its mirrored end.
    private let samples = FloatBuffer(
        count: SpeechNetwork.contextSamples + SpeechNetwork.chunkSamples + padSamples)
    private var filled = 0
    /// How many of the last samples, one after the other, are 0; counted up to where all are.
    private var silentSamples = 0
    private var isAtRest: Bool { silentSamples >= SpeechNetwork.contextSamples + SpeechNetwork.chunkSamples }
    /// Input of the memory cell, then its last output.
    let joined = FloatBuffer(count: 2 * units)
    let cell = FloatBuffer(count: units)
    /// Two work areas that the layers use in turn; sizes are the largest needs: magnitudes between two rows of
    /// padding, and the scratch of the transform.
    private let front = FloatBuffer(count: (framesPerChunk + 2) * CK_FRAME_BINS)
    private let back = FloatBuffer(count: CK_FFT_SCRATCH_FLOATS)

    /// Takes samples until the chunk is complete; how many were taken.
    ///
    /// - Parameter isSilent: all of them are 0.
    mutating func take(_ values: UnsafePointer<Float>, count: Int, isSilent: Bool) -> Int {
        let taken = min(count, SpeechNetwork.chunkSamples - filled)
        if !isSilent { silentSamples = 0 }
        if !isAtRest {
            (samples.base + SpeechNetwork.contextSamples + filled).update(from: values, count: taken)
            if isSilent { silentSamples += taken }
        }
        filled += taken
        return taken
    }

    var isComplete: Bool { filled == SpeechNetwork.chunkSamples }

    /// Opens the next chunk, whose context is the end of the complete one.
    mutating func beginChunk() {
        assert(isComplete)
        filled = 0
        guard !isAtRest else { return }
        samples.base.update(
            from: samples.base + SpeechNetwork.chunkSamples, count: SpeechNetwork.contextSamples)
    }

    /// The log odds of speech in the complete chunk. To be called at most once per chunk.
    func evaluate(_ network: SpeechNetwork) -> Float {
        assert(isComplete)
        transform(network)
        // The first two layers pad with a row of zeros; the second one, with stride 2, needs none at the end.
        let pad = 128
        back.base.update(repeating: 0, count: pad)
        network.first.applyRectified(front.base, step: CK_FRAME_BINS, to: back.base + pad)
        network.second.applyRectified(back.base, step: 2 * pad, to: front.base)
        network.third.applyRectified(front.base, step: 0, to: back.base)
        network.fourth.applyRectified(back.base, step: 0, to: joined.base)
        network.gates.apply(joined.base, step: 0, to: front.base)
        let hidden = joined.base + Self.units
        ck_lstm_cell(front.base, Self.units, cell.base, hidden)
        back.base.update(from: hidden, count: Self.units)
        ck_rectify(back.base, Self.units)
        return ck_dot(network.output.base, back.base, Self.units) + network.outputBias
    }

    /// Magnitudes of four frames into `front`, between rows of zeros.
    private func transform(_ network: SpeechNetwork) {
        let end = SpeechNetwork.contextSamples + SpeechNetwork.chunkSamples
        for index in 0..<Self.padSamples { samples[end + index] = samples[end - 2 - index] }
        let bins = CK_FRAME_BINS
        front.base.update(repeating: 0, count: bins)
        (front.base + (Self.framesPerChunk + 1) * bins).update(repeating: 0, count: bins)
        for frame in stride(from: 0, to: Self.framesPerChunk, by: 2) {
            let left = samples.base + frame * Self.frameStep
            let magnitudes = front.base + (frame + 1) * bins
            ck_magnitudes_pair(
                left, left + Self.frameStep, network.window.base, network.tables.base, back.base, magnitudes,
                magnitudes + bins)
        }
    }
}
