/// One-to-one assignment with the largest sum, by the Hungarian method (Kuhn, 1955; Munkres, 1957) with potentials.
public enum Assignment {
    /// For each row its column; nil where there are more rows than columns and none is left.
    ///
    /// - Parameter gains: rows of the same length; finite.
    public static func best(_ gains: [[Float]]) -> [Int?] {
        let rows = gains.count, columns = gains.first?.count ?? 0
        guard rows > 0, columns > 0 else { return Array(repeating: nil, count: rows) }
        if rows > columns {
            let flipped = (0..<columns).map { column in gains.map { $0[column] } }
            var result = [Int?](repeating: nil, count: rows)
            for (column, row) in best(flipped).enumerated() { if let row { result[row] = column } }
            return result
        }
        // Counted from 1; column 0 is where the row starts that looks for its place.
        var rowPotential = [Float](repeating: 0, count: rows + 1)
        var columnPotential = [Float](repeating: 0, count: columns + 1)
        var owner = [Int](repeating: 0, count: columns + 1)
        for row in 1...rows {
            owner[0] = row
            var least = [Float](repeating: .infinity, count: columns + 1)
            var isUsed = [Bool](repeating: false, count: columns + 1)
            var way = [Int](repeating: 0, count: columns + 1)
            var column = 0
            repeat {
                isUsed[column] = true
                let current = owner[column]
                var delta = Float.infinity, next = 0
                for other in 1...columns where !isUsed[other] {
                    let cost = -gains[current - 1][other - 1] - rowPotential[current] - columnPotential[other]
                    if cost < least[other] { (least[other], way[other]) = (cost, column) }
                    if least[other] < delta { (delta, next) = (least[other], other) }
                }
                for other in 0...columns {
                    if isUsed[other] {
                        rowPotential[owner[other]] += delta
                        columnPotential[other] -= delta
                    } else {
                        least[other] -= delta
                    }
                }
                column = next
            } while owner[column] != 0
            while column != 0 {
                owner[column] = owner[way[column]]
                column = way[column]
            }
        }
        var result = [Int?](repeating: nil, count: rows)
        for column in 1...columns where owner[column] > 0 { result[owner[column] - 1] = column - 1 }
        return result
    }
}
