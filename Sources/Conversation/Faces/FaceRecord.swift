public import MediaTypes

/// One thing that a lane of pictures has found.
public enum FaceRecord: LaneRecord {
    /// What one picture showed.
    case seen(hop: Int64, FaceSighting, visualSpeech: Float?)
    /// A movement of the head that is over.
    case gesture(Gesture)

    /// A nod or a shake.
    public struct Gesture: Sendable, Hashable {
        /// Which movement.
        public enum Kind: Sendable, Hashable { case nod, shake }

        /// Which movement.
        public var kind: Kind
        /// From its begin to its end.
        public var hops: Range<Int64>
        /// Whether somebody else had the floor meanwhile and this one said nothing: then a nod is a backchannel that
        /// was seen.
        public var isListening: Bool

        /// A gesture.
        public init(kind: Kind, hops: Range<Int64>, isListening: Bool) {
            self.kind = kind
            self.hops = hops
            self.isListening = isListening
        }
    }

    /// The tenth of a second of a picture; of a gesture the moment of its end, with which it is known.
    public var hops: Range<Int64> {
        switch self {
        case .seen(let hop, _, _): hop..<hop + 10
        case .gesture(let gesture): gesture.hops.upperBound..<gesture.hops.upperBound + 10
        }
    }

    /// By kind and place, so that the same picture replaces itself.
    public var id: Int64 {
        switch self {
        case .seen(let hop, _, _): hop &* 4
        case .gesture(let gesture): gesture.hops.lowerBound &* 4 &+ (gesture.kind == .nod ? 1 : 2)
        }
    }
}
