import DequeModule
import Glibc
import MediaTypes

/// Whether the speech in a channel is that of more than one person: two at a table with one microphone.
///
/// Voiced speech is cut into pieces of up to two seconds, of which the mean pitch and the mean shape of the spectrum
/// are kept: eight numbers that tell voices apart while they are compared with each other, and are no print of anyone.
/// The pieces of some minutes are parted into two groups (k-means, Lloyd 1982) in a space in which those of one person
/// lie about as far apart in every direction. Where there are two voices the groups lie apart and little lies between
/// them. Nobody is told from anybody by it, and nothing is counted otherwise.
struct VoiceMixture: Sendable {
    /// Brings pieces into that space: pitch in semitones and seven of the eight band levels in dB against their mean,
    /// as rows of an upper triangle. From pieces of one person each (`make fit-mixture`,
    /// scripts/evaluation/fit_mixture.py).
    static let whitening: [SIMD8<Float>] = [
        SIMD8(0.470, 0.178, 0.096, 0.017, 0.058, 0.144, 0.031, 0.074),
        SIMD8(0.000, 0.556, 0.371, 0.461, 0.553, 0.458, 0.492, 0.849),
        SIMD8(0.000, 0.000, 0.542, -0.102, 0.132, 0.238, 0.023, 0.171),
        SIMD8(0.000, 0.000, 0.000, 0.578, -0.187, 0.054, 0.036, 0.153),
        SIMD8(0.000, 0.000, 0.000, 0.000, 0.420, -0.311, 0.114, 0.025),
        SIMD8(0.000, 0.000, 0.000, 0.000, 0.000, 0.462, -0.199, 0.108),
        SIMD8(0.000, 0.000, 0.000, 0.000, 0.000, 0.000, 0.413, -0.261),
        SIMD8(0.000, 0.000, 0.000, 0.000, 0.000, 0.000, 0.000, 0.415),
    ]

    /// Voiced hops of a piece, at the least and at the most.
    private static let pieceHops = (least: 40, most: 200)
    /// Pieces that are looked at, the last ones, and before anything is said.
    private static let pieceCount = (least: 12, most: 60)
    /// What two groups have to be, and what is enough for them to stay two: their distance; their distance in
    /// deviations of a group along it (Ashman et al., 1994); the share of speech in the middle third between them; the
    /// voiced hops of the smaller one; and how often one follows the other.
    private static let limits = (
        begins: Limits(distance: 4.5, deviations: 3.8, between: 0.1, hops: 1_200, changes: 4),
        ends: Limits(distance: 3.8, deviations: 3.2, between: 0.15, hops: 800, changes: 2)
    )

    private struct Limits {
        var distance: Float, deviations: Float, between: Float, hops: Float, changes: Int
    }

    private struct Piece {
        var place: SIMD8<Float>
        var hops: Float
    }

    /// Whether there are several voices.
    private(set) var isSeveral = false
    private var pieces: Deque<Piece> = []
    /// Sums of the piece that is open.
    private var sum = SIMD8<Float>.zero
    private var sumHops = 0
    /// Band levels of the hops to come, which records bring so early.
    private var levels = Deque<BandLevels>(repeating: .none, count: Int(HopRecord.levelLeadHops))
    private var nextHop: Int64?

    /// Takes in a settled hop; none may go back in time.
    mutating func push(_ record: HopRecord) {
        if record.index != nextHop { for index in levels.indices { levels[index] = .none } }
        nextHop = record.index &+ 1
        levels.append(record.levelsAhead)
        let present = levels.removeFirst()
        guard record.isSpeech else { return close(beyond: Self.pieceHops.least) }
        guard record.f0Hz > 0, !record.isShared, !present.isNone else { return }
        let db = present.db
        var values = db - db.sum() / 8
        // Seven say what the eighth is; the pitch takes its place.
        for band in stride(from: BandLevels.count - 1, to: 0, by: -1) { values[band] = values[band - 1] }
        values[0] = 12 * log2(record.f0Hz / 100)
        sum += values
        sumHops += 1
        if sumHops == Self.pieceHops.most { close(beyond: 0) }
    }

    /// Ends the piece that is open, where it has so many hops; else it is forgotten.
    private mutating func close(beyond leastHops: Int) {
        defer { (sum, sumHops) = (.zero, 0) }
        guard sumHops > 0, sumHops >= leastHops else { return }
        let mean = sum / Float(sumHops)
        var place = SIMD8<Float>.zero
        for (index, row) in Self.whitening.enumerated() { place[index] = (row * mean).sum() }
        if pieces.count == Self.pieceCount.most { pieces.removeFirst() }
        pieces.append(Piece(place: place, hops: Float(sumHops)))
        guard pieces.count >= Self.pieceCount.least, let groups = bestGroups() else { return isSeveral = false }
        isSeveral = holds(groups, isSeveral ? Self.limits.ends : Self.limits.begins)
    }

    /// Two groups of the pieces: which are in the second one, and the middles of both.
    private struct Groups {
        var isSecond: [Bool]
        var first = SIMD8<Float>.zero, second = SIMD8<Float>.zero
        var error = Float.infinity
    }

    /// The groups that lie around their middles most closely, from eight starts: above and below the median of each
    /// number.
    private func bestGroups() -> Groups? {
        var best: Groups?
        for number in 0..<BandLevels.count {
            let median = pieces.map { $0.place[number] }.sorted()[pieces.count / 2]
            guard let groups = settled(pieces.map { $0.place[number] >= median }) else { continue }
            if groups.error < best?.error ?? .infinity { best = groups }
        }
        return best
    }

    private func settled(_ start: [Bool]) -> Groups? {
        var groups = Groups(isSecond: start)
        for _ in 0..<20 {
            var hops = (first: Float(0), second: Float(0))
            (groups.first, groups.second) = (.zero, .zero)
            for (piece, isSecond) in zip(pieces, groups.isSecond) {
                if isSecond {
                    groups.second += piece.place * piece.hops
                    hops.second += piece.hops
                } else {
                    groups.first += piece.place * piece.hops
                    hops.first += piece.hops
                }
            }
            guard hops.first > 0, hops.second > 0 else { return nil }
            groups.first /= hops.first
            groups.second /= hops.second
            groups.error = 0
            var hasChanged = false
            for (index, piece) in pieces.enumerated() {
                let (near, far) = (squared(piece.place - groups.first), squared(piece.place - groups.second))
                groups.error += piece.hops * min(near, far)
                if groups.isSecond[index] != (far < near) {
                    groups.isSecond[index].toggle()
                    hasChanged = true
                }
            }
            if !hasChanged { break }
        }
        return groups
    }

    /// Whether the groups are two voices.
    private func holds(_ groups: Groups, _ limits: Limits) -> Bool {
        let line = groups.second - groups.first
        let distance = squared(line).squareRoot()
        guard distance >= limits.distance else { return false }
        var hops = (first: Float(0), second: Float(0), between: Float(0))
        var spreads = (first: Float(0), second: Float(0)), changes = 0
        for (index, piece) in pieces.enumerated() {
            // From 0 in the middle of the first group to `distance` in that of the second.
            let along = ((piece.place - groups.first) * line).sum() / distance
            if along > distance / 3, along < distance * 2 / 3 { hops.between += piece.hops }
            if groups.isSecond[index] {
                hops.second += piece.hops
                spreads.second += piece.hops * (along - distance) * (along - distance)
            } else {
                hops.first += piece.hops
                spreads.first += piece.hops * along * along
            }
            if index > 0, groups.isSecond[index] != groups.isSecond[index - 1] { changes += 1 }
        }
        guard min(hops.first, hops.second) >= limits.hops, changes >= limits.changes else { return false }
        let spread = ((spreads.first / hops.first + spreads.second / hops.second) / 2).squareRoot()
        return distance >= limits.deviations * spread
            && hops.between <= limits.between * (hops.first + hops.second)
    }

    private func squared(_ vector: SIMD8<Float>) -> Float { (vector * vector).sum() }
}
