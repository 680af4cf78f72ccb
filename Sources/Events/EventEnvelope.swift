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
        while let key = text(), take(":") {
            switch key {
            case "v": guard number() == Double(wireVersion) else { return nil }
            case "type":
                guard let name = text() else { return nil }
                envelope.kind = EventKind(rawValue: name)
            case "seq":
                guard let value = number(), (0...9e15).contains(value), let sequence = Int(exactly: value) else {
                    return nil
                }
                envelope.sequence = sequence
            case "session", "speaker":
                guard let name = text() else { return nil }
                if key == "session" { envelope.session = name } else { envelope.speaker = name }
            case "t":
                guard let value = number(), value.magnitude < 1e12 else { return nil }
                envelope.timeSeconds = value
            case "at": return envelope.sequence >= 0 ? envelope : nil
            default: return nil
            }
            guard take(",") else { return nil }
        }
        return nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    private mutating func number() -> Double? {
        let start = offset
        while offset < bytes.count, bytes[offset] != UInt8(ascii: ","), bytes[offset] != UInt8(ascii: "}"),
            offset - start < 32
        { offset += 1 }
        return Double(String(decoding: bytes[start..<offset], as: UTF8.self))
    }

    private mutating func text() -> String? {
        guard take("\"") else { return nil }
        let start = offset
        var isEscaped = false
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\"") {
            if bytes[offset] == UInt8(ascii: "\\") {
                isEscaped = true
                offset += 1
            }
            offset += 1
        }
        guard offset < bytes.count else { return nil }
        defer { offset += 1 }
        let body = bytes[start..<offset]
        guard isEscaped else { return String(validating: body, as: UTF8.self) }
        let quoted = [UInt8(ascii: "\"")] + body + [UInt8(ascii: "\"")]
        guard String(validating: quoted, as: UTF8.self) != nil, case .string(let text) = try? JSONReader.parse(quoted)
        else { return nil }
        return text
    }
}
