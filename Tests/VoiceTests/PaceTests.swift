import Foundation
import MediaTypes
import Testing
import Voice

/// Syllable nuclei, through the whole analyser.
@Suite struct PaceTests {
    /// Vowels of `vowelSeconds` with gaps of `gapSeconds` in which the voice goes on 18 dB lower, over a faint
    /// floor; every four seconds a pause of one.
    private func syllables(
        _ vowelSeconds: Double, _ gapSeconds: Double, seconds: Double, ripple: Double = 0
    ) -> (signal: [Float], nuclei: [Double]) {
        let period = vowelSeconds + gapSeconds
        var noise = Noise(seed: 41)
        let carrier = Signals.vowels(seconds: seconds, hz: 130, inSyllables: false)
        var nuclei: [Double] = []
        var envelope = [Double](repeating: 1e-3, count: carrier.count)
        var start = 1.0
        while start + period < seconds {
            if start.truncatingRemainder(dividingBy: 5) < 1 {
                start = start.rounded(.down) + 1
                continue
            }
            nuclei.append(start + vowelSeconds / 2)
            for index in Int(start * 16_000)..<Int((start + period) * 16_000) {
                let time = Double(index) / 16_000 - start
                let inside = time < vowelSeconds ? pow(sin(.pi * time / vowelSeconds), 0.3) : 0
                let wave = 1 - ripple * pow(sin(.pi * time / vowelSeconds * 3), 2)
                envelope[index] = max(0.12, inside * wave)
            }
            start += period
        }
        // The pitch glides across the resonances: what that does to the level is evened out.
        var power = 1e-6
        let signal = zip(carrier, envelope).map { sample, gain in
            power += (Double(sample * sample) - power) / 800
            return Float(0.05 * gain * Double(sample) / power.squareRoot()) + 1e-5 * noise.normal()
        }
        return (signal, nuclei)
    }

    private func nuclei(in records: [HopRecord]) -> [Double] {
        records.filter(\.isNucleus).map { (Double($0.index) + 0.5) / 100 }
    }

    @Test(arguments: [(0.09, 0.05), (0.12, 0.06), (0.18, 0.1), (0.3, 0.12)])
    func countsSyllablesAtAnyTempo(vowel: Double, gap: Double) {
        let (signal, expected) = syllables(vowel, gap, seconds: 30)
        let found = nuclei(in: analyze(signal).records)
        #expect((Double(found.count) / Double(expected.count) - 1).magnitude < 0.08)
        let placed = expected.filter { time in found.contains { ($0 - time).magnitude < vowel / 2 + 0.02 } }
        #expect(placed.count > expected.count * 9 / 10)
    }

    /// A slow voice that wavers by 2 dB inside its vowels.
    @Test func rippleInLongVowelsIsNoSyllable() {
        let (signal, expected) = syllables(0.36, 0.14, seconds: 40, ripple: 0.2)
        let found = nuclei(in: analyze(signal).records)
        #expect((Double(found.count) / Double(expected.count) - 1).magnitude < 0.15)
    }

    /// A vowel that is held for longer than records wait is told once, with its record.
    @Test func aHeldVowelIsOneNucleus() {
        let (signal, expected) = syllables(1.4, 0.3, seconds: 21)
        let found = nuclei(in: analyze(signal).records)
        #expect(found.count >= expected.count)
        #expect(found.count <= expected.count * 3 / 2)
    }

    @Test func gainDoesNotMatter() {
        let signal = syllables(0.14, 0.07, seconds: 20).signal
        let reference = nuclei(in: analyze(signal).records)
        #expect(reference.count > 50)
        for gainDb in [-12, 12] as [Float] {
            #expect(nuclei(in: analyze(signal.map { $0 * gain(gainDb) }).records) == reference)
        }
    }

    @Test func noiseAndSilenceHaveNone() {
        var noise = Noise(seed: 42)
        let signal = [Float](repeating: 0, count: 32_000) + noise.white(seconds: 20, levelDb: -30)
        #expect(nuclei(in: analyze(signal).records).count <= 4)
    }

    @Test func theLastSyllableCounts() {
        let (signal, expected) = syllables(0.16, 0.08, seconds: 4.6)
        let end = Int(((expected.last ?? 0) + 0.05) * 16_000)
        let found = nuclei(in: analyze(Array(signal.prefix(end))).records)
        #expect(((found.last ?? 0) - (expected.last ?? 0)).magnitude < 0.1)
    }

    @Test func withoutConsentThereIsNoPace() {
        var configuration = VoiceConfiguration()
        configuration.measuresFeatures = false
        let records = analyze(syllables(0.14, 0.07, seconds: 8).signal, configuration: configuration).records
        #expect(records.allSatisfy { !$0.isNucleus && $0.relativeLevelDb == 0 })
    }

    /// The shortest pause leaves records little time to wait; no nucleus may be lost or told twice by that.
    @Test func shortDelaysCountTheSame() {
        var configuration = VoiceConfiguration()
        configuration.minimalPauseMilliseconds = 10
        configuration.minimalSpeechMilliseconds = 10
        let signal = syllables(0.14, 0.07, seconds: 20).signal
        let short = analyze(signal, configuration: configuration).records.filter(\.isNucleus).count
        #expect(short == analyze(signal).records.filter(\.isNucleus).count)
    }
}
