import Logging
import NIOCore
import NIOPosix
import Synchronization

/// What a connection of the control socket has to keep to.
public struct ConnectionLimits: Sendable {
    /// Whether the process at the other end of a descriptor may connect.
    public var allowsPeer: @Sendable (CInt) -> Bool
    /// A client that takes nothing of its answer for longer is closed, seconds.
    public var stallSeconds: Double

    /// Limits.
    public init(allowsPeer: @escaping @Sendable (CInt) -> Bool, stallSeconds: Double) {
        self.allowsPeer = allowsPeer
        self.stallSeconds = stallSeconds
    }
}

/// Says once a second at most what was refused.
final class RefusalLog: Sendable {
    private let logger: Logger
    private let state = Mutex((refused: 0, next: NIODeadline.uptimeNanoseconds(0)))

    init(_ logger: Logger) { self.logger = logger }

    func note() {
        let now = NIODeadline.now()
        let count: Int? = state.withLock { state in
            state.refused += 1
            guard now >= state.next else { return nil }
            defer { state = (0, now + .seconds(1)) }
            return state.refused
        }
        if let count { logger.warning("connections refused: not on the allow list", metadata: ["count": "\(count)"]) }
    }
}

/// Closes connections of who may not connect, and of who takes nothing of the answer for too long.
final class ConnectionGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let limits: ConnectionLimits
    private let log: RefusalLog
    private var stall: Scheduled<Void>?

    init(_ limits: ConnectionLimits, _ log: RefusalLog) {
        self.limits = limits
        self.log = log
    }

    func channelActive(context: ChannelHandlerContext) {
        let isAllowed = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self, limits.allowsPeer)
        guard isAllowed ?? false else {
            log.note()
            return context.close(promise: nil)
        }
        context.fireChannelActive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall?.cancel()
        stall = nil
        if !context.channel.isWritable {
            let channel = context.channel
            stall = context.eventLoop.scheduleTask(in: .milliseconds(Int64(limits.stallSeconds * 1_000))) {
                channel.close(promise: nil)
            }
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stall?.cancel()
        context.fireChannelInactive()
    }
}
