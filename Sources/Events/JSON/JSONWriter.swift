/// Writes one JSON object as UTF-8 bytes, without an intermediate tree.
///
/// An event is encoded once, whatever the number of subscribers, and keys come out in the order they are
/// written, so that a line starts with its envelope.
public struct JSONWriter {
    /// The text so far.
    public private(set) var bytes: [UInt8] = []
    /// Whether a value was already written on the current level, so that a comma is due.
    private var needsComma = false

    /// An empty writer.
    public init(reserving capacity: Int = 512) {
        bytes.reserveCapacity(capacity)
    }

    /// Writes an object; `body` writes its fields.
    public mutating func object(_ body: (inout JSONWriter) -> Void) {
        nested(open: 0x7B, close: 0x7D, body)
    }

    /// Writes an array; `body` writes its elements.
    public mutating func array(_ body: (inout JSONWriter) -> Void) {
        nested(open: 0x5B, close: 0x5D, body)
    }

    /// Writes a field that is an object.
    public mutating func object(_ key: String, _ body: (inout JSONWriter) -> Void) {
        self.key(key)
        object(body)
    }

    /// Writes a field that is an array.
    public mutating func array(_ key: String, _ body: (inout JSONWriter) -> Void) {
        self.key(key)
        array(body)
    }

    /// Writes a text field; nothing is written for nil.
    public mutating func field(_ key: String, _ value: String?) {
        guard let value else { return }
        self.key(key)
        string(value)
    }

    /// Writes an integer field; null for nil.
    public mutating func field(_ key: String, _ value: Int?) {
        self.key(key)
        if let value { raw(String(value)) } else { raw("null") }
    }

    /// Writes a Boolean field.
    public mutating func field(_ key: String, _ value: Bool) {
        self.key(key)
        raw(value ? "true" : "false")
    }

    /// Writes a number with at most `decimals` places; null for nil and for what is not a finite number.
    public mutating func field(_ key: String, _ value: Double?, decimals: Int) {
        self.key(key)
        number(value, decimals: decimals)
    }

    /// Writes an already encoded JSON value as a field.
    public mutating func field(_ key: String, encoded value: [UInt8]) {
        self.key(key)
        separate()
        bytes.append(contentsOf: value)
    }

    /// Writes fields that are already encoded, each with a comma before it, after another field.
    mutating func fields(encoded: ArraySlice<UInt8>) {
        bytes.append(contentsOf: encoded)
    }

    /// Writes a number as a value (of an array) with at most `decimals` places, 0 to 6.
    public mutating func number(_ value: Double?, decimals: Int) {
        guard let value, value.isFinite, value.magnitude < 1e12 else { return raw("null") }
        separate()
        appendDecimal(value, decimals: decimals, to: &bytes)
    }

    /// Writes a truth value as a value (of an array); null for nil.
    public mutating func flag(_ value: Bool?) {
        raw(value.map { $0 ? "true" : "false" } ?? "null")
    }

    /// Writes a text as a value, escaped after RFC 8259.
    public mutating func string(_ value: String) {
        separate()
        bytes.append(0x22)
        for byte in value.utf8 {
            switch byte {
            case 0x22: bytes.append(contentsOf: [0x5C, 0x22])
            case 0x5C: bytes.append(contentsOf: [0x5C, 0x5C])
            case 0x0A: bytes.append(contentsOf: [0x5C, 0x6E])
            case 0x0D: bytes.append(contentsOf: [0x5C, 0x72])
            case 0x09: bytes.append(contentsOf: [0x5C, 0x74])
            case 0..<0x20, 0x7F:
                bytes.append(contentsOf: Array("\\u00".utf8))
                bytes.append(Self.hexDigit(byte >> 4))
                bytes.append(Self.hexDigit(byte & 15))
            default: bytes.append(byte)
            }
        }
        bytes.append(0x22)
    }

    private static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? 0x30 + nibble : 0x57 + nibble
    }

    private mutating func key(_ key: String) {
        string(key)
        bytes.append(0x3A)
        needsComma = false
    }

    private mutating func raw(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func nested(open: UInt8, close: UInt8, _ body: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(open)
        needsComma = false
        body(&self)
        bytes.append(close)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(0x2C) }
        needsComma = true
    }
}

/// Appends a number as decimal text with at most `decimals` places (0 to 6), without trailing zeros.
///
/// Several times cheaper than a formatter, and locale-free. What is not a finite number below 1e12 becomes 0.
public func appendDecimal(_ value: Double, decimals: Int, to bytes: inout [UInt8]) {
    let places = max(0, min(decimals, 6))
    var scale: UInt64 = 1
    for _ in 0..<places { scale *= 10 }
    let isUsable = value.isFinite && value.magnitude < 1e12
    let scaled = isUsable ? Int64((value * Double(scale)).rounded()) : 0
    var (whole, fraction) = scaled.magnitude.quotientAndRemainder(dividingBy: scale)
    if scaled < 0 { bytes.append(0x2D) }
    var digits = 1
    var power: UInt64 = 10
    while power <= whole {
        digits += 1
        power *= 10
    }
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0x30, count: digits))
    for index in stride(from: start + digits - 1, through: start, by: -1) {
        bytes[index] = 0x30 + UInt8(whole % 10)
        whole /= 10
    }
    guard fraction > 0 else { return }
    bytes.append(0x2E)
    while fraction > 0 {
        scale /= 10
        bytes.append(0x30 + UInt8(fraction / scale))
        fraction %= scale
    }
}
