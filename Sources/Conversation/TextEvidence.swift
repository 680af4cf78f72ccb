/// What the words of a speaker's captions say about valence within a window.
struct TextEvidence: Sendable, Equatable {
    /// Word-weighted mean of the compound scores of the caption lines, −1…1.
    var valence: Double
    /// Words of those lines.
    var words: Int
    /// Lines.
    var lines: Int
    /// Standard deviation of the lines' compound scores.
    var spread: Double
}
