import Conversation
import Events
import MediaTypes
import Pipeline
import RTP
import SeededNumbers
import Timing

@testable import Daemon

/// An input with time stamps of its own (a connection, a file), as a source's thread reads it.
final class SimulatedFeed {
    private let pace: Placement.Pace
    private let voice: SimulatedVoice
    private let start: Double
    private var random: SeededRandom
    private var feed: SourceFeed?
    private let absences = AbsenceBox()
    private let follower: ClockFollower
    /// Media time of the next block, and what the sender's clock is off it, in samples.
    private var place = 0
    private var step = 0
    /// Nothing is read before this time, and nothing is sent.
    private var heldUntil = 0.0
    private var latest = 0.0

    init(pace: Placement.Pace, start: Double, seconds: Double, seed: UInt64) {
        self.pace = pace
        self.start = start
        random = SeededRandom(seed: seed)
        voice = SimulatedVoice(seconds: seconds, &random)
        follower = ClockFollower(mayPause: Bool.random(using: &random))
    }

    func open(_ session: LiveSession, name: String) {
        let feed = SourceFeed(session: session, pace: pace)
        feed.join([SpeakerTrack(track: 0, name: name, role: nil, consent: .granted, selector: nil)])
        self.feed = feed
        latest = start
    }

    func tend(atSeconds now: Double, complain: (String) -> Void) {
        for absence in absences.take() { feed?.setAbsence(track: absence.track, absence.why) }
        guard let feed, now >= heldUntil else { return stallIfDue(now) }
        misbehave(now)
        let block = pace == .reader ? 32_000 : 640
        // A reader that is not slowed down is a fault, but shall not take for ever.
        for _ in 0..<200 {
            let isDue =
                pace == .reader
                ? feed.lead() <= 0.1 && feed.lead(of: MediaTime(samples: Int64(place + step))) <= 1
                : Double(place + block) / Double(SimulatedVoice.rateHz) <= now - start
            guard isDue, now >= heldUntil else { break }
            read(block, now: now)
        }
        let seconds = Double(place) / Double(SimulatedVoice.rateHz)
        if pace == .reader, seconds > now - start + 60 { complain("\(seconds) s read after \(now - start) s") }
    }

    /// What the sender says of media that does not come, on its way to the thread of the source.
    func setAbsence(_ why: Gap.Why?) { absences.put(track: nil, why) }

    func finish() { feed?.finish(reason: "detached") }

    private func stallIfDue(_ now: Double) {
        feed?.tend()
        guard now - latest >= 2 else { return }
        feed?.suspend(by: .stall)
        feed?.tend()
    }

    private func read(_ count: Int, now: Double) {
        latest = now
        let samples = stride(from: place, to: place + count, by: 320)
            .flatMap { voice.frame(at: $0).map { Float($0) / 32_768 } }.prefix(count)
        let media = Array(samples)
        let time = MediaTime(samples: Int64(place + step))
        place += count
        guard pace == .live else {
            feed?.media(track: 0, start: time, samples: media.span)
            return
        }
        follower.follow(start: time, samples: media.span, arrivalNanoseconds: Int64(now * 1e9)) {
            feed?.media(track: 0, start: $0, samples: $1)
        }
    }

    private func misbehave(_ now: Double) {
        guard Double.random(in: 0..<1, using: &random) < 0.006 else { return }
        switch Int.random(in: 0..<4, using: &random) {
        // Held up, and then all at once.
        case 0: heldUntil = now + Double.random(in: 0.2...5, using: &random)
        // The sender's clock steps.
        case 1: step += Int.random(in: 0...2_000_000, using: &random)
        case 2 where pace == .live: step -= Int.random(in: 0...max(0, min(place + step, 500_000)), using: &random)
        // Nothing is sent: what comes then is of then, with time stamps that may have stood still.
        default:
            let pause = Double.random(in: 0.2...5, using: &random)
            heldUntil = now + pause
            let samples = Int(pause * Double(SimulatedVoice.rateHz))
            place += pace == .live ? samples : 0
            if pace == .live, Bool.random(using: &random) { step -= samples }
        }
    }
}
