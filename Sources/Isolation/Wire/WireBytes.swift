/// Puts the fields of a message one behind the other: numbers in the machine's own order (both ends are on it), texts
/// behind their length.
package struct WireWriter {
    private(set) var bytes: [UInt8] = []

    package mutating func put(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) }
    }

    package mutating func put(_ flag: Bool) {
        put(flag ? UInt8(1) : 0)
    }

    /// Puts a text, cut where it is longer than `maxBytes`.
    package mutating func put(_ text: String, maxBytes: Int = WireReader.maxTextBytes) {
        // A cut may fall into a character; the other end mends it.
        let cut = text.utf8.prefix(maxBytes)
        put(UInt16(cut.count))
        bytes.append(contentsOf: cut)
    }

    package mutating func put(_ texts: [String]) {
        put(UInt16(clamping: texts.count))
        for text in texts.prefix(Int(UInt16.max)) { put(text) }
    }
}

/// A message is not what it should be.
package struct WireError: Error {}

/// Takes the fields out of a message of somebody who may be hostile.
package struct WireReader {
    package static let maxTextBytes = 8_192

    private var rest: UnsafeRawBufferPointer.SubSequence

    /// Reads `bytes`, which must outlive it.
    package init(_ bytes: UnsafeRawBufferPointer.SubSequence) {
        rest = bytes
    }

    private mutating func take(_ count: Int) throws(WireError) -> UnsafeRawBufferPointer.SubSequence {
        guard count <= rest.count else { throw WireError() }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    package mutating func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) throws(WireError)
        -> Number
    {
        UnsafeRawBufferPointer(rebasing: try take(MemoryLayout<Number>.size)).loadUnaligned(as: Number.self)
    }

    package mutating func flag() throws(WireError) -> Bool {
        switch try number(UInt8.self) {
        case 0: false
        case 1: true
        default: throw WireError()
        }
    }

    /// A text; what is no UTF-8 in it is replaced.
    package mutating func text(maxBytes: Int = WireReader.maxTextBytes) throws(WireError) -> String {
        let count = Int(try number(UInt16.self))
        guard count <= maxBytes else { throw WireError() }
        return String(decoding: try take(count), as: UTF8.self)
    }

    package mutating func texts(most: Int) throws(WireError) -> [String] {
        let count = Int(try number(UInt16.self))
        guard count <= most else { throw WireError() }
        var texts: [String] = []
        for _ in 0..<count { texts.append(try text()) }
        return texts
    }

    /// Says that the message has no more fields.
    package func end() throws(WireError) {
        guard rest.isEmpty else { throw WireError() }
    }
}
