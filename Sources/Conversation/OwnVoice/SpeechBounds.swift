/// Finds where the speech that counts begins and ends, so that it can be told: what is left of an IPU when leaks and
/// background are taken out follows the rules of IPUs again.
struct SpeechBounds: Sendable {
    /// What is told.
    enum Change: Equatable {
        case started(Int64)
        /// Exclusive.
        case ended(start: Int64, end: Int64)
    }

    /// Begin of what has been told and has not ended.
    private(set) var start: Int64?
    private var runStart: Int64?
    private var lastHop: Int64 = 0

    /// Shorter speech is none, and shorter pauses are none, in hops; those of the voice core.
    private static let minimalSpeechHops: Int64 = 8
    private static let minimalPauseHops: Int64 = 20

    /// Takes in a hop.
    ///
    /// - Parameters:
    ///   - isOwn: whether there is speech that counts.
    ///   - isSpeech: whether there is any; where there is none, the voice core has looked for how long already.
    mutating func take(hop: Int64, isOwn: Bool, isSpeech: Bool) -> Change? {
        if isOwn {
            if runStart == nil { runStart = hop }
            lastHop = hop
            guard start == nil, let run = runStart, hop - run + 1 >= Self.minimalSpeechHops else { return nil }
            start = run
            return .started(run)
        }
        guard !isSpeech || hop - lastHop >= Self.minimalPauseHops else { return nil }
        return end(at: lastHop + 1)
    }

    /// Ends what is open.
    mutating func end(at hop: Int64) -> Change? {
        runStart = nil
        guard let begun = start else { return nil }
        start = nil
        return .ended(start: begun, end: max(begun, hop))
    }
}
