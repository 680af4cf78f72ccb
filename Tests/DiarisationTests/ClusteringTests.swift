import SeededNumbers
import Testing

@testable import Diarisation

/// Clusters, and who belongs to whom.
@Suite struct ClusteringTests {
    /// Directions around that of one axis, by so much noise.
    private func directions(_ count: Int, axis: Int, noise: Float, _ random: inout SeededRandom) -> [[Float]] {
        (0..<count).map { _ in
            (0..<16).map { $0 == axis ? 1 : Float.random(in: -noise...noise, using: &random) }.normalised
        }
    }

    @Test func directionsThatAreAlikeAreOneCluster() {
        var random = SeededRandom(seed: 7)
        let vectors = (0..<3).flatMap { directions(20, axis: $0, noise: 0.15, &random) }
        let labels = AverageLinkage(vectors).labels(within: 0.5)
        #expect(labels == (0..<3).flatMap { Array(repeating: $0, count: 20) })
    }

    /// Against the definition: the pair of clusters with the smallest mean distance of their members, again and again.
    @Test func chainsOfNeighboursMergeAsTheDefinitionDoes() {
        var random = SeededRandom(seed: 11)
        let vectors = (0..<40).map { _ in
            (0..<8).map { _ in Float.random(in: -1...1, using: &random) }.normalised
        }
        var clusters = vectors.indices.map { [$0] }
        var heights: [Float] = []
        func mean(_ left: [Int], _ right: [Int]) -> Float {
            var sum: Float = 0
            for one in left {
                for other in right {
                    var product: Float = 0
                    for (first, second) in zip(vectors[one], vectors[other]) { product += first * second }
                    sum += 1 - product
                }
            }
            return sum / Float(left.count * right.count)
        }
        while clusters.count > 1 {
            let pairs = clusters.indices.flatMap { left in (0..<left).map { ($0, left) } }
            let best = pairs.min { mean(clusters[$0.0], clusters[$0.1]) < mean(clusters[$1.0], clusters[$1.1]) }
            guard let (left, right) = best else { break }
            heights.append(mean(clusters[left], clusters[right]))
            clusters[left] += clusters.remove(at: right)
        }
        let merges = AverageLinkage(vectors).merges.map(\.distance)
        #expect(merges.count == 39)
        #expect(zip(merges, heights).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    @Test func nothingAndOneThingAreClustered() {
        #expect(AverageLinkage([]).labels(within: 1) == [])
        #expect(AverageLinkage([[1, 0]]).labels(within: 1) == [0])
    }

    @Test func assignmentIsTheBestOfAll() {
        var random = SeededRandom(seed: 3)
        for (rows, columns) in [(1, 1), (2, 3), (3, 2), (4, 4), (3, 6), (5, 3)] {
            let gains = (0..<rows).map { _ in (0..<columns).map { _ in Float.random(in: -1...1, using: &random) } }
            func best(_ row: Int, _ used: Set<Int>, _ left: Int) -> Float {
                guard row < rows, left > 0 else { return 0 }
                var most = rows - row > left ? best(row + 1, used, left) : -Float.infinity
                for column in 0..<columns where !used.contains(column) {
                    most = max(most, gains[row][column] + best(row + 1, used.union([column]), left - 1))
                }
                return most
            }
            let found = Assignment.best(gains)
            let columnsTaken = found.compactMap(\.self)
            #expect(Set(columnsTaken).count == min(rows, columns))
            var sum: Float = 0
            for (row, column) in found.enumerated() { if let column { sum += gains[row][column] } }
            #expect(abs(sum - best(0, [], min(rows, columns))) < 1e-4)
        }
        #expect(Assignment.best([]) == [])
    }

    private func pieces(_ vectors: [[Float]], seconds: Float) -> [VoicePiece] {
        vectors.enumerated().map { VoicePiece(window: $0, speaker: 0, seconds: seconds, vector: $1) }
    }

    @Test func whatIsTooLittleIsNoVoice() {
        var random = SeededRandom(seed: 5)
        let voices = directions(60, axis: 0, noise: 0.1, &random) + directions(60, axis: 1, noise: 0.1, &random)
        let odd = directions(1, axis: 2, noise: 0.1, &random)
        let found = VoiceClusters.centroids(of: pieces(voices + odd, seconds: 3), windowsPerSecond: 10, wanted: nil)
        #expect(found.directions.count == 2 && found.number == VoiceNumber(2...2))
    }

    @Test func asManyVoicesAsAreWanted() {
        var random = SeededRandom(seed: 9)
        let vectors = (0..<4).flatMap { directions(30, axis: $0, noise: 0.1, &random) }
        for wanted in 1...4 {
            let found = VoiceClusters.centroids(of: pieces(vectors, seconds: 3), windowsPerSecond: 10, wanted: wanted)
            #expect(found.directions.count == wanted && found.number == nil)
        }
    }

    @Test func manyPiecesAreThinned() {
        var random = SeededRandom(seed: 13)
        let vectors = (0..<2).flatMap { directions(100, axis: $0, noise: 0.1, &random) }
        let found = VoiceClusters.centroids(
            of: pieces(vectors, seconds: 3), windowsPerSecond: 10, wanted: nil, most: 40)
        #expect(found.directions.count == 2 && found.number == VoiceNumber(2...2))
    }
}
