/// When a word was said.
public struct TimedWord: Sendable, Equatable {
    /// The word as it is written.
    public var text: String
    /// From and to, in hops of the session.
    public var startHop: Int64, endHop: Int64

    /// A word.
    public init(text: String, startHop: Int64, endHop: Int64) {
        (self.text, self.startHop, self.endHop) = (text, startHop, endHop)
    }
}

/// Estimates when each word of a unit was said: the recogniser does not tell. Words are laid over the runs of speech by
/// their length in vowels and letters, which some half a second of error remains of.
public enum WordTimes {
    /// The method, as events name it.
    public static let method = "spread"

    /// The words of a text with their times.
    ///
    /// - Parameter runs: where speech was, in order, in hops.
    public static func spread(_ text: String, over runs: [Range<Int64>]) -> [TimedWord] {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        let hops = runs.reduce(0) { $0 + Int64($1.count) }
        guard !words.isEmpty, hops > 0 else { return [] }
        let weights = words.map(weight(of:))
        let all = weights.reduce(0, +)
        var passed = 0.0
        return zip(words, weights).map { word, weight in
            let start = hop(at: passed / all * Double(hops), in: runs, isEnd: false)
            passed += weight
            let end = hop(at: passed / all * Double(hops), in: runs, isEnd: true)
            return TimedWord(text: word, startHop: start, endHop: max(start + 1, end))
        }
    }

    /// Syllables say most of how long a word takes, letters some of it.
    private static func weight(of word: String) -> Double {
        var syllables = 0, isVowel = false
        for character in word.lowercased() {
            let wasVowel = isVowel
            isVowel = "aeiouy".contains(character)
            if isVowel, !wasVowel { syllables += 1 }
        }
        return Double(max(1, syllables)) + 0.15 * Double(word.count)
    }

    /// The hop of the session that lies so many hops of speech in.
    private static func hop(at passed: Double, in runs: [Range<Int64>], isEnd: Bool) -> Int64 {
        var left = Int64(passed.rounded())
        for run in runs {
            let count = Int64(run.count)
            // The end of a word lies in the run that it was said in, the start of the next one in the next.
            if left < count || isEnd && left == count { return run.lowerBound + left }
            left -= count
        }
        return runs.last?.upperBound ?? 0
    }
}
