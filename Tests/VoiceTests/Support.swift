import Foundation
import MediaTypes

@testable import Voice

/// Repeatable noise: a linear congruential generator.
struct Noise {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    /// Uniform in 0 ..< 1.
    mutating func uniform() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(state >> 40) / Float(1 << 24)
    }

    /// Uniform in `range`.
    mutating func integer(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(uniform() * Float(range.count))
    }

    /// About normal, standard deviation 1.
    mutating func normal() -> Float {
        var sum: Float = -6
        for _ in 0..<12 { sum += uniform() }
        return sum
    }

    /// White noise of this level.
    mutating func white(seconds: Double, levelDb: Float) -> [Float] {
        let scale = gain(levelDb)
        return (0..<Int(seconds * 16_000)).map { _ in scale * normal() }
    }
}

/// The amplitude that belongs to a level in dB.
func gain(_ levelDb: Float) -> Float {
    Float(pow(10, Double(levelDb) / 20))
}

/// Makes signals that behave like speech as far as the detector is concerned.
enum Signals {
    static let rateHz = 16_000.0

    /// A sine of amplitude `amplitude`.
    static func tone(hz: Double, seconds: Double, amplitude: Float = 0.3) -> [Float] {
        (0..<Int(seconds * rateHz)).map { amplitude * Float(sin(2 * .pi * hz * Double($0) / rateHz)) }
    }

    /// The sum of the harmonics `harmonics` of `hz`, below 7 kHz, falling by 6 dB per octave.
    static func harmonics(hz: Double, seconds: Double, harmonics: ClosedRange<Int>, amplitude: Float = 0.1)
        -> [Float]
    {
        let last = min(harmonics.upperBound, Int(7000 / hz))
        return (0..<Int(seconds * rateHz)).map { index in
            var sum = 0.0
            for harmonic in harmonics.lowerBound...last {
                let phase = Double(harmonic * harmonic)
                sum +=
                    sin(2 * .pi * hz * Double(harmonic) * Double(index) / rateHz + phase) / Double(harmonic)
            }
            return amplitude * Float(sum)
        }
    }

    /// Vowels: pulses of gliding pitch through two resonances, in syllables of 250 ms, or all as one.
    static func vowels(
        seconds: Double, hz: Double = 120, levelDb: Float = -26, inSyllables: Bool = true
    ) -> [Float] {
        let count = Int(seconds * rateHz)
        var pulses = [Double](repeating: 0, count: count)
        var phase = 0.0
        for index in 0..<count {
            let time = Double(index) / rateHz
            phase += hz * (1 + 0.15 * sin(2 * .pi * 0.7 * time)) / rateHz
            if phase >= 1 {
                phase -= 1
                pulses[index] = inSyllables ? 0.4 + 0.6 * pow(sin(.pi * time / 0.25), 2) : 1
            }
        }
        let voiced = resonate(resonate(pulses, hz: 600, bandwidthHz: 90), hz: 1400, bandwidthHz: 120)
        let power = voiced.reduce(0) { $0 + $1 * $1 } / Double(max(1, count))
        let scale = Double(gain(levelDb)) / max(power, 1e-20).squareRoot()
        return voiced.map { Float($0 * scale) }
    }

    /// Talk spurts of 1.2 s with pauses of 0.8 s over a floor of noise; begins with a pause.
    static func talk(seconds: Double, seed: UInt64 = 1, levelDb: Float = -26, floorDb: Float = -66) -> [Float] {
        var noise = Noise(seed: seed)
        let voice = vowels(seconds: seconds, levelDb: levelDb)
        let floor = gain(floorDb)
        return voice.enumerated().map { index, sample in
            let time = Double(index) / rateHz
            return (isTalking(at: time) ? sample : 0) + floor * noise.normal()
        }
    }

    /// Whether `talk` speaks at that second.
    static func isTalking(at seconds: Double) -> Bool {
        seconds.truncatingRemainder(dividingBy: 2) >= 0.8
    }

    private static func resonate(_ input: [Double], hz: Double, bandwidthHz: Double) -> [Double] {
        let radius = exp(-.pi * bandwidthHz / rateHz)
        let turn = 2 * radius * cos(2 * .pi * hz / rateHz)
        var last = 0.0
        var beforeLast = 0.0
        return input.map { sample in
            let output = sample + turn * last - radius * radius * beforeLast
            beforeLast = last
            last = output
            return output
        }
    }
}

/// Everything an analyser told.
struct Outcome: Equatable {
    var outputs: [SpeakerOutput] = []

    var records: [HopRecord] {
        outputs.compactMap { if case .hop(let record) = $0 { record } else { nil } }
    }

    var changes: [SpeechChange] {
        outputs.compactMap { if case .change(let change) = $0 { change } else { nil } }
    }

    /// The labels that the changes amount to, for `count` hops.
    func labels(fromChanges count: Int) -> [Bool] {
        var labels = [Bool](repeating: false, count: count)
        var open: Int?
        for change in changes {
            switch change {
            case .started(let hop): open = Int(hop)
            case .ended(let hop):
                for index in (open ?? Int(hop))..<Int(hop) { labels[index] = true }
                open = nil
            }
        }
        return labels
    }
}

/// Runs a whole signal through a fresh analyser, cut into blocks of the sizes that `nextBlock` gives.
func analyze(
    _ samples: [Float], configuration: VoiceConfiguration = .init(), network: SpeechNetwork? = nil,
    nextBlock: () -> Int = { 160 }
) -> Outcome {
    var analyzer = VoiceAnalyzer(configuration: configuration, network: network)
    var outcome = Outcome()
    var position = 0
    while position < samples.count {
        let end = min(samples.count, position + max(1, nextBlock()))
        analyzer.process(samples.span.extracting(position..<end)) { outcome.outputs.append($0) }
        position = end
    }
    analyzer.finish { outcome.outputs.append($0) }
    return outcome
}

extension HopInput {
    /// Takes one sample; whether it completed a hop.
    mutating func add(_ sample: Float) -> Bool {
        let one = [sample]
        _ = take(one.span, from: 0)
        return complete()
    }
}
