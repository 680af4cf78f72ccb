/// RFC 3339 UTC time with milliseconds; what lies outside of the years 1970 to 9999 is clamped to them.
///
/// Days to date after H. Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013): years begin in March, so
/// that the leap day comes last.
public func rfc3339(_ millisecondsSince1970: Int64) -> String {
    let latest: Int64 = 253_402_300_799_999
    let milliseconds = Int(max(0, min(millisecondsSince1970, latest)))
    let (days, inDay) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)

    let shifted = days + 719_468
    let (era, dayOfEra) = shifted.quotientAndRemainder(dividingBy: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)

    var text: [UInt8] = []
    text.reserveCapacity(24)
    func append(_ value: Int, digits: Int, then separator: Character?) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            text.append(0x30 + UInt8(value / divisor % 10))
            divisor /= 10
        }
        if let ascii = separator?.asciiValue { text.append(ascii) }
    }
    append(year, digits: 4, then: "-")
    append(month, digits: 2, then: "-")
    append(day, digits: 2, then: "T")
    append(inDay / 3_600_000, digits: 2, then: ":")
    append(inDay / 60_000 % 60, digits: 2, then: ":")
    append(inDay / 1_000 % 60, digits: 2, then: ".")
    append(inDay % 1_000, digits: 3, then: "Z")
    return String(decoding: text, as: UTF8.self)
}
