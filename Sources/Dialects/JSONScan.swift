/// Looks into JSON where it lies, without building anything of it: some hundreds of messages a second are read so.
///
/// Values are ranges of the message. What is skipped is only looked at as far as its end has to be found.
enum JSONScan {
    /// Brackets within each other, more than any dialect has.
    private static let maxDepth = 32

    /// The members of an object, one after the other.
    struct Members {
        private var at: Int
        private let limit: Int

        /// The members of the object in `range`.
        ///
        /// - Throws: `DialectError` where there is none.
        init(_ message: Span<UInt8>, _ range: Range<Int>) throws(DialectError) {
            limit = range.upperBound
            at = JSONScan.skipSpace(message, range.lowerBound, limit)
            guard at < limit, message[at] == UInt8(ascii: "{") else { throw .malformed }
            at = JSONScan.skipSpace(message, at + 1, limit)
        }

        /// The key (between its quotes, as it stands) and the value of the next member.
        ///
        /// - Throws: `DialectError` where there is something else.
        mutating func next(
            _ message: Span<UInt8>
        ) throws(DialectError) -> (key: Range<Int>, value: Range<Int>)? {
            guard at < limit else { throw .malformed }
            if message[at] == UInt8(ascii: "}") { return nil }
            let keyEnd = try JSONScan.end(of: message, at, limit)
            guard message[at] == UInt8(ascii: "\"") else { throw .malformed }
            let key = (at + 1)..<(keyEnd - 1)
            at = JSONScan.skipSpace(message, keyEnd, limit)
            guard at < limit, message[at] == UInt8(ascii: ":") else { throw .malformed }
            at = JSONScan.skipSpace(message, at + 1, limit)
            let value = at..<(try JSONScan.end(of: message, at, limit))
            at = JSONScan.skipSpace(message, value.upperBound, limit)
            guard at < limit else { throw .malformed }
            guard message[at] != UInt8(ascii: "}") else { return (key, value) }
            guard message[at] == UInt8(ascii: ",") else { throw .malformed }
            at = JSONScan.skipSpace(message, at + 1, limit)
            return (key, value)
        }
    }

    /// The elements of an array; of anything else, itself.
    struct Elements {
        private var at: Int
        private let range: Range<Int>
        private let isArray: Bool

        init(_ message: Span<UInt8>, _ range: Range<Int>) {
            self.range = range
            isArray = !range.isEmpty && message[range.lowerBound] == UInt8(ascii: "[")
            at = isArray ? JSONScan.skipSpace(message, range.lowerBound + 1, range.upperBound) : range.lowerBound
        }

        /// Where the next element lies.
        mutating func next(_ message: Span<UInt8>) throws(DialectError) -> Range<Int>? {
            guard at < range.upperBound else { return nil }
            guard isArray else {
                at = range.upperBound
                return range
            }
            guard message[at] != UInt8(ascii: "]") else { return nil }
            let element = at..<(try JSONScan.end(of: message, at, range.upperBound))
            at = JSONScan.skipSpace(message, element.upperBound, range.upperBound)
            if at < range.upperBound, message[at] == UInt8(ascii: ",") {
                at = JSONScan.skipSpace(message, at + 1, range.upperBound)
            }
            return element
        }
    }

    /// Where the value ends that begins at `start`.
    fileprivate static func end(of message: Span<UInt8>, _ start: Int, _ limit: Int) throws(DialectError) -> Int {
        guard start < limit else { throw .malformed }
        var at = start
        var depth = 0
        repeat {
            guard at < limit else { throw .malformed }
            switch message[at] {
            case UInt8(ascii: "\""):
                at += 1
                while at < limit, message[at] != UInt8(ascii: "\"") {
                    at += message[at] == UInt8(ascii: "\\") ? 2 : 1
                }
                guard at < limit else { throw .malformed }
                at += 1
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                at += 1
                guard depth <= maxDepth else { throw .malformed }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                at += 1
            default:
                let begin = at
                while at < limit, isPlain(message[at]) { at += 1 }
                // Within brackets, what is between values.
                if at == begin {
                    guard depth > 0 else { throw .malformed }
                    at += 1
                }
            }
        } while depth > 0
        guard depth == 0 else { throw .malformed }
        return at
    }

    /// Whether a byte may stand in a number, or in `true`, `false` and `null`.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "E"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    fileprivate static func skipSpace(_ message: Span<UInt8>, _ start: Int, _ limit: Int) -> Int {
        var at = start
        while at < limit, message[at] <= 0x20 { at += 1 }
        return at
    }

    // MARK: Values

    /// The contents of a text, as they stand; the value itself where it is none (a number may stand for a text).
    static func contents(_ message: Span<UInt8>, _ value: Range<Int>) -> Range<Int> {
        guard value.count >= 2, message[value.lowerBound] == UInt8(ascii: "\"") else { return value }
        return (value.lowerBound + 1)..<(value.upperBound - 1)
    }

    /// Whether the bytes are those of `text`, which is short and plain ASCII.
    static func equals(_ message: Span<UInt8>, _ range: Range<Int>, _ text: String) -> Bool {
        guard range.count == text.utf8.count else { return false }
        var at = range.lowerBound
        for byte in text.utf8 {
            guard message[at] == byte else { return false }
            at += 1
        }
        return true
    }

    /// Whether the bytes are the same as those that were kept.
    static func equals(_ message: Span<UInt8>, _ range: Range<Int>, _ kept: [UInt8]) -> Bool {
        guard range.count == kept.count else { return false }
        for place in kept.indices where message[range.lowerBound + place] != kept[place] { return false }
        return true
    }

    static func isTrue(_ message: Span<UInt8>, _ value: Range<Int>) -> Bool {
        equals(message, contents(message, value), "true")
    }

    static func isNull(_ message: Span<UInt8>, _ value: Range<Int>) -> Bool { equals(message, value, "null") }

    /// A number, also one that is written as a text; nil where there is none below 10¹⁵.
    static func number(_ message: Span<UInt8>, _ value: Range<Int>) -> Double? {
        var range = contents(message, value)
        var sign = 1.0
        if let first = range.first, message[first] == UInt8(ascii: "-") {
            sign = -1
            range = (first + 1)..<range.upperBound
        }
        var sum = 0.0
        var scale = 0.0
        var exponent = 0
        var digits = 0
        var at = range.lowerBound
        while at < range.upperBound {
            let byte = message[at]
            at += 1
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits += 1
                sum = sum * 10 + Double(byte - UInt8(ascii: "0"))
                scale *= 10
            case UInt8(ascii: "."):
                guard scale == 0 else { return nil }
                scale = 1
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                guard let power = integer(message, at..<range.upperBound), power.magnitude < 30 else { return nil }
                exponent = power
                at = range.upperBound
            default: return nil
            }
            guard digits <= 40 else { return nil }
        }
        guard digits > 0 else { return nil }
        var result = sign * sum / max(1, scale)
        for _ in 0..<exponent.magnitude { result = exponent > 0 ? result * 10 : result / 10 }
        return abs(result) < 1e15 ? result : nil
    }

    private static func integer(_ message: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var sum = 0
        var isNegative = false
        for at in range {
            switch message[at] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): sum = sum * 10 + Int(message[at] - UInt8(ascii: "0"))
            case UInt8(ascii: "-") where at == range.lowerBound: isNegative = true
            case UInt8(ascii: "+") where at == range.lowerBound: break
            default: return nil
            }
            guard sum < 1_000 else { return nil }
        }
        return range.isEmpty ? nil : isNegative ? -sum : sum
    }

    /// A whole number, also one that is written as a text.
    static func whole(_ message: Span<UInt8>, _ value: Range<Int>) -> Int64? {
        number(message, value).flatMap { Int64(exactly: $0.rounded()) }
    }

    /// A text of at most `limit` bytes with its escapes resolved; nil where it is longer, or none.
    static func text(_ message: Span<UInt8>, _ value: Range<Int>, limit: Int = 1_024) -> String? {
        let range = contents(message, value)
        guard range.count <= limit, !isNull(message, value) else { return nil }
        var units: [UInt16] = []
        var plain: [UInt8] = []
        var result = ""
        func flush() {
            result += String(decoding: plain, as: UTF8.self)
            plain = []
            result += String(decoding: units, as: UTF16.self)
            units = []
        }
        var at = range.lowerBound
        while at < range.upperBound {
            let byte = message[at]
            at += 1
            guard byte == UInt8(ascii: "\\"), at < range.upperBound else {
                if !units.isEmpty { flush() }
                plain.append(byte)
                continue
            }
            let escaped = message[at]
            at += 1
            guard escaped == UInt8(ascii: "u") else {
                if !units.isEmpty { flush() }
                plain.append(simple(escaped))
                continue
            }
            guard at + 4 <= range.upperBound else { return nil }
            var unit: UInt16 = 0
            for place in at..<(at + 4) {
                guard let digit = Character(Unicode.Scalar(message[place])).hexDigitValue else { return nil }
                unit = unit << 4 | UInt16(digit)
            }
            at += 4
            if !plain.isEmpty { flush() }
            units.append(unit)
        }
        flush()
        return result
    }

    private static func simple(_ escaped: UInt8) -> UInt8 {
        switch escaped {
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        default: escaped
        }
    }
}
