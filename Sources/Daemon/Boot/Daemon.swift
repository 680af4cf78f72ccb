import CPlatform
import Control
import ControlAPI
import Decode
import Events
import Glibc
import Isolation
import Logging
import NIOCore
import NIOPosix
import Pipeline
import Publish
import ServiceLifecycle
public import Settings
import Store
import Text
import UnixSignals
import Words

/// Why the daemon did not start.
public struct DaemonError: Error {
    /// Exit code after sysexits.
    public let exitCode: Int32
    /// One line: what is wrong and what to do.
    public let message: String
}

/// Connections of the control socket beside those that may follow events.
private let commandConnections = 64

/// Runs the daemon until SIGTERM or SIGINT; returns after everything has ended in order.
///
/// - Parameter file: the file of the settings, which SIGHUP and the control socket have read again; nil for none.
/// - Throws: `DaemonError` where it can't start.
public func runDaemon(_ settings: Settings, file: String?) async throws {
    // A core dump would hold the voices of the people in the call.
    attune_forbid_core_dumps()
    let level = LogRules(settings.log)
    let output = LogOutput(level)
    LoggingSystem.bootstrap { StandardErrorLog(level, label: $0, output: output) }
    let logger = Logger(label: "attuned")
    try checkDaemon(settings)
    let group = try groupID(of: settings.sockets.group)
    let detection = try speechDetection(settings.voice, logger)
    let analyzer = try textAnalyzer(settings.captions, logger)
    let policy = try policy(of: settings.policy)
    let recogniser = recogniser(settings.words, logger)
    let voices = voicePool(logger)
    let eventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: min(System.coreCount, 4))
    let cueActions = try CueActions.make(settings.cues, logger)
    var publishing = PublisherConfiguration(settings, group: group)
    let descriptors = Descriptors()
    let clients = descriptors.bounded(connections: publishing.maxClients)
    if clients < publishing.maxClients {
        logger.warning(
            """
            only \(descriptors.limit) files may be open, so \(clients) subscribers are taken; raise LimitNOFILE \
            (ulimit -n)
            """
        )
        publishing.maxClients = clients
    }
    let sockets = settings.sockets
    let inherited = try InheritedSockets(sockets)
    let publisher = Publisher(
        configuration: publishing, eventLoopGroup: eventLoopGroup, logger: logger, adoptedDescriptor: inherited.events)
    let controlListener: UnixListener
    do throws(PublishError) {
        controlListener =
            if let descriptor = inherited.control {
                try UnixListener.adopt(descriptor: descriptor)
            } else {
                try UnixListener.open(path: sockets.control, mode: sockets.mode, group: group)
            }
    } catch {
        throw DaemonError(exitCode: 69, message: error.message)
    }
    defer { try? controlListener.removeFile() }
    let browsers = try BrowserAccess(sockets, logger)
    do throws(PublishError) { try await publisher.start() } catch {
        browsers.close()
        throw DaemonError(exitCode: 69, message: error.message)
    }
    let store = StoredSessions(settings.store, logger)
    let ledger = settings.ledger.path.map { ConsentLedger(path: $0, settings.ledger, logger) }
    if settings.sources.isolation == .thread {
        logger.warning(
            "media is decoded in the daemon itself (sources.isolation: thread); a fault in it can end everything"
        )
    } else if let worker = WorkerProgram.find() {
        logger.info("media is decoded by \(worker), one process per source")
    } else {
        logger.error("attuned-worker is missing; nothing but plain RTP and samples can be attached; install it")
    }
    MediaLibraries.limitBuffers(bytes: settings.sources.maxMebibytes << 20)
    let calls = settings.sources.audioSocket == nil ? nil : AudioSocketCalls()
    let webSocket: WebSocketAccess?
    do throws(DaemonError) { webSocket = try WebSocketAccess.open(settings.sources, logger) } catch {
        await publisher.stop()
        browsers.close()
        throw error
    }
    let registry = SessionRegistry(
        settings: settings, configuration: ConfigurationFile(path: file, logLevel: level), policy: policy,
        eventLoopGroup: eventLoopGroup, logger: logger, detection: detection, store: store, analyzer: analyzer,
        calls: calls, expected: webSocket?.expectation, browsers: browsers, recogniser: recogniser,
        voices: voices,
        sinks: [publisher, store] + [cueActions].compactMap(\.self) + [ledger].compactMap(\.self))
    let link = try NodeLink(
        settings.bus, publisher: publisher, eventLoop: eventLoopGroup.next(), logger: Logger(label: "bus"),
        registry: registry)
    if let link { await registry.setHandedOver { await link.before($0) } }
    let refusals = SocketRefusals(logger)
    let listeners: PCMListeners
    let senders: WebSocketListener?
    do {
        listeners = try PCMListeners(
            settings, group: group, registry: registry, calls: calls ?? AudioSocketCalls(),
            eventLoop: eventLoopGroup.next(), logger: logger, refusals: refusals,
            admits: publishing.allows(peerOf:))
        senders = try await webSocket?.listener(
            registry: registry, refusals: refusals.webSocket, eventLoopGroup: eventLoopGroup,
            logger: Logger(label: "websocket"))
    } catch {
        // Its socket is there already, and nobody else would take it away.
        await publisher.stop()
        browsers.close()
        throw error
    }
    let status = DaemonStatus(
        publisher: publisher, registry: registry, store: store, refusals: refusals,
        cueActions: cueActions, ledger: ledger, bus: link?.counters)
    let events = PublishedEvents(publisher: publisher)
    var limits = ConnectionLimits(
        allowsPeer: publishing.allows(peerOf:), stallSeconds: publishing.clientStallSeconds,
        maxConnections: publishing.maxClients + descriptors.bounded(connections: commandConnections),
        refusals: refusals.control)
    let control = ControlServer(
        descriptor: controlListener.descriptor, version: attuneVersion, backend: registry,
        store: ForgettingBackend(store: store, publisher: publisher), status: status, events: events, tokens: browsers,
        limits: limits, eventLoopGroup: eventLoopGroup,
        logger: Logger(label: "control")
    ) {
        attune_notify("READY=1")
        logger.info("attuned \(attuneVersion) is ready: events on \(sockets.events), control on \(sockets.control)")
    }
    // Who is let in is decided by tokens there. However many come, half of the places stay for the event socket.
    limits.allowsPeer = { _ in true }
    limits.maxConnections = max(1, publishing.maxClients / 2)
    limits.refusals = refusals.http
    let browserServer = browsers.server(
        backend: registry, store: store, status: status, events: events, limits: limits,
        eventLoopGroup: eventLoopGroup)
    var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
        .init(service: ClosingService { await publisher.stop() }),
        .init(service: store),
    ]
    // Hears of the end of all sessions.
    if let link { services.append(.init(service: link)) }
    if let ledger { services.append(.init(service: ledger)) }
    services += [
        .init(service: ClosingService { await cueActions?.stop() }),
        .init(service: ClosingService { recogniser.stop() }),
        .init(service: ClosingService { voices.stop() }),
        .init(service: ClosingService { await registry.shutDown() }),
        .init(service: ClosingService { await listeners.stop() }),
        .init(service: ClosingService { await senders?.stop() }),
        .init(service: ReloadingService(registry: registry, logger: logger)),
        .init(service: KeepingService(registry: registry)),
        .init(
            service: DrainingService(registry: registry, handOver: { await link?.handOver() }),
            successTerminationBehavior: .gracefullyShutdownGroup),
        .init(service: control),
    ]
    if let browserServer { services.append(.init(service: browserServer)) }
    var configuration = ServiceGroupConfiguration(
        services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: Logger(label: "services"))
    configuration.maximumGracefulShutdownDuration = .seconds(5)
    try await ServiceGroup(configuration: configuration).run()
    attune_notify("STOPPING=1")
    try await eventLoopGroup.shutdownGracefully()
    logger.info("attuned has ended")
}

/// The network where its weights are, else the built-in detector; says which. Weights that the configuration names
/// must be usable.
func speechDetection(_ settings: Settings.Voice, _ logger: Logger) throws(DaemonError) -> SpeechDetection {
    do throws(SpeechWeightsError) {
        let detection =
            if let file = settings.detectorWeights {
                try SpeechDetection(file: file)
            } else {
                try SpeechDetection.standard()
            }
        if let file = detection.file {
            logger.info("speech detector: \(detection.name), weights from \(file)")
        } else {
            logger.warning("\(SpeechDetection.missingNote)")
        }
        return detection
    } catch {
        if settings.detectorWeights != nil {
            throw DaemonError(exitCode: 78, message: "voice.vad_weights: \(error.description)")
        }
        logger.error("\(error.description); the built-in detector is used")
        return .builtIn
    }
}

/// Who writes down what is said; without files, or with wrong ones, nobody does, and the log says so.
private func recogniser(_ settings: Settings.Words, _ logger: Logger) -> RecogniserPool {
    guard settings.language != .off else { return RecogniserPool(nil, state: .off, logger: logger) }
    do throws(RecogniserError) {
        let model = try RecogniserModel.standard()
        if let model {
            logger.info(
                "recogniser: \(RecogniserFiles.modelName), from \(model.files.folder); loaded when it is wanted")
        } else {
            logger.info("\(RecogniserFiles.missingNote)")
        }
        return RecogniserPool(model, logger: logger)
    } catch {
        logger.error("\(error.description); what is said is not written down")
        return RecogniserPool(nil, logger: logger)
    }
}

/// Who tells voices of one track apart, where its files are there.
private func voicePool(_ logger: Logger) -> VoicePool {
    guard VoiceSeparation.isInstalled else {
        logger.info("\(VoiceSeparation.missingNote)")
        return VoicePool(nil, logger: logger)
    }
    return VoicePool(
        {
            guard let separation = try VoiceSeparation.standard() else {
                throw DaemonError(exitCode: 69, message: VoiceSeparation.missingNote)
            }
            logger.info("voices: \(VoiceSeparation.modelName), from \(separation.folder)")
            return try separation.networks()
        }, logger: logger)
}

/// What counts captions: with the lexicon that the configuration names, which must be usable, or the installed one.
func textAnalyzer(_ settings: Settings.Captions, _ logger: Logger) throws(DaemonError) -> TextAnalyzer {
    var lexicon: CaptionLexicon?
    do throws(CaptionLexiconError) {
        lexicon = if let file = settings.lexicon { try CaptionLexicon(file: file) } else { try .standard() }
        if lexicon == nil { logger.info("\(CaptionLexicon.missingNote)") }
    } catch {
        if settings.lexicon != nil {
            throw DaemonError(exitCode: 78, message: "captions.lexicon: \(error.description)")
        }
        logger.error("\(error.description); captions give no sentiment")
    }
    return TextAnalyzer(lexicon: lexicon?.lexicon, fillers: settings.fillers)
}

/// A part of the daemon that works by itself and only has to be closed in its turn: services are shut down in
/// the reverse order of their listing, each after the one behind it.
private struct ClosingService: Service {
    let close: @Sendable () async -> Void

    func run() async throws {
        try? await gracefulShutdown()
        await close()
    }
}

/// Reads the configuration again at SIGHUP, and ends with the calls that run at SIGUSR1.
private struct ReloadingService: Service {
    let registry: SessionRegistry
    let logger: Logger

    func run() async throws {
        for await signal in await UnixSignalsSequence(trapping: .sighup, .sigusr1).cancelOnGracefulShutdown() {
            do throws(Problem) {
                if signal == .sighup { _ = try await registry.reload() } else { _ = try await registry.drain(.init()) }
            } catch { logger.error("\(error.detail)") }
        }
    }
}

/// Ends the daemon once its calls have ended, where it was told to.
private struct DrainingService: Service {
    let registry: SessionRegistry
    /// Gives calls that still run to others, as far as can be.
    let handOver: @Sendable () async -> Void

    func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            if await registry.isDrained() { return await handOver() }
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .milliseconds(250)) }
        }
        // What ends by other means is not ended by this.
        try? await gracefulShutdown()
    }
}

/// The policy in force. It is read once, at the start: no route and no signal changes it.
func policy(of settings: Settings.Policy) throws(DaemonError) -> Policy {
    guard let profile = Policy.Profile(rawValue: settings.profile) else {
        throw DaemonError(
            exitCode: 78, message: "policy.profile '\(settings.profile)' is no profile; see docs/policy.md")
    }
    return Policy(profile)
}

func groupID(of name: String?) throws(DaemonError) -> UInt32? {
    guard let name else { return nil }
    guard let entry = getgrnam(name) else {
        throw DaemonError(
            exitCode: 78, message: "sockets.group '\(name)' is no group of this system; create it or name another")
    }
    return entry.pointee.gr_gid
}

extension PublisherConfiguration {
    init(_ settings: Settings, group: UInt32?) {
        // Differs from run to run, so that a client sees that sequence numbers began anew.
        let epoch = String(UInt64.random(in: .min ... .max), radix: 36)
        self.init(
            socketPath: settings.sockets.events, daemonVersion: attuneVersion, policy: settings.policy.profile,
            epoch: epoch)
        noticeID = settings.policy.noticeID
        mode = settings.sockets.mode
        self.group = group
        allowedGIDs = settings.sockets.allowedGroupIDs.map(Set.init)
        allowedUIDs = settings.sockets.allowedUserIDs.map { Set($0 + [0, geteuid()]) }
        maxClients = settings.events.maxClients
        clientQueueBytes = settings.events.clientQueueKibibytes << 10
        clientStallSeconds = Double(settings.events.clientStallMilliseconds) / 1000
        ringBytes = settings.events.ringMebibytes << 20
        historyBytes = settings.events.historyMebibytes << 20
        ringSeconds = Double(settings.events.ringSeconds)
        heartbeatSeconds = Double(settings.events.heartbeatMilliseconds) / 1000
    }
}
