/// The members that every line begins with, read without a look at the rest: for who passes lines on.
public struct EventEnvelope: Sendable, Equatable {
    /// The type; nil where this version does not know it.
    public var kind: EventKind?
    /// Number of the event.
    public var sequence: Int
    /// Whom it concerns.
    public var session: String?, speaker: String?
    /// Media time, seconds.
    public var timeSeconds: Double?

    /// Reads the begin of a line as `Event.line(sequence:at:)` writes it; nil where it is none.
    public init?(_ line: some Collection<UInt8>) {
        let envelope = line.withContiguousStorageIfAvailable { bytes -> EventEnvelope? in
            var scan = EnvelopeScan(bytes: bytes)
            return scan.envelope()
        }
        guard let envelope = envelope ?? nil else { return nil }
        self = envelope
    }

    fileprivate init(sequence: Int) { self.sequence = sequence }
}

/// Members in the order in which they are written, without white space between them.
private struct EnvelopeScan {
    let bytes: UnsafeBufferPointer<UInt8>
    private var offset = 1

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func envelope() -> EventEnvelope? {
        guard bytes.first == UInt8(ascii: "{") else { return nil }
        var envelope = EventEnvelope(sequence: -1)
        while let key = span(), take(":") {
            if holds(key, "v") {
                guard number() == Double(wireVersion) else { return nil }
            } else if holds(key, "type") {
                guard let name = span() else { return nil }
                envelope.kind = holds(name, "tick") ? .tick : text(of: name).flatMap { Self.kinds[$0] }
            } else if holds(key, "seq") {
                guard let value = number(), (0...9e15).contains(value), let sequence = Int(exactly: value) else {
                    return nil
                }
                envelope.sequence = sequence
            } else if holds(key, "session") {
                guard let name = span().flatMap(text(of:)) else { return nil }
                envelope.session = name
            } else if holds(key, "speaker") {
                guard let name = span().flatMap(text(of:)) else { return nil }
                envelope.speaker = name
            } else if holds(key, "t") {
                guard let value = number(), value.magnitude < 1e12 else { return nil }
                envelope.timeSeconds = value
            } else {
                return holds(key, "at") && envelope.sequence >= 0 ? envelope : nil
            }
            guard take(",") else { return nil }
        }
        return nil
    }

    private static let kinds = Dictionary(uniqueKeysWithValues: EventKind.allCases.map { ($0.rawValue, $0) })

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    /// A number; those of up to 15 digits, which is all that is written, without a way over a text: both parts of the
    /// quotient are exact.
    private mutating func number() -> Double? {
        let start = offset
        var mantissa: Int64 = 0
        var digits = 0, decimals = 0
        var isPlain = true, hasPoint = false
        while offset < bytes.count, bytes[offset] != UInt8(ascii: ","), bytes[offset] != UInt8(ascii: "}"),
            offset - start < 32
        {
            switch bytes[offset] {
            case UInt8(ascii: "0")...UInt8(ascii: "9") where digits < 15:
                mantissa = mantissa * 10 + Int64(bytes[offset] - UInt8(ascii: "0"))
                digits += 1
                if hasPoint { decimals += 1 }
            case UInt8(ascii: ".") where !hasPoint && digits > 0: hasPoint = true
            default: isPlain = false
            }
            offset += 1
        }
        guard isPlain, digits > 0, !hasPoint || decimals > 0 else {
            return Double(String(decoding: bytes[start..<offset], as: UTF8.self))
        }
        return decimals == 0 ? Double(mantissa) : Double(mantissa) / Self.powers[decimals]
    }

    /// 10⁰ to 10¹⁵.
    private static let powers: [Double] = (0...15).map { exponent in (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    /// Where a text lies, without its quotes.
    private mutating func span() -> Range<Int>? {
        guard take("\"") else { return nil }
        let start = offset
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\"") {
            offset += bytes[offset] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard offset < bytes.count else { return nil }
        defer { offset += 1 }
        return start..<offset
    }

    private func holds(_ span: Range<Int>, _ name: StaticString) -> Bool {
        guard span.count == name.utf8CodeUnitCount else { return false }
        for place in 0..<span.count where bytes[span.lowerBound + place] != name.utf8Start[place] { return false }
        return true
    }

    private func text(of span: Range<Int>) -> String? {
        let body = bytes[span]
        guard body.contains(UInt8(ascii: "\\")) else { return String(validating: body, as: UTF8.self) }
        let quoted = [UInt8(ascii: "\"")] + body + [UInt8(ascii: "\"")]
        guard String(validating: quoted, as: UTF8.self) != nil, case .string(let text) = try? JSONReader.parse(quoted)
        else { return nil }
        return text
    }
}
