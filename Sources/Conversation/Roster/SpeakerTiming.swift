/// How a speaker's place on the session's time line was found, so that two of them can be compared.
public struct SpeakerTiming: Sendable, Equatable {
    /// Streams of one host that lie further apart by its wall clock than this are not of one clock after all.
    public static let maxNanoseconds: Int64 = 200_000_000

    /// Identifies the host whose wall clock the sender's reports tell; nil where there are none.
    public var clock: UInt64?
    /// Host's time less that wall clock, nanoseconds.
    public var offsetNanoseconds: Int64 = 0
    /// How far times may be off where two speakers share a clock, and where they don't, milliseconds.
    public var sharedMilliseconds = 0.0, ownMilliseconds = 0.0

    /// Times that are exact, as those of recordings.
    public init() {}

    /// Times that may be off.
    public init(
        clock: UInt64?, offsetNanoseconds: Int64, sharedMilliseconds: Double, ownMilliseconds: Double
    ) {
        self.clock = clock
        self.offsetNanoseconds = offsetNanoseconds
        self.sharedMilliseconds = sharedMilliseconds
        self.ownMilliseconds = ownMilliseconds
    }

    /// Whether anything differs by at least so much.
    public func differs(from other: SpeakerTiming, byMilliseconds least: Double) -> Bool {
        let offset = offsetNanoseconds.subtractingReportingOverflow(other.offsetNanoseconds)
        return clock != other.clock || offset.overflow || Double(offset.partialValue.magnitude) >= least * 1e6
            || abs(sharedMilliseconds - other.sharedMilliseconds) >= least
            || abs(ownMilliseconds - other.ownMilliseconds) >= least
    }

    /// How far two speakers may be off each other, milliseconds. Nobody else has a part in it.
    public func uncertaintyMilliseconds(with other: SpeakerTiming) -> Double {
        let (distance, overflows) = offsetNanoseconds.subtractingReportingOverflow(other.offsetNanoseconds)
        let isShared =
            clock != nil && clock == other.clock && !overflows && distance.magnitude <= Self.maxNanoseconds.magnitude
        return isShared
            ? sharedMilliseconds + other.sharedMilliseconds : ownMilliseconds + other.ownMilliseconds
    }
}
