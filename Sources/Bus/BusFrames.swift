import Foundation
public import NIOCore

/// A message of the bus.
public struct BusMessage: Sendable {
    /// Where it was sent to, and where an answer is to go.
    public var subject: String, reply: String?
    /// Names and values that come before the payload, as they came: most of them nobody asks for.
    var headers = ByteBuffer()
    /// What the server says in place of a payload, as in HTTP; nil where it says nothing.
    public var status: Int?
    /// The payload.
    public var payload: ByteBuffer
    var subscription: Int

    /// The value of a header, as it is written; the first of that name, without spaces around it.
    public func header(_ name: String) -> String? {
        headers.withUnsafeReadableBytes { bytes in
            // The first line says what follows.
            var rest = bytes.afterLine(bytes[...])
            while !rest.isEmpty {
                let line = rest.prefix { $0 != 0x0A }
                rest = bytes.afterLine(rest)
                guard let colon = line.firstIndex(of: 0x3A), line[..<colon].trimmed.elementsEqual(name.utf8) else {
                    continue
                }
                return String(decoding: line[(colon + 1)...].trimmed, as: UTF8.self)
            }
            return nil
        }
    }
}

extension UnsafeRawBufferPointer {
    /// What is behind the first line of `part`.
    fileprivate func afterLine(_ part: SubSequence) -> SubSequence {
        part.firstIndex(of: 0x0A).map { part[($0 + 1)...] } ?? part[part.endIndex...]
    }
}

extension Slice where Base == UnsafeRawBufferPointer {
    /// Without spaces at either end, and without a carriage return.
    fileprivate var trimmed: Self {
        var part = self
        while let last = part.last, last == 0x0D || last == 0x20 { part = part.dropLast() }
        while part.first == 0x20 { part = part.dropFirst() }
        return part
    }
}

/// What a server says.
enum BusFrame {
    case info([UInt8])
    case message(BusMessage)
    case ping, pong, ok
    case error(String)
}

/// Frames out of the bytes of a server (docs.nats.io, "Client Protocol"), within bounds.
struct BusParser {
    /// Longest line, and longest payload with its headers, bytes.
    private static let maxLine = 64 << 10, maxPayload = 8 << 20
    /// One more than a message's line has.
    private static let mostWords = 7

    private var buffer = ByteBuffer()
    /// What a line has said of the payload that follows.
    private var expected: (message: BusMessage, headerBytes: Int, bytes: Int)?

    mutating func append(_ bytes: inout ByteBuffer) {
        buffer.discardReadBytes()
        buffer.writeBuffer(&bytes)
    }

    /// The next frame; nil where it is not there as a whole.
    mutating func next() throws(BusError) -> BusFrame? {
        if let expected { return try message(expected) }
        guard let line = try line() else { return nil }
        let words = Self.words(of: line)
        switch words.first.map(Self.upper) {
        case "MSG", "HMSG":
            expected = try Self.header(of: words)
            return try next()
        case "PING": return .ping
        case "PONG": return .pong
        case "+OK": return .ok
        case "INFO": return .info(Array(line.dropFirst(5)))
        case "-ERR": return .error(Self.text(line.dropFirst(5)).trimmingCharacters(in: ["'", " "]))
        default: throw Self.nonsense
        }
    }

    /// The words of a line; of one with more than a message's has, the rest is none.
    private static func words(of line: ByteBufferView) -> [ByteBufferView] {
        var words: [ByteBufferView] = []
        words.reserveCapacity(mostWords)
        line.withUnsafeBytes { bytes in
            var start = 0
            for index in 0...bytes.count where index == bytes.count || bytes[index] == UInt8(ascii: " ") {
                if index > start, words.count < mostWords {
                    words.append(line[line.startIndex + start..<line.startIndex + index])
                }
                start = index + 1
            }
        }
        return words
    }

    private static func text(_ bytes: ByteBufferView) -> String { String(decoding: bytes, as: UTF8.self) }

    /// A word without a look at small and large letters, as servers may write either.
    private static func upper(_ bytes: ByteBufferView) -> String {
        String(decoding: bytes.lazy.map { (0x61...0x7A).contains($0) ? $0 - 0x20 : $0 }, as: UTF8.self)
    }

    private static let nonsense = BusError(.connection, "what answers is no NATS server; check bus.url")

    /// The next line, without its end.
    private mutating func line() throws(BusError) -> ByteBufferView? {
        let view = buffer.readableBytesView
        guard let end = view.firstIndex(of: UInt8(ascii: "\n")) else {
            guard view.count <= Self.maxLine else { throw Self.nonsense }
            return nil
        }
        let length = end - view.startIndex
        guard length <= Self.maxLine, let bytes = buffer.readSlice(length: length + 1) else { throw Self.nonsense }
        let text = bytes.readableBytesView.dropLast()
        return text.last == UInt8(ascii: "\r") ? text.dropLast() : text
    }

    /// `MSG <subject> <sid> [reply] <bytes>`, `HMSG <subject> <sid> [reply] <header bytes> <bytes>`.
    private static func header(
        of words: [ByteBufferView]
    ) throws(BusError) -> (message: BusMessage, headerBytes: Int, bytes: Int) {
        let hasHeaders = upper(words[0]) == "HMSG"
        let sizes = hasHeaders ? 2 : 1
        guard (3 + sizes...4 + sizes).contains(words.count), let subscription = number(words[2]),
            let bytes = number(words[words.count - 1]), bytes <= maxPayload,
            let headerBytes = hasHeaders ? number(words[words.count - 2]) : 0, headerBytes <= bytes
        else { throw nonsense }
        let message = BusMessage(
            subject: text(words[1]), reply: words.count == 4 + sizes ? text(words[3]) : nil, payload: ByteBuffer(),
            subscription: subscription)
        return (message, headerBytes, bytes)
    }

    /// Digits; nil for anything else, and for more than any size has.
    private static func number(_ word: ByteBufferView) -> Int? {
        guard (1...12).contains(word.count) else { return nil }
        var sum = 0
        for byte in word {
            guard (0x30...0x39).contains(byte) else { return nil }
            sum = sum * 10 + Int(byte - 0x30)
        }
        return sum
    }

    private mutating func message(
        _ expected: (message: BusMessage, headerBytes: Int, bytes: Int)
    ) throws(BusError) -> BusFrame? {
        guard buffer.readableBytes >= expected.bytes + 2 else { return nil }
        var message = expected.message
        message.headers = buffer.readSlice(length: expected.headerBytes) ?? ByteBuffer()
        message.status = Self.status(message.headers)
        message.payload = buffer.readSlice(length: expected.bytes - expected.headerBytes) ?? ByteBuffer()
        guard buffer.readInteger(as: UInt16.self) == 0x0D0A else { throw Self.nonsense }
        self.expected = nil
        return .message(message)
    }

    /// The number in `NATS/1.0[ <status> <text>]`, which stands before the headers.
    private static func status(_ headers: ByteBuffer) -> Int? {
        let line = headers.readableBytesView.prefix { $0 != 0x0D && $0 != 0x0A }
        guard let space = line.firstIndex(of: 0x20) else { return nil }
        return number(line[space...].drop { $0 == 0x20 }.prefix { $0 != 0x20 })
    }
}
