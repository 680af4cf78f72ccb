import CKernels
import Testing

/// Every fast kernel against its scalar twin, at odd lengths and misaligned offsets.
@Suite struct KernelTests {
    private func random(_ count: Int, seed: UInt64) -> [Float] {
        var noise = Noise(seed: seed)
        return (0..<count).map { _ in noise.normal() }
    }

    @Test(arguments: [0, 1, 3, 7, 15, 16, 17, 31, 63, 65, 127, 160, 331])
    func dot(count: Int) {
        let left = random(400, seed: 1)
        let right = random(400, seed: 2)
        for offset in [0, 1, 3, 5] {
            left.withUnsafeBufferPointer { left in
                right.withUnsafeBufferPointer { right in
                    guard let left = left.baseAddress, let right = right.baseAddress else { return }
                    let fast = ck_dot(left + offset, right + 2 * offset, count)
                    let exact = ck_dot_reference(left + offset, right + 2 * offset, count)
                    #expect((fast - exact).magnitude <= 1e-4)
                }
            }
        }
    }

    @Test(arguments: [0, 1, 7, 15, 16, 17, 63, 65, 160])
    func addScaledAndCountOutside(count: Int) {
        let values = random(200, seed: 12)
        for offset in [0, 1, 3] {
            var fast = random(200, seed: 13)
            var exact = fast
            values.withUnsafeBufferPointer { values in
                guard let start = values.baseAddress else { return }
                ck_add_scaled(&fast, start + offset, -0.7, count)
                ck_add_scaled_reference(&exact, start + offset, -0.7, count)
                let outside = ck_count_outside(start + offset, -0.5, 0.8, count)
                #expect(outside == ck_count_outside_reference(start + offset, -0.5, 0.8, count))
            }
            #expect(zip(fast, exact).allSatisfy { ($0 - $1).magnitude <= 1e-6 })
        }
    }

    @Test(arguments: [1, 2, 15, 16, 17, 63, 65, 160])
    func range(count: Int) {
        let values = random(200, seed: 14)
        for offset in [0, 1, 3] {
            values.withUnsafeBufferPointer { values in
                guard let start = values.baseAddress else { return }
                var (low, high, exactLow, exactHigh): (Float, Float, Float, Float) = (0, 0, 0, 0)
                ck_range(start + offset, count, &low, &high)
                ck_range_reference(start + offset, count, &exactLow, &exactHigh)
                #expect(low == exactLow && high == exactHigh)
            }
        }
    }

    @Test(arguments: [(1, 1), (7, 2), (49, 2), (50, 3)])
    func firDecimate(taps: Int, step: Int) {
        let input = random(400, seed: 3)
        let coefficients = random(taps, seed: 4)
        for (offset, count) in [(0, 80), (1, 79), (3, 1), (5, 33)] {
            var fast = [Float](repeating: 0, count: count)
            var exact = fast
            input.withUnsafeBufferPointer { input in
                guard let start = input.baseAddress else { return }
                ck_fir_decimate(start + offset, coefficients, taps, step, &fast, count)
                ck_fir_decimate_reference(start + offset, coefficients, taps, step, &exact, count)
            }
            #expect(zip(fast, exact).allSatisfy { ($0 - $1).magnitude <= 1e-4 })
        }
    }

    @Test(arguments: [(1, 1, 3), (83, 15, 121), (84, 14, 120), (160, 1, 133)])
    func centeredCorrelation(width: Int, firstLag: Int, lagCount: Int) {
        let signal = random(700, seed: 5)
        for center in [300, 301, 303] {
            var fast = [Float](repeating: 0, count: lagCount)
            var exact = fast
            signal.withUnsafeBufferPointer { signal in
                guard let start = signal.baseAddress else { return }
                ck_centered_correlation(start + center, width, firstLag, lagCount, &fast)
                ck_centered_correlation_reference(start + center, width, firstLag, lagCount, &exact)
            }
            #expect(zip(fast, exact).allSatisfy { ($0 - $1).magnitude <= 2e-4 })
        }
    }

    @Test(arguments: [0, 1, 3]) func powerSpectrum(offset: Int) {
        let input = random(512 + offset, seed: 6)
        var tables = [Float](repeating: 0, count: Int(CK_FFT_TABLE_FLOATS))
        var scratch = [Float](repeating: 0, count: Int(CK_FFT_SCRATCH_FLOATS))
        var fast = [Float](repeating: 0, count: Int(CK_FFT_BINS))
        var exact = fast
        ck_fft_fill_tables(&tables)
        input.withUnsafeBufferPointer { input in
            guard let start = input.baseAddress else { return }
            ck_power_spectrum(start + offset, tables, &scratch, &fast)
            ck_power_spectrum_reference(start + offset, &exact)
        }
        #expect(zip(fast, exact).allSatisfy { ($0 - $1).magnitude <= 1e-2 + 1e-5 * $1 })
    }

    @Test func autocorrelation() {
        let spectrum = random(Int(CK_FFT_BINS), seed: 7)
        var tables = [Float](repeating: 0, count: Int(CK_FFT_TABLE_FLOATS))
        var scratch = [Float](repeating: 0, count: Int(CK_FFT_SCRATCH_FLOATS))
        var fast = [Float](repeating: 0, count: Int(CK_FFT_BINS))
        var exact = fast
        ck_fft_fill_tables(&tables)
        ck_autocorrelation(spectrum, tables, &scratch, &fast)
        ck_autocorrelation_reference(spectrum, &exact)
        #expect(zip(fast, exact).allSatisfy { ($0 - $1).magnitude <= 1e-3 })
    }

    @Test(arguments: [1, 2, 4], [1, 2, 63, 128, 387])
    func affine(positions: Int, inputs: Int) {
        let outputs = 2 * ck_affine_block(positions)
        let weights = random(outputs * inputs + 3, seed: 8)
        let bias = random(outputs + 1, seed: 9)
        let step = 129
        let input = random(3 * step + inputs + 1, seed: 10)
        for offset in [0, 1, 3] {
            var fast = [Float](repeating: 0, count: positions * outputs + offset)
            var exact = fast
            weights.withUnsafeBufferPointer { weights in
                guard let weights = weights.baseAddress else { return }
                ck_affine(
                    weights + offset, Array(bias.dropFirst(offset % 2)), input, inputs, step, positions, &fast,
                    outputs)
                ck_affine_reference(
                    weights + offset, Array(bias.dropFirst(offset % 2)), input, inputs, step, positions, &exact,
                    outputs)
            }
            #expect(zip(fast, exact).allSatisfy { ($0 - $1).magnitude <= 2e-4 })
            #expect(exact.contains { $0 != 0 })
        }
    }

    @Test(arguments: [1, 7, 16, 33, 128]) func memoryCell(units: Int) {
        // Beyond ±87 the exponential is clamped.
        let gates = random(4 * units + 1, seed: 11).map { $0 * 4 } + [200, -200]
        for offset in [0, 1] {
            var cell = random(units, seed: 12)
            var hidden = [Float](repeating: 0, count: units)
            var (exactCell, exactHidden) = (cell, hidden)
            let shifted = Array(gates.dropFirst(offset))
            ck_lstm_cell(shifted, units, &cell, &hidden)
            ck_lstm_cell_reference(shifted, units, &exactCell, &exactHidden)
            #expect(zip(cell, exactCell).allSatisfy { ($0 - $1).magnitude <= 1e-6 })
            #expect(zip(hidden, exactHidden).allSatisfy { ($0 - $1).magnitude <= 1e-6 })
        }
    }

    @Test(arguments: [-1e9, -200, -88, 88, 200, 1e9, .infinity, -.infinity, .nan] as [Float])
    func memoryCellStaysWithinBounds(gate: Float) {
        var cell: [Float] = [0.5]
        var hidden: [Float] = [0]
        ck_lstm_cell([gate, gate, gate, gate], 1, &cell, &hidden)
        #expect(cell[0].magnitude <= 1.5 && hidden[0].magnitude <= 1)
    }

    @Test(arguments: [0, 1, 3]) func magnitudesOfTwoFrames(offset: Int) {
        let input = random(384 + offset, seed: 13)
        let window = random(Int(CK_FRAME_POINTS), seed: 14)
        var tables = [Float](repeating: 0, count: Int(CK_FFT_TABLE_FLOATS))
        var scratch = [Float](repeating: 0, count: Int(CK_FFT_SCRATCH_FLOATS))
        ck_fft_fill_tables(&tables)
        var left = [Float](repeating: 0, count: Int(CK_FRAME_BINS))
        var (right, exactLeft, exactRight) = (left, left, left)
        input.withUnsafeBufferPointer { input in
            guard let start = input.baseAddress else { return }
            ck_magnitudes_pair(start + offset, start + offset + 128, window, tables, &scratch, &left, &right)
            ck_magnitudes_reference(start + offset, window, &exactLeft)
            ck_magnitudes_reference(start + offset + 128, window, &exactRight)
        }
        #expect(zip(left, exactLeft).allSatisfy { ($0 - $1).magnitude <= 1e-4 })
        #expect(zip(right, exactRight).allSatisfy { ($0 - $1).magnitude <= 1e-4 })
    }

    @Test(arguments: [0, 1, 15, 16, 17, 65, 128]) func rectifyAsTheScalarTwin(count: Int) {
        for offset in [0, 1, 3] {
            var fast = random(count + offset, seed: 15)
            var exact = fast
            fast.withUnsafeMutableBufferPointer { if let start = $0.baseAddress { ck_rectify(start + offset, count) } }
            exact.withUnsafeMutableBufferPointer {
                if let start = $0.baseAddress { ck_rectify_reference(start + offset, count) }
            }
            #expect(fast == exact)
        }
    }

    @Test func rectify() {
        var values: [Float] = [-1, 0, 2, .nan, -.infinity, .infinity]
        ck_rectify(&values, values.count)
        #expect(values == [0, 0, 2, 0, 0, .infinity])
    }
}
