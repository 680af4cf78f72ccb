import Foundation
public import NIOCore

/// A message of the bus.
public struct BusMessage: Sendable {
    /// Where it was sent to, and where an answer is to go.
    public var subject: String, reply: String?
    /// Names and values that come before the payload.
    public var headers: [(name: String, value: String)] = []
    /// What the server says in place of a payload, as in HTTP; nil where it says nothing.
    public var status: Int?
    /// The payload.
    public var payload: ByteBuffer
    var subscription: Int

    /// The value of a header, as it is written.
    public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
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
        let words = line.split(separator: UInt8(ascii: " "))
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
        if let headers = buffer.readString(length: expected.headerBytes) { Self.read(headers, into: &message) }
        message.payload = buffer.readSlice(length: expected.bytes - expected.headerBytes) ?? ByteBuffer()
        guard buffer.readBytes(length: 2) == [13, 10] else { throw Self.nonsense }
        self.expected = nil
        return .message(message)
    }

    /// `NATS/1.0[ <status> <text>]`, then `Name: value` on lines of their own.
    private static func read(_ text: String, into message: inout BusMessage) {
        var lines = text.utf8.split(separator: 10)[...]
        func trimmed(_ part: Substring.UTF8View) -> String {
            var part = part
            while part.last == 13 || part.last == 32 { part = part.dropLast() }
            while part.first == 32 { part = part.dropFirst() }
            return String(Substring(part))
        }
        guard let first = lines.popFirst() else { return }
        message.status = trimmed(first).split(separator: " ").dropFirst().first.flatMap { Int($0) }
        for line in lines {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            message.headers.append(
                (trimmed(line[..<colon]), trimmed(line[line.index(after: colon)...])))
        }
    }
}
