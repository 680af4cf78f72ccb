/// What the captions of one speaker in the scored window say, as a word-list score of their lines.
struct TextEvidence: Sendable, Equatable {
    /// −1…1, the word-weighted mean of the compound scores of the caption lines in the window.
    var valence: Double
    /// Words in those lines.
    var words: Int
    /// Those lines.
    var lines: Int
    /// Standard deviation of the lines' compound scores; 0 for a single line.
    var spread: Double
}
