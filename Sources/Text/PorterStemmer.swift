/// Brings the forms of an English word together (`price`, `prices`, `pricing`): M. F. Porter (1980), “An algorithm for
/// suffix stripping”, Program 14(3). The names of the steps are the paper's.
public struct PorterStemmer {
    private var word: [UInt8]

    /// What is longer is no word of English.
    private static let maxLetters = 64

    /// The stem of a word in small letters; a word with other letters than those of English stays as it is.
    public static func stem(_ word: String) -> String {
        guard word.utf8.count <= maxLetters else { return word }
        var letters = Array(word.utf8)
        if letters.last == UInt8(ascii: "'") { letters.removeLast() }
        if letters.suffix(2).elementsEqual("'s".utf8) { letters.removeLast(2) }
        guard letters.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }) else { return word }
        guard letters.count > 2 else { return String(decoding: letters, as: UTF8.self) }
        var stemmer = PorterStemmer(word: letters)
        stemmer.step1()
        stemmer.replaceLongest(of: Self.step2)
        stemmer.replaceLongest(of: Self.step3)
        stemmer.step4()
        stemmer.step5()
        return String(decoding: stemmer.word, as: UTF8.self)
    }

    private init(word: [UInt8]) { self.word = word }

    // MARK: What the conditions of the paper ask

    private func isVowel(_ place: Int) -> Bool {
        switch word[place] {
        case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "u"): true
        // After a vowel or in front it is a consonant.
        case UInt8(ascii: "y"): place > 0 && !isVowel(place - 1)
        default: false
        }
    }

    /// m: how often consonants follow vowels in the first `count` letters.
    private func measure(_ count: Int) -> Int {
        var measure = 0, wasVowel = false
        for place in 0..<count {
            let isVowel = isVowel(place)
            if wasVowel, !isVowel { measure += 1 }
            wasVowel = isVowel
        }
        return measure
    }

    /// *v*
    private func hasVowel(_ count: Int) -> Bool { (0..<count).contains(where: isVowel) }

    /// *d
    private var endsDouble: Bool {
        word.count >= 2 && word[word.count - 1] == word[word.count - 2] && !isVowel(word.count - 1)
    }

    /// *o
    private func endsShort(_ count: Int) -> Bool {
        guard count >= 3, !isVowel(count - 3), isVowel(count - 2), !isVowel(count - 1) else { return false }
        return !"wxy".utf8.contains(word[count - 1])
    }

    private func ends(_ suffix: String) -> Bool { word.count > suffix.utf8.count && hasSuffix(suffix) }

    private func hasSuffix(_ suffix: String) -> Bool { word.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) }

    private func stemCount(_ suffix: String) -> Int { word.count - suffix.utf8.count }

    private mutating func replace(_ suffix: String, by other: String) {
        word.removeLast(suffix.utf8.count)
        word += other.utf8
    }

    // MARK: The steps

    private mutating func step1() {
        if hasSuffix("sses") {
            replace("sses", by: "ss")
        } else if hasSuffix("ies") {
            replace("ies", by: "i")
        } else if !hasSuffix("ss"), ends("s") {
            replace("s", by: "")
        }
        if hasSuffix("eed") {
            if measure(stemCount("eed")) > 0 { replace("eed", by: "ee") }
        } else if let suffix = ["ed", "ing"].first(where: hasSuffix), hasVowel(stemCount(suffix)) {
            replace(suffix, by: "")
            mend()
        }
        if hasSuffix("y"), hasVowel(word.count - 1) { replace("y", by: "i") }
    }

    /// After `ed` and `ing` are gone.
    private mutating func mend() {
        if ["at", "bl", "iz"].contains(where: hasSuffix) {
            word.append(UInt8(ascii: "e"))
        } else if endsDouble {
            if let last = word.last, !"lsz".utf8.contains(last) { word.removeLast() }
        } else if measure(word.count) == 1, endsShort(word.count) {
            word.append(UInt8(ascii: "e"))
        }
    }

    private static let step2 = [
        ("ational", "ate"), ("ization", "ize"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"),
        ("tional", "tion"), ("biliti", "ble"), ("entli", "ent"), ("ousli", "ous"), ("ation", "ate"), ("alism", "al"),
        ("aliti", "al"), ("iviti", "ive"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("abli", "able"),
        ("alli", "al"), ("ator", "ate"), ("eli", "e"),
    ]
    private static let step3 = [
        ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ness", ""), ("ful", ""),
    ]
    private static let step4 = [
        "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ion", "ism", "ate", "iti", "ous", "ive", "ize",
        "al", "er", "ic", "ou",
    ]

    /// Replaces the first suffix, longest first, where what is before it has a measure above 0.
    private mutating func replaceLongest(of suffixes: [(String, String)]) {
        guard let (suffix, other) = suffixes.first(where: { hasSuffix($0.0) }), measure(stemCount(suffix)) > 0 else {
            return
        }
        replace(suffix, by: other)
    }

    private mutating func step4() {
        guard let suffix = Self.step4.first(where: hasSuffix), measure(stemCount(suffix)) > 1 else { return }
        if suffix == "ion" {
            guard "st".utf8.contains(word[stemCount(suffix) - 1]) else { return }
        }
        replace(suffix, by: "")
    }

    private mutating func step5() {
        if hasSuffix("e") {
            let measure = measure(word.count - 1)
            if measure > 1 || measure == 1 && !endsShort(word.count - 1) { word.removeLast() }
        }
        if measure(word.count) > 1, endsDouble, hasSuffix("l") { word.removeLast() }
    }
}
