import Dialects
import Events
import Kit
import NIOCore
import NIOWebSocket

/// One connection of a sender, from the handshake on: puts fragments together, answers pings, hands on what messages
/// say, and closes with a code and a reason where one can't be understood.
final class WireConnection: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// Longest message, in however many fragments.
    static let maxMessageBytes = 512 << 10
    /// What is kept of media before the stream has begun, and for how long.
    private static let maxEarlyBytes = 128 << 10, maxEarlyNanoseconds: Int64 = 2_000_000_000
    /// Between two pings.
    private static let pingSeconds: Int64 = 20
    /// How long a peer may take nothing of what is sent.
    private static let stallSeconds: Int64 = 10

    private let source: WireSource
    private let silentSeconds: Int64
    private var reader: DialectReader
    private var budget: TokenBucket
    private let clock: HostClock
    private var fragments: ByteBuffer?
    private var fragmentsAreText = false
    private var early: [(bytes: ByteBuffer, isText: Bool, arrival: Int64)] = []
    private var earlyBytes = 0
    private var isClosing = false
    private var heardNanoseconds: Int64
    private var pings: RepeatedTask?
    private var stall: Scheduled<Void>?
    /// Nothing is read until then.
    private var rest: Scheduled<Void>?

    /// - Parameter silentSeconds: how long nothing may come before the peer counts as gone.
    init(
        source: WireSource, reader: DialectReader, kilobitsPerSecond: Int, silentSeconds: Int64,
        clock: HostClock = .system
    ) {
        self.silentSeconds = silentSeconds
        self.source = source
        self.reader = reader
        self.clock = clock
        budget = TokenBucket(tokensPerSecond: kilobitsPerSecond * 125, capacity: kilobitsPerSecond * 125)
        heardNanoseconds = clock.nanoseconds()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        source.attach(
            hangUp: { problem in channel.eventLoop.execute { bound.value.hangUp(problem, channel) } },
            slow: { seconds in channel.eventLoop.execute { bound.value.slow(seconds, bound, channel) } })
        pings = context.eventLoop.scheduleRepeatedTask(
            initialDelay: .seconds(Self.pingSeconds), delay: .seconds(Self.pingSeconds)
        ) { _ in
            bound.value.ping(channel)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { endTasks() }

    func channelInactive(context: ChannelHandlerContext) {
        endTasks()
        source.connectionEnded(.failed("the connection broke off"))
        context.fireChannelInactive()
    }

    private func endTasks() {
        pings?.cancel()
        pings = nil
        stall?.cancel()
        stall = nil
        rest?.cancel()
        rest = nil
    }

    /// Reads nothing for a while: who sends ahead of time has to wait, and nothing of it is lost.
    private func slow(_ seconds: Double, _ bound: NIOLoopBound<WireConnection>, _ channel: any Channel) {
        guard rest == nil, !isClosing else { return }
        _ = channel.setOption(.autoRead, value: false)
        rest = channel.eventLoop.scheduleTask(in: .milliseconds(Int64(seconds * 1_000))) {
            bound.value.rest = nil
            _ = channel.setOption(.autoRead, value: true)
        }
    }

    private func ping(_ channel: any Channel) {
        guard clock.nanoseconds() - heardNanoseconds < silentSeconds * 1_000_000_000 else {
            return hangUp(DialectError(1001, "nothing came for \(silentSeconds) s"), channel)
        }
        send(.ping, ByteBuffer(), channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        let now = clock.nanoseconds()
        heardNanoseconds = now
        let frame = unwrapInboundIn(data)
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            return hangUp(DialectError(1002, "compressed frames are not taken; none were agreed on"), context.channel)
        }
        guard budget.admits(frame.length, nowNanoseconds: now) else {
            return hangUp(
                DialectError(1008, "more than sources.max_kbit_s came; send media at its pace"), context.channel)
        }
        switch frame.opcode {
        case .ping: send(.pong, frame.unmaskedData, context.channel)
        case .pong: break
        case .connectionClose: closed(frame.unmaskedData, context.channel)
        case .text, .binary:
            guard fragments == nil else {
                return hangUp(DialectError(1002, "a message began within another one"), context.channel)
            }
            if frame.fin {
                take(frame.unmaskedData, isText: frame.opcode == .text, now, context.channel)
            } else {
                fragments = frame.unmaskedData
                fragmentsAreText = frame.opcode == .text
            }
        case .continuation:
            guard fragments != nil else {
                return hangUp(DialectError(1002, "a continuation came without a beginning"), context.channel)
            }
            var rest = frame.unmaskedData
            guard (fragments?.readableBytes ?? 0) + rest.readableBytes <= Self.maxMessageBytes else {
                return hangUp(Self.tooLong, context.channel)
            }
            fragments?.writeBuffer(&rest)
            if frame.fin, let whole = fragments {
                fragments = nil
                take(whole, isText: fragmentsAreText, now, context.channel)
            }
        default: hangUp(DialectError(1002, "a frame of an unknown kind came"), context.channel)
        }
    }

    private static let tooLong = DialectError(
        1009, "a message is over \(maxMessageBytes >> 10) KiB; send media in shorter pieces")

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength: hangUp(Self.tooLong, context.channel)
        case is NIOWebSocketError: hangUp(DialectError(1002, "a frame is malformed"), context.channel)
        default: context.close(promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall?.cancel()
        stall = nil
        if !context.channel.isWritable {
            let channel = context.channel
            stall = context.eventLoop.scheduleTask(in: .seconds(Self.stallSeconds)) { channel.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Messages

    private func take(_ message: ByteBuffer, isText: Bool, _ arrival: Int64, _ channel: any Channel) {
        do {
            let hadStarted = reader.hasStarted
            try handle(message, isText: isText, arrival, channel)
            guard !hadStarted, reader.hasStarted else { return }
            let kept = early
            (early, earlyBytes) = ([], 0)
            for each in kept where !isClosing { try handle(each.bytes, isText: each.isText, each.arrival, channel) }
        } catch let problem as DialectError {
            hangUp(problem, channel)
        } catch {
            hangUp(DialectError(1011, "the message could not be read"), channel)
        }
    }

    private func handle(_ message: ByteBuffer, isText: Bool, _ arrival: Int64, _ channel: any Channel) throws {
        let event = try message.withUnsafeReadableBytes { bytes in
            // Lent for the duration of the call only, as the buffer's bytes are.
            try reader.take(bytes.bindMemory(to: UInt8.self).span, isText: isText)
        }
        for reply in reader.takeReplies() { send(.text, ByteBuffer(string: reply), channel) }
        switch event {
        case .nothing: break
        case .early: try keep(message, isText: isText, arrival)
        case .media(let media):
            source.deliver(media, reader.voices, audio: reader.audio, arrivalNanoseconds: arrival)
        case .absence(let voice, let why):
            source.setAbsence(voice: voice, reader.voices, why, nowNanoseconds: arrival)
        case .left(let voice): source.leave(voice: voice)
        case .end: end(.endOfMedia, DialectError(1000, "all media has come"), channel)
        }
    }

    private func keep(_ message: ByteBuffer, isText: Bool, _ arrival: Int64) throws(DialectError) {
        let since = early.first?.arrival ?? arrival
        guard earlyBytes + message.readableBytes <= Self.maxEarlyBytes,
            arrival - since <= Self.maxEarlyNanoseconds
        else {
            throw reader.dialect == .raw
                ? DialectError(1002, "it is not said what the samples are; add ?format=s16le&rate=16000 to the address")
                : DialectError(1002, "media came and no start message; send that first")
        }
        earlyBytes += message.readableBytes
        early.append((message, isText, arrival))
    }

    // MARK: The end

    private func closed(_ data: ByteBuffer, _ channel: any Channel) {
        // The close is answered with the code that it came with.
        isClosing = true
        var answer = data
        answer = answer.readSlice(length: min(2, answer.readableBytes)) ?? ByteBuffer()
        source.connectionEnded(.endOfMedia)
        write(.connectionClose, answer, channel).whenComplete { _ in channel.close(promise: nil) }
    }

    private func hangUp(_ problem: DialectError, _ channel: any Channel) {
        end(.failed(problem.description), problem, channel)
    }

    private func end(_ why: SourceEnd, _ problem: DialectError, _ channel: any Channel) {
        guard !isClosing else { return }
        isClosing = true
        (fragments, early) = (nil, [])
        source.connectionEnded(why)
        var data = ByteBuffer()
        data.writeInteger(problem.code)
        data.writeBytes(Array(problem.description.utf8.prefix(123)))
        let sent = write(.connectionClose, data, channel)
        // Whoever does not answer, or reads nothing, is not waited for.
        let late = channel.eventLoop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
        sent.whenFailure { _ in channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in late.cancel() }
    }

    private func send(_ kind: WebSocketOpcode, _ data: ByteBuffer, _ channel: any Channel) {
        // Who takes nothing gets nothing more.
        guard !isClosing, channel.isWritable else { return }
        _ = write(kind, data, channel)
    }

    private func write(_ kind: WebSocketOpcode, _ data: ByteBuffer, _ channel: any Channel) -> EventLoopFuture<Void> {
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: kind, data: data))
    }
}
