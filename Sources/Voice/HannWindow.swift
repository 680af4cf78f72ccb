import CKernels

/// A Hann window for the transform, with what is the same for all streams that use it.
struct HannWindow: ~Copyable, Sendable {
    let values: FloatBuffer
    /// Of the transform.
    let tables = FloatBuffer(count: CK_FFT_TABLE_FLOATS)
    /// What frees the correlation at each lag from the window's own (Boersma 1993): that has to be multiplied with it.
    let lagWeights = FloatBuffer(count: CK_FFT_BINS)

    /// - Parameter length: values, `CK_FFT_POINTS` at the most.
    init(length: Int) {
        values = FloatBuffer(count: length)
        ck_fft_fill_tables(tables.base)
        for index in 0..<length {
            let phase = 2 * Double.pi * (Double(index) + 0.5) / Double(length)
            values[index] = Float(0.5 - 0.5 * ck_cos(phase))
        }
        let whole = ck_dot(values.base, values.base, length)
        for lag in 0..<CK_FFT_BINS { lagWeights[lag] = whole / ck_dot(values.base, values.base + lag, length - lag) }
    }
}
