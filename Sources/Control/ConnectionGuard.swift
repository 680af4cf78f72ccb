import Kit
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
    /// Connections at the same time.
    public var maximumConnections: Int
    /// A connection on which nothing comes is closed after so long, seconds.
    public var idleSeconds: Int64 = 30
    /// A body must be there within so long, seconds; shorter than `idleSeconds`, so that there is an answer.
    public var bodySeconds: Int64 = 20

    /// Limits.
    public init(
        allowsPeer: @escaping @Sendable (CInt) -> Bool, stallSeconds: Double, maximumConnections: Int
    ) {
        self.allowsPeer = allowsPeer
        self.stallSeconds = stallSeconds
        self.maximumConnections = maximumConnections
    }
}

/// The connections there are; says once a second at most how many were refused.
final class ConnectionCount: Sendable {
    private struct State {
        var open = 0
        var drops = DropReporter()
    }

    private let maximum: Int
    private let logger: Logger
    private let state = Mutex(State())

    init(_ limits: ConnectionLimits, _ logger: Logger) {
        maximum = limits.maximumConnections
        self.logger = logger
    }

    /// Whether there is a place for one more; it is taken then.
    func take() -> Bool {
        let isTaken = state.withLock { state in
            guard state.open < maximum else { return false }
            state.open += 1
            return true
        }
        if !isTaken { refuse("there are \(maximum) already") }
        return isTaken
    }

    func giveBack() {
        state.withLock { $0.open -= 1 }
    }

    func refuse(_ reason: String) {
        let text = state.withLock { state in
            state.drops.add(reason)
            return state.drops.take(nowNanoseconds: HostClock.monotonicNanoseconds())
        }
        if let text { logger.warning("connections refused: \(text)") }
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
            connections.refuse("not on the allow list")
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
