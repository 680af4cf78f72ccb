/// Reads times such as `2026-11-28T19:16:12.925Z` (RFC 3339, in UTC).
enum DateScan {
    /// Milliseconds since 1970; nil where it is no such time.
    static func milliseconds(_ message: Span<UInt8>, _ range: Range<Int>) -> Int64? {
        guard range.count >= 19 else { return nil }
        let at = range.lowerBound
        guard let year = number(message, at, 4), let month = number(message, at + 5, 2),
            let day = number(message, at + 8, 2), let hour = number(message, at + 11, 2),
            let minute = number(message, at + 14, 2), let second = number(message, at + 17, 2),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var milliseconds: Int64 = 0
        var place = at + 19
        if place < range.upperBound, message[place] == UInt8(ascii: ".") {
            place += 1
            var scale: Int64 = 100
            while place < range.upperBound, scale > 0, let digit = number(message, place, 1) {
                milliseconds += digit * scale
                scale /= 10
                place += 1
            }
        }
        // Days since 1970 of the civil calendar, from the months since March of the year 0.
        let shifted = month <= 2 ? year - 1 : year
        let days =
            365 * shifted + shifted / 4 - shifted / 100 + shifted / 400
            + (153 * ((month + 9) % 12) + 2) / 5 + day - 1 - 719_468
        return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000 + milliseconds
    }

    private static func number(_ message: Span<UInt8>, _ at: Int, _ count: Int) -> Int64? {
        var sum: Int64 = 0
        for place in at..<(at + count) {
            guard place < message.count, (0x30...0x39).contains(message[place]) else { return nil }
            sum = sum * 10 + Int64(message[place] - 0x30)
        }
        return sum
    }
}
