import CKernels

/// An affine layer with its weights in the order of `ck_affine`.
struct NetworkLayer: ~Copyable, Sendable {
    let weights: FloatBuffer
    let bias: FloatBuffer
    let inputs: Int
    let positions: Int

    /// - Parameter weight: gives the weight of an output and an input.
    init(bias: [Float], inputs: Int, positions: Int, weight: (Int, Int) -> Float) {
        self.bias = FloatBuffer(bias)
        self.inputs = inputs
        self.positions = positions
        weights = FloatBuffer(count: bias.count * inputs)
        let block = ck_affine_block(positions)
        for output in 0..<bias.count {
            for input in 0..<inputs {
                weights[(output / block * inputs + input) * block + output % block] = weight(output, input)
            }
        }
    }

    /// Reads `inputs` values at each position, `step` apart; writes the outputs position by position.
    func apply(_ input: UnsafePointer<Float>, step: Int, to output: UnsafeMutablePointer<Float>) {
        ck_affine(weights.base, bias.base, input, inputs, step, positions, output, bias.count)
    }

    /// The same with a rectifier behind it.
    func applyRectified(_ input: UnsafePointer<Float>, step: Int, to output: UnsafeMutablePointer<Float>) {
        apply(input, step: step, to: output)
        ck_rectify(output, bias.count * positions)
    }
}
