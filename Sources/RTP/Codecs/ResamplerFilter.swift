import Glibc
import MediaTypes

/// The polyphase filter that takes one sampling rate to the 16 kHz grid: linear phase, windowed sinc.
///
/// The Kaiser window (Kaiser 1974) is set for 70 dB of stop band and a transition band of 1 kHz: from 8 kHz
/// it is a half-band interpolator (cut-off 4 kHz), from above 16 kHz it passes up to 7 and stops at 8 kHz.
struct ResamplerFilter: Sendable {
    private static let stopBandDb = 70.0
    private static let transitionHz = 1_000.0

    let inputRateHz: Int
    /// Places between two inputs at which an output may lie.
    let phases: Int
    /// From one output to the next: whole inputs, and phases beyond them.
    let wholeStep: Int
    let phaseStep: Int
    /// Inputs needed beyond the one at an output's own time.
    let lookahead: Int
    /// One row of `2 × lookahead` coefficients (a multiple of 8) per phase.
    let coefficients: [Float]

    var taps: Int { 2 * lookahead }

    init(inputRateHz: Int) {
        self.inputRateHz = inputRateHz
        let divisor = Self.greatestCommonDivisor(inputRateHz, AudioGrid.sampleRateHz)
        phases = AudioGrid.sampleRateHz / divisor
        wholeStep = inputRateHz / divisor / phases
        phaseStep = inputRateHz / divisor % phases

        // Kaiser's estimate of the length that the stop band and the transition band ask for.
        let rate = Double(inputRateHz)
        let halfSeconds = (Self.stopBandDb - 8) / (2.285 * 2 * .pi * Self.transitionHz) / 2
        lookahead = (Int((halfSeconds * rate).rounded(.up)) + 3) / 4 * 4
        let cutoffHz = min(rate, Double(AudioGrid.sampleRateHz) - Self.transitionHz) / 2
        coefficients = Self.design(phases: phases, lookahead: lookahead, cutoff: cutoffHz / rate)
    }

    /// The table; `cutoff` is in cycles per input sample. Each phase is scaled to unit gain at 0 Hz.
    private static func design(phases: Int, lookahead: Int, cutoff: Double) -> [Float] {
        let beta = 0.1102 * (stopBandDb - 8.7)
        let scale = 1 / besselI0(beta)
        var table: [Float] = []
        for phase in 0..<phases {
            let row = (0..<(2 * lookahead)).map { tap in
                let time = Double(tap - lookahead + 1) - Double(phase) / Double(phases)
                let edge = time / Double(lookahead)
                let window = besselI0(beta * max(0, 1 - edge * edge).squareRoot()) * scale
                let angle = 2 * .pi * cutoff * time
                return (angle == 0 ? 1 : sin(angle) / angle) * window
            }
            let sum = row.reduce(0, +)
            table += row.map { Float($0 / sum) }
        }
        return table
    }

    /// Modified Bessel function of the first kind and order 0, by its power series.
    private static func besselI0(_ x: Double) -> Double {
        var sum = 1.0
        var term = 1.0
        var k = 1.0
        while term > sum * 1e-12 {
            term *= (x / (2 * k)) * (x / (2 * k))
            sum += term
            k += 1
        }
        return sum
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        b == 0 ? a : greatestCommonDivisor(b, a % b)
    }
}
