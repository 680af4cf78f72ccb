/// Under which ids and in which revision the words of a speaker were told.
struct ToldSpans {
    /// Lines that were told while they went on; more are not open at once.
    private static let maxOpen = 8

    private var count = 0
    private var open: [(line: String, id: String, revision: Int)] = []

    /// What the next event about a line says.
    mutating func next(of line: CaptionLine) -> (id: String, revision: Int) {
        if let name = line.id, let place = open.firstIndex(where: { $0.line == name }) {
            open[place].revision += 1
            let known = open[place]
            if !line.isPartial { open.remove(at: place) }
            return (known.id, known.revision)
        }
        count += 1
        let id = "w\(count)"
        if line.isPartial, let name = line.id {
            if open.count == Self.maxOpen { open.removeFirst() }
            open.append((name, id, 0))
        }
        return (id, 0)
    }
}
