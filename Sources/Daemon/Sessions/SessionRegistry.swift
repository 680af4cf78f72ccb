import Control
import ControlAPI
import Conversation
import Decode
import Events
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
    private struct Entry {
        let session: LiveSession
        /// All its plain RTP is received on one event loop, so that no two wait for its lock.
        let timer: RTPTimer
        var sources: [any MediaSource] = []
        /// Speakers of each source by the source's id.
        var speakers: [String: [SpeakerTrack]] = [:]
        var isEnding = false
        var captions = CaptionGate()
    }

    private var settings: Settings
    private let configuration: ConfigurationFile
    private let inForce: Policy
    private var factory: SourceFactory
    private let timers: [RTPTimer]
    private let threadLoad: ThreadLoad?
    /// What is shed, for the metrics.
    nonisolated let loadBoard: LoadBoard
    private let detection: SpeechDetection
    private let store: StoredSessions
    private let analyzer: TextAnalyzer
    private let publish: EventOutput
    private let logger: Logger
    private var entries: [String: Entry] = [:]
    private var order: [String] = []
    private var sourcesMade = 0, sessionsMade = 0
    /// What sources that are gone have counted.
    private var formerLoad = SourceLoad()
    private var isShuttingDown = false

    init(
        settings: Settings, configuration: ConfigurationFile, policy: Policy, eventLoopGroup: any EventLoopGroup,
        logger: Logger,
        detection: SpeechDetection, store: StoredSessions, analyzer: TextAnalyzer, calls: AudioSocketCalls? = nil,
        publish: @escaping EventOutput
    ) {
        self.settings = settings
        self.configuration = configuration
        inForce = policy
        self.logger = logger
        self.detection = detection
        self.store = store
        self.analyzer = analyzer
        self.publish = publish
        let overload = Overload(settings.overload, eventLoopGroup: eventLoopGroup, logger: logger)
        (timers, threadLoad, loadBoard) = (overload.timers, overload.threads, overload.board)
        factory = SourceFactory(
            settings: settings.sources, calls: calls, eventLoopGroup: eventLoopGroup, logger: logger)
    }

    // MARK: Commands

    func attach(_ request: AttachRequest) async throws(Problem) -> SourceSummary {
        let key = try AttachValidation.key(of: request)
        return try await attach(request) { [factory] order throws(SourceFailure) in
            try factory.make(order, location: request.url, key: key)
        }
    }

    /// Attaches the samples that come by a connection.
    func attach(_ hello: PCMHello, _ stream: PCMStream) async throws(Problem) -> SourceSummary {
        try await attach(hello.request) { [factory] order in
            factory.make(order, stream, url: hello.request.url)
        }
    }

    private func attach(
        _ request: AttachRequest, _ make: (SourceOrder) throws(SourceFailure) -> any MediaSource
    ) async throws(Problem) -> SourceSummary {
        guard !isShuttingDown else {
            throw Problem(status: 503, type: "shutting_down", detail: "the daemon is shutting down; try again later")
        }
        let tracks = try AttachValidation.tracks(of: request)
        guard order.reduce(0, { $0 + (entries[$1]?.sources.count ?? 0) }) < settings.sources.maximum else {
            throw Problem(
                status: 429, type: "too_many_sources",
                detail: "\(settings.sources.maximum) sources are attached already; detach one or raise sources.max")
        }
        var entry = entries[request.session] ?? newEntry(request)
        guard !entry.isEnding else {
            throw Problem(
                status: 409, type: "session_ending", detail: "session '\(request.session)' is ending; use another name")
        }
        let present = entry.speakers.values.joined().map(\.name) + entry.sources.flatMap(\.monitor.unnamed)
        for track in tracks where track.selector != .unnamed && present.contains(track.name) {
            throw Problem(
                status: 409, type: "speaker_exists",
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
                    session: entry.session, timer: entry.timer, load: threadLoad
                ) { [weak self] in
                    Task { await self?.sourceEnded(id, session: name) }
                })
        } catch {
            throw Problem(error)
        }
        entry.sources.append(source)
        entry.speakers[id] = tracks
        entries[name] = entry
        if !order.contains(name) {
            order.append(name)
            entry.timer.add(entry.session)
        }
        do {
            try await source.open()
        } catch {
            await forget(id, session: name)
            throw Problem(error)
        }
        entry.session.activate()
        logger.info("attached \(source.monitor.url)", metadata: ["session": "\(name)", "source": "\(id)"])
        var answer = summary(of: source, tracks: tracks)
        answer.note = inForce.note(on: tracks, hasNotice: entry.session.started.noticeID != nil)
        return answer
    }

    func detach(session name: String) async throws(Problem) -> SessionTotals {
        guard let totals = await end(name) else { throw Self.noSuchSession(name) }
        return totals
    }

    func setConsent(session name: String, speaker: String, to state: ConsentState) async throws(Problem) {
        guard let entry = entries[name] else { throw Self.noSuchSession(name) }
        guard entry.session.update({ $0.setConsent(name: speaker, to: state) }) == true else {
            throw Self.noSuchSpeaker(speaker, session: name)
        }
        logger.info("consent \(state.rawValue)", metadata: ["session": "\(name)"])
        // The answer says that what was stored of the speaker is gone, too.
        if state != .granted { try await store.settle() }
    }

    func describe(
        session name: String, speaker: String, _ request: SpeakerRequest
    ) async throws(Problem) -> SpeakerSummary {
        try AttachValidation.check(request)
        guard let entry = entries[name] else { throw Self.noSuchSession(name) }
        let joined = entry.session.update {
            $0.describe(name: speaker, displayName: request.name, role: request.role)
        }
        guard let joined = joined ?? nil else { throw Self.noSuchSpeaker(speaker, session: name) }
        return SpeakerSummary(
            speaker: speaker, name: joined.displayName, role: joined.role, consent: joined.consent.rawValue)
    }

    func caption(session name: String, _ request: CaptionRequest) async throws(Problem) -> CaptionSummary {
        guard let entry = entries[name] else { throw Self.noSuchSession(name) }
        let captions = try CaptionGate.captions(of: request)
        guard entries[name]?.captions.admit(captions.count, atNanoseconds: HostClock.monotonicNanoseconds()) == true
        else {
            throw Problem(
                status: 429, type: "too_many_captions",
                detail: "over \(Int(CaptionGate.linesPerSecond)) lines of captions a second; send fewer partial ones")
        }
        // All or none: a name that is wrong is told before anything counts.
        let permissions = captions.map { caption in
            entry.session.update { $0.captionPermission(speaker: caption.speaker) } ?? .nothing
        }
        for (caption, permission) in zip(captions, permissions) where permission == .unknownSpeaker {
            throw Self.noSuchSpeaker(caption.speaker, session: name)
        }
        var summary = CaptionSummary()
        for (caption, permission) in zip(captions, permissions) {
            // Counted outside of the session's lock, for which media waits. Consent that was taken back in between is
            // looked at again when the line is taken.
            let line = CaptionLine(caption, counting: analyzer, permission: permission)
            switch line.flatMap({ line in entry.session.update { $0.take(line, speaker: caption.speaker) } }) {
            case .counted: summary.counted += 1
            case .outOfTime: summary.outOfTime += 1
            case .ignored, nil: summary.ignored += 1
            }
        }
        return summary
    }

    func sessions() -> [SessionSummary] {
        order.compactMap { name in
            entries[name].map { entry in
                SessionSummary(
                    session: name, ageSeconds: (entry.session.now().seconds * 10).rounded() / 10,
                    sources: entry.sources.map { summary(of: $0, tracks: entry.speakers[$0.monitor.id] ?? []) })
            }
        }
    }

    func policy() -> PolicySummary {
        PolicySummary(inForce, noticeID: settings.policy.noticeID, store: settings.store)
    }

    func reload() async throws(Problem) -> ReloadSummary {
        let next = try configuration.read()
        let change = SettingsChange(from: settings, to: next)
        settings = change.inForce
        factory = factory.with(settings.sources)
        configuration.logLevel.set(settings.logLevel)
        logger.notice("\(change.summary.text)")
        return change.summary
    }

    /// Ends all sessions in the order they started.
    func shutDown() async {
        isShuttingDown = true
        for name in order { _ = await end(name) }
    }

    /// Whether new sources are taken: until the daemon ends.
    var isTakingSources: Bool { !isShuttingDown }

    /// What the sources have counted since the start of the daemon, and how many of them are in which state.
    func load() -> (total: SourceLoad, states: [SourceState.State], sessions: Int) {
        let sources = entries.values.flatMap(\.sources)
        let total = sources.reduce(into: formerLoad) { $0 += $1.monitor.load }
        return (total, sources.map(\.monitor.state), entries.count)
    }

    // MARK: Life of a session

    private static func noSuchSession(_ name: String) -> Problem {
        Problem(
            status: 404, type: "no_such_session",
            detail: "there is no session '\(name)'; 'attune sessions' lists those that run")
    }

    private static func noSuchSpeaker(_ speaker: String, session name: String) -> Problem {
        Problem(
            status: 404, type: "no_such_speaker",
            detail: "session '\(name)' has no speaker '\(speaker)'; 'attune sessions' lists them")
    }

    private func newEntry(_ request: AttachRequest) -> Entry {
        let started = SessionStarted(
            noticeID: request.noticeID ?? settings.policy.noticeID, policy: inForce.profile.rawValue)
        var configuration = settings.conversation
        configuration.policy = inForce
        configuration.hasNotice = started.noticeID != nil
        if !configuration.hasNotice {
            logger.warning("\(Policy.missingNotice)", metadata: ["session": "\(request.session)"])
        }
        sessionsMade += 1
        let shedding = SessionShedding(
            priority: AttachValidation.priority(of: request), ordinal: sessionsMade,
            tickSeconds: Double(configuration.tickHops) / Double(AudioGrid.hopsPerSecond))
        return Entry(
            session: LiveSession(
                id: request.session, started: started,
                configuration: configuration, detection: detection, shedding: shedding, publish: publish),
            timer: idlestTimer)
    }

    /// The timer whose event loop has the fewest sources.
    private var idlestTimer: RTPTimer {
        func load(_ timer: RTPTimer) -> Int {
            entries.values.reduce(0) { $0 + ($1.timer === timer ? $1.sources.count : 0) }
        }
        return timers.min { load($0) < load($1) } ?? timers[0]
    }

    private func end(_ name: String) async -> SessionTotals? {
        guard var entry = entries[name], !entry.isEnding else { return nil }
        entry.isEnding = true
        entries[name] = entry
        await withTaskGroup(of: Void.self) { group in
            for source in entry.sources { group.addTask { await source.stop() } }
        }
        let totals = entry.session.end()
        // One more may have been attached while these were being stopped.
        for source in entries[name]?.sources ?? [] { formerLoad += source.monitor.load }
        entries[name] = nil
        order.removeAll { $0 == name }
        entry.timer.remove(entry.session)
        logger.info("session ended", metadata: ["session": "\(name)"])
        return totals
    }

    /// A source ended by itself; with the last one its session ends.
    private func sourceEnded(_ id: String, session name: String) async {
        guard let entry = entries[name], !entry.isEnding else { return }
        if entry.sources.allSatisfy({ $0.monitor.state == .ended }) {
            _ = await end(name)
        } else if var entry = entries[name] {
            entry.speakers[id] = nil
            entries[name] = entry
        }
    }

    /// Takes back a source that could not be opened, and its session if that was all it had.
    private func forget(_ id: String, session name: String) async {
        guard var entry = entries[name], !entry.isEnding else { return }
        entry.sources.removeAll { $0.monitor.id == id }
        entry.speakers[id] = nil
        entries[name] = entry
        if entry.sources.isEmpty {
            entries[name] = nil
            order.removeAll { $0 == name }
            entry.timer.remove(entry.session)
        }
    }

    private func summary(of source: any MediaSource, tracks: [SpeakerTrack]) -> SourceSummary {
        SourceSummary(
            source: source.monitor.id, url: source.monitor.url, state: source.monitor.state.rawValue,
            speakers: tracks.filter { $0.selector != .unnamed }.map(\.name) + source.monitor.unnamed)
    }
}

extension Problem {
    /// What the control API says about a failure to open a source.
    init(_ error: any Error) {
        guard let failure = error as? SourceFailure else {
            self.init(status: 500, type: "internal", detail: "\(error)")
            return
        }
        switch failure.kind {
        case .badInput: self.init(status: 422, type: "bad_source", detail: failure.message)
        case .notFound: self.init(status: 422, type: "source_not_found", detail: failure.message)
        case .unavailable: self.init(status: 503, type: "source_unavailable", detail: failure.message)
        }
    }
}
