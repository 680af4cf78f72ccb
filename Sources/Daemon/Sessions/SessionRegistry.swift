import Control
import ControlAPI
import Conversation
import Decode
import Dialects
import Events
import Isolation
import Kit
import Logging
import MediaTypes
import NIOCore
import Pipeline
import RTP
import Settings
import Text

/// All running sessions and their sources; what the control socket commands.
actor SessionRegistry: ControlBackend {
    private(set) var settings: Settings
    private let configuration: ConfigurationFile
    let inForce: Policy
    private var factory: SourceFactory
    nonisolated let overload: Overload
    private let detection: SpeechDetection
    let store: StoredSessions
    let analyzer: TextAnalyzer
    /// Who writes down what is said, and who tells voices of one track apart; nil where nobody does.
    nonisolated let recogniser: RecogniserPool?, voices: VoicePool?
    private let browsers: BrowserAccess?
    /// Calls that may come by WebSocket; nil where none may.
    let expected: CallExpectation?
    /// Where events go, in this order.
    private let sinks: [any EventSink]
    let logger: Logger
    /// Requests to attach that were refused.
    nonisolated let refusals: Refusals
    var entries: [String: SessionEntry] = [:]
    private(set) var order: [String] = []
    private var sourcesMade = 0, sessionsMade = 0
    /// What sources that are gone have counted.
    private var formerLoad = SourceLoad()
    private var isShuttingDown = false
    /// What is kept of the running calls; nil where nothing is.
    var kept: KeptCalls?
    /// What the configuration declares, and what has become of it.
    var declared = DeclaredSources()
    var draining = Draining()
    private let descriptors = Descriptors()
    /// Asks the fleet what another node knew of a session; nil where there is none.
    var handedOver: (@Sendable (String) async -> SessionBefore?)?

    init(
        settings: Settings, configuration: ConfigurationFile, policy: Policy, eventLoopGroup: any EventLoopGroup,
        logger: Logger,
        detection: SpeechDetection, store: StoredSessions, analyzer: TextAnalyzer, calls: AudioSocketCalls? = nil,
        expected: CallExpectation? = nil,
        worker: String? = WorkerProgram.find(), browsers: BrowserAccess? = nil,
        recogniser: RecogniserPool? = nil, voices: VoicePool? = nil, sinks: [any EventSink]
    ) {
        self.settings = settings
        self.configuration = configuration
        inForce = policy
        self.logger = logger
        refusals = Refusals { logger.warning("requests to attach: \($0)") }
        self.detection = detection
        self.store = store
        self.analyzer = analyzer
        (self.recogniser, self.voices) = (recogniser, voices)
        self.browsers = browsers
        self.expected = expected
        self.sinks = sinks
        if settings.state.maxAgeSeconds > 0 {
            kept = KeptCalls(
                path: settings.state.file(besides: settings.sockets), maxAgeSeconds: settings.state.maxAgeSeconds,
                now: unixMilliseconds(), logger: logger)
            // Before anybody can ask for it.
            expected?.calls.restore(kept?.expected ?? [])
        }
        overload = Overload(settings.overload, eventLoopGroup: eventLoopGroup, logger: logger)
        factory = SourceFactory(
            settings: settings.sources, calls: calls, eventLoopGroup: eventLoopGroup, logger: logger, worker: worker)
    }

    // MARK: Commands

    func attach(_ request: AttachRequest) async throws(Problem) -> SourceSummary {
        try await attach(request, isKept: true)
    }

    /// Attaches what is received or opened here.
    ///
    /// - Parameter isKept: whether somebody asked for it, so that it is attached again after a restart.
    func attach(_ request: AttachRequest, isKept: Bool) async throws(Problem) -> SourceSummary {
        do throws(Problem) {
            let key = try AttachValidation.key(of: request)
            let streams: SessionDescription?
            do throws(SourceFailure) { streams = try await factory.rtpStreams(at: request.url) } catch {
                throw Problem(error)
            }
            return try await attach(request, isKept: isKept) { [factory] order throws(SourceFailure) in
                try factory.make(order, location: request.url, streams: streams, key: key)
            }
        } catch {
            // Who asked is told the whole of it; it may hold the name of a speaker.
            if isKept { refusals.note(.refused, detail: error.type.rawValue) }
            throw error
        }
    }

    /// Attaches the samples that come by a connection.
    func attach(_ hello: PCMHello, _ stream: PCMStream) async throws(Problem) -> SourceSummary {
        try await attach(hello.request, isKept: false) { [factory] order in
            let source = factory.make(order, stream, url: hello.request.url)
            if hello.startsMuted { source.setAbsence(track: nil, .mute) }
            return source
        }
    }

    /// Attaches what a sender brings by WebSocket, if it can be on the event loop of its connection.
    func attach(
        _ request: AttachRequest, _ dialect: Dialect, near eventLoop: any EventLoop
    ) async throws(Problem) -> WireSource {
        var made: WireSource?
        _ = try await attach(request, isKept: false, near: eventLoop) { [factory] order in
            let source = factory.make(order, dialect, url: request.url)
            made = source
            return source
        }
        guard let made else {
            throw Problem(status: 500, type: .internalError, detail: "the source could not be made; see the log")
        }
        return made
    }

    private func attach(
        _ wanted: AttachRequest, isKept: Bool, near eventLoop: (any EventLoop)? = nil,
        _ make: (SourceOrder) throws(SourceFailure) -> any MediaSource
    ) async throws(Problem) -> SourceSummary {
        let request = wanted.withCanonicalNames
        // Before anything is looked at: things may have changed once that is answered.
        let before = entries[request.session] == nil ? await handedOver?(request.session) : nil
        guard !isShuttingDown else {
            throw Problem(status: 503, type: .shuttingDown, detail: "the daemon is shutting down; try again later")
        }
        guard !draining.isOn || entries[request.session] != nil else { throw Draining.problem }
        let tracks = try AttachValidation.tracks(of: request)
        try checkVoices(of: tracks, request)
        try AttachValidation.checkPoints(of: request, under: inForce)
        try descriptors.check()
        let running = entries.values.reduce(0) { $0 + $1.attached.count(where: \.isRunning) }
        guard running < settings.sources.maximum else {
            throw Problem(
                status: 429, type: .tooManySources,
                detail: "\(settings.sources.maximum) sources are attached already; detach one or raise sources.max")
        }
        var entry = entries[request.session] ?? newEntry(request, near: eventLoop, before: before)
        guard entry.ending == nil else { throw Self.ending(request.session) }
        let present = entry.speakers
        for track in tracks where track.selector != .unnamed && present.contains(track.name) {
            throw Problem(
                status: 409, type: .speakerExists,
                detail: "session '\(request.session)' already has a speaker '\(track.name)'; choose another name")
        }
        sourcesMade += 1
        let id = "source-\(sourcesMade)"
        let name = request.session
        let source: any MediaSource
        do {
            source = try make(
                SourceOrder(
                    id: id, tracks: tracks, takesTracksApart: request.tracks.contains { $0.track != nil },
                    session: entry.session, timer: entry.timer, load: overload.threads
                ) { [weak self] in
                    Task { await self?.sourceEnded(id, session: name) }
                })
        } catch {
            throw Problem(error)
        }
        entry.add(source, number: sourcesMade, tracks: tracks, request: isKept ? request : nil)
        entries[name] = entry
        if !order.contains(name) {
            order.append(name)
            entry.timer.add(entry.session)
        }
        let opening: Result<Void, any Error>
        do {
            opening = .success(try await source.open())
        } catch {
            opening = .failure(error)
        }
        return try await answer(of: source, in: name, opening)
    }

    /// Looks again at what has become of a source while it was being opened.
    private func answer(
        of source: any MediaSource, in name: String, _ opening: Result<Void, any Error>
    ) async throws(Problem) -> SourceSummary {
        let id = source.monitor.id
        guard var entry = entries[name], entry.ending == nil, let attached = entry.attached(id), !attached.isStopping
        else {
            throw Problem(SourceFailure.detached(source.monitor.url))
        }
        if case .failure(let error) = opening {
            // Its place is free again, and the session ends where it has no other.
            retire(id, session: name)
            await settle(name)
            throw Problem(error)
        }
        entry.isPublic = true
        entry.update(id) { $0.isOpening = false }
        entries[name] = entry
        entry.session.activate()
        logger.info("attached \(source.monitor.url)", metadata: ["session": "\(name)", "source": "\(id)"])
        var answer = attached.summary
        let names = attached.tracks.map(\.name)
        let withheld = entry.session.update { engine in names.filter { engine.consent(of: $0) == .withheld } } ?? []
        answer.note = inForce.note(
            on: attached.tracks, hasNotice: entry.session.started.noticeID != nil, withheld: Set(withheld))
        // What has ended by then was not looked at, for want of this.
        if !attached.isRunning { await sourceEnded(id, session: name) }
        return answer
    }

    func detach(session name: String) async throws(Problem) -> SessionTotals {
        guard let totals = await end(name) else { throw Self.noSuchSession(name) }
        return totals
    }

    func detach(session name: String, source id: String) async throws(Problem) -> DetachedSource {
        let attached = try self.attached(id, session: name)
        guard let attached else {
            guard let ended = entries[name]?.ended(id) else { throw Self.noSuchSource(id, session: name) }
            return DetachedSource(source: ended, totals: nil)
        }
        guard entries[name]?.ending == nil else { throw Self.ending(name) }
        entries[name]?.update(id) { $0.isStopping = true }
        await attached.source.stop()
        retire(id, session: name)
        return DetachedSource(source: attached.summary, totals: await settle(name))
    }

    func setState(
        session name: String, source id: String, _ request: SourceStateRequest
    ) async throws(Problem) {
        let why = try AttachValidation.absence(request.state)
        guard let attached = try attached(id, session: name), attached.isRunning else {
            throw Self.noSuchSource(id, session: name)
        }
        if let track = request.track, !attached.tracks.contains(where: { $0.track == track }) {
            throw Problem(
                status: 422, type: .noSuchTrack,
                detail: "source '\(id)' has no speaker on track \(track); leave it out, or count tracks from 0")
        }
        attached.source.setAbsence(track: request.track, why)
        entries[name]?.update(id) { $0.isHeld = why != nil }
        logger.info("the sender says \(request.state)", metadata: ["session": "\(name)", "source": "\(id)"])
    }

    func sessions() -> [SessionSummary] {
        order.compactMap { name in
            entries[name].map { entry in
                SessionSummary(
                    session: name, ageSeconds: (entry.session.now().seconds * 10).rounded() / 10,
                    sources: entry.summaries)
            }
        }
    }

    func policy() -> PolicySummary {
        PolicySummary(inForce, noticeID: settings.policy.noticeID, store: settings.store)
    }

    func reload() async throws(Problem) -> ReloadSummary {
        let next = try configuration.read()
        let setTokens: (@Sendable () -> Bool)?
        do throws(DaemonError) { setTokens = try browsers?.reread() } catch {
            throw ConfigurationFile.bad(error.message)
        }
        var change = SettingsChange(from: settings, to: next)
        if setTokens?() ?? false { change.noteApplied("sockets.http_tokens") }
        settings = change.inForce
        factory = factory.with(settings.sources)
        configuration.logLevel.set(settings.log)
        logger.notice("\(change.summary.text)")
        return change.summary
    }

    /// Ends all sessions in the order they started.
    func shutDown() async {
        // As they are now: whoever starts the daemon anew finds them so.
        keepCalls()
        isShuttingDown = true
        for name in order {
            // One that is being ended already is waited for all the same.
            if let ending = entries[name]?.ending { _ = await ending.value } else { _ = await end(name) }
        }
    }

    /// Whether sources are taken at all: until the daemon ends.
    var isTakingSources: Bool { !isShuttingDown }

    /// What the sources have counted since the start of the daemon, and how many of them are in which state.
    func load() -> (total: SourceLoad, states: [SourceState.State], sessions: Int) {
        var total = entries.values.lazy.flatMap(\.attached).reduce(into: formerLoad) { $0 += $1.source.monitor.load }
        for entry in entries.values { total += entry.session.load }
        return (total, entries.values.flatMap(\.states), entries.count)
    }

    // MARK: Life of a session

    /// The source of that id; nil where there is none that has not ended.
    private func attached(_ id: String, session name: String) throws(Problem) -> SessionEntry.Attached? {
        guard let entry = entries[name] else { throw Self.noSuchSession(name) }
        return entry.attached(id)
    }

    private func newEntry(
        _ request: AttachRequest, near eventLoop: (any EventLoop)?, before: SessionBefore?
    ) -> SessionEntry {
        let started = SessionStarted(
            noticeID: request.noticeID ?? settings.policy.noticeID, policy: inForce.profile.rawValue)
        var configuration = settings.conversation
        configuration.policy = inForce
        configuration.hasNotice = started.noticeID != nil
        if !configuration.hasNotice {
            logger.warning("\(Policy.missingNotice)", metadata: ["session": "\(request.session)"])
        }
        sessionsMade += 1
        let before = kept?.before(request.session) ?? before
        let trackers = CaptionTrackers(configuration.searched)
        let counting = WordCounting(
            analyzer: analyzer, trackers: trackers, passesText: configuration.wordTexts != .none,
            makesPartials: configuration.wordTexts != .none && settings.words.tellsPartials)
        let shedding = SessionShedding(request, ordinal: sessionsMade, tickHops: configuration.tickHops)
        return SessionEntry(
            session: LiveSession(
                id: request.session, started: started,
                configuration: configuration, detection: detection, shedding: shedding, before: before,
                words: recogniser.map { ($0, counting) }, voices: voices,
                seeksPoints: { [sinks, session = request.session] in sinks.seeksPoints(of: $0, in: session) }
            ) { [sinks] in sinks.take($0, arrivedNanoseconds: $1) },
            timer: overload.timers.first { $0.eventLoop === eventLoop } ?? idlestTimer, trackers: trackers)
    }

    /// The timer whose event loop has the fewest sources.
    private var idlestTimer: RTPTimer {
        func load(_ timer: RTPTimer) -> Int {
            entries.values.reduce(0) { $0 + ($1.timer === timer ? $1.attached.count : 0) }
        }
        return overload.timers.min { load($0) < load($1) } ?? overload.timers[0]
    }

    private func end(_ name: String) async -> SessionTotals? {
        guard let entry = entries[name], entry.ending == nil else { return nil }
        let ending = Task { await stop(entry, name) }
        entries[name]?.ending = ending
        return await ending.value
    }

    /// Nothing is attached to the session any more once this has begun.
    private func stop(_ entry: SessionEntry, _ name: String) async -> SessionTotals? {
        await withTaskGroup(of: Void.self) { group in
            for attached in entry.attached { group.addTask { await attached.source.stop() } }
        }
        let totals = entry.session.end()
        for attached in entries[name]?.attached ?? [] { retire(attached.id, session: name) }
        entries[name] = nil
        order.removeAll { $0 == name }
        if !isShuttingDown { kept?.end(session: name) }
        if entries.isEmpty { keepCalls() }
        entry.timer.remove(entry.session)
        formerLoad += entry.session.load
        if entry.isPublic { logger.info("session ended", metadata: ["session": "\(name)"]) }
        return totals
    }

    /// A source ended by itself.
    private func sourceEnded(_ id: String, session name: String) async {
        // As long as the request is not answered, whoever answers it sees to this.
        guard let attached = entries[name]?.attached(id), !attached.isOpening, !attached.isStopping else { return }
        retire(id, session: name)
        await settle(name)
    }

    /// Takes a source that has ended out of its session; what it has counted stays.
    private func retire(_ id: String, session name: String) {
        guard let attached = entries[name]?.retire(id) else { return }
        formerLoad += attached.source.monitor.load
    }

    /// Ends a session to which nothing is attached any more.
    @discardableResult
    private func settle(_ name: String) async -> SessionTotals? {
        // What has ended and was not noticed yet holds no session.
        let isOver = entries[name]?.attached.allSatisfy { !$0.isOpening && !$0.isRunning } ?? false
        return isOver ? await end(name) : nil
    }
}
