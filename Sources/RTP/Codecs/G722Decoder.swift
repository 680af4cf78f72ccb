import Kit

/// Decoder of G.722 at 64 kbit/s: two sub-bands of ADPCM, put together to 16 kHz (ITU-T G.722, clause 4; names of
/// the blocks and all tables are those of the recommendation).
struct G722Decoder: ~Copyable {
    /// One sub-band's adaptive quantiser and predictor.
    private struct Band {
        /// Scale factor, and its logarithm.
        var det: Int32
        var nb: Int32 = 0
        /// Predicted signal, and the part of it from the zeros.
        var s: Int32 = 0
        var sz: Int32 = 0
        /// Two poles and six zeros with the past they work on.
        var a: (Int32, Int32) = (0, 0)
        var r: (Int32, Int32) = (0, 0)
        var p: (Int32, Int32) = (0, 0)
        var b = SIMD8<Int32>()
        var d = SIMD8<Int32>()

        init(det: Int32) { self.det = det }
    }

    private static let wl: [Int32] = [-60, -30, 58, 172, 334, 538, 1198, 3042]
    private static let rl42 = [0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0]
    private static let ilb: [Int32] = [
        2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960,
        3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
    ]
    private static let wh: [Int32] = [0, -214, 798]
    private static let rh2 = [2, 1, 2, 1]
    private static let qm2: [Int32] = [-7408, -1616, 7408, 1616]
    private static let qm4: [Int32] = [
        0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
    ]
    private static let qm6: [Int32] = [
        -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576,
        -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040,
        -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
        4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
    ]
    private static let qmf: [Int32] = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11]

    private var low = Band(det: 32)
    private var high = Band(det: 8)
    private let past = FixedBuffer<Int32>(repeating: 0, count: 24)

    /// Forgets the past, for a new stream.
    mutating func reset() {
        low = Band(det: 32)
        high = Band(det: 8)
        past.memory.update(repeating: 0)
    }

    /// Decodes `payload` into `output` (room for two samples per byte) and returns the samples.
    mutating func decode(_ payload: RawSpan, into output: UnsafeMutablePointer<Float>) -> Int {
        for index in 0..<payload.byteCount {
            let code = Int(payload.uint8(at: index))
            let (first, second) = decode(low: code & 0x3F, high: code >> 6)
            output[2 * index] = Float(first) / 32_768
            output[2 * index + 1] = Float(second) / 32_768
        }
        return 2 * payload.byteCount
    }

    private mutating func decode(low code: Int, high highCode: Int) -> (Int32, Int32) {
        let lower = min(max(low.s + (low.det * Self.qm6[code]) >> 15, -16_384), 16_383)
        let lowDifference = (low.det * Self.qm4[code >> 2]) >> 15
        Self.scale(&low, step: Self.wl[Self.rl42[code >> 2]], most: 18_432, shift: 8)
        Self.adapt(&low, difference: lowDifference)

        let difference = (high.det * Self.qm2[highCode]) >> 15
        let upper = min(max(high.s + difference, -16_384), 16_383)
        Self.scale(&high, step: Self.wh[Self.rh2[highCode]], most: 22_528, shift: 10)
        Self.adapt(&high, difference: difference)

        // Receive quadrature mirror filter.
        for index in 0..<22 { past.memory[index] = past.memory[index + 2] }
        past.memory[22] = lower + upper
        past.memory[23] = lower - upper
        var (even, odd): (Int32, Int32) = (0, 0)
        for index in 0..<12 {
            odd += past.memory[2 * index] * Self.qmf[index]
            even += past.memory[2 * index + 1] * Self.qmf[11 - index]
        }
        return (Self.saturate(even >> 11), Self.saturate(odd >> 11))
    }

    /// Adapts the scale factor (blocks LOGSCL and SCALEL, LOGSCH and SCALEH).
    private static func scale(_ band: inout Band, step: Int32, most: Int32, shift: Int32) {
        band.nb = min(max((band.nb * 127) >> 7 + step, 0), most)
        let exponent = shift - band.nb >> 11
        let mantissa = ilb[Int(band.nb >> 6 & 31)]
        band.det = (exponent < 0 ? mantissa << -exponent : mantissa >> exponent) << 2
    }

    /// Adapts the predictor to the quantised difference and predicts the next sample (block 4).
    private static func adapt(_ band: inout Band, difference: Int32) {
        let reconstructed = saturate(band.s + difference)
        let partial = saturate(band.sz + difference)

        // UPPOL2, UPPOL1
        let doubled = saturate(band.a.0 << 2)
        let isLikeLast = (partial < 0) == (band.p.0 < 0)
        let isLikeBefore = (partial < 0) == (band.p.1 < 0)
        var second = min(isLikeLast ? -doubled : doubled, 32_767) >> 7
        second += (isLikeBefore ? 128 : -128) + (band.a.1 * 32_512) >> 15
        second = min(max(second, -12_288), 12_288)
        let most = saturate(15_360 - second)
        let first = saturate((isLikeLast ? 192 : -192) + (band.a.0 * 32_640) >> 15)

        // UPZERO: six zeros, against the differences before this one.
        let step: Int32 = difference == 0 ? 0 : 128
        for index in 0..<6 {
            let isLike = (band.d[index] < 0) == (difference < 0)
            band.b[index] = saturate((isLike ? step : -step) + (band.b[index] * 32_640) >> 15)
        }

        // DELAYA
        for index in stride(from: 5, to: 0, by: -1) { band.d[index] = band.d[index - 1] }
        band.d[0] = difference
        band.a = (min(max(first, -most), most), second)
        band.r = (reconstructed, band.r.0)
        band.p = (partial, band.p.0)

        // FILTEP, FILTEZ, PREDIC
        let poles = saturate(
            (band.a.0 * saturate(2 * band.r.0)) >> 15 + (band.a.1 * saturate(2 * band.r.1)) >> 15)
        var zeros: Int32 = 0
        for index in 0..<6 { zeros += (band.b[index] * saturate(2 * band.d[index])) >> 15 }
        band.sz = saturate(zeros)
        band.s = saturate(poles + band.sz)
    }

    private static func saturate(_ value: Int32) -> Int32 {
        min(max(value, -32_768), 32_767)
    }
}
