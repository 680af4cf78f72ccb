/// The name that somebody may have meant by a word that is none of them; nil where none is near.
public func nearestName(to word: String, among names: some Sequence<String>) -> String? {
    let nearest = names.sorted().min { editDistance($0, word) < editDistance($1, word) }
    return nearest.flatMap { editDistance($0, word) <= max(2, word.count / 2) ? $0 : nil }
}

/// Edit distance (Levenshtein, 1966) between two names, of their first 64 bytes.
public func editDistance(_ left: String, _ right: String) -> Int {
    let right = Array(right.utf8.prefix(64))
    var row = Array(0...right.count)
    for (i, a) in left.utf8.prefix(64).enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, b) in right.enumerated() {
            let substituted = diagonal + (a == b ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substituted, diagonal + 1, row[j] + 1)
        }
    }
    return row[right.count]
}
