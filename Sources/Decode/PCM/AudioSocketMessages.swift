/// Takes the bytes of an AudioSocket connection apart: a type, a length of 16 bits (big-endian) and a payload
/// (Asterisk, `res_audiosocket`). Holds no payload back but the identifier's.
public struct AudioSocketMessages: Sendable {
    /// One step through the bytes.
    public enum Part: Equatable {
        /// The call's UUID: 16 bytes.
        case identifier([UInt8])
        /// A stretch of samples of one channel, signed 16 bits, little-endian; may begin and end inside a sample.
        case audio(rateHz: Int, ArraySlice<UInt8>)
        /// The call has ended.
        case hangUp
        /// A message, or a part of one, that says nothing here (DTMF, errors).
        case other
    }

    /// The message that ends a call.
    public static let hangUp: [UInt8] = [0, 0, 0]
    /// Length of a UUID.
    private static let identifierBytes = 16

    private var header: [UInt8] = []
    private var left = 0
    private var identifier: [UInt8] = []

    /// Reads from the first byte of a connection.
    public init() {}

    /// The next part of `bytes`, which is taken from them; `nil` once they are used up.
    public mutating func next(_ bytes: inout ArraySlice<UInt8>) -> Part? {
        while left == 0 {
            guard let byte = bytes.popFirst() else { return nil }
            header.append(byte)
            guard header.count == 3 else { continue }
            left = Int(header[1]) << 8 | Int(header[2])
            if left == 0, let part = part([]) { return part }
        }
        guard !bytes.isEmpty else { return nil }
        let payload = bytes.prefix(left)
        bytes = bytes.dropFirst(payload.count)
        left -= payload.count
        return part(payload)
    }

    private mutating func part(_ payload: ArraySlice<UInt8>) -> Part? {
        let type = header[0]
        defer { if left == 0 { header.removeAll() } }
        switch type {
        case 0x00: return .hangUp
        case 0x01:
            // The length that the header says: a message of another one is no identifier, in whatever pieces it comes.
            guard Int(header[1]) << 8 | Int(header[2]) == Self.identifierBytes else { return .other }
            identifier += payload
            guard left == 0 else { return .other }
            defer { identifier.removeAll() }
            return .identifier(identifier)
        default:
            guard let rateHz = Self.rateHz(of: type) else { return .other }
            return payload.isEmpty ? .other : .audio(rateHz: rateHz, payload)
        }
    }

    /// Rate of a type of message that carries signed linear samples.
    private static func rateHz(of type: UInt8) -> Int? {
        switch type {
        case 0x10: 8_000
        case 0x11: 12_000
        case 0x12: 16_000
        case 0x13: 24_000
        case 0x14: 32_000
        case 0x15: 44_100
        case 0x16: 48_000
        case 0x17: 96_000
        case 0x18: 192_000
        default: nil
        }
    }
}
