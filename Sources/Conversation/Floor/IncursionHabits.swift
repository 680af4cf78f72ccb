/// What has become of a speaker's incursions so far, to say of one that goes on what it will be.
///
/// Nobody can tell a bid for the floor from a listener's sound for sure while both speak: what is known is how it
/// mostly goes, and how this speaker does it. The probability is the mean of a Dirichlet distribution, whose prior are
/// the shares of three kinds among all in recorded meetings, at the weight of a few incursions.
struct IncursionHabits: Sendable {
    private var backchannels = 0
    private var interruptions = 0
    private var overlaps = 0

    /// Incursions with simultaneous speech of 0.25 s and more that the prior stands for: of 26 in the AMI excerpts, 10
    /// were backchannels, 10 interruptions and 6 plain overlap; they weigh as much as 5.
    private static let prior = (backchannel: 1.9, interruption: 1.9, overlap: 1.2)

    /// Takes in what one turned out to be.
    mutating func note(_ kind: Incursions.Kind) {
        switch kind {
        case .backchannel: backchannels += 1
        case .interruption: interruptions += 1
        case .overlap: overlaps += 1
        }
    }

    /// What one that goes on will most likely be, and how likely that is. Where two are as likely, it is the one that
    /// says less of the speaker.
    var verdict: (kind: Incursions.Kind, probability: Double) {
        let weights: [(Incursions.Kind, Double)] = [
            (.backchannel, Self.prior.backchannel + Double(backchannels)),
            (.overlap, Self.prior.overlap + Double(overlaps)),
            (.interruption, Self.prior.interruption + Double(interruptions)),
        ]
        let sum = weights.reduce(0) { $0 + $1.1 }
        let likely = weights.reduce(weights[0]) { $1.1 > $0.1 ? $1 : $0 }
        return (likely.0, likely.1 / sum)
    }
}
