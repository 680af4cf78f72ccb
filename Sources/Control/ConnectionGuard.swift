public import Kit
import NIOCore
import NIOPosix
import Synchronization

/// What a connection to the control socket, or of a browser, has to keep to.
public struct ConnectionLimits: Sendable {
    /// Whether the process at the other end of a descriptor may connect.
    public var allowsPeer: @Sendable (CInt) -> Bool
    /// A client that takes nothing of its answer for longer is closed, seconds.
    public var stallSeconds: Double
    /// Connections at the same time.
    public var maxConnections: Int
    /// Counts the connections that are refused.
    public var refusals: Refusals
    /// A connection on which nothing comes is closed after so long, seconds.
    public var idleSeconds: Int64 = 30
    /// A body must be there within so long, seconds; shorter than `idleSeconds`, so that there is an answer.
    public var bodySeconds: Int64 = 20

    /// Limits.
    public init(
        allowsPeer: @escaping @Sendable (CInt) -> Bool, stallSeconds: Double, maxConnections: Int,
        refusals: Refusals
    ) {
        self.allowsPeer = allowsPeer
        self.stallSeconds = stallSeconds
        self.maxConnections = maxConnections
        self.refusals = refusals
    }
}

/// The connections there are.
final class ConnectionCount: Sendable {
    private let maximum: Int
    private let open = Mutex(0)
    let refusals: Refusals

    init(_ limits: ConnectionLimits) {
        maximum = limits.maxConnections
        refusals = limits.refusals
    }

    /// Whether there is a place for one more; it is taken then.
    func take() -> Bool {
        let isTaken = open.withLock { open in
            guard open < maximum else { return false }
            open += 1
            return true
        }
        if !isTaken { refusals.note(.tooMany) }
        return isTaken
    }

    func giveBack() {
        open.withLock { $0 -= 1 }
    }
}

/// Closes connections of who may not connect or finds no place, and of who takes nothing of the answer for too long.
final class ConnectionGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let limits: ConnectionLimits
    private let connections: ConnectionCount
    private var hasPlace = false
    private var stall: Scheduled<Void>?

    init(_ limits: ConnectionLimits, _ connections: ConnectionCount) {
        self.limits = limits
        self.connections = connections
    }

    func channelActive(context: ChannelHandlerContext) {
        let isAllowed = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self, limits.allowsPeer)
        guard isAllowed ?? false else {
            connections.refusals.note(.notAllowed)
            return context.close(promise: nil)
        }
        hasPlace = connections.take()
        guard hasPlace else { return context.close(promise: nil) }
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
        if hasPlace { connections.giveBack() }
        hasPlace = false
        context.fireChannelInactive()
    }
}
