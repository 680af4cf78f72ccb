public import Events
public import Logging
public import Telemetry
public import NIOCore
import NIOPosix
import Synchronization

/// Publishes events as NDJSON on a Unix socket: numbered, encoded once, with a bounded memory of the newest.
///
/// A client that can't keep up is a position in that memory and delays nobody: ticks coalesce, then events
/// are lost, and it is told so in order; one that takes nothing is closed. `stop` must be called before the
/// event loops end.
public final class Publisher: Sendable {
    let core: PublisherCore
    private let eventLoopGroup: any EventLoopGroup
    private let adoptedDescriptor: CInt?
    private let phase = Mutex(Phase.new)

    private enum Phase: Sendable {
        case new, starting, stopped
        case running(any Channel, UnixListener)
    }

    /// Bytes in a client's write buffer at which lines wait in the ring, and at which they flow again.
    private static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 16 * 1024, high: 64 * 1024)

    /// A publisher that is not open yet; what is published before `start` is in the state that clients find.
    ///
    /// - Parameters:
    ///   - adoptedDescriptor: a listening socket from a supervisor (`LISTEN_FDS`) to be used instead of
    ///     `configuration.socketPath`.
    public init(
        configuration: PublisherConfiguration, eventLoopGroup: any EventLoopGroup, logger: Logger,
        adoptedDescriptor: CInt? = nil, clock: PublishClock = .system
    ) {
        core = PublisherCore(configuration: configuration, clock: clock, logger: logger)
        self.eventLoopGroup = eventLoopGroup
        self.adoptedDescriptor = adoptedDescriptor
    }

    /// Opens the socket.
    ///
    /// - Throws: what is wrong with the configuration or the socket, and what to do about it.
    public func start() async throws(PublishError) {
        try core.configuration.validate()
        try phase.withLock { phase throws(PublishError) in
            guard case .new = phase else { throw PublishError(.state, "a publisher can be started once") }
            phase = .starting
        }
        do throws(PublishError) {
            let listener = try openListener()
            let channel = try await accept(on: listener)
            phase.withLock { $0 = .running(channel, listener) }
        } catch {
            _ = core.close()
            phase.withLock { $0 = .stopped }
            throw error
        }
    }

    /// Numbers an event and hands it to all clients; returns at once, from any thread.
    ///
    /// After `stop` it does nothing.
    ///
    /// - Parameter arrivedNanoseconds: when the packet that decided the event arrived (`CLOCK_MONOTONIC`); nil
    ///   where no packet did: then it does not count in `latency`.
    public func publish(_ event: Event, arrivedNanoseconds: Int64? = nil) {
        core.publish(event, arrivedNanoseconds: arrivedNanoseconds)
    }

    /// A client that takes its events itself.
    ///
    /// - Parameters:
    ///   - sessions, speakers, types: what to let through; an empty one lets everything through.
    ///   - fields: the members of ticks that are wanted, by their paths; none for all.
    ///   - tickIntervalSeconds: at most one tick of a speaker per so much media time.
    ///   - position: what it has received before; nil for a client that is new.
    /// - Throws: what is wrong with that, or `too_many_clients`.
    public func reader(
        sessions: Set<String> = [], speakers: Set<String> = [], types: Set<String> = [],
        fields: Set<String> = [], tickIntervalSeconds: Double? = nil, after position: EventPosition? = nil
    ) throws(ErrorLine) -> EventReader {
        let subscription = Subscription(
            sessions: sessions, speakers: speakers, types: try Subscription.types(named: types),
            tickIntervalSeconds: tickIntervalSeconds, fields: try Subscription.fields(named: fields))
        try subscription.check()
        let slim = try core.slimTicks.shared(subscription.fields)
        guard let admission = core.admit(loop: nil) else {
            core.counters.refusedClients.count()
            throw ErrorLine.tooManyClients(core.configuration.maxClients)
        }
        core.counters.admitted.count()
        var place = ClientPosition(admission, core, subscription: subscription, slim: slim)
        do throws(ErrorLine) {
            if let position { try place.resume(epoch: position.epoch, after: position.sequence) }
        } catch {
            core.dismiss(loop: nil, isLast: false)
            throw error
        }
        return EventReader(core, place)
    }

    /// What is kept of the ticks of a running session, for a page that was loaded anew.
    ///
    /// - Throws: `no_such_session`, `history_off` or `invalid_fields`.
    /// - Returns: a JSON object.
    public func history(_ query: HistoryQuery) throws(ErrorLine) -> [UInt8] {
        guard core.configuration.historyBytes > 0 else {
            throw ErrorLine(
                code: "history_off", message: "nothing is kept; set events.history_mib and restart the daemon")
        }
        try query.check()
        guard let part = core.history(query) else {
            throw ErrorLine(
                code: "no_such_session", message: "no session '\(query.session)' runs; 'attune sessions' lists them")
        }
        return part.json(query, epoch: core.configuration.epoch)
    }

    /// Forgets what is kept of the ticks of all speakers of this name, in all sessions.
    public func forgetHistory(of speaker: String) {
        core.forgetHistory(of: speaker)
    }

    /// Whether anybody asks for the contours of a speaker's face: else nobody need lay them out.
    public func seeksPoints(of speaker: String, in session: String) -> Bool {
        core.points.isSought(SpeakerKey(session: session, speaker: speaker))
    }

    /// Ends: clients have `stopMilliseconds` to take what is left, then the socket and its file are gone.
    ///
    /// A second call does nothing.
    public func stop() async {
        let running: (any Channel, UnixListener)? = phase.withLock { phase in
            guard case .running(let channel, let listener) = phase else { return nil }
            phase = .stopped
            return (channel, listener)
        }
        guard let (channel, listener) = running else { return }
        try? await channel.close()
        let ends = core.close().map { $0.end(withinMilliseconds: core.configuration.stopMilliseconds) }
        for end in ends { try? await end.get() }
        do {
            try listener.removeFile()
        } catch {
            core.logger.warning("\(error)")
        }
    }

    /// Counters as of now.
    public var statistics: PublisherStatistics { core.statistics }

    /// From the arrival of the packet that decided an event until its line was in a client's socket, for clients
    /// that keep up: ticks, and all other events.
    public var latency: (ticks: LatencyHistogram.Counts, others: LatencyHistogram.Counts) {
        (core.latency.ticks.counts, core.latency.others.counts)
    }

    private func openListener() throws(PublishError) -> UnixListener {
        if let adoptedDescriptor { return try UnixListener.adopt(descriptor: adoptedDescriptor) }
        let configuration = core.configuration
        return try UnixListener.open(
            path: configuration.socketPath, mode: configuration.mode, group: configuration.group)
    }

    private func accept(on listener: UnixListener) async throws(PublishError) -> any Channel {
        let core = core
        let loops = eventLoopGroup.makeIterator().enumerated().map { index, eventLoop in
            ClientLoop(eventLoop: eventLoop, index: index, core: core)
        }
        let loopOf = Dictionary(uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0) })
        core.serve(loops)
        let bootstrap = ServerBootstrap(group: eventLoopGroup)
            // Without descriptors left, accepting pauses instead of spinning.
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.writeBufferWaterMark, value: Self.waterMark)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = loopOf[ObjectIdentifier(channel.eventLoop)] else {
                        throw ChannelError.eof
                    }
                    try channel.pipeline.syncOperations.addHandler(ClientHandler(core: core, loop: loop))
                }
            }
        do {
            let channel = try await bootstrap.withBoundSocket(listener.descriptor).get()
            for loop in loops { loop.start() }
            return channel
        } catch {
            try? listener.removeFile()
            throw PublishError(.system, "cannot accept connections on the event socket: \(error)")
        }
    }
}
