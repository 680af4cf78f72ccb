import Kit
import NIOCore
import NIOPosix

/// A connection to the event socket that reads when it is asked to: who takes nothing makes the daemon's memory of
/// events wait, and not this process grow.
final class LineConnection: Sendable {
    private let channel: any Channel
    private let reader: NIOLoopBound<LineReader>

    private init(_ channel: any Channel, _ reader: NIOLoopBound<LineReader>) {
        self.channel = channel
        self.reader = reader
    }

    deinit { channel.close(promise: nil) }

    /// Connects and sends `lines`.
    ///
    /// - Throws: whatever went wrong, for the reason in an error.
    static func open(path: String, sending lines: [[UInt8]]) async throws -> LineConnection {
        let (channel, reader) = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let reader = LineReader()
                    try channel.pipeline.syncOperations.addHandler(reader)
                    return (channel, NIOLoopBound(reader, eventLoop: channel.eventLoop))
                }
            }
        let connection = LineConnection(channel, reader)
        if !lines.isEmpty {
            var text = ByteBuffer()
            for line in lines {
                text.writeBytes(line)
                text.writeInteger(UInt8(ascii: "\n"))
            }
            // A daemon that hangs up at once may have said why before: that is still to be read.
            try? await channel.writeAndFlush(text)
        }
        return connection
    }

    /// The next lines, without their line feeds; nil at the end of the connection and of the task.
    ///
    /// - Throws: `lineTooLong`.
    func next() async throws -> [[UInt8]]? {
        let answer = channel.eventLoop.makePromise(of: [[UInt8]]?.self)
        return try await withTaskCancellationHandler {
            channel.eventLoop.execute { [reader] in reader.value.next(answer) }
            return try await answer.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }
}

/// Puts bytes together to lines. Lives on its event loop.
private final class LineReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var context: ChannelHandlerContext?
    private var splitter = LineSplitter(maxBytes: LineReader.maxLine)
    private var isTooLong = false
    private var lines: [[UInt8]] = []
    private var waiting: EventLoopPromise<[[UInt8]]?>?

    /// Longest line that the daemon sends, in bytes, with room to spare.
    private static let maxLine = 1 << 17

    func next(_ answer: EventLoopPromise<[[UInt8]]?>) {
        waiting = answer
        deliver()
        if waiting != nil { context?.read() }
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        splitter.append(unwrapInboundIn(data).readableBytesView)
        while true {
            switch splitter.next() {
            case .line(let line): lines.append(line)
            case .incomplete: return
            case .tooLong:
                isTooLong = true
                return
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        deliver()
        // A part of a line is nothing to hand over.
        if waiting != nil { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        deliver()
    }

    private func deliver() {
        if !lines.isEmpty {
            // Emptied only where somebody takes them.
            guard let waiting else { return }
            self.waiting = nil
            waiting.succeed(lines)
            lines = []
        } else if isTooLong {
            end(.failure(EventStreamError.lineTooLong))
        } else if context == nil {
            end(.success(nil))
        }
    }

    private func end(_ result: Result<[[UInt8]]?, any Error>) {
        waiting?.completeWith(result)
        waiting = nil
    }
}
