/// Checks of numeric addresses, so that a receiver never has to resolve a name.
enum NumericAddress {
    /// Whether `text` is a dotted IPv4 address.
    static func isIPv4(_ text: some StringProtocol) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy(isDigit)
                    && part.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } <= 255
            }
    }

    /// Whether `text` is an IPv6 address, with `::` at most once, perhaps an IPv4 tail and a zone (`%eth0`).
    static func isIPv6(_ text: some StringProtocol) -> Bool {
        let zoned = String(text).split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = zoned.first, zoned.count < 2 || !zoned[1].isEmpty else { return false }
        let halves = splitAtDoubleColon(address)
        guard let front = groupCount(halves.front, mayEndInIPv4: halves.back == nil) else { return false }
        guard let back = halves.back else { return front == 8 }
        guard let behind = groupCount(back, mayEndInIPv4: true) else { return false }
        return front + behind <= 7
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func splitAtDoubleColon(_ text: Substring) -> (front: Substring, back: Substring?) {
        var index = text.startIndex
        while index < text.endIndex {
            let after = text.index(after: index)
            if text[index] == ":", after < text.endIndex, text[after] == ":" {
                return (text[..<index], text[text.index(after: after)...])
            }
            index = after
        }
        return (text, nil)
    }

    /// Number of 16-bit groups in `text`, or nil where it is not a list of groups.
    private static func groupCount(_ text: Substring, mayEndInIPv4: Bool) -> Int? {
        if text.isEmpty { return 0 }
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        var count = 0
        for (index, group) in groups.enumerated() {
            if mayEndInIPv4, index == groups.count - 1, isIPv4(group) {
                count += 2
            } else if (1...4).contains(group.utf8.count), group.allSatisfy({ $0.isASCII && $0.isHexDigit }) {
                count += 1
            } else {
                return nil
            }
        }
        return count
    }
}
