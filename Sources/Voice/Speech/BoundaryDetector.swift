import CKernels
import MediaTypes

/// Helps the speech network, which is late and coarse in time, to place boundaries: the probability of speech per hop
/// from relative spectral features, averaged over four stretches about the hop, in a network with one hidden layer of
/// eight units.
struct BoundaryDetector: ~Copyable, Sendable {
    /// `push` answers for the hop that came this many hops before.
    static let delayHops = SpeechFeatures.delayHops + contextAhead

    /// Hops relative to the judged one over which each feature is averaged.
    private static let contexts = [-1...1, 1...contextAhead, -8 ... -1, -24 ... -9]
    private static let contextAhead = 5
    private static let rows = 24 + 1 + contextAhead
    private static let inputs = contexts.count * SpeechFeatures.count

    /// Features of the last `rows` hops, oldest first.
    private let history = FloatBuffer(count: rows * SpeechFeatures.count)
    private var knownRows = 0
    /// How many of the last rows, one after the other, describe nothing.
    private var restingRows = 0
    private let input = FloatBuffer(count: inputs)
    private static let hidden = FloatBuffer(SpeechModel.hidden)
    private static let output = FloatBuffer(SpeechModel.output)
    /// Bit n: the hop n before the last one was silent.
    private var silence: UInt32 = .max

    /// Takes the features of the next hop; the probability that the hop `delayHops` before it is speech (0 at first).
    mutating func push(_ features: borrowing SpeechFeatures, isSilent: Bool) -> Float {
        if !features.isAtRest || restingRows < Self.rows {
            history.append(features.values.base, length: SpeechFeatures.count)
            restingRows = features.isAtRest ? restingRows + 1 : 0
        }
        knownRows = min(Self.rows, knownRows + 1)
        silence = silence << 1 | (isSilent ? 1 : 0)
        // Nobody speaks in digital silence, whatever surrounds it.
        if silence & (1 << UInt32(Self.delayHops)) != 0 { return 0 }
        gather()
        return classify()
    }

    private func gather() {
        let center = Self.rows - 1 - Self.contextAhead
        // The row pushed first describes the hop before the stream.
        let oldest = Self.rows - min(Self.rows, knownRows - SpeechFeatures.delayHops)
        for position in 0..<Self.contexts.count {
            let context = Self.contexts[position]
            let target = input.base + position * SpeechFeatures.count
            target.update(repeating: 0, count: SpeechFeatures.count)
            let first = max(oldest, center + context.lowerBound)
            let last = center + context.upperBound
            guard first <= last else { continue }
            for row in first...last {
                for feature in 0..<SpeechFeatures.count {
                    target[feature] += history[row * SpeechFeatures.count + feature]
                }
            }
            let scale = 1 / Float(last - first + 1)
            for feature in 0..<SpeechFeatures.count { target[feature] *= scale }
        }
    }

    private func classify() -> Float {
        let output = Self.output.base
        let units = Self.output.count - 1
        var sum = output[units]
        for unit in 0..<units {
            let row = Self.hidden.base + unit * (Self.inputs + 1)
            sum += output[unit] * max(0, ck_dot(row, input.base, Self.inputs) + row[Self.inputs])
        }
        return 1 / (1 + ck_exp(-sum))
    }
}
