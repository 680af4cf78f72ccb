/// Aligns the speakers of a session with each other.
///
/// Arrival places each speaker by its own least delay. Where several are sent by one host, the wall clock of their
/// sender reports says when they really spoke: the one whose packets come fastest is taken for right, and the
/// others are moved by what theirs take longer.
public struct ClockAlignment: Sendable {
    /// Speakers of one clock further apart are not sent by one host after all: their reports are of other clocks.
    public static let maxNanoseconds: Int64 = 200_000_000
    /// What arrival says of two speakers may be off by the difference of their paths; taken as this for each.
    public static let pathMilliseconds = 20.0
    /// What sender reports say of one host's streams may be off by this.
    public static let reportMilliseconds = 2.0

    private struct Stream {
        /// Identifies the host that sends; nil without sender reports.
        var clock: UInt64?
        var offsetNanoseconds: Int64 = 0

        func isAligned(with other: Stream) -> Bool {
            clock != nil && clock == other.clock
                && abs(offsetNanoseconds - other.offsetNanoseconds) <= ClockAlignment.maxNanoseconds
        }
    }

    private var streams: [Int: Stream] = [:]
    private var made = 0

    /// No streams.
    public init() {}

    /// Adds a stream, to be placed by arrival at first; returns its number.
    public mutating func add() -> Int {
        made += 1
        streams[made] = Stream()
        return made
    }

    /// Removes a stream.
    public mutating func remove(_ stream: Int) {
        streams[stream] = nil
    }

    /// Takes note of a stream's host time less wall clock, as `RTPReceiver.wallClockOffset(at:)` gives it.
    ///
    /// - Parameter clock: identifies the host that sends; nil where there are no sender reports.
    public mutating func note(_ stream: Int, clock: UInt64?, offsetNanoseconds: Int64) {
        guard streams[stream] != nil else { return }
        streams[stream] = Stream(clock: clock, offsetNanoseconds: offsetNanoseconds)
    }

    /// By how much a stream is to be moved from where arrival puts it; 0 where there is no telling.
    public func correctionNanoseconds(of stream: Int) -> Int64 {
        guard let own = streams[stream] else { return 0 }
        let aligned = streams.values.lazy.filter { own.isAligned(with: $0) }.map(\.offsetNanoseconds)
        return (aligned.min() ?? own.offsetNanoseconds) - own.offsetNanoseconds
    }
}
