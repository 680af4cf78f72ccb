public import MediaTypes

/// Maps the media time of one source onto the session's time line.
///
/// The first media lies where it arrived; after that its own times count, so that what is late is late and not new.
/// What is put right is what no time stamp can mean: a step ahead into a time that has not come (a restarted clock),
/// and a reader that was held up. No source can place media so that it drags others: what lies ahead of the present
/// waits, and is bounded, elsewhere. Used by every kind of source; on one thread.
public struct Placement: Sendable {
    /// How a source comes by its media.
    public enum Pace: Sendable {
        /// Its media time already follows the host's clock (the RTP receiver sees to that).
        case hostClock
        /// It is sent as it happens, with the sender's time stamps.
        case live
        /// It is there, and read at the pace of the host (a file).
        case reader
    }

    /// What is kept of a track.
    private struct Track: Sendable {
        var offset: Int64
        /// How many steps the offset has in it.
        var steps: Int
        /// End of its media so far, session time.
        var end: Int64
    }

    /// Time stamps this far ahead of both what came before and the host's clock are of a restarted clock (250 ms).
    private static let toleratedLead: Int64 = 4_000
    /// A reader this far behind was held up, and goes on from where the host is (1 s).
    private static let toleratedLag: Int64 = 16_000
    /// Less is no jump (10 ms).
    private static let jump = Int64(AudioGrid.hopSamples)
    /// No clock and no media lies further away than this, some 1,800 years.
    private static let farthest: Int64 = 1 << 50

    /// For how long it is remembered what a hold-up came to (5 s, and 5 s before).
    private static let heldUpSamples: Int64 = 160_000
    /// Media that has to come too fast before it counts as held up (0.2 s), and how much later it may be placed (5 s).
    private static let provenSamples: Int64 = 3_200, maxShift: Int64 = 80_000

    private let pace: Pace
    /// How late media may come and still count, in samples; what is held up for longer is placed later instead of being
    /// lost. Nil where it is lost.
    private let toleratedHoldUp: Int64?
    /// How much later than its time says media is placed, because it was held up.
    public private(set) var shift: Int64 = 0
    /// The greatest shift that would have been needed in this half and the one before, and when this half began.
    private var needed: (now: Int64, before: Int64, since: Int64) = (0, 0, 0)
    /// The first media that came too late: its end, when it came, and by how much; nil while media comes in time.
    private var heldUp: (end: Int64, now: Int64, late: Int64)?
    private var tracks: [Int: Track] = [:]
    /// Session time minus media time of the source; nil before the first media.
    public private(set) var offset: Int64?
    /// Steps of the sender's clock that were put right.
    public private(set) var steps = 0

    /// A placement that has seen nothing.
    ///
    /// - Parameter toleratedHoldUp: samples by which media may be late; where it comes later, as what is sent in bursts
    ///   does, all of it is placed later from then on, until that was not needed for a while (`takeBack`).
    public init(_ pace: Pace, toleratedHoldUp: Int64? = nil) {
        self.pace = pace
        self.toleratedHoldUp = toleratedHoldUp
    }

    /// Session time minus media time of a track; nil before its first media.
    public func offset(of track: Int) -> Int64? { tracks[track]?.offset }

    /// Says that the source's media time begins anew, `offset` before session time where that is known.
    public mutating func restart(at offset: Int64? = nil) {
        self.offset = offset
        shift = 0
        heldUp = nil
        tracks = [:]
    }

    /// Where a block of `count` samples belongs that starts at media time `start` and came when the host's clock said
    /// `now` of the session.
    public mutating func place(track number: Int, start: MediaTime, count: Int, now: MediaTime) -> MediaTime {
        let start = min(max(start.samples, -Self.farthest), Self.farthest)
        // What the receiver of RTP gives may have been said before the session began; nothing else may.
        let arrived = pace == .hostClock ? now.samples - Int64(count) : max(0, now.samples - Int64(count))
        var track = tracks[number] ?? first(start: start, arrived: pace == .reader ? now.samples : arrived)
        switch pace {
        case .hostClock: break
        case .live:
            let limit = max(track.end, arrived)
            if isAhead(start + track.offset, of: limit, end: track.end) {
                // Another track of the source may have been through the same step.
                if track.steps == steps || isAhead(start + (offset ?? 0), of: limit, end: track.end) {
                    steps += 1
                    offset = limit - start
                }
                track.steps = steps
                track.offset = offset ?? track.offset
            }
        case .reader:
            if start + track.offset < now.samples - Self.toleratedLag {
                offset = now.samples - start
                track.offset = now.samples - start
            }
        }
        let end = start + track.offset + Int64(count)
        let later = noteHoldUp(late: now.samples - end - (toleratedHoldUp ?? .max / 2), end: end, now: now.samples)
        if later > 0 {
            track.offset += later
            offset = track.offset
        }
        let place = start + track.offset
        track.end = max(track.end, place + Int64(count))
        tracks[number] = track
        return MediaTime(samples: place)
    }

    /// Takes note of media that ends at `end` and comes so much too late to count.
    ///
    /// Media that was held up comes faster than it lasts. What comes at its pace is of a sender that paused without
    /// saying so, and gets a new place by its arrival elsewhere.
    ///
    /// - Returns: by how much later it is placed.
    private mutating func noteHoldUp(late: Int64, end: Int64, now: Int64) -> Int64 {
        if now - needed.since > Self.heldUpSamples / 2 { needed = (0, needed.now, now) }
        needed.now = max(needed.now, shift + late)
        guard let began = heldUp else {
            heldUp = late > 0 ? (end, now, late) : nil
            return 0
        }
        let came = end - began.end
        guard late <= 0 || came >= Self.provenSamples else { return 0 }
        // Caught up with, or for long enough to tell.
        heldUp = nil
        guard came > 2 * (now - began.now) else { return 0 }
        let grown = max(0, min(began.late, Self.maxShift - shift))
        shift += grown
        return grown
    }

    /// Whether `count` samples in which nothing is said may be left out, so that what follows lies less late: what
    /// held media up before has not done so lately.
    public mutating func takeBack(track number: Int, count: Int) -> Bool {
        guard shift - max(needed.now, needed.before) >= Int64(count), var track = tracks[number] else { return false }
        shift -= Int64(count)
        track.offset -= Int64(count)
        offset = track.offset
        tracks[number] = track
        return true
    }

    private mutating func first(start: Int64, arrived: Int64) -> Track {
        let offset = self.offset ?? arrived - start
        self.offset = offset
        // Another track may be ahead already; nothing else is a reason to be.
        let end = tracks.values.map(\.end).max() ?? start + offset
        return Track(offset: offset, steps: steps, end: end)
    }

    private func isAhead(_ place: Int64, of limit: Int64, end: Int64) -> Bool {
        place > limit + Self.toleratedLead && place > end + Self.jump
    }
}
