import Kit
import SeededNumbers
import Testing

@Suite struct LineSplitterTests {
    /// All that can be taken by now.
    private func take(_ splitter: inout LineSplitter) -> (lines: [String], end: LineSplitter.Next) {
        var lines: [String] = []
        while true {
            let next = splitter.next()
            guard case .line(let line) = next else { return (lines, next) }
            lines.append(String(decoding: line, as: UTF8.self))
        }
    }

    @Test func linesComeWholeInWhateverPieces() {
        let wanted = ["", "a", "bcd", "", "\u{e9}\u{1F600}", "last"]
        let text = Array((wanted.joined(separator: "\n") + "\nrest").utf8)
        var random = SeededRandom(seed: 1)
        for _ in 0..<200 {
            var splitter = LineSplitter(maxBytes: 6)
            var lines: [String] = []
            var left = text[...]
            while !left.isEmpty {
                let piece = left.prefix(Int.random(in: 0...7, using: &random))
                left = left.dropFirst(piece.count)
                splitter.append(piece)
                let (more, end) = take(&splitter)
                lines += more
                #expect(end == .incomplete)
            }
            #expect(lines == wanted)
            #expect(splitter.takeRest() == Array("rest".utf8))
            #expect(splitter.next() == .incomplete && splitter.takeRest() == [])
        }
    }

    @Test func aLineBeyondTheLimitIsToldWhetherItHasEndedOrNot() {
        for text in ["1234", "1234\n"] {
            var splitter = LineSplitter(maxBytes: 3)
            splitter.append(Array("123\n\(text)".utf8))
            let (lines, end) = take(&splitter)
            #expect(lines == ["123"] && end == .tooLong)
            splitter.append(Array("5\n".utf8))
            #expect(splitter.next() == .tooLong)
        }
    }
}
