/// Puts the bytes of a connection together to lines, of which none may be longer than a limit: what is kept is
/// bounded by that and by what is appended at once.
public struct LineSplitter: Sendable {
    /// What there is to take.
    public enum Next: Equatable, Sendable {
        /// A line, without its line feed.
        case line([UInt8])
        /// More bytes are needed.
        case incomplete
        /// The line, which may not have ended yet, is longer than allowed. Stays so.
        case tooLong
    }

    private let maxBytes: Int
    private var bytes: [UInt8] = []
    /// Where the line begins that is to be told next.
    private var begin = 0
    /// Up to here there is no line feed behind `begin`.
    private var searched = 0

    /// A splitter for lines of at most `maxBytes`, not counting the line feed.
    public init(maxBytes: Int) {
        self.maxBytes = maxBytes
    }

    /// Takes in what came.
    public mutating func append(_ more: some Sequence<UInt8>) {
        bytes.removeFirst(begin)
        searched -= begin
        begin = 0
        bytes.append(contentsOf: more)
    }

    /// The next line.
    public mutating func next() -> Next {
        let end = bytes[searched...].firstIndex(of: 0x0A)
        searched = end ?? bytes.count
        guard searched - begin <= maxBytes else { return .tooLong }
        guard let end else { return .incomplete }
        defer {
            begin = end + 1
            searched = begin
        }
        return .line(Array(bytes[begin..<end]))
    }

    /// Takes what came behind the last line.
    public mutating func takeRest() -> [UInt8] {
        defer {
            bytes = []
            begin = 0
            searched = 0
        }
        return Array(bytes[begin...])
    }
}
