/// Weights of activation and valence. Made by scripts/fit-affect.py together with docs/affect-weights.json, which has
/// the figures of the fit; a test compares. Not to be edited.
///
/// Fitted on EMO-DB (Burkhardt et al., 2005: ten actors, German) by ridge regression; labels after Russell & Mehrabian,
/// 1977.
enum AffectWeights {
    /// Deviations count up to so many spreads.
    static let maxSpreads = 3.0
    /// Half widths of the 80 % intervals on speakers that the fit had not seen.
    static let activationHalfWidth = 0.364, valenceHalfWidth = 0.45
    /// Standard deviation of the errors of valence on them, and of valence where nothing is known.
    static let valenceDeviation = 0.47
    static let valencePriorDeviation = 0.491

    /// Standard deviation of an input about its speaker's median, on the scale of the input.
    static func spread(_ input: AffectInput) -> Double {
        switch input {
        case .pitchLevel: 5.1769
        case .pitchRange: 2.7443
        case .loudnessVariation: 3.9175
        case .spectralTilt: 5.6751
        case .rateChange: 0.1532
        case .voicedRatio: 0.1057
        }
    }

    /// Activation per spread.
    static func activation(_ input: AffectInput) -> Double {
        switch input {
        case .pitchLevel: 0.2854
        case .pitchRange: -0.0841
        case .loudnessVariation: 0.0187
        case .spectralTilt: 0.1939
        case .rateChange: 0.1043
        case .voicedRatio: -0.085
        }
    }

    /// Valence per spread.
    static func valence(_ input: AffectInput) -> Double {
        switch input {
        case .pitchLevel: 0.0898
        case .pitchRange: 0.0748
        case .loudnessVariation: 0.0179
        case .spectralTilt: -0.0248
        case .rateChange: 0.0787
        case .voicedRatio: -0.0125
        }
    }
}
