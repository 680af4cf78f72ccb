import Events
import Kit
import MediaTypes
import Synchronization

/// Where the tracks of one input that blocks are let through or given up, and where its thread says how far its
/// analysis is behind.
///
/// `ThreadLoad` decides, the thread of the input asks with every block; both meet in atomics.
final class TrackGate: Sendable {
    /// What the thread has told: how far behind, how busy, when.
    struct Report: Sendable {
        var behindSeconds: Double
        /// CPU time per wall time of the thread.
        var share: Double
        var toldNanoseconds: Int64

        /// Whether the thread has told it of late: else it waits for its input, or has read nothing yet.
        func isFresh(at now: Int64) -> Bool { now - toldNanoseconds < 1_000_000_000 }
    }

    private struct Meter {
        var report: Report?
        var wall: Int64 = 0, thread: Int64 = 0, waits: Int64 = 0
        /// Where each track was given up, in the source's own media time.
        var since: [Int: MediaTime] = [:]
        /// End of what was given up last, in the source's own media time.
        var givenUpEnd: MediaTime?
    }

    /// Media that was heard has come out of the analysis after this (what it looks ahead for, and what sessions wait).
    static let suspendNanoseconds: Int64 = 800_000_000

    let session: LiveSession
    let tracks: [SpeakerTrack]
    /// A bit for each track that is given up; those beyond 63 never are.
    private let givenUp = Atomic<UInt64>(0)
    /// A bit for each track of which something was missed and nothing has come since.
    private let missed = Atomic<UInt64>(0)
    private let meter = Mutex(Meter())

    init(tracks: [SpeakerTrack], session: LiveSession) {
        self.tracks = tracks
        self.session = session
    }

    // MARK: The thread of the input

    /// Whether a block of a track is to be analysed. The first one after a pause is preceded by a gap that says why.
    func admits(_ track: Int, start: MediaTime, count: Int, into feed: SourceFeed) -> Bool {
        let bit = Self.bit(track)
        // Where nothing has come yet, the place of the source on the session's time line is not known.
        if givenUp.load(ordering: .relaxed) & bit != 0, feed.offset != nil {
            missed.bitwiseOr(bit, ordering: .relaxed)
            let since = meter.withLock { meter in
                meter.givenUpEnd = MediaTime(samples: start.samples + Int64(count))
                meter.since[track] = meter.since[track] ?? start
                return meter.since[track] ?? start
            }
            // Once what was heard before has come out, nobody waits for more.
            if (start.seconds - since.seconds) * 1e9 >= Double(Self.suspendNanoseconds) {
                feed.suspend(track: track, by: .overload)
            }
            feed.tend()
            return false
        }
        if missed.load(ordering: .relaxed) & bit != 0 {
            missed.bitwiseAnd(~bit, ordering: .relaxed)
            meter.withLock { $0.since[track] = nil }
            feed.miss(track: track, .overload)
        }
        return true
    }

    /// How far the newest media lies ahead of the host's clock, given up or not: so an input is read at its own pace.
    func lead(of feed: SourceFeed) -> Double {
        let lead = feed.lead()
        guard givenUp.load(ordering: .relaxed) != 0, let offset = feed.offset,
            let end = meter.withLock({ $0.givenUpEnd })
        else { return lead }
        return max(lead, MediaTime(samples: end.samples + offset).seconds - session.now().seconds)
    }

    /// The thread has read: says how far ahead what it read lies, and how busy it is.
    func note(leadSeconds: Double, nowNanoseconds now: Int64) {
        meter.withLock { meter in
            guard now - meter.wall >= 200_000_000 else { return }
            let thread = HostClock.threadNanoseconds()
            // Whoever has waited for media had taken in all there was: what it is behind then is the sender's delay.
            let waits = HostTime.waitsOfThread()
            let isBusy = waits == meter.waits
            if meter.wall > 0 {
                meter.report = Report(
                    behindSeconds: isBusy ? max(0, -leadSeconds) : 0,
                    share: Double(thread - meter.thread) / Double(now - meter.wall),
                    toldNanoseconds: now)
            }
            (meter.wall, meter.thread, meter.waits) = (now, thread, waits)
        }
    }

    // MARK: Whoever decides

    var report: Report? { meter.withLock { $0.report } }

    func isGivenUp(_ track: Int) -> Bool { givenUp.load(ordering: .relaxed) & Self.bit(track) != 0 }

    func setGivenUp(_ track: Int, _ isGivenUp: Bool) {
        if isGivenUp {
            givenUp.bitwiseOr(Self.bit(track), ordering: .relaxed)
        } else {
            givenUp.bitwiseAnd(~Self.bit(track), ordering: .relaxed)
        }
    }

    private static func bit(_ track: Int) -> UInt64 { (0..<64).contains(track) ? 1 << UInt64(track) : 0 }
}
