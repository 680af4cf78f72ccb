import Conversation
import Events
import Kit
import Logging
import MediaTypes
import NIOCore
import NIOEmbedded
import Pipeline
import RTP
import SeededNumbers
import Synchronization
import Timing

@testable import Conversation
@testable import Daemon
@testable import Publish

/// A whole session in simulated time, with the daemon's own receivers, feeds and engine: everything but sockets.
final class SimulatedSession {
    /// What came out, and what is wrong with it.
    final class Log: Sendable {
        private let state = Mutex<(events: [(sequence: Int, event: Event)], violations: [String])>(([], []))

        func add(_ event: Event, sequence: Int) { state.withLock { $0.events.append((sequence, event)) } }
        func complain(_ text: String) {
            state.withLock { if $0.violations.count < 20 { $0.violations.append(text) } }
        }
        func takeEvents() -> [(sequence: Int, event: Event)] {
            state.withLock { state in
                defer { state.events = [] }
                return state.events
            }
        }
        var violations: [String] { state.withLock { $0.violations } }
    }

    let log = Log()
    let clock = ManualClock()
    private let session: LiveSession
    private let audience: SimulatedAudience
    private let loop = EmbeddedEventLoop()
    private let channel = EmbeddedChannel()
    private let timer: RTPTimer
    private var receptions: [Int: RTPReception] = [:]
    private var feeds: [Int: SimulatedFeed] = [:]
    private var seconds = 0.0
    private var tended = 0.0
    private var tends = 0
    private var newestTick: [String: Double] = [:]
    /// Seconds in gaps, by speaker; nil where consent has changed since.
    private(set) var gaps: [String: Double] = [:]
    /// What the senders say of media that does not come, and have ever said; since when, seconds.
    private var saidStates: [String: (why: Gap.Why?, since: Double, ever: Set<Gap.Why>)] = [:]
    private(set) var eventCount = 0
    /// FNV-1a of the lines of all events (Fowler, Noll & Vo 1991).
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325

    init(seed: UInt64) {
        let log = log
        let audience = SimulatedAudience(clock: clock, seed: seed)
        self.audience = audience
        let core = audience.core
        // What one sender does moves nobody else's numbers. Whose voice it is in a channel is told by all channels
        // together, and not of pulses.
        var configuration = ConversationConfiguration()
        configuration.comparesChannels = false
        session = LiveSession(
            id: "s", started: SessionStarted(noticeID: "n", policy: "standard"), configuration: configuration,
            detection: .builtIn, clock: clock.clock
        ) { event, _ in
            core.publish(event, arrivedNanoseconds: nil)
            log.add(event, sequence: core.sequence)
        }
        session.activate()
        timer = RTPTimer(eventLoop: loop)
    }

    // MARK: Sources

    private static let logger = Logger(label: "simulation") { _ in SilentLog() }
    private static let limits = RTPReception.Limits(
        stallMilliseconds: 2_000, kilobitsPerSecond: 100_000, sources: 16, sendsReports: false, receiver: .init(),
        bufferBytes: 64 << 20)

    /// Attaches a port, with one speaker or with whoever sends.
    func attach(source: Int, consent: ConsentState, anybody: Bool) throws {
        guard let format = AudioFormat(codec: .l16, clockRateHz: 16_000, channels: 1) else { return }
        var payloads = AudioFormat.staticFormats.mapValues { PayloadDescription($0) }
        payloads[96] = PayloadDescription(format)
        payloads[111] = PayloadDescription(.opus)
        let stream = RTPStreamDescription(address: "127.0.0.1", port: 4_000, payloads: payloads)
        let track = SpeakerTrack(
            track: 0, name: "p\(source)", role: nil, consent: Consent(consent), selector: anybody ? .unnamed : nil)
        let reception = try RTPReception(
            streams: [stream], tracks: [track], session: session,
            monitor: SourceMonitor(id: "source-\(source)", url: "rtp://", session: session, logger: Self.logger),
            limits: Self.limits, logger: Self.logger)
        receptions[source] = reception
        reception.start(with: timer)
    }

    /// Attaches an input with time stamps of its own.
    func attach(feed: SimulatedFeed, source: Int) {
        feeds[source] = feed
        feed.open(session, name: "p\(source)")
    }

    func detach(source: Int) {
        receptions.removeValue(forKey: source)?.finish(reason: "detached")
        feeds.removeValue(forKey: source)?.finish()
    }

    func setConsent(_ source: Int, to state: ConsentState) {
        gaps["p\(source)"] = .nan
        _ = session.update { $0.setConsent(name: "p\(source)", to: Consent(state)) }
    }

    /// The sender of a source says that media does not come, and why, or that it comes again: what a request to
    /// change the state of a source comes to.
    ///
    /// - Parameter isHonest: whether nothing that it sent lies ahead of its time.
    func setState(source: Int, to state: String, isHonest: Bool) throws {
        let why = try AttachValidation.absence(state)
        guard receptions[source] != nil || feeds[source] != nil else { return }
        receptions[source]?.setAbsence(track: source.isMultiple(of: 2) ? 0 : nil, why)
        feeds[source]?.setAbsence(why)
        var ever = saidStates["p\(source)"]?.ever ?? []
        if let why { ever.insert(why) }
        saidStates["p\(source)"] = (why, isHonest ? seconds : .infinity, ever)
    }

    func receive(_ delivery: Delivery) {
        guard let reception = receptions[delivery.source] else { return }
        guard let address = try? SocketAddress(ipAddress: "127.0.0.1", port: 5_000) else { return }
        reception.receive(delivery.bytes.span.bytes, port: 0, channel: channel, sender: address)
    }

    // MARK: Time

    /// Lets time pass, with all that the daemon does by itself.
    func advance(toSeconds time: Double) {
        while tended + 0.04 <= time {
            tended += 0.04
            clock.move(toSeconds: tended)
            let now = clock.nanoseconds
            for source in receptions.keys.sorted() { receptions[source]?.tend(nowNanoseconds: now) }
            for source in feeds.keys.sorted() { feeds[source]?.tend(atSeconds: tended, complain: log.complain) }
            tends += 1
            if tends.isMultiple(of: 3) { session.advance() }
            look()
        }
        clock.move(toSeconds: time)
        seconds = max(seconds, time)
    }

    /// The machine stood still: nothing was done for so long.
    func standStill(seconds pause: Double) {
        seconds += pause
        tended += pause
        clock.move(toSeconds: seconds)
        session.advance()
        look()
    }

    /// Ends the session.
    func end() -> SessionTotals? {
        for source in receptions.keys.sorted() { detach(source: source) }
        for source in feeds.keys.sorted() { detach(source: source) }
        // Until everything is settled.
        seconds += 2
        clock.move(toSeconds: seconds)
        session.advance()
        look()
        session.update { self.compare($0) }
        let totals = session.end()
        look()
        audience.end(complain: log.complain)
        if let totals, abs(totals.durationSeconds - seconds) > 0.05 {
            log.complain("\(totals.durationSeconds) s instead of \(seconds) s")
        }
        return totals
    }

    // MARK: Invariants

    /// What must hold after every step, whoever sends what.
    func look() {
        let now = Double(clock.nanoseconds - 1_000_000_000) / 1e9
        let published = log.takeEvents()
        audience.look(published, complain: log.complain)
        for (sequence, event) in published {
            eventCount += 1
            for byte in event.line(sequence: sequence, at: "") {
                digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3
            }
            let time = event.timeSeconds ?? 0
            let name = event.speaker ?? ""
            if time > now + 0.011 { log.complain("\(event.body.typeName) at \(time), which is ahead of \(now)") }
            switch event.body {
            case .tick:
                if time <= newestTick[name] ?? -1 { log.complain("tick of \(name) at \(time) again") }
                newestTick[name] = time
            case .gap(let gap):
                if gap.toSeconds <= gap.fromSeconds { log.complain("gap of \(name) from \(gap.fromSeconds)") }
                gaps[name, default: 0] += gap.toSeconds - gap.fromSeconds
                // Whoever sends to a port of a source is called after it.
                let source = String(name.prefix { $0 != "-" })
                let isSaid = saidStates[source]?.ever.contains(gap.why) ?? false
                if [.hold, .mute].contains(gap.why), !isSaid { log.complain("\(name) never said \(gap.why)") }
            case .speechStarted(let started):
                // What was on its way comes out; then nothing does.
                if let said = saidStates[name], said.why != nil, started.startSeconds > said.since + 0.5 {
                    log.complain("\(name), on hold since \(said.since), spoke at \(started.startSeconds)")
                }
            default: break
            }
        }
        session.update { engine in
            let bound = engine.presentHops + Int64(engine.configuration.maxAheadHops)
            if engine.settledHops > engine.presentHops { self.log.complain("settled \(engine.settledHops)") }
            if engine.speakers.count > engine.configuration.maxSpeakers {
                self.log.complain("\(engine.speakers.count) speakers")
            }
            for speaker in engine.speakers where speaker.lane.watermark > bound {
                self.log.complain("a record of \(speaker.name) at \(speaker.lane.watermark)")
            }
        }
    }

    /// What is measured and what is missing make up all of a speaker's time.
    private func compare(_ engine: SessionEngine) {
        for speaker in engine.speakers {
            let gap = gaps[speaker.name] ?? 0
            guard speaker.isMeasured, !gap.isNaN else { continue }
            let lost = engine.hopSeconds(engine.total(of: speaker.measures.counts).lost)
            if abs(lost - gap) > 0.001 { log.complain("\(speaker.name): \(lost) s lost, \(gap) s in gaps") }
        }
    }
}
