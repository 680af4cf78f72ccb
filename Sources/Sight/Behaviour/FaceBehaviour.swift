public import MediaTypes

/// What the sightings of one track come to: gestures, and how much the mouth moves as in speech. Looks half a second
/// ahead for that, and no clock.
public struct FaceBehaviour: Sendable {
    /// A sighting with what the ones around it say of it.
    public struct Seen: Sendable, Hashable {
        /// The sighting.
        public var sighting: FaceSighting
        /// How much the mouth moves as in speech, 0…1; nil where that can't be told.
        public var visualSpeech: Float?
    }

    /// What a sighting brings.
    public struct Outcome: Sendable {
        /// Sightings of which everything is known now, oldest first.
        public var seen: [Seen] = []
        /// Gestures that are over.
        public var gestures: [HeadGesture] = []
    }

    private var gestures = GestureWatch()
    private var mouth = MouthActivity()
    private var waiting: [FaceSighting] = []
    /// Sightings that may wait; more can only come from somebody who makes them up.
    private static let mostWaiting = 64

    /// Nothing was seen yet.
    public init() {}

    /// No gesture that ends later will begin before this time, seconds.
    public var decidedSeconds: Double { gestures.decidedSeconds }

    /// Takes in a sighting, none of which may go back in time.
    public mutating func take(_ sighting: FaceSighting) -> Outcome {
        var outcome = Outcome()
        let seconds = sighting.time.seconds
        if sighting.hasFace {
            outcome.gestures = gestures.take(
                pitchDeg: Double(sighting.rawPitchDeg), yawDeg: Double(sighting.rawYawDeg), at: seconds)
        } else {
            gestures.reset()
        }
        mouth.take(
            opening: sighting.hasFace ? Double(sighting.mouthOpening) : nil, yawDeg: Double(sighting.yawDeg),
            at: seconds)
        waiting.append(sighting)
        while let first = waiting.first,
            seconds - first.time.seconds >= MouthActivity.halfSeconds || waiting.count > Self.mostWaiting
        {
            outcome.seen.append(seen(waiting.removeFirst()))
        }
        return outcome
    }

    /// The sightings that still wait.
    public mutating func finish() -> [Seen] {
        defer { waiting = [] }
        return waiting.map(seen)
    }

    private func seen(_ sighting: FaceSighting) -> Seen {
        Seen(sighting: sighting, visualSpeech: mouth.speech(at: sighting.time.seconds).map(Float.init))
    }
}
