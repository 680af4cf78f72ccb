import Conversation
import Events
import Kit
import MediaTypes
import Pipeline
import RTP
import Synchronization
import Timing

/// Takes an event, and when the media arrived that decided it (`CLOCK_MONOTONIC`, nanoseconds), if media did.
typealias EventOutput = @Sendable (Event, Int64?) -> Void

/// A running conversation: the engine, its place on the host's clock, and the way out for its events.
///
/// Sources push from their own threads; the lock is held for the few microseconds that a batch of records
/// takes, and events are handed on under it, so that their order is that of the engine.
final class LiveSession: Sendable {
    let id: String
    /// What is said of it when it starts.
    let started: SessionStarted
    /// What tells speech in its pipelines.
    let detection: SpeechDetection
    /// What the senders' clocks say about its RTP speakers.
    let alignment = Mutex(ClockAlignment())
    /// What is given up of it while there is more to do than can be done.
    let shedding: SessionShedding
    private let publish: EventOutput
    /// Whether anybody asks for the contours of a speaker's face.
    private let seeksPoints: @Sendable (_ speaker: String) -> Bool
    /// Who writes down what is said, and what that is counted with; nil where nobody does.
    private let words: (pool: RecogniserPool, counting: WordCounting)?
    /// Who tells voices of one track apart; nil where nobody does.
    private let voices: VoicePool?
    /// What moves the session's present.
    let clock: HostClock
    /// How far behind the present media may come and still count.
    let patienceSamples: Int64
    private let startNanoseconds: Int64
    /// When it began (Unix time, milliseconds).
    let startedMilliseconds: Int64
    private let state: Mutex<State>

    private struct State: Sendable {
        var engine: SessionEngine
        /// Where permits of speakers are pushed to, by their numbers.
        var permits: [Int: PermitHolder] = [:]
        /// Nothing is published of a session whose first source has not been admitted yet.
        var phase = Phase.pending([])
    }

    private enum Phase: Sendable {
        case pending([Event])
        case running
        case ended
    }

    /// A session that nobody hears of before `activate()`.
    init(
        id: String, started: SessionStarted, configuration: ConversationConfiguration,
        detection: SpeechDetection, shedding: SessionShedding = SessionShedding(), before: SessionBefore? = nil,
        clock: HostClock = .system, words: (pool: RecogniserPool, counting: WordCounting)? = nil,
        voices: VoicePool? = nil, seeksPoints: @escaping @Sendable (_ speaker: String) -> Bool = { _ in false },
        publish: @escaping EventOutput
    ) {
        self.clock = clock
        patienceSamples = Int64((configuration.skewHops ?? 0) * AudioGrid.hopSamples)
        let ageMilliseconds = Int64((before?.ageSeconds ?? 0) * 1_000)
        startNanoseconds = clock.nanoseconds() - ageMilliseconds * 1_000_000
        startedMilliseconds = unixMilliseconds() - ageMilliseconds
        self.id = id
        self.shedding = shedding
        self.detection = detection
        self.started = started
        self.publish = publish
        self.seeksPoints = seeksPoints
        self.words = words
        self.voices = voices
        var engine = SessionEngine(id: id, configuration: configuration)
        if let before {
            engine.restore(
                before.speakers, lostSince: Int64(before.lastSeconds * Double(AudioGrid.hopsPerSecond)), why: before.why
            )
            engine.restore(usual: before.usual)
        }
        state = Mutex(State(engine: engine))
    }

    /// The host's present on the session's time line.
    func now() -> MediaTime { time(ofNanoseconds: clock.nanoseconds()) }

    /// A moment of the host's clock on the session's time line.
    func time(ofNanoseconds nanoseconds: Int64) -> MediaTime {
        MediaTime(samples: (nanoseconds - startNanoseconds) / (1_000_000_000 / Int64(AudioGrid.sampleRateHz)))
    }

    /// Makes the session public; does nothing if it is already.
    func activate() {
        state.withLock { state in
            guard case .pending(let waiting) = state.phase else { return }
            state.phase = .running
            publish(Event(.sessionStarted(started), session: id, timeSeconds: 0), nil)
            for event in waiting { publish(event, nil) }
        }
    }

    /// Publishes something about a source.
    func report(_ body: EventBody) {
        let event = Event(body, session: id, timeSeconds: now().seconds)
        state.withLock { hand(over: event, nil, &$0) }
    }

    /// Changes the conversation and publishes what follows from that; nothing happens after the end.
    ///
    /// - Parameter arrivedNanoseconds: when the media arrived that changes it, if it is media (`CLOCK_MONOTONIC`).
    func update<Result>(
        arrivedNanoseconds: Int64? = nil, _ change: (inout SessionEngine) -> Result
    ) -> Result? {
        state.withLock { state in
            if case .ended = state.phase { return nil }
            advance(&state)
            let result = change(&state.engine)
            settle(&state, arrivedNanoseconds)
            return result
        }
    }

    /// Brings the session to the host's present; to be called now and then, whether media comes or not.
    func advance() {
        update { _ in }
    }

    /// Lets a speaker join.
    ///
    /// - Returns: the number by which the records are pushed, and what may be computed, from now on; nil where the
    ///   session has no room for more people, or is over.
    func join(_ track: SpeakerTrack) -> (speaker: Int, permit: PermitHolder)? {
        let hop = now().samples / Int64(AudioGrid.hopSamples)
        return state.withLock { state in
            if case .ended = state.phase { return nil }
            advance(&state)
            let speaker =
                track.voices == nil
                ? state.engine.admit(
                    name: track.name, role: track.role, consent: track.consent.state, lanes: track.consent.lanes,
                    origin: track.origin, at: hop)
                : state.engine.admitMixture(name: track.name, patienceHops: FedMixture.patienceHops, at: hop)
            guard let speaker else { return nil }
            if track.givesPoints { state.engine.givePoints(of: speaker) }
            return (speaker, admitted(speaker, &state))
        }
    }

    /// Whether anybody asks for the contours of a speaker's face.
    func seeksPoints(of speaker: String) -> Bool { seeksPoints(speaker) }

    /// A voice is heard on a track with several, from `hop` on.
    ///
    /// - Returns: as of a speaker who joins.
    func findVoice(on track: Int, at hop: Int64) -> (speaker: Int, permit: PermitHolder)? {
        state.withLock { state in
            if case .ended = state.phase { return nil }
            advance(&state)
            guard let speaker = state.engine.findVoice(on: track, at: hop) else { return nil }
            return (speaker, admitted(speaker, &state))
        }
    }

    /// Has permits pushed to somebody who has joined.
    private func admitted(_ speaker: Int, _ state: inout State) -> PermitHolder {
        let permit = state.permits[speaker] ?? PermitHolder([])
        state.permits[speaker] = permit
        settle(&state, nil)
        return permit
    }

    /// Tells the voices of a track apart; nil where nobody does.
    ///
    /// - Parameter speaker: the track's.
    func separate(_ speaker: Int, _ wanted: VoicesWanted) -> FedMixture? {
        voices.map { FedMixture(self, speaker: speaker, voices: wanted.count, pool: $0) }
    }

    /// Listens to what a speaker says, under a permission that holds now; nil where nobody writes it down.
    func listen(to speaker: Int, _ permit: PermitHolder, permission: Int) -> FedWords? {
        guard let words, words.pool.isOn else { return nil }
        let heard = HeardSpeaker(self, speaker: speaker, permit: permit, counting: words.counting)
        return FedWords(heard, permission: permission, pool: words.pool)
    }

    private func advance(_ state: inout State) {
        state.engine.advance(to: now().samples / Int64(AudioGrid.hopSamples))
    }

    /// Hands on what a change of the engine has brought about.
    private func settle(_ state: inout State, _ arrivedNanoseconds: Int64?) {
        // Before any event: nothing is measured any more when it is told that consent was taken back.
        for (speaker, permit) in state.engine.takePermits() { state.permits[speaker]?.push(permit) }
        for event in state.engine.takeEvents() { hand(over: event, arrivedNanoseconds, &state) }
    }

    /// Ends the session with its totals; nil if it had ended before.
    func end() -> SessionTotals? {
        state.withLock { state in
            if case .ended = state.phase { return nil }
            advance(&state)
            let totals = state.engine.finish()
            settle(&state, nil)
            hand(
                over: Event(
                    .sessionEnded(SessionEnded(totals: totals)), session: id, timeSeconds: totals.durationSeconds),
                nil, &state)
            state.phase = .ended
            return totals
        }
    }

    /// What was measured so far.
    func totals() -> SessionTotals {
        state.withLock { $0.engine.totals() }
    }

    /// What was dropped so far.
    var load: SourceLoad { state.withLock { SourceLoad(of: $0.engine) } }

    private func hand(over event: Event, _ arrivedNanoseconds: Int64?, _ state: inout State) {
        // Here and not in the engine, whose scores, cues and totals are the same with and without overload.
        guard shedding.admits(event) else { return }
        switch state.phase {
        case .pending(var waiting):
            // A pending session lasts as long as opening its first source; nothing is measured before that.
            waiting.append(event)
            state.phase = .pending(waiting)
        case .running: publish(event, arrivedNanoseconds)
        case .ended: break
        }
    }
}
