/// How many voices a track has, as far as it is known.
public struct VoiceNumber: Sendable, Equatable {
    /// As many as it has if voices were somewhat more alike, or less alike, than is thought.
    public let range: ClosedRange<Int>

    /// A number within bounds; not negative.
    public init(_ range: ClosedRange<Int>) { self.range = range }

    /// The number; nil where it is not sure.
    public var value: Int? { range.lowerBound == range.upperBound ? range.lowerBound : nil }
}
