public import MediaTypes

/// What a picture is, made out of a coarse look at each: live, black, covered, frozen, a screen. A pure state machine.
///
/// A state is believed once it has held for `holdSeconds`, so that one dark or repeated picture is none.
public struct PictureWatch: Sendable {
    /// One look.
    public struct Look: Sendable {
        /// Mean luma and its standard deviation, of 255.
        public var mean: Double, deviation: Double
        /// Share of flat ground, 0…1.
        public var flatShare: Double
        /// Mean absolute difference to the look before, of 255; nil for the first.
        public var difference: Double?
        /// Whether a face is there.
        public var hasFace: Bool

        /// What was seen.
        public init(mean: Double, deviation: Double, flatShare: Double, difference: Double?, hasFace: Bool) {
            self.mean = mean
            self.deviation = deviation
            self.flatShare = flatShare
            self.difference = difference
            self.hasFace = hasFace
        }
    }

    /// How long a state has to hold before it is told, in seconds.
    static let holdSeconds = 1.5
    /// Below this mean and deviation a picture is black, of 255: limited range has its black at 16, and a face is still
    /// found at a tenth of its brightness. At a twentieth it is not, and the picture counts as black or covered.
    static let blackMean = 24.0, blackDeviation = 2.0
    /// Below this deviation hardly anything can be made out.
    static let coveredDeviation = 9.0
    /// A live camera changes by 0.33 from look to look in 99 of 100 pairs; what stands still by 0.025 at the most.
    static let frozenDifference = 0.04
    /// Share of flat ground of slides and drawings; cameras have noise, and even behind a codec less.
    static let screenFlatShare = 0.8

    /// The state that is believed.
    public private(set) var state = PictureState.unknown
    private var candidate = PictureState.unknown
    private var candidateSince = 0.0
    /// Since when nothing moves; nil where something does.
    private var stillSince: Double?

    /// A watch that has seen nothing.
    public init() {}

    /// Takes in a look at `seconds`, which never go back.
    public mutating func take(_ look: Look, at seconds: Double) {
        if (look.difference ?? .infinity) > Self.frozenDifference {
            stillSince = nil
        } else if stillSince == nil {
            stillSince = seconds
        }
        settle(on: kind(of: look), at: seconds)
    }

    /// No picture has come for a while.
    public mutating func takeNothing() {
        stillSince = nil
        state = .off
        candidate = .off
    }

    private func kind(of look: Look) -> PictureState {
        if look.mean < Self.blackMean, look.deviation < Self.blackDeviation { return .black }
        if look.deviation < Self.coveredDeviation, !look.hasFace { return .covered }
        if !look.hasFace, look.flatShare >= Self.screenFlatShare { return .screen }
        return stillSince == nil ? .live : .frozen
    }

    private mutating func settle(on kind: PictureState, at seconds: Double) {
        if kind != candidate {
            candidate = kind
            candidateSince = seconds
        }
        if seconds - candidateSince >= Self.holdSeconds { state = kind }
    }
}
