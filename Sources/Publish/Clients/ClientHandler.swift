import CPlatform
import Events
import Kit
import NIOCore
import Synchronization

/// One client: a position in the ring, what it is owed, and the lines it sends. Lives on its event loop.
final class ClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let core: PublisherCore
    private let loop: ClientLoop
    private var context: ChannelHandlerContext?
    private var input: LineSplitter
    private var commands = TokenBucket(tokensPerSecond: commandsPerSecond, capacity: maxCommands)
    /// Nil before the client is admitted.
    private var position: ClientPosition?

    private var isPumping = false
    private var isClosing = false
    private var isFinishing = false
    private var stall: (sinceMilliseconds: Int64, waitingBytes: Int)?

    /// Lines that a client may send, at once and in the long run: each may cost a look at the whole ring.
    private static let maxCommands = 32, commandsPerSecond = 4

    /// Fillings of the write buffer before other clients of the loop have their turn.
    private static let fillingsPerTurn = 16

    init(core: PublisherCore, loop: ClientLoop) {
        self.core = core
        self.loop = loop
        input = LineSplitter(maxBytes: core.configuration.clientLineBytes)
    }

    // MARK: Connection

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        guard isAllowed(context) else {
            core.counters.refusedPeers.count()
            return fail(
                ErrorLine(
                    code: "forbidden",
                    message: "this user may not read the events; ask for a place on the daemon's allow list"))
        }
        guard let admission = loop.add(self, Subscription()) else {
            guard core.isOpen else { return abort() }
            core.counters.refusedClients.count()
            return fail(.tooManyClients(core.configuration.maxClients))
        }
        core.counters.admitted.count()
        position = ClientPosition(admission, core)
        pump()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        if let position { loop.remove(self, position.subscription) }
        position = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The peer is gone in the middle of a write; nothing is left to be told to it.
        context.close(promise: nil)
    }

    private func isAllowed(_ context: ChannelHandlerContext) -> Bool {
        let configuration = core.configuration
        guard configuration.allowedUIDs != nil || configuration.allowedGIDs != nil else { return true }
        let peer = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { descriptor in
            PeerIdentity(descriptor: descriptor)
        }
        guard let peer = peer ?? nil else { return false }
        if peer.isAllowed(uids: configuration.allowedUIDs ?? [], gids: configuration.allowedGIDs ?? []) {
            return true
        }
        core.counters.lastRefusedUID.store(peer.uid, ordering: .relaxed)
        return false
    }

    // MARK: Input

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        input.append(unwrapInboundIn(data).readableBytesView)
        while !isClosing {
            switch input.next() {
            case .incomplete: return
            case .tooLong:
                return reject(
                    ErrorLine(
                        code: "line_too_long",
                        message:
                            "a line may have \(core.configuration.clientLineBytes) bytes; end it with a line "
                            + "feed or name fewer sessions and speakers"))
            case .line(let line): obey(line)
            }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A client that has nothing more to say may still listen.
        if case .inputClosed = event as? ChannelEvent, !isClosing {
            let rest = input.takeRest()
            if !rest.isEmpty { obey(rest) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func obey(_ line: [UInt8]) {
        guard commands.admits(nowNanoseconds: core.clock.monotonicNanoseconds()) else {
            core.counters.hurriedClients.count()
            return fail(
                ErrorLine(
                    code: "too_many_commands",
                    message:
                        "a client may send \(Self.commandsPerSecond) lines a second, \(Self.maxCommands) at once; "
                        + "send one that names all that is wanted"))
        }
        do throws(ErrorLine) {
            switch try ClientCommand(line: line) {
            case .subscribe(let subscription):
                core.counters.subscribes.count()
                guard let old = position?.subscription else { break }
                try position?.subscribe(subscription)
                loop.move(self, from: old, to: subscription)
            case .resume(let epoch, let sequence):
                try position?.resume(epoch: epoch, after: sequence)
                pump()
            }
        } catch {
            reject(error)
        }
    }

    private func reject(_ error: ErrorLine) {
        core.counters.rejectedLines.count()
        fail(error)
    }

    // MARK: Output

    /// New events, in order; only a client that is up to date takes them.
    func take(_ offer: ClientOffer) {
        guard !isClosing, position != nil else { return }
        guard position?.precedes(offer.first) ?? false else {
            position?.isBehind = true
            return pump()
        }
        guard !offer.wanted.isEmpty else {
            position?.pass(through: offer.last)
            return
        }
        isPumping = true
        var bytes = 0
        for record in offer.wanted where record.sequence > position?.cursor ?? 0 {
            // What is thinned out by now lies so far back that the newest ticks decide.
            guard isWritable, !record.isThinned else {
                position?.isBehind = true
                break
            }
            guard let line = position?.take(record) else { continue }
            bytes += writeMissing() + write(line)
        }
        if !isBehind {
            position?.pass(through: offer.last)
            bytes += writeMissing()
        }
        flush(bytes, isBehind ? .init() : offer.arrivals)
        isPumping = false
        if isBehind { pump() }
    }

    /// Takes contours of faces that it has asked for, if there are any.
    func takePoints() {
        guard !isClosing, position?.seeker?.hasNext ?? false else { return }
        position?.isBehind = true
        pump()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall = nil
        pump()
        context.fireChannelWritabilityChanged()
    }

    private var isWritable: Bool { context?.channel.isWritable ?? false }
    private var isBehind: Bool { position?.isBehind ?? false }

    /// Writes what the client is owed as long as it takes it.
    private func pump() {
        // Flushing may make the channel writable and call this again: the loop below goes on then.
        guard !isPumping, !isClosing else { return }
        isPumping = true
        for _ in 0..<Self.fillingsPerTurn where isBehind && isWritable { flush(fill()) }
        isPumping = false
        if isBehind, isWritable {
            loop.eventLoop.assumeIsolated().execute { self.pump() }
        } else if !isBehind, isFinishing {
            close()
        }
    }

    /// Writes until the client is told everything or can't take more.
    ///
    /// - Returns: bytes written.
    private func fill() -> Int {
        var bytes = 0
        position?.refresh()
        while isWritable, let line = position?.next() { bytes += write(line) }
        return bytes
    }

    private func writeMissing() -> Int {
        position?.announceMissing().map(write) ?? 0
    }

    private func write(_ line: ByteBuffer) -> Int {
        context?.write(wrapOutboundOut(line), promise: nil)
        return line.readableBytes
    }

    /// Hands what was written to the socket, and counts how long that took since the packets arrived.
    private func flush(_ bytes: Int, _ arrivals: EventLatency.Arrivals = .init()) {
        guard bytes > 0 else { return }
        core.counters.deliveredBytes.count(bytes)
        if !arrivals.isEmpty {
            let core = core
            // Succeeds once everything before it is in the socket.
            context?.write(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenSuccess {
                core.latency.record(arrivals, nowNanoseconds: core.clock.monotonicNanoseconds())
            }
        }
        context?.flush()
    }

    // MARK: End

    /// Closes a client that has taken nothing since too long.
    func check(nowMilliseconds: Int64) {
        guard let context, isClosing || !isWritable else { return }
        let waiting = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        guard let before = stall, waiting >= before.waitingBytes else {
            stall = (nowMilliseconds, waiting)
            return
        }
        guard nowMilliseconds - before.sinceMilliseconds > core.configuration.stallMilliseconds else {
            return
        }
        core.counters.stalledClients.count()
        abort()
    }

    /// Closes as soon as the client has everything.
    ///
    /// - Returns: done when it is closed.
    func finish() -> EventLoopFuture<Void>? {
        guard let channel = context?.channel else { return nil }
        isFinishing = true
        position?.isBehind = true  // what was published last may not have been offered yet
        pump()
        return channel.closeFuture
    }

    /// Closes at once.
    func abort() {
        context?.close(promise: nil)
    }

    /// Tells the client what is wrong, then closes.
    private func fail(_ error: ErrorLine) {
        _ = write(encodeLine(Event(.error(error)), sequence: position?.cursor ?? 0, at: core.clock.wallTime))
        close()
    }

    /// Closes when what was written has been taken.
    private func close() {
        guard let context, !isClosing else { return }
        isClosing = true
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
            self.abort()
        }
    }
}
