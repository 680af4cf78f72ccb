import Events

/// Scores in words rather than in names of fields.
enum ScoreWords {
    /// A summand of a score in words, with what it adds.
    struct Mover {
        var words: String
        var points: Double
    }

    /// What moved a score, the strongest first; what adds less than a tenth of a point is left out.
    static func movers(_ contributions: [Contribution]) -> [Mover] {
        contributions.filter { $0.input != "neutral" && abs($0.points) >= 0.05 }
            .sorted { abs($0.points) > abs($1.points) }
            .map { Mover(words: words(of: $0), points: $0.points) }
    }

    /// More and less than usual, by the name of the input.
    private static let inputs = [
        "talk_ratio": ("talks more", "talks less"), "response_lag": ("answers later", "answers sooner"),
        "speaker_changes": ("the floor changes more often", "the floor changes less often"),
        "backchannels": ("gives more backchannels", "gives fewer backchannels"),
        "nods": ("nods more while listening", "nods less while listening"),
        "pitch_range": ("the voice moves more", "the voice moves less"),
        "pitch_level": ("the voice is higher", "the voice is lower"),
        "loudness_variation": ("loudness varies more", "loudness varies less"),
        "rate_change": ("speaks faster", "speaks slower"), "spectral_tilt": ("brighter voice", "darker voice"),
        "voiced_ratio": ("more of it voiced", "less of it voiced"),
        "text": ("friendlier words", "less friendly words"),
    ]

    private static func words(of part: Contribution) -> String {
        guard let (more, less) = inputs[part.input] else { return part.input }
        // Words have no usual value: they are held against neutral.
        return (part.value ?? 0) >= (part.usual ?? 0) ? more : less
    }

    /// Why there is no score.
    static func reason(_ reason: Abstention) -> String {
        switch reason {
        case .oneSpeaker: "because there is nobody to talk with"
        case .notEnoughSpeech: "because there is too little speech"
        case .noBaseline: "because it is not known yet what is usual"
        case .weakEvidence: "because the sound is too poor to go by"
        case .noWords: "because there are no words to go by"
        default: reason.rawValue
        }
    }
}
