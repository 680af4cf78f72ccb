import DequeModule
import Events
import MediaTypes

/// Captions of one speaker over the rolling windows and since the start, in buckets of a second.
///
/// A line lies in the second in which it ends, with all its words. It may come up to `toleranceSeconds` later than
/// that, or earlier: then it counts when the session gets there.
struct CaptionWindows {
    /// How far from the present of the session a line may end, seconds.
    static let toleranceSeconds = 10
    /// Lines that may still be replaced by one of the same id.
    static let mostRecent = 16

    /// What is counted; whole numbers, so that what was added can be taken away again.
    struct Counts: Equatable {
        var words = 0, fillers = 0, questions = 0
        /// Sum of the lines' lengths, hops.
        var hops = 0
        /// Lines with a sentiment, their words, and the sums of compound (in 1/10,000), of its square and of it times
        /// the words.
        var scored = 0, scoredWords = 0, compound = 0, square = 0, weighted = 0

        /// Mentions by tracker; empty as long as there was none, so that most buckets hold nothing.
        var mentions: [Int] = []

        private static let scale = 10_000.0

        init() {}

        init(_ line: CaptionLine) {
            words = line.words
            fillers = line.fillers
            questions = line.questions
            hops = Int(line.endHop - line.startHop)
            mentions = line.mentions
            guard let value = line.compound, words > 0 else { return }
            scored = 1
            scoredWords = words
            compound = Int((max(-1, min(1, value)) * Self.scale).rounded())
            square = compound * compound
            weighted = compound * words
        }

        static func += (left: inout Counts, right: Counts) { left.add(right, sign: 1) }
        static func -= (left: inout Counts, right: Counts) { left.add(right, sign: -1) }

        private mutating func add(_ other: Counts, sign: Int) {
            words &+= sign &* other.words
            fillers &+= sign &* other.fillers
            questions &+= sign &* other.questions
            hops &+= sign &* other.hops
            scored &+= sign &* other.scored
            scoredWords &+= sign &* other.scoredWords
            compound &+= sign &* other.compound
            square &+= sign &* other.square
            weighted &+= sign &* other.weighted
            guard !other.mentions.isEmpty else { return }
            if mentions.count < other.mentions.count {
                mentions += Array(repeating: 0, count: other.mentions.count - mentions.count)
            }
            for index in other.mentions.indices { mentions[index] &+= sign &* other.mentions[index] }
        }

        /// Words per minute of the lines' own time; nil below a second.
        var wordsPerMinute: Double? {
            hops >= AudioGrid.hopsPerSecond ? Double(words * 60 * AudioGrid.hopsPerSecond) / Double(hops) : nil
        }

        /// What the lines say about valence; nil without a scored line.
        var evidence: TextEvidence? {
            guard scored > 0, scoredWords > 0 else { return nil }
            let mean = Double(compound) / Double(scored)
            let variance = max(0, Double(square) / Double(scored) - mean * mean)
            return TextEvidence(
                valence: Double(weighted) / Double(scoredWords) / Self.scale, words: scoredWords, lines: scored,
                spread: variance.squareRoot() / Self.scale)
        }
    }

    private struct Bucket {
        var second: Int64 = -1
        var counts = Counts()
    }

    /// A line that may still be replaced.
    private struct Recent {
        var id: String?
        var startHop: Int64, endHop: Int64
        var isPartial: Bool
        var isRecognised: Bool
        var second: Int64
        var counts: Counts

        /// Whether a line is what has become of this one: it has its id; or where there is none, its start, or it lies
        /// for the most part where this one, which was partial, does.
        func isSame(as line: CaptionLine) -> Bool {
            guard id == line.id else { return false }
            guard id == nil else { return true }
            if startHop == line.startHop { return true }
            let overlap = min(endHop, line.endHop) - max(startHop, line.startHop)
            return isPartial && 2 * overlap > min(endHop - startHop, line.endHop - line.startHop)
        }
    }

    /// Whether no line has come yet.
    private(set) var isEmpty = true
    private var total = Counts()
    private var ring: [Bucket] = []
    private var recent: Deque<Recent> = []
    private let ringSeconds: Int

    /// Windows of at most `horizonSeconds`.
    init(horizonSeconds: Int) {
        ringSeconds = horizonSeconds + 2 * Self.toleranceSeconds + 2
    }

    /// Takes in a line; `settledHops` is the present of the session.
    mutating func add(_ line: CaptionLine, at settledHops: Int64) -> CaptionOutcome {
        let tolerance = Int64(Self.toleranceSeconds * AudioGrid.hopsPerSecond)
        guard line.startHop >= 0, line.startHop < line.endHop, line.endHop >= settledHops - tolerance,
            line.endHop <= settledHops + tolerance
        else { return .outOfTime }
        // Sent again, or overtaken by its final.
        if line.isPartial, recent.contains(where: { $0.isSame(as: line) && !$0.isPartial }) { return .ignored }
        while let index = recent.firstIndex(where: { $0.isSame(as: line) }) {
            let replaced = recent.remove(at: index)
            total -= replaced.counts
            change(replaced.second) { $0 -= replaced.counts }
        }
        if recent.count >= Self.mostRecent { recent.removeFirst() }
        if ring.isEmpty { ring = Array(repeating: Bucket(), count: ringSeconds) }
        let second = (line.endHop - 1) / Int64(AudioGrid.hopsPerSecond)
        let counts = Counts(line)
        total += counts
        if ring[place(of: second)].second != second { ring[place(of: second)] = Bucket(second: second) }
        change(second) { $0 += counts }
        recent.append(
            Recent(
                id: line.id, startHop: line.startHop, endHop: line.endHop, isPartial: line.isPartial,
                isRecognised: line.writer == .recogniser, second: second, counts: counts))
        isEmpty = false
        return .counted
    }

    /// Takes away what the recogniser wrote down from `hop` on, as far as it may still change: somebody else says what
    /// was said then.
    mutating func dropRecognised(from hop: Int64) {
        for line in recent where line.isRecognised && line.endHop > hop {
            total -= line.counts
            change(line.second) { $0 -= line.counts }
        }
        recent.removeAll { $0.isRecognised && $0.endHop > hop }
    }

    /// Counts of the window of `windowHops`, whole seconds, before `settledHops`; nil means since the start.
    func counts(before settledHops: Int64, windowHops: Int64?) -> Counts {
        let newest = (settledHops - 1) / Int64(AudioGrid.hopsPerSecond)
        guard !isEmpty else { return Counts() }
        guard let windowHops else {
            var counts = total
            for second in newest + 1...newest + Int64(Self.toleranceSeconds) + 1 { counts -= at(second) }
            return counts
        }
        var counts = Counts()
        let oldest = newest - windowHops / Int64(AudioGrid.hopsPerSecond) + 1
        for second in max(0, oldest)...max(0, newest) { counts += at(second) }
        return counts
    }

    /// What the lines of a window say about valence; nil without a scored line.
    func evidence(before settledHops: Int64, windowHops: Int64?) -> TextEvidence? {
        counts(before: settledHops, windowHops: windowHops).evidence
    }

    private func place(of second: Int64) -> Int { Int(second % Int64(ringSeconds)) }

    private func at(_ second: Int64) -> Counts {
        let bucket = ring[place(of: second)]
        return bucket.second == second ? bucket.counts : Counts()
    }

    /// Changes the counts of a second, if they are still kept.
    private mutating func change(_ second: Int64, _ body: (inout Counts) -> Void) {
        guard ring.indices.contains(place(of: second)), ring[place(of: second)].second == second else { return }
        body(&ring[place(of: second)].counts)
    }
}
