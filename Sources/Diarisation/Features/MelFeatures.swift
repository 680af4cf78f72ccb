import CKernels
import Glibc

/// Logarithms of the energy in mel bands, as Kaldi computes them (Povey et al., 2011): frames of 25 ms every 10 ms
/// without their mean, pre-emphasis, Povey's window, no dither, 80 triangles from 20 Hz to 8 kHz. What the embedding
/// network was trained with.
public struct MelFeatures: Sendable {
    /// Bands of a frame.
    public static let bandCount = 80
    /// Samples of a frame, and from one to the next.
    public static let frameSamples = 400, stepSamples = 160

    private static let sampleRateHz = 16_000.0, lowHz = 20.0, highHz = 8_000.0
    private static let preEmphasis: Float = 0.97
    /// Kaldi's samples are 16-bit integers.
    private static let fullScale: Float = 32_768
    private static let least = Float.ulpOfOne

    private struct Band {
        let first: Int
        let weights: [Float]
    }

    private let window: [Float]
    private let tables: [Float]
    private let bands: [Band]

    /// Computes the tables.
    public init() {
        window = (0..<Self.frameSamples).map { index in
            Float(pow(0.5 - 0.5 * cos(2 * Double.pi * Double(index) / Double(Self.frameSamples - 1)), 0.85))
        }
        var tables = [Float](repeating: 0, count: CK_FFT_TABLE_FLOATS)
        ck_fft_fill_tables(&tables)
        self.tables = tables
        bands = Self.bands()
    }

    private static func mel(_ hz: Double) -> Double { 1_127 * log(1 + hz / 700) }

    private static func bands() -> [Band] {
        let low = mel(lowHz), width = (mel(highHz) - low) / Double(bandCount + 1)
        let binHz = sampleRateHz / Double(CK_FFT_POINTS)
        return (0..<bandCount).map { band in
            let left = low + Double(band) * width, centre = left + width, right = centre + width
            var first = 0
            var weights: [Float] = []
            for bin in 0..<CK_FFT_POINTS / 2 {
                let place = mel(binHz * Double(bin))
                guard place > left, place < right else { continue }
                if weights.isEmpty { first = bin }
                weights.append(Float(place <= centre ? (place - left) / width : (right - place) / width))
            }
            return Band(first: first, weights: weights)
        }
    }

    /// The frames of `samples` that begin at the given ones, one after the other, without the mean of each band.
    ///
    /// - Parameter starts: first sample of each frame; those that reach beyond the end are left out.
    public func frames(of samples: [Float], at starts: [Int]) -> [Float] {
        let starts = starts.filter { $0 >= 0 && $0 + Self.frameSamples <= samples.count }
        var output = [Float](repeating: 0, count: starts.count * Self.bandCount)
        var frame = [Float](repeating: 0, count: CK_FFT_POINTS)
        var scratch = [Float](repeating: 0, count: CK_FFT_SCRATCH_FLOATS)
        var power = [Float](repeating: 0, count: CK_FFT_BINS)
        var means = [Float](repeating: 0, count: Self.bandCount)
        for (number, start) in starts.enumerated() {
            fill(&frame, from: samples, at: start)
            ck_power_spectrum(frame, tables, &scratch, &power)
            for (index, band) in bands.enumerated() {
                var energy: Float = 0
                for (offset, weight) in band.weights.enumerated() { energy += weight * power[band.first + offset] }
                let value = ck_log(max(energy, Self.least))
                output[number * Self.bandCount + index] = value
                means[index] += value
            }
        }
        for number in starts.indices {
            for band in 0..<Self.bandCount {
                output[number * Self.bandCount + band] -= means[band] / Float(starts.count)
            }
        }
        return output
    }

    private func fill(_ frame: inout [Float], from samples: [Float], at start: Int) {
        var mean: Float = 0
        for index in 0..<Self.frameSamples { mean += samples[start + index] }
        mean /= Float(Self.frameSamples)
        var previous = (samples[start] - mean) * Self.fullScale
        for index in 0..<Self.frameSamples {
            let value = (samples[start + index] - mean) * Self.fullScale
            frame[index] = (value - Self.preEmphasis * previous) * window[index]
            previous = value
        }
    }
}
