import Foundation
import SeededNumbers
import Testing

@testable import RTP

@Suite struct ResamplerTests {
    /// Runs `input` through in chunks of changing sizes.
    private func resample(_ input: [Float], rateHz: Int) -> [Float] {
        var resampler = Resampler(filter: ResamplerFilter(inputRateHz: rateHz), maxInput: 700)
        var room = [Float](repeating: 0, count: resampler.maxOutput)
        var result: [Float] = []
        var random = SeededRandom(seed: 3)
        var start = 0
        while start < input.count {
            let count = min(Int.random(in: 1...700, using: &random), input.count - start)
            let written = Array(input[start..<(start + count)]).withUnsafeBufferPointer { source in
                source.baseAddress.map { resampler.push($0, count: count, into: &room) } ?? 0
            }
            result += room.prefix(written)
            start += count
        }
        let written = resampler.finish(into: &room)
        return result + room.prefix(written)
    }

    private func tone(_ frequencyHz: Double, rateHz: Int, count: Int) -> [Float] {
        (0..<count).map { Float(0.5 * sin(2 * .pi * frequencyHz * Double($0) / Double(rateHz))) }
    }

    /// Least-squares fit of a sine of known frequency to the inner part of `samples` (16 kHz): gain against
    /// 0.5 in dB, shift in samples, and the rest against the sine in dB.
    private func fit(_ samples: [Float], frequencyHz: Double) -> (
        gainDb: Double, shift: Double, restDb: Double
    ) {
        let range = 800..<(samples.count - 800)
        let omega = 2 * .pi * frequencyHz / 16_000
        var (ss, cc, sc, xs, xc) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for n in range {
            let (s, c, x) = (sin(omega * Double(n)), cos(omega * Double(n)), Double(samples[n]))
            (ss, cc, sc, xs, xc) = (ss + s * s, cc + c * c, sc + s * c, xs + x * s, xc + x * c)
        }
        let determinant = ss * cc - sc * sc
        let a = (xs * cc - xc * sc) / determinant
        let b = (xc * ss - xs * sc) / determinant
        var rest = 0.0
        for n in range {
            let difference = Double(samples[n]) - a * sin(omega * Double(n)) - b * cos(omega * Double(n))
            rest += difference * difference
        }
        let power = (a * a + b * b) / 2 * Double(range.count)
        return (
            20 * log10((a * a + b * b).squareRoot() / 0.5), atan2(b, a) / omega,
            10 * log10(rest / power + 1e-30)
        )
    }

    @Test(arguments: AudioFormat.pcmRatesHz.filter { $0 != 16_000 })
    func keepsTonesOfThePassBand(rateHz: Int) {
        let maxHz = rateHz < 16_000 ? Double(rateHz) / 2 - 550 : 7_000.0
        for frequencyHz in [100.0, 440, 1_000, 2_500, maxHz] {
            let output = resample(tone(frequencyHz, rateHz: rateHz, count: rateHz), rateHz: rateHz)
            #expect(abs(output.count - 16_000) <= 1)
            let found = fit(output, frequencyHz: frequencyHz)
            #expect(abs(found.gainDb) < 0.1, "\(frequencyHz) Hz: \(found)")
            #expect(abs(found.shift) < 0.01, "\(frequencyHz) Hz: \(found)")
            // The rest is images and aliases.
            #expect(found.restDb < -60, "\(frequencyHz) Hz: \(found)")
        }
    }

    @Test(arguments: [24_000, 32_000, 44_100, 48_000])
    func stopsWhatWouldAlias(rateHz: Int) {
        for frequencyHz in [8_050.0, 9_500, 11_500] {
            let output = resample(tone(frequencyHz, rateHz: rateHz, count: rateHz), rateHz: rateHz)
            let level = output[800..<15_000].map { abs($0) }.max() ?? 1
            #expect(level < 0.5e-3, "\(frequencyHz) Hz")
        }
    }

    @Test(arguments: AudioFormat.pcmRatesHz.filter { $0 != 16_000 })
    func keepsThePlaceOfAnImpulse(rateHz: Int) throws {
        for place in [0, 37, rateHz / 10 + 1] {
            var input = [Float](repeating: 0, count: rateHz / 5)
            input[place] = 1
            let output = resample(input, rateHz: rateHz)
            let peak = try #require(output.indices.max { abs(output[$0]) < abs(output[$1]) })
            #expect(abs(Double(peak) - Double(place) * 16_000 / Double(rateHz)) <= 1)
        }
    }

    @Test func interpolatesBetweenKeptSamples() {
        var random = SeededRandom(seed: 9)
        let input = (0..<2_000).map { _ in Float.random(in: -1...1, using: &random) }
        let output = resample(input, rateHz: 8_000)
        #expect(output.count == 4_000)
        // A half-band filter leaves the samples of the input as they are.
        for index in input.indices { #expect(abs(output[2 * index] - input[index]) < 1e-5) }
    }

    @Test func finishTwiceGivesNothing() {
        var resampler = Resampler(filter: ResamplerFilter(inputRateHz: 8_000), maxInput: 100)
        var room = [Float](repeating: 0, count: resampler.maxOutput)
        #expect(resampler.finish(into: &room) == 0)
        let input: [Float] = [1, 2, 3]
        let early = input.withUnsafeBufferPointer { source in
            source.baseAddress.map { resampler.push($0, count: 3, into: &room) } ?? -1
        }
        #expect(early == 0)
        #expect(resampler.finish(into: &room) == 6)
        #expect(resampler.finish(into: &room) == 0)
    }
}
