/// Takes out of a text what no transcript needs: numbers of five digits and more (cards, accounts, telephones) and mail
/// addresses, written or spoken. `[number]` and `[address]` stand for them.
///
/// What is read out in parts is cut at its pauses, and each part comes by itself: so at the edges of a text three digits
/// are enough, and where there is nothing but digits each is one too many.
public enum Masking {
    /// What stands for a number, and for an address.
    public static let number = "[number]", address = "[address]"

    private static let maxDigits = 4, maxDigitsAtEdge = 2

    /// The text without them.
    public static func masked(_ text: String) -> String {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard !words.isEmpty else { return "" }
        return withoutNumbers(withoutAddresses(words.map(Token.init))).map(\.text).joined(separator: " ")
    }

    /// A word, and what it is without marks and capitals.
    private struct Token {
        var text: String
        let bare: String
        /// Digits in it, or that it says; 0 where it is no number.
        let digits: Int
        /// Whether it may stand between digits, as `and` and a dash may.
        let joins: Bool

        var endsSomething: Bool { text.last.map { ",.;:?!".contains($0) } ?? false }

        init(_ word: Substring) {
            text = String(word)
            bare = word.lowercased().filter { $0.isLetter || $0.isNumber || $0 == "@" || $0 == "." }
                .trimmingDots()
            let written = word.filter { $0.isNumber }.count
            // "forty-two" says two numbers, "4111-1111" is one word of eight digits.
            let spoken = word.lowercased().split { !$0.isLetter }.map { Masking.spoken[String($0)] }
            digits = written > 0 ? written : spoken.contains(nil) ? 0 : spoken.reduce(0) { $0 + ($1 ?? 0) }
            joins = written == 0 && (bare.isEmpty || Masking.joints.contains(bare))
        }

        init(replacing words: ArraySlice<Token>, by text: String) {
            // The marks at the end stay: a question stays one.
            let marks = words.last.map { $0.text.reversed().prefix { ".,?!;:".contains($0) }.reversed() } ?? []
            self.text = text + String(marks)
            (bare, digits, joins) = (text, 0, false)
        }
    }

    private static let spoken: [String: Int] = [
        "zero": 1, "oh": 1, "o": 1, "one": 1, "two": 1, "three": 1, "four": 1, "five": 1, "six": 1, "seven": 1,
        "eight": 1, "nine": 1, "nought": 1, "double": 1, "triple": 2, "ten": 2, "eleven": 2, "twelve": 2,
        "thirteen": 2, "fourteen": 2, "fifteen": 2, "sixteen": 2, "seventeen": 2, "eighteen": 2, "nineteen": 2,
        "twenty": 1, "thirty": 1, "forty": 1, "fifty": 1, "sixty": 1, "seventy": 1, "eighty": 1, "ninety": 1,
        "hundred": 1, "thousand": 2, "million": 6, "billion": 9,
    ]
    private static let joints: Set<String> = [
        "and", "dash", "hyphen", "space", "slash", "then", "dot", "point", "plus",
    ]

    private static func withoutNumbers(_ tokens: [Token]) -> [Token] {
        var result: [Token] = []
        var index = 0
        while index < tokens.count {
            guard tokens[index].digits > 0 else {
                result.append(tokens[index])
                index += 1
                continue
            }
            var end = index + 1, place = end
            while place < tokens.count, tokens[place].digits > 0 || tokens[place].joins {
                place += 1
                if tokens[place - 1].digits > 0 { end = place }
            }
            let digits = tokens[index..<end].reduce(0) { $0 + $1.digits }
            let isAtEdge = index == 0 || end == tokens.count
            let isAll = index == 0 && end == tokens.count
            if digits > maxDigits || isAll || isAtEdge && digits > maxDigitsAtEdge {
                result.append(Token(replacing: tokens[index..<end], by: number))
            } else {
                result += tokens[index..<end]
            }
            index = end
        }
        return result
    }

    private static func withoutAddresses(_ tokens: [Token]) -> [Token] {
        var result: [Token] = []
        var index = 0
        while index < tokens.count {
            let token = tokens[index]
            if token.bare.contains("@"), token.bare.count > 1 {
                result.append(Token(replacing: tokens[index...index], by: address))
                index += 1
            } else if token.bare == "at" || token.bare == "@", let end = endOfDomain(tokens, after: index) {
                // The name before it: a word, or several with dots or dashes between, or letters that are spelled.
                var name = result.popLast().map { [$0] } ?? []
                while let last = result.last, isPartOfName(last, before: name.last) { name.append(result.removeLast()) }
                result.append(Token(replacing: tokens[index..<end], by: address))
                index = end
            } else {
                result.append(token)
                index += 1
            }
        }
        return result
    }

    /// Behind a domain such as `example dot com` or `example.com`; nil where there is none.
    private static func endOfDomain(_ tokens: [Token], after at: Int) -> Int? {
        // Names of hosts are one word or a few, and nothing ends within them.
        for place in at + 1..<max(min(tokens.count, at + 5), at + 1) {
            if place > at + 1, !tokens[at + 1..<place].contains(where: \.endsSomething), tokens[place].bare == "dot",
                place + 1 < tokens.count
            {
                var end = place + 2
                while end + 1 < tokens.count, tokens[end].bare == "dot" { end += 2 }
                return end
            }
            let parts = tokens[place].bare.split(separator: ".")
            if parts.count >= 2, let last = parts.last, last.count >= 2, last.allSatisfy(\.isLetter) {
                return place + 1
            }
        }
        return nil
    }

    private static let nameJoints: Set<String> = ["dot", "dash", "hyphen", "underscore", "minus"]

    private static func isPartOfName(_ token: Token, before next: Token?) -> Bool {
        guard let next else { return false }
        if nameJoints.contains(token.bare) || nameJoints.contains(next.bare) { return true }
        return token.bare.count == 1 && next.bare.count == 1 || token.digits > 0 || next.digits > 0
    }
}

extension String {
    fileprivate func trimmingDots() -> String {
        String(drop { $0 == "." }.reversed().drop { $0 == "." }.reversed())
    }
}
