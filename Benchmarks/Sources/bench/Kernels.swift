import CKernels
import Reports
import Statistics

/// Fast kernels beside their scalar twins.
enum Kernels {
    /// CPU time of a run is at least this long, in seconds.
    private static let minSeconds = 0.01

    private static func seconds(_ calls: Int, _ body: () -> Void) -> Double {
        cpu { for _ in 0..<calls { body() } }
    }

    /// Calls that take long enough to be measured.
    private static func calls(_ body: () -> Void) -> Int {
        var calls = 1
        while seconds(calls, body) < minSeconds { calls *= 2 }
        return calls
    }

    static func table() -> String {
        var table = Table("kernel", "scalar, ns", "fast, ns", "ratio")
        // Values of the sizes that the voice core asks for; one ahead of the others, so that nothing is aligned.
        let values = (0..<140_000).map { Float(($0 * 7_919) % 1_000) / 500 - 1 }
        var tables = [Float](repeating: 0, count: Int(CK_FFT_TABLE_FLOATS))
        ck_fft_fill_tables(&tables)
        var scratch = [Float](repeating: 0, count: Int(CK_FFT_SCRATCH_FLOATS))
        var output = [Float](repeating: 0, count: 4_096)
        var other = output
        func add(_ name: String, _ reference: () -> Void, _ fast: () -> Void) {
            let (slowCalls, fastCalls) = (calls(reference), calls(fast))
            var (slow, quick, ratios): ([Double], [Double], [Double]) = ([], [], [])
            // In turn, so that the ratio holds when the machine's speed drifts.
            for _ in 0..<5 {
                slow.append(seconds(slowCalls, reference) / Double(slowCalls) * 1e9)
                quick.append(seconds(fastCalls, fast) / Double(fastCalls) * 1e9)
                ratios.append((slow.last ?? 0) / (quick.last ?? 1))
            }
            table.add(
                name, figure(median(slow) ?? .nan, 0), figure(median(quick) ?? .nan, 0),
                figure(median(ratios) ?? .nan, 1))
        }
        // Every pointer is lent for the call alone and reaches no further than the arrays' counts.
        values.withUnsafeBufferPointer { values in
            guard let start = values.baseAddress else { return }
            let base = start + 1
            add(
                "`ck_dot`, 160 values", { consume(ck_dot_reference(base, base + 1, 160)) },
                { consume(ck_dot(base, base + 1, 160)) })
            add(
                "`ck_add_scaled`, 160 values", { ck_add_scaled_reference(&output, base, 1e-6, 160) },
                { ck_add_scaled(&output, base, 1e-6, 160) })
            var (low, high): (Float, Float) = (0, 0)
            add(
                "`ck_range`, 160 values", { ck_range_reference(base, 160, &low, &high) },
                { ck_range(base, 160, &low, &high) })
            add(
                "`ck_count_outside`, 160 values", { consume(ck_count_outside_reference(base, -0.9, 0.9, 160)) },
                { consume(ck_count_outside(base, -0.9, 0.9, 160)) })
            add(
                "`ck_rectify`, 512 values", { ck_rectify_reference(&output, 512) }, { ck_rectify(&output, 512) })
            add(
                "`ck_fir_decimate`, 49 taps, 80 of 160 values",
                { ck_fir_decimate_reference(base, base + 512, 49, 2, &output, 80) },
                { ck_fir_decimate(base, base + 512, 49, 2, &output, 80) })
            add(
                "`ck_centered_correlation`, width 84, 120 lags",
                { ck_centered_correlation_reference(base + 1_024, 84, 16, 120, &output) },
                { ck_centered_correlation(base + 1_024, 84, 16, 120, &output) })
            add(
                "`ck_power_spectrum`, 512 points", { ck_power_spectrum_reference(base, &output) },
                { ck_power_spectrum(base, tables, &scratch, &output) })
            add(
                "`ck_autocorrelation`, 257 bins", { ck_autocorrelation_reference(base, &output) },
                { ck_autocorrelation(base, tables, &scratch, &output) })
            add(
                "`ck_magnitudes_pair`, two frames of 256 points",
                {
                    ck_magnitudes_reference(base, base + 512, &output)
                    ck_magnitudes_reference(base + 128, base + 512, &other)
                }, { ck_magnitudes_pair(base, base + 128, base + 512, tables, &scratch, &output, &other) })
            for (positions, inputs, outputs) in [(4, 387, 128), (2, 384, 64), (1, 256, 512)] {
                add(
                    "`ck_affine`, \(positions) × \(inputs) to \(outputs)",
                    { ck_affine_reference(base, base, base, inputs, 128, positions, &output, outputs) },
                    { ck_affine(base, base, base, inputs, 128, positions, &output, outputs) })
            }
        }
        // Gates between -1 and 1; the cell stays within bounds however often it is renewed.
        add(
            "`ck_lstm_cell`, 128 units", { ck_lstm_cell_reference(values, 128, &output, &other) },
            { ck_lstm_cell(values, 128, &output, &other) })
        return table.text
    }
}
