/// Hierarchical clustering by average linkage: the two clusters whose members are closest on average become one, again
/// and again. By chains of nearest neighbours (Murtagh, 1983), which takes time and memory by the square of the number.
public struct AverageLinkage: Sendable {
    /// Two clusters that become one: one member of each, and how far they are apart on average.
    struct Merge: Sendable {
        let left: Int, right: Int
        let distance: Float
    }

    /// How many things are clustered.
    public let count: Int
    /// All merges, the closest first.
    let merges: [Merge]

    /// Clusters directions of length 1 by their cosine distance, 0…2.
    public init(_ vectors: [[Float]]) {
        count = vectors.count
        var distances = [Float](repeating: 0, count: count * count)
        for row in 0..<count {
            for column in 0..<row {
                var product: Float = 0
                for (left, right) in zip(vectors[row], vectors[column]) { product += left * right }
                let distance = max(0, 1 - product)
                distances[row * count + column] = distance
                distances[column * count + row] = distance
            }
        }
        merges = Self.merges(&distances, count)
    }

    /// Clusters things by their distances, row by row.
    init(distances: consuming [Float], count: Int) {
        self.count = count
        merges = Self.merges(&distances, count)
    }

    private static func merges(_ distances: inout [Float], _ count: Int) -> [Merge] {
        var sizes = [Int](repeating: 1, count: count)
        var isThere = [Bool](repeating: true, count: count)
        var merges: [Merge] = []
        var chain: [Int] = []
        while merges.count + 1 < count {
            if chain.isEmpty, let first = isThere.firstIndex(of: true) { chain.append(first) }
            while true {
                let last = chain[chain.count - 1], before = chain.count > 1 ? chain[chain.count - 2] : nil
                // On a tie the one before, so that the chain ends.
                var nearest = before ?? -1
                var least = before.map { distances[last * count + $0] } ?? .infinity
                for other in 0..<count where isThere[other] && other != last && distances[last * count + other] < least
                {
                    (nearest, least) = (other, distances[last * count + other])
                }
                guard nearest >= 0 else { return merges }
                guard nearest == before else {
                    chain.append(nearest)
                    continue
                }
                chain.removeLast(2)
                merges.append(Merge(left: last, right: nearest, distance: least))
                let all = Float(sizes[last] + sizes[nearest])
                for other in 0..<count where isThere[other] && other != last && other != nearest {
                    let mean =
                        (Float(sizes[last]) * distances[last * count + other]
                            + Float(sizes[nearest]) * distances[nearest * count + other]) / all
                    distances[nearest * count + other] = mean
                    distances[other * count + nearest] = mean
                }
                sizes[nearest] += sizes[last]
                isThere[last] = false
                break
            }
        }
        return merges.sorted { $0.distance < $1.distance }
    }

    /// The cluster of each thing once the first so many merges are done, numbered by their first members.
    func labels(merging first: Int) -> [Int] {
        var parents = Array(0..<count)
        func root(_ start: Int) -> Int {
            var place = start
            while parents[place] != place {
                parents[place] = parents[parents[place]]
                place = parents[place]
            }
            return place
        }
        for merge in merges.prefix(first) {
            let left = root(merge.left), right = root(merge.right)
            parents[max(left, right)] = min(left, right)
        }
        var numbers: [Int: Int] = [:]
        return (0..<count).map { thing in
            let root = root(thing)
            if let number = numbers[root] { return number }
            numbers[root] = numbers.count
            return numbers.count - 1
        }
    }

    /// The cluster of each thing where clusters further apart than this stay apart.
    public func labels(within distance: Float) -> [Int] {
        labels(merging: merges.prefix { $0.distance <= distance }.count)
    }
}
