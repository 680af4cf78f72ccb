/// Weights of activation and valence. Made by scripts/fit-affect.py together with docs/affect-weights.json, which has
/// the figures of the fit; a test compares. Not to be edited.
///
/// Fitted on EMO-DB (Burkhardt et al., 2005: ten actors, German) by ridge regression; labels after Russell & Mehrabian,
/// 1977.
enum AffectWeights {
    /// Deviations count up to so many spreads.
    static let maxSpreads = 3.0
    /// Half widths of the 80 % intervals on speakers that the fit had not seen.
    static let activationHalfWidth = 0.354, valenceHalfWidth = 0.427
    /// Standard deviation of valence where nothing is known.
    static let valencePriorDeviation = 0.491

    /// Standard deviation of an input about its speaker's median, on the scale of the input.
    static func spread(_ input: AffectInput) -> Double {
        switch input {
        case .pitchLevel: 5.1342
        case .pitchRange: 2.747
        case .loudnessVariation: 3.9127
        case .spectralTilt: 5.6629
        case .rateChange: 0.1512
        case .voicedRatio: 0.1052
        }
    }

    /// Activation per spread.
    static func activation(_ input: AffectInput) -> Double {
        switch input {
        case .pitchLevel: 0.2604
        case .pitchRange: -0.0747
        case .loudnessVariation: 0.0434
        case .spectralTilt: 0.1904
        case .rateChange: 0.1053
        case .voicedRatio: -0.0702
        }
    }

    /// Valence per spread.
    static func valence(_ input: AffectInput) -> Double {
        switch input {
        case .pitchLevel: 0.0727
        case .pitchRange: 0.0578
        case .loudnessVariation: 0.0216
        case .spectralTilt: -0.0079
        case .rateChange: 0.0653
        case .voicedRatio: -0.01
        }
    }
}
