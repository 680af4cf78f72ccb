import Timing

/// Tells when pictures were taken, by the host's clock.
struct PictureClock: ~Copyable {
    /// What is further off the arrival was told of other clocks (2 s).
    private static let maxOff: UInt64 = 2_000_000_000

    private var tracker = ClockTracker()

    /// Takes note of a picture that arrived whole; all times in nanoseconds.
    ///
    /// - Parameter media: its time on the time line of the pictures, which the sender's timestamps make.
    mutating func note(media: Int64, arrival: Int64) { tracker.note(mediaEnd: media, arrival: arrival) }

    /// When a picture was taken: by what the sender says of its clock where it does so of sound and pictures, else by
    /// the least delay of late.
    ///
    /// - Parameters:
    ///   - wallClock: when it was taken by the sender's clock; nil where that is not known.
    ///   - offset: the host's clock less the sender's, as the sound has it; nil where that is not known.
    borrowing func taken(media: Int64, now: Int64, wallClock: Int64?, offset: Int64?) -> Int64 {
        let arrived = media &+ tracker.leastDelay(at: now)
        guard let wallClock, let offset else { return arrived }
        let told = wallClock &+ offset
        return (told &- arrived).magnitude < Self.maxOff ? told : arrived
    }
}
