import CPlatform
import Events
import NIOCore
import Synchronization

/// One client: a position in the ring, what it is owed, and the lines it sends. Lives on its event loop.
final class ClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let core: PublisherCore
    private let loop: ClientLoop
    private var context: ChannelHandlerContext?
    private var subscription = Subscription()
    private var input = LineAssembler()

    /// The client has been told everything up to this event.
    private var cursor = 0
    /// Events after the cursor wait in the ring until the client can take them.
    private var isBehind = true
    private var owesHello = false
    private var owesSnapshot = false
    private var snapshot: SnapshotLines?
    /// Events that the client will not get and was not told of yet.
    private var missing: Lagged?

    private var isPumping = false
    private var isClosing = false
    private var isFinishing = false
    private var stall: (sinceMilliseconds: Int64, waitingBytes: Int)?

    /// Events copied from the ring under the publisher's lock at a time.
    private static let backlogEvents = 64
    /// Fillings of the write buffer before other clients of the loop have their turn.
    private static let fillingsPerTurn = 16

    init(core: PublisherCore, loop: ClientLoop) {
        self.core = core
        self.loop = loop
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
        guard let admission = loop.add(self) else {
            guard core.isOpen else { return abort() }
            core.counters.refusedClients.count()
            return fail(
                ErrorLine(
                    code: "too_many_clients",
                    message:
                        "\(core.configuration.maximumClients) clients are connected; close one or raise "
                        + "the limit"
                ))
        }
        core.counters.admitted.count()
        cursor = admission.sequence
        owesHello = true
        snapshot = SnapshotLines(sessions: admission.sessions, sequence: admission.sequence)
        pump()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        loop.remove(self)
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
        for byte in unwrapInboundIn(data).readableBytesView {
            switch input.append(byte, limit: core.configuration.clientLineBytes) {
            case .incomplete: continue
            case .tooLong:
                return reject(
                    ErrorLine(
                        code: "line_too_long",
                        message:
                            "a line may have \(core.configuration.clientLineBytes) bytes; end it with a line "
                            + "feed or name fewer sessions and speakers"))
            case .line(let line):
                obey(line)
                if isClosing { return }
            }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A client that has nothing more to say may still listen.
        if case .inputClosed = event as? ChannelEvent, !isClosing, let rest = input.finish() { obey(rest) }
        context.fireUserInboundEventTriggered(event)
    }

    private func obey(_ line: [UInt8]) {
        do throws(ErrorLine) {
            switch try ClientCommand(line: line) {
            case .subscribe(let subscription): self.subscription = subscription
            case .resume(let epoch, let sequence): try resume(epoch: epoch, after: sequence)
            }
        } catch {
            reject(error)
        }
    }

    /// Goes back to an earlier event; a client from another epoch has heard nothing of this one yet and gets all
    /// of it.
    private func resume(epoch: String, after sequence: Int) throws(ErrorLine) {
        let isSame = epoch == core.configuration.epoch
        let last = core.sequence
        guard !isSame || sequence <= last else {
            throw ErrorLine(
                code: "invalid_resume",
                message: "'seq' is \(sequence), but the last event of this epoch is \(last); "
                    + "send the last number that was received")
        }
        cursor = isSame ? sequence : 0
        isBehind = true
        owesHello = true
        owesSnapshot = false
        snapshot = nil
        missing = nil
        pump()
    }

    private func reject(_ error: ErrorLine) {
        core.counters.rejectedLines.count()
        fail(error)
    }

    // MARK: Output

    /// New events, in order, the same for all clients of the loop.
    func offer(_ batch: [EventRecord]) {
        guard !isClosing, let first = batch.first else { return }
        guard !isBehind, first.sequence <= cursor + 1 else {
            isBehind = true
            return pump()
        }
        isPumping = true
        var bytes = 0
        for record in batch where record.sequence > cursor {
            guard isWritable else {
                isBehind = true
                break
            }
            bytes += deliver(record, newest: nil)
        }
        if !isBehind { bytes += announceMissing() }
        flush(bytes)
        isPumping = false
        if isBehind { pump() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall = nil
        pump()
        context.fireChannelWritabilityChanged()
    }

    private var isWritable: Bool { context?.channel.isWritable ?? false }

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
        if owesHello {
            owesHello = false
            let hello = Hello(
                daemonVersion: core.configuration.daemonVersion, epoch: core.configuration.epoch,
                policy: core.configuration.policy, noticeID: core.configuration.noticeID)
            bytes += write(Event(.hello(hello)))
        }
        while isWritable, let line = snapshot?.next(at: core.clock.wallTime) {
            bytes += write(line)
        }
        guard snapshot?.isFinished ?? true else { return bytes }
        snapshot = nil
        while isWritable, isBehind {
            let backlog = core.backlog(after: cursor, limit: Self.backlogEvents)
            if let lost = backlog.lost {
                // What has left the ring can't be held against the filters any more, so all of it counts.
                miss(lost, count: lost.count)
                cursor = lost.upperBound
                owesSnapshot = true
            }
            for entry in backlog.entries {
                guard isWritable else { return bytes }
                bytes += deliver(entry.record, newest: entry.newest)
            }
            guard backlog.entries.isEmpty, backlog.lost == nil else { continue }
            bytes += announceMissing()
            if owesSnapshot {
                // An event may have come meanwhile: then it goes first.
                guard let sessions = core.snapshot(at: cursor) else { continue }
                owesSnapshot = false
                snapshot = SnapshotLines(sessions: subscription.filter(sessions), sequence: cursor)
                return bytes
            }
            isBehind = false
        }
        return bytes
    }

    /// Writes an event or counts it as missing; one that the filters hold back is neither.
    private func deliver(_ record: EventRecord, newest: TickMark?) -> Int {
        cursor = record.sequence
        guard subscription.wants(record) else { return 0 }
        guard let line = record.line else {
            miss(record.sequence...record.sequence, count: 1)
            return 0
        }
        if subscription.isSuperseded(record, by: newest) {
            miss(record.sequence...record.sequence, count: 1, coalesced: 1)
            return 0
        }
        return announceMissing() + write(line)
    }

    private func miss(_ range: ClosedRange<Int>, count: Int, coalesced: Int = 0) {
        core.counters.coalesced.count(coalesced)
        core.counters.lost.count(count - coalesced)
        missing = Lagged(
            from: missing?.from ?? range.lowerBound, to: range.upperBound,
            count: (missing?.count ?? 0) + count,
            coalesced: (missing?.coalesced ?? 0) + coalesced)
    }

    private func announceMissing() -> Int {
        guard let lagged = missing else { return 0 }
        missing = nil
        return write(Event(.lagged(lagged)), sequence: lagged.to)
    }

    private func write(_ event: Event, sequence: Int? = nil) -> Int {
        write(encodeLine(event, sequence: sequence ?? cursor, at: core.clock.wallTime))
    }

    private func write(_ line: [UInt8]) -> Int {
        var buffer = ByteBufferAllocator().buffer(capacity: line.count + 1)
        buffer.writeBytes(line)
        buffer.writeInteger(UInt8(ascii: "\n"))
        return write(buffer)
    }

    private func write(_ line: ByteBuffer) -> Int {
        context?.write(wrapOutboundOut(line), promise: nil)
        return line.readableBytes
    }

    private func flush(_ bytes: Int) {
        guard bytes > 0 else { return }
        core.counters.deliveredBytes.count(bytes)
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
        isBehind = true  // what was published last may not have been offered yet
        pump()
        return channel.closeFuture
    }

    /// Closes at once.
    func abort() {
        context?.close(promise: nil)
    }

    /// Tells the client what is wrong, then closes.
    private func fail(_ error: ErrorLine) {
        _ = write(Event(.error(error)))
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
