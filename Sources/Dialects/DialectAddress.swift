/// What the target of a WebSocket request says: `/twilio/TOKEN`, `/raw?token=TOKEN&format=s16le&rate=16000&channels=2`.
public struct DialectAddress: Sendable, Equatable {
    /// What the sender speaks.
    public var dialect: Dialect
    /// The token of the path or the query; nil where a header has it. A secret.
    public var token: String?
    /// What the query says of the audio.
    public var format: WireFormat?
    /// Which of the expected speakers the connection brings, where it brings one of several.
    public var speaker: String?

    /// Reads the target of a request.
    ///
    /// - Throws: a line that says what is wrong.
    public init(target: String) throws(DialectAddressError) {
        guard target.utf8.count <= 2_048 else { throw DialectAddressError("the address is over 2,048 bytes") }
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = (parts.first ?? "").split(separator: "/")
        guard let name = path.first, let dialect = Dialect(rawValue: String(name)), Dialect.served.contains(dialect),
            path.count <= 2
        else {
            let all = Dialect.served.map { "/" + $0.rawValue }.joined(separator: ", ")
            throw DialectAddressError("nothing is served there; ask for one of \(all), with a token behind it")
        }
        self.dialect = dialect
        if path.count == 2 { token = Self.decoded(path[1]) }
        var items: [String: String] = [:]
        if parts.count == 2 {
            for item in parts[1].split(separator: "&") {
                let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard pair.count == 2, let value = Self.decoded(pair[1]) else { continue }
                items[String(pair[0])] = value
            }
        }
        token = token ?? items["token"]
        speaker = items["speaker"]
        format = try Self.format(items)
    }

    private static func format(_ items: [String: String]) throws(DialectAddressError) -> WireFormat? {
        guard items["format"] != nil || items["rate"] != nil || items["channels"] != nil else { return nil }
        let name = items["format"] ?? "s16le"
        guard let encoding = WireEncoding(named: name) else {
            throw DialectAddressError(
                "format=\(name.prefix(24)) is not taken; use s16le, s16be, f32le, mulaw, alaw, g722 or opus")
        }
        var format = WireFormat(encoding, rateHz: WireFormat.standardRate(of: name) ?? 16_000)
        if let rate = items["rate"] {
            guard let number = Int(rate), WireFormat.rates.contains(number) else {
                throw DialectAddressError("rate=\(rate.prefix(12)) is not taken; use a usual rate of 8000 to 48000")
            }
            format.rateHz = number
        }
        if let channels = items["channels"] {
            guard let number = Int(channels), (1...8).contains(number) else {
                throw DialectAddressError("channels=\(channels.prefix(12)) is not taken; use 1 to 8")
            }
            format.channels = number
        }
        if encoding == .opus { (format.rateHz, format.channels) = (48_000, 1) }
        if encoding == .g722 { format.channels = 1 }
        return format
    }

    /// Without percent escapes; nil where that is no UTF-8.
    static func decoded(_ text: Substring) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
    }
}

/// Why an address can't be served, in one line.
public struct DialectAddressError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The line.
    public let description: String

    init(_ description: String) { self.description = description }
}
