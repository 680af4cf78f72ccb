import CKernels
import MediaTypes

/// Gives the probability of speech per hop where there are no weights of the speech network: the features of a hop and
/// the ratio of level and noise in each band go into one memory cell (LSTM: Hochreiter & Schmidhuber 1997), which knows
/// the rhythm of what came before, and so hears distant voices too.
struct RecurrentDetector: ~Copyable, Sendable {
    /// `push` answers for the hop that came this many hops before.
    static let delayHops = SpeechFeatures.delayHops + aheadHops
    /// What the cell is told of a hop.
    static let inputs = SpeechFeatures.count + SpeechFeatures.bandCount

    /// Hops behind the judged one that the cell has seen.
    private static let aheadHops = 5
    /// After so many hops of nothing the cell begins anew.
    private static let restHops = 25
    /// The same for all streams.
    private static let model = RecurrentModel()

    /// What the cell is told, then its last output.
    private let joined = FloatBuffer(count: inputs + RecurrentModel.units)
    private let gates = FloatBuffer(count: 4 * RecurrentModel.units)
    private let cell = FloatBuffer(count: RecurrentModel.units)
    private var restedHops = 0
    /// Bit n: the hop n before the last one was silent.
    private var silence: UInt32 = .max

    /// Takes the features of the next hop; the probability that the hop `delayHops` before it is speech (0 at first).
    mutating func push(_ features: borrowing SpeechFeatures, isSilent: Bool) -> Float {
        silence = silence << 1 | (isSilent ? 1 : 0)
        remember(features)
        // Nobody speaks in digital silence, whatever surrounds it.
        if silence & (1 << UInt32(Self.delayHops)) != 0 { return 0 }
        let odds = ck_dot(Self.model.output.base, joined.base + Self.inputs, RecurrentModel.units)
        return 1 / (1 + ck_exp(-odds - Self.model.outputBias))
    }

    private mutating func remember(_ features: borrowing SpeechFeatures) {
        guard !features.isAtRest || restedHops < Self.restHops else {
            joined.fill(with: 0)
            cell.fill(with: 0)
            return
        }
        restedHops = features.isAtRest ? restedHops + 1 : 0
        Self.describe(features, to: joined.base)
        Self.model.gates.apply(joined.base, step: 0, to: gates.base)
        ck_lstm_cell(gates.base, RecurrentModel.units, cell.base, joined.base + Self.inputs)
    }

    /// Writes what the cell is told of a hop: `inputs` values.
    static func describe(_ features: borrowing SpeechFeatures, to values: UnsafeMutablePointer<Float>) {
        values.update(from: features.values.base, count: SpeechFeatures.count)
        for band in 0..<SpeechFeatures.bandCount { values[SpeechFeatures.count + band] = features.snrDb[band] / 10 }
    }
}

/// The weights of `RecurrentDetector`, as they are computed with.
struct RecurrentModel: ~Copyable, Sendable {
    static let units = RecurrentWeights.units

    /// From what the cell is told and its last output to its gates: in, forget, new, out.
    let gates: NetworkLayer
    let output: FloatBuffer
    let outputBias: Float

    init() {
        let numbers = Self.numbers(of: RecurrentWeights.digits)
        let row = RecurrentDetector.inputs + Self.units
        // A row per output: its weights, then its bias.
        func bias(_ output: Int) -> Float { numbers[output * (row + 1) + row] }
        gates = NetworkLayer(bias: (0..<4 * Self.units).map(bias), inputs: row, positions: 1) { output, input in
            numbers[output * (row + 1) + input]
        }
        let rest = Array(numbers[(4 * Self.units * (row + 1))...])
        output = FloatBuffer(Array(rest.prefix(Self.units)))
        outputBias = rest[Self.units]
    }

    /// Signed numbers of 16 bits, four hexadecimal digits each, in steps of 2⁻¹¹.
    private static func numbers(of digits: StaticString) -> [Float] {
        digits.withUTF8Buffer { digits in
            var numbers: [Float] = []
            var bits: UInt16 = 0, count = 0
            for digit in digits where digit != UInt8(ascii: "\n") {
                bits = bits << 4 | UInt16(digit < UInt8(ascii: "a") ? digit - UInt8(ascii: "0") : digit - 87)
                count += 1
                if count % 4 == 0 { numbers.append(Float(Int16(bitPattern: bits)) / 2_048) }
            }
            return numbers
        }
    }
}
