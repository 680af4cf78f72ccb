import Glibc
import MediaTypes

/// What activation and valence are estimated from: prosody of a stretch of one voice. The raw value is the name in
/// events, weights and tables.
public enum AffectInput: String, CaseIterable, Sendable {
    /// Median F0 of the voiced hops, semitones above 55 Hz.
    case pitchLevel = "pitch_level"
    /// P90 − P10 of F0, semitones.
    case pitchRange = "pitch_range"
    /// P90 − P10 of the level of the voiced hops, dB.
    case loudnessVariation = "loudness_variation"
    /// Median power from 1 to 4 kHz relative to that from 0.1 to 1 kHz of the voiced hops, dB.
    case spectralTilt = "spectral_tilt"
    /// Articulation rate, syllables per second; compared as its natural logarithm.
    case rateChange = "rate_change"
    /// Voiced hops / hops of speech.
    case voicedRatio = "voiced_ratio"

    /// Voiced hops below which nothing is said of a voice.
    private static let minVoicedHops = 30

    /// The values of a stretch of speech; nil where too little of it can be measured.
    ///
    /// - Parameter window: which window of `voice`; nil means since the start.
    static func values(
        _ voice: VoiceWindows, window: Int?, counts: RollingCounts.Counts
    ) -> [AffectInput: Double]? {
        let summary = voice.summary(window: window, minHops: minVoicedHops)
        guard let semitones = summary.semitones, let range = summary.pitchRangeSemitones,
            let variation = summary.loudnessVariationDb, let tilt = summary.tiltDb, counts.alone > 0, counts.nuclei > 0
        else { return nil }
        let speech = Double(counts.alone)
        return [
            .pitchLevel: semitones, .pitchRange: range, .loudnessVariation: variation, .spectralTilt: tilt,
            .rateChange: Double(counts.nuclei) * Double(AudioGrid.hopsPerSecond) / speech,
            .voicedRatio: Double(summary.voicedHops) / speech,
        ]
    }

    /// The value on the scale on which it is compared.
    func scaled(_ value: Double) -> Double {
        self == .rateChange ? log(max(value, 0.1)) : value
    }

    /// The value of a place on that scale.
    func unscaled(_ value: Double) -> Double {
        self == .rateChange ? exp(value) : value
    }

    /// What of a deviation on the scale counts: of the tempo only what goes beyond the change of a tenth that is just
    /// noticed (Quené, 2007).
    private func shaped(_ deviation: Double) -> Double {
        guard self == .rateChange else { return deviation }
        let least = log(1.1)
        return deviation > 0 ? max(0, deviation - least) : min(0, deviation + least)
    }

    /// A deviation on the scale in spreads, bounded.
    func spreads(_ deviation: Double) -> Double {
        let spreads = shaped(deviation) / AffectWeights.spread(self)
        return max(-AffectWeights.maxSpreads, min(AffectWeights.maxSpreads, spreads))
    }
}

/// Activation and valence of a stretch of speech compared with the speaker's own, −1…1, 0 = as usual.
public struct AffectEstimate: Sendable, Equatable {
    /// Low to high activation.
    public var activation: Double
    /// Negative to positive valence: of little worth from the voice alone (docs/model-card.md).
    public var valence: Double

    /// Half widths of the 80 % intervals, as found on speakers that the weights had not seen.
    public static let halfWidths = AffectEstimate(
        activation: AffectWeights.activationHalfWidth, valence: AffectWeights.valenceHalfWidth)

    /// An estimate.
    public init(activation: Double, valence: Double) {
        self.activation = activation
        self.valence = valence
    }

    /// The estimate for a stretch of speech.
    ///
    /// - Parameters:
    ///   - values: what was measured in it.
    ///   - usual: the speaker's usual values; an input that is missing counts as usual.
    public init(_ values: [AffectInput: Double], usual: [AffectInput: Double]) {
        var deviations: [AffectInput: Double] = [:]
        for (input, value) in values {
            if let own = usual[input] { deviations[input] = input.spreads(input.scaled(value) - input.scaled(own)) }
        }
        self.init(deviations: deviations)
    }

    /// The weighted sums of deviations in spreads.
    init(deviations: [AffectInput: Double]) {
        activation = 0
        valence = 0
        // In the order of the inputs, so that sums are the same every time.
        for input in AffectInput.allCases {
            let spreads = deviations[input] ?? 0
            activation += AffectWeights.activation(input) * spreads
            valence += AffectWeights.valence(input) * spreads
        }
        activation = max(-1, min(1, activation))
    }
}
