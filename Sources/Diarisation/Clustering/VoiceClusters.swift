/// A stretch of one voice alone: what it sounds like, and how much was heard of it.
struct VoicePiece: Sendable {
    /// Number of the window, and the speaker within it.
    let window: Int, speaker: Int
    /// Speech that the direction was made of, in seconds.
    let seconds: Float
    /// A direction of length 1.
    let vector: [Float]
}

/// Which voices there are among pieces of them.
enum VoiceClusters {
    /// Pieces further apart on average (cosine distance) are of different voices. Chosen on calls, a radio programme,
    /// meetings and acted sentences of up to ten people; two voices of a call stay two from 0.40 to 0.58.
    static let distance: Float = 0.49
    /// Where any cut between these gives as many voices, their number is sure.
    private static let doubtful: ClosedRange<Float> = 0.42...0.56
    /// Nearer than this they are of one voice, however many there should be.
    private static let leastDistance: Float = 0.4
    /// Pieces that are clustered at most; of more than that, so many at even distances.
    static let mostPieces = 1_200
    /// The most voices that are told apart.
    static let mostVoices = 20
    /// What is less than this share of all speech is no voice of its own but an odd sound of another one; between the
    /// two bounds, in seconds.
    private static let leastShare: Float = 0.03
    private static let leastSeconds: ClosedRange<Float> = 0.4...2

    /// The mean direction of each voice, and how many there are; nil for that where it was told.
    ///
    /// - Parameters:
    ///   - windowsPerSecond: in how many windows a second of speech is heard.
    ///   - wanted: how many voices there are; nil where that is not known.
    ///   - most: pieces that are clustered at most.
    static func centroids(
        of pieces: [VoicePiece], windowsPerSecond: Float, wanted: Int?, most: Int = mostPieces
    ) -> (directions: [[Float]], number: VoiceNumber?) {
        guard !pieces.isEmpty else { return ([], nil) }
        let chosen = thinned(pieces, to: most)
        let weight = Float(pieces.count) / Float(chosen.count) / windowsPerSecond
        let seconds = chosen.map { $0.seconds * weight }
        let linkage = AverageLinkage(chosen.map(\.vector))
        let (clusters, number) = clusters(linkage, seconds: seconds, wanted: wanted)
        let directions = clusters.prefix(wanted ?? mostVoices).map { members in
            var sum = [Float](repeating: 0, count: chosen[0].vector.count)
            for member in members {
                for (index, value) in chosen[member].vector.enumerated() { sum[index] += value }
            }
            return sum.normalised
        }.filter { !$0.isEmpty }
        return (directions, number)
    }

    private static func thinned(_ pieces: [VoicePiece], to most: Int) -> [VoicePiece] {
        guard pieces.count > most else { return pieces }
        return (0..<most).map { pieces[$0 * pieces.count / most] }
    }

    /// The clusters that are voices while a session goes on, the largest first; and how many there are, nil where that
    /// was told.
    ///
    /// - Parameters:
    ///   - seconds: how much each of the clustered things stands for.
    ///   - wanted: how many voices there are in all; fewer may have been heard by now.
    static func live(
        _ linkage: AverageLinkage, seconds: [Float], wanted: Int?
    ) -> (clusters: [[Int]], number: VoiceNumber?) {
        let cut = Cut(linkage, seconds: seconds)
        let found = cut.voices(merging: cut.usual)
        guard let wanted else { return (Array(found.prefix(mostVoices)), cut.number) }
        guard found.count != wanted else { return (found, nil) }
        // One voice is not two because another one has not spoken yet.
        let surest = cut.merges(within: leastDistance)
        return (Array(cut.voices(nearestTo: wanted, within: surest...linkage.merges.count).prefix(wanted)), nil)
    }

    /// The same at the end.
    private static func clusters(
        _ linkage: AverageLinkage, seconds: [Float], wanted: Int?
    ) -> (clusters: [[Int]], number: VoiceNumber?) {
        let cut = Cut(linkage, seconds: seconds)
        let found = cut.voices(merging: cut.usual)
        guard let wanted else { return (found, cut.number) }
        guard found.count != wanted else { return (found, nil) }
        return (cut.voices(nearestTo: wanted, within: 0...linkage.merges.count), nil)
    }

    /// Where the tree of a linkage may be cut.
    private struct Cut {
        let linkage: AverageLinkage
        let seconds: [Float]
        let least: Float
        /// Merges of what is of one voice where nothing is known of how many there are.
        var usual: Int { merges(within: distance) }

        init(_ linkage: AverageLinkage, seconds: [Float]) {
            self.linkage = linkage
            self.seconds = seconds
            least = min(
                leastSeconds.upperBound, max(leastSeconds.lowerBound, leastShare * seconds.reduce(0, +)))
        }

        func merges(within distance: Float) -> Int { linkage.merges.prefix { $0.distance <= distance }.count }

        /// How many voices there are by any cut that might be the right one: more than are told apart, where it is so.
        var number: VoiceNumber {
            let counts = (merges(within: doubtful.lowerBound)...merges(within: doubtful.upperBound)).map {
                voices(merging: $0).count
            }
            return VoiceNumber((counts.min() ?? 0)...(counts.max() ?? 0))
        }

        func voices(merging count: Int) -> [[Int]] {
            var clusters: [[Int]] = []
            for (thing, label) in linkage.labels(merging: count).enumerated() {
                if label == clusters.count { clusters.append([]) }
                clusters[label].append(thing)
            }
            func amount(_ cluster: [Int]) -> Float { cluster.reduce(0) { $0 + seconds[$1] } }
            let large = clusters.filter { amount($0) >= least }
            return (large.isEmpty ? clusters : large).sorted { amount($0) > amount($1) }
        }

        /// The cut nearest to the usual one at which there are as many as there should be, or as nearly as can be.
        func voices(nearestTo wanted: Int, within counts: ClosedRange<Int>) -> [[Int]] {
            var best = voices(merging: usual)
            for away in 1...max(1, linkage.merges.count) {
                for count in [usual + away, usual - away] where counts.contains(count) {
                    let found = voices(merging: count)
                    if found.count == wanted { return found }
                    if found.count < wanted, best.count > wanted || found.count > best.count { best = found }
                }
            }
            return best
        }
    }
}
