import Events

/// How far the scores and talk ratios of one analysis of a call lie from those of another.
public struct Deviation: Sendable {
    /// Of one speaker.
    public struct Speaker: Sendable {
        /// Name within the session.
        public var name: String
        /// Mean score of the ticks that are settled in both, this minus the reference.
        public var meanScore = 0.0
        /// Mean and largest distance between the scores of two ticks at the same point of the call.
        public var meanTick = 0.0, worstTick = 0.0
        /// Talk ratio over the session, this minus the reference, in points (0…100).
        public var talkRatioPoints = 0.0
        /// Ticks compared.
        public var ticks = 0
    }

    /// Speakers in the order of the session.
    public var speakers: [Speaker] = []

    /// Compares two analyses; `tempo` is by how much `other` is faster than `reference`.
    public init(of other: AnalysedConversation, from reference: AnalysedConversation, tempo: Double = 1) {
        for (first, second) in zip(reference.totals.speakers, other.totals.speakers) {
            var speaker = Speaker(name: first.name)
            let scores = Self.settled(reference, first.name)
            let others = Self.settled(other, first.name)
            // A tick may have two partners in a slower call; each pair counts.
            for (seconds, score) in others {
                let nearest = scores.min { abs($0.seconds - seconds * tempo) < abs($1.seconds - seconds * tempo) }
                guard let nearest, abs(nearest.seconds - seconds * tempo) <= 1 else { continue }
                let difference = score - nearest.score
                speaker.ticks += 1
                speaker.meanScore += difference
                speaker.meanTick += abs(difference)
                speaker.worstTick = max(speaker.worstTick, abs(difference))
            }
            speaker.meanScore /= Double(max(1, speaker.ticks))
            speaker.meanTick /= Double(max(1, speaker.ticks))
            speaker.talkRatioPoints = 100 * ((second.metrics?.talkRatio ?? 0) - (first.metrics?.talkRatio ?? 0))
            speakers.append(speaker)
        }
    }

    private static func settled(
        _ conversation: AnalysedConversation, _ speaker: String
    ) -> [(seconds: Double, score: Double)] {
        conversation.ticks(of: speaker).compactMap { seconds, tick in
            guard case .scored(let score) = tick.engagement, !score.isProvisional else { return nil }
            return (seconds, score.score)
        }
    }
}
