import CKernels

/// Fast kernels beside their scalar twins.
enum Kernels {
    private static func nanoseconds(_ calls: Int, _ body: () -> Void) -> Double {
        median { cpu { for _ in 0..<calls { body() } } } / Double(calls) * 1e9
    }

    static func table() -> String {
        var table = Table("kernel", "scalar, ns", "fast, ns", "ratio")
        let values = (0..<2_048).map { Float(($0 * 7_919) % 1_000) / 500 - 1 }
        var tables = [Float](repeating: 0, count: Int(CK_FFT_TABLE_FLOATS))
        ck_fft_fill_tables(&tables)
        var scratch = [Float](repeating: 0, count: 4_096)
        var output = [Float](repeating: 0, count: 4_096)
        func add(_ name: String, _ reference: () -> Void, _ fast: () -> Void) {
            let slow = nanoseconds(2_000, reference)
            let quick = nanoseconds(20_000, fast)
            table.add(name, figure(slow, 0), figure(quick, 0), figure(slow / quick, 1))
        }
        // Every pointer is lent for the call alone and reaches no further than the arrays' counts.
        values.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress else { return }
            add(
                "`ck_dot`, 480 values", { consume(ck_dot_reference(base, base + 1, 480)) },
                { consume(ck_dot(base, base + 1, 480)) })
            add(
                "`ck_power_spectrum`, 512 points", { ck_power_spectrum_reference(base, &output) },
                { ck_power_spectrum(base, tables, &scratch, &output) })
            add(
                "`ck_centered_correlation`, width 120, 100 lags",
                { ck_centered_correlation_reference(base + 1_024, 120, 16, 100, &output) },
                { ck_centered_correlation(base + 1_024, 120, 16, 100, &output) })
        }
        return table.text
    }
}
