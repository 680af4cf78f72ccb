/// Weights of activation and valence. Made by scripts/fit-affect.py together with docs/affect-weights.json, which has
/// the figures of the fit; a test compares. Not to be edited.
///
/// Fitted on EMO-DB (Burkhardt et al., 2005: ten actors, German) by ridge regression; labels after Russell & Mehrabian,
/// 1977.
enum AffectWeights {
    /// Deviations count up to so many spreads.
    static let mostSpreads = 3.0
    /// Half widths of the 80 % intervals on speakers that the fit had not seen.
    static let activationHalfWidth = 0.359, valenceHalfWidth = 0.451
    /// Standard deviation of the errors of valence on them, and of valence where nothing is known.
    static let valenceDeviation = 0.47
    static let valencePriorDeviation = 0.491

    /// Standard deviation of an input about its speaker's median, on the scale of the input.
    static func spread(_ input: AffectInput) -> Double {
        switch input {
        case .pitchLevel: 5.1772
        case .pitchRange: 2.7369
        case .loudnessVariation: 3.9305
        case .spectralTilt: 5.6743
        case .rateChange: 0.1524
        case .voicedRatio: 0.1051
        }
    }

    /// Activation per spread.
    static func activation(_ input: AffectInput) -> Double {
        switch input {
        case .pitchLevel: 0.2863
        case .pitchRange: -0.0854
        case .loudnessVariation: 0.0199
        case .spectralTilt: 0.1926
        case .rateChange: 0.1058
        case .voicedRatio: -0.0863
        }
    }

    /// Valence per spread.
    static func valence(_ input: AffectInput) -> Double {
        switch input {
        case .pitchLevel: 0.093
        case .pitchRange: 0.0718
        case .loudnessVariation: 0.0182
        case .spectralTilt: -0.0264
        case .rateChange: 0.0761
        case .voicedRatio: -0.0116
        }
    }
}
