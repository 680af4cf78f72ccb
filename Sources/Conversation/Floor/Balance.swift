import Glibc

/// How the talk is spread over more than two speakers. Shown, never graded.
struct Balance: Equatable {
    /// Normalised entropy of the talk times: 1 where all talk alike, 0 where one does.
    var entropy: Double
    /// Gini coefficient of the talk times: 0 where all talk alike.
    var gini: Double

    /// Balance of talk times (any unit); nil below three speakers or without talk.
    init?(talk: [Int32]) {
        let total = talk.reduce(0.0) { $0 + Double($1) }
        guard talk.count > 2, total > 0 else { return nil }
        let shares = talk.map { Double($0) / total }.sorted()
        let bits = shares.reduce(0.0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
        entropy = bits / log(Double(shares.count))
        let number = Double(shares.count)
        let weighted = shares.enumerated().reduce(0.0) { $0 + Double($1.offset + 1) * $1.element }
        gini = (2 * weighted - (number + 1)) / number
    }
}

/// Floor transfers from whom to whom.
struct Transfers {
    private var counts: [Int32] = []
    private var speakers = 0
    private(set) var total = 0

    /// Counts a transfer.
    mutating func add(from: Int, to: Int) {
        let needed = max(from, to) + 1
        if needed > speakers { grow(to: needed) }
        counts[from * speakers + to] += 1
        total += 1
    }

    /// Takes back a transfer that was counted.
    mutating func remove(from: Int, to: Int) {
        guard max(from, to) < speakers, counts[from * speakers + to] > 0 else { return }
        counts[from * speakers + to] -= 1
        total -= 1
    }

    private mutating func grow(to size: Int) {
        var grown = [Int32](repeating: 0, count: size * size)
        for from in 0..<speakers {
            for to in 0..<speakers { grown[from * size + to] = counts[from * speakers + to] }
        }
        counts = grown
        speakers = size
    }

    /// Freedom of the floor: H(next speaker | current) / ln(N − 1), 1 where anybody may come next, 0 where it is
    /// always the same one; nil below three speakers or without transfers.
    func freedom(speakers number: Int) -> Double? {
        guard number > 2, total > 0 else { return nil }
        var entropy = 0.0
        for from in 0..<speakers {
            let row = counts[(from * speakers)..<((from + 1) * speakers)]
            let sum = row.reduce(0.0) { $0 + Double($1) }
            for count in row where count > 0 {
                entropy -= Double(count) / Double(total) * log(Double(count) / sum)
            }
        }
        return entropy / log(Double(number - 1))
    }
}
