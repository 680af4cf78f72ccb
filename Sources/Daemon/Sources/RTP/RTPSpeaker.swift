import Conversation
import Events
import MediaTypes
import RTP
import Synchronization
import Timing

/// One speaker of an RTP source: the receiver of what is sent, and the feed into the session.
///
/// A feed of its own, because the media time of different senders has nothing in common but arrival. Confined to
/// the event loop of its source.
final class RTPSpeaker {
    /// Hands what the receiver delivers to the feed.
    private struct Sink: RTPSink, ~Copyable {
        let speaker: RTPSpeaker
        var hasDelivered = false

        mutating func media(start: MediaTime, samples: Span<Float>, isConcealed: Bool) {
            deliver()
            speaker.noteReturn(start: start, count: samples.count)
            speaker.feed.media(track: speaker.track.track, start: start, samples: samples)
        }

        mutating func silence(start: MediaTime, sampleCount: Int64) {
            deliver()
            speaker.noteReturn(start: start, count: Int(clamping: sampleCount))
            speaker.feed.silence(
                track: speaker.track.track, start: start, count: Int(clamping: sampleCount))
        }

        private mutating func deliver() {
            hasDelivered = true
            speaker.follow(mixer: nil)
            speaker.comeBack()
        }
    }

    /// How far a track is that was given up and is not any more.
    private struct ComingBack {
        /// End of the media that has come since.
        var end: MediaTime?
        /// Deliveries among which the gap must be.
        var left = 8
    }

    /// Longest silence that is presumed: senders with DTX send something every 400 ms.
    private static let maxPresumedNanoseconds: Int64 = 500_000_000

    let track: SpeakerTrack
    let feed: SourceFeed
    private(set) var latestMediaNanoseconds: Int64?
    private(set) var receiver: RTPReceiver
    let session: LiveSession
    /// Whether packets are dropped before they are decoded, because there is more to do than can be done.
    var isGivenUp = false {
        didSet {
            if !oldValue, isGivenUp { givenUpNanoseconds = latestMediaNanoseconds }
            if oldValue, !isGivenUp { comingBack = ComingBack() }
        }
    }
    /// When media came last that was listened to, while the track is given up.
    private var givenUpNanoseconds: Int64?
    /// Nil but for a moment after it was given up.
    private var comingBack: ComingBack?
    /// Packets dropped for that.
    private(set) var shedPackets: UInt64 = 0
    private var isPresent = false
    /// What the sender calls itself, once it has said.
    private var person: String?
    /// Number of the stream in the session's alignment.
    private let stream: Int
    /// Identifies the host that the media comes from; nil before there was any.
    private var mediaOrigin: UInt64?
    /// Identifies the host whose sender reports are heard.
    private var reporter: UInt64?
    private var timing = SpeakerTiming()
    private var driftPartsPerMillion: Double?
    /// Whose media time the feed follows, where it is not that of the speaker's own sender.
    private weak var mixer: RTPMixer?

    /// - Parameter survivesHoldUps: whether what is held up for too long is placed later instead of being lost: what
    ///   comes by a connection is never lost on the way.
    init(
        track: SpeakerTrack, receiver: consuming RTPReceiver, session: LiveSession, survivesHoldUps: Bool = false
    ) {
        self.track = track
        self.receiver = receiver
        self.session = session
        feed = SourceFeed(session: session, pace: .hostClock, survivesHoldUps: survivesHoldUps)
        stream = session.alignment.withLock { $0.add() }
    }

    deinit {
        session.alignment.withLock { $0.remove(stream) }
    }

    /// Whether the sender has said goodbye.
    var hasEnded: Bool { receiver.hasEnded }

    /// Lets the speaker join the session with the consent that was declared.
    func join() {
        join(track)
    }

    private func join(_ track: SpeakerTrack) {
        feed.join([track])
        isPresent = true
    }

    /// Takes in what the sender calls itself (CNAME).
    func identify(_ person: String) {
        guard person != self.person else { return }
        self.person = person
        session.update { $0.identify(name: track.name, person: person) }
    }

    /// Takes one datagram that was read as `content`; returns whether media came of it.
    func receive(_ datagram: RawSpan, as content: DatagramContent, _ arrival: RTPArrival) -> Bool {
        feed.timeWeight = arrival.timeWeight
        if case .compound = content {
            reporter = arrival.origin
        } else if isGivenUp {
            shedPackets += 1
            // Media does flow: the source is no stalled one.
            return note(true, arrival.nowNanoseconds)
        }
        feed.arrivedNanoseconds = arrival.nowNanoseconds
        var sink = Sink(speaker: self)
        receiver.receive(datagram, as: content, arrivalNanoseconds: arrival.nowNanoseconds, into: &sink)
        if arrival.origin != mediaOrigin, sink.hasDelivered, case .packet(let packet) = content,
            packet.ssrc == receiver.source
        {
            mediaOrigin = arrival.origin
        }
        return note(sink.hasDelivered, arrival.nowNanoseconds)
    }

    /// Whether the speaker is heard, from another host than this one.
    func isForeign(_ origin: UInt64) -> Bool { mediaOrigin.map { $0 != origin } ?? false }

    /// Whether the speaker is heard under this SSRC from this host.
    func sends(ssrc: UInt32, from origin: UInt64) -> Bool { receiver.source == ssrc && mediaOrigin == origin }

    /// Takes one message of an RTCP compound, which must come from the media's host.
    func receive(_ message: RTCPMessage, _ arrival: RTPArrival) {
        guard !isForeign(arrival.origin) else { return }
        if case .senderReport = message { reporter = arrival.origin }
        var sink = Sink(speaker: self)
        receiver.receive(message, arrivalNanoseconds: arrival.nowNanoseconds, into: &sink)
        _ = note(sink.hasDelivered, arrival.nowNanoseconds)
    }

    /// Gives up packets that were waited for too long, and takes a sender that pauses to be silent up to now, less
    /// that wait; returns whether media came of it.
    func flush(nowNanoseconds: Int64) -> Bool {
        // What is given up now was decided by its not having come.
        feed.arrivedNanoseconds = nowNanoseconds
        var sink = Sink(speaker: self)
        receiver.flush(nowNanoseconds: nowNanoseconds, into: &sink)
        // Once what was heard before has come out, nobody waits for more.
        if isGivenUp, let givenUpNanoseconds, nowNanoseconds - givenUpNanoseconds >= TrackGate.suspendNanoseconds {
            feed.suspend(by: .overload)
        }
        if receiver.mayPause || receiver.couldPause, isPresent, let latestMediaNanoseconds {
            let wait = Int64(receiver.timing.bufferMilliseconds) * 1_000_000
            let passed = nowNanoseconds - latestMediaNanoseconds - wait
            feed.presumeSilence(
                track: track.track, nanoseconds: min(passed, Self.maxPresumedNanoseconds),
                isKnownToPause: receiver.mayPause)
        }
        feed.tend()
        return note(sink.hasDelivered, nowNanoseconds)
    }

    /// Aligns the speaker with the others of the session as far as sender reports allow, and tells the session how
    /// far it may be off and how the sender's clock drifts; to be called about once a second.
    func align(nowNanoseconds: Int64) {
        let timing = receiver.timing
        let offset = receiver.wallClockOffset(at: nowNanoseconds)
        let clock = offset == nil ? nil : reporter
        let correction = session.alignment.withLock { alignment in
            alignment.note(stream, clock: clock, offsetNanoseconds: offset ?? 0)
            return alignment.correctionNanoseconds(of: stream)
        }
        receiver.align(nanoseconds: correction)
        let drift = timing.driftPartsPerMillion?.rounded()
        if drift != driftPartsPerMillion {
            driftPartsPerMillion = drift
            session.update { $0.setClockDrift(of: track.name, partsPerMillion: drift) }
        }
        let found = SpeakerTiming(
            clock: clock, offsetNanoseconds: offset ?? 0, sharedMilliseconds: ClockAlignment.reportMilliseconds,
            ownMilliseconds: ClockAlignment.pathMilliseconds + timing.jitterMilliseconds)
        // Changes below a millisecond change nothing that is decided by it.
        guard found.differs(from: self.timing, byMilliseconds: 1) else { return }
        self.timing = found
        session.update { $0.setTiming(of: track.name, found) }
    }

    /// What is to be reported to the sender; nil without a sender that reports itself.
    func receptionReport(nowNanoseconds: Int64) -> ReceptionReport? {
        isPresent ? receiver.receptionReport(nowNanoseconds: nowNanoseconds) : nil
    }

    /// Ends what is running; the speaker leaves.
    func finish(reason: String) {
        var sink = Sink(speaker: self)
        if isPresent { receiver.finish(into: &sink) }
        if isGivenUp { feed.suspend(by: .overload) }
        leave(reason: reason)
    }

    /// Makes ready for what a mixer says that this speaker contributes.
    func contribute(to mixer: RTPMixer, nowNanoseconds: Int64) {
        follow(mixer: mixer)
        comeBack()
        feed.arrivedNanoseconds = nowNanoseconds
        latestMediaNanoseconds = nowNanoseconds
    }

    /// No media has come for so long that none is expected: a pause where the sender said so.
    func suspend() {
        switch receiver.announcement {
        case .pause: feed.suspend(by: .pause)
        case .mute: feed.suspend(by: .mute)
        case nil: feed.suspend(by: .stall)
        }
    }

    /// Lets the feed follow the media time of a mixer, or of the speaker's own sender.
    private func follow(mixer: RTPMixer?) {
        guard mixer !== self.mixer else { return }
        self.mixer = mixer
        feed.restart(at: mixer?.offset)
    }

    /// Says why media is missing after the track was given up: not only before the first media that comes of the
    /// receiver, which first gives what it still had, and conceals what it has not.
    private func noteReturn(start: MediaTime, count: Int) {
        guard let back = comingBack else { return }
        feed.miss(track: track.track, .overload)
        let isPast = back.end.map { start.samples - $0.samples > Int64(AudioGrid.hopSamples) } ?? false
        comingBack =
            isPast || back.left == 0
            ? nil : ComingBack(end: MediaTime(samples: start.samples + Int64(count)), left: back.left - 1)
    }

    private func note(_ hasDelivered: Bool, _ nowNanoseconds: Int64) -> Bool {
        if hasDelivered { latestMediaNanoseconds = nowNanoseconds }
        if receiver.hasEnded { leave(reason: "the sender said goodbye") }
        return hasDelivered
    }

    private func leave(reason: String) {
        guard isPresent else { return }
        isPresent = false
        feed.finish(reason: reason)
    }

    /// Lets a speaker join who may have been in the session before, with the consent of meanwhile.
    func comeBack() {
        guard !isPresent else { return }
        var track = track
        // Where nothing is known, what was declared is held against what is known of others.
        if let consent = session.update({ $0.consent(of: track.name) }) ?? nil, consent != .unknown {
            track.consent = Consent(consent, lanes: track.consent.lanes)
        }
        join(track)
    }
}

extension RTPSpeaker: SheddableTrack {
    var speakerName: String { track.name }
}
