import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Looks at the first request of a connection: who asks for a WebSocket and may have one gets it; everything else is
/// HTTP's, from that request on.
///
/// NIO's own handler for this swallows a request that is refused the upgrade it asks for, so that nobody answers.
final class SocketDoor<Result: Sendable>: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case waiting
        /// It is asked whether there is a socket for the request of this head.
        case asking(HTTPRequestHead)
        case decided
    }

    /// The request, without a body, and the beginning of one behind it.
    private static var maxHeld: Int { 16 }

    private let upgrader: NIOTypedWebSocketServerUpgrader<Result>
    private let codecs: [any RemovableChannelHandler]
    private let becomeHTTP: (any Channel) throws -> Result
    private let take: (Result) -> Void
    private var state = State.waiting
    private var held: [NIOAny] = []
    private var isInputClosed = false

    /// - Parameters:
    ///   - codecs: decoder and encoder of HTTP, which a WebSocket has no use for.
    ///   - becomeHTTP: adds what handles HTTP.
    ///   - take: what the connection has become.
    init(
        _ upgrader: NIOTypedWebSocketServerUpgrader<Result>, codecs: [any RemovableChannelHandler],
        becomeHTTP: @escaping (any Channel) throws -> Result, take: @escaping (Result) -> Void
    ) {
        (self.upgrader, self.codecs, self.becomeHTTP, self.take) = (upgrader, codecs, becomeHTTP, take)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .waiting:
            held.append(data)
            guard case .head(let head) = unwrapInboundIn(data), Self.isForSocket(head) else {
                return serveHTTP(context)
            }
            ask(context, head)
        case .asking:
            guard held.count < Self.maxHeld else { return context.close(promise: nil) }
            held.append(data)
        case .decided: context.fireChannelRead(data)
        }
    }

    /// A GET without a body that asks for a WebSocket (RFC 6455, section 4.1).
    private static func isForSocket(_ head: HTTPRequestHead) -> Bool {
        let headers = head.headers
        return head.method == .GET && head.version == .http1_1
            && headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
            && headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
            && !headers.contains(name: "content-length") && !headers.contains(name: "transfer-encoding")
    }

    private func ask(_ context: ChannelHandlerContext, _ head: HTTPRequestHead) {
        state = .asking(head)
        let initial = HTTPHeaders([("connection", "upgrade"), ("upgrade", "websocket")])
        upgrader.buildUpgradeResponse(
            channel: context.channel, upgradeRequest: head, initialResponseHeaders: initial
        ).hop(to: context.eventLoop).assumeIsolated().whenComplete { answer in
            guard case .asking = self.state, context.channel.isActive else { return }
            // What comes behind the request before it is answered is for HTTP.
            guard case .success(let headers) = answer, self.held.count == 2, !self.isInputClosed else {
                return self.serveHTTP(context)
            }
            self.serveSocket(context, head, headers)
        }
    }

    private func serveHTTP(_ context: ChannelHandlerContext) {
        state = .decided
        do { take(try becomeHTTP(context.channel)) } catch { return context.close(promise: nil) }
        for part in held { context.fireChannelRead(part) }
        held = []
        context.fireChannelReadComplete()
        if isInputClosed { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func serveSocket(_ context: ChannelHandlerContext, _ head: HTTPRequestHead, _ headers: HTTPHeaders) {
        state = .decided
        held = []
        let pipeline = context.pipeline
        let answer = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        context.writeAndFlush(wrapOutboundOut(.head(answer)), promise: nil)
        EventLoopFuture.andAllSucceed(
            codecs.map { pipeline.syncOperations.removeHandler($0) }, on: context.eventLoop
        ).flatMap { [upgrader, channel = context.channel] in
            upgrader.upgrade(channel: channel, upgradeRequest: head)
        }.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let socket): self.take(socket)
            case .failure: context.close(promise: nil)
            }
            pipeline.syncOperations.removeHandler(self, promise: nil)
        }
    }

    /// What can't be read is answered by HTTP.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state {
        case .waiting: serveHTTP(context)
        case .asking: return context.close(promise: nil)
        case .decided: break
        }
        context.fireErrorCaught(error)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? ChannelEvent, event == .inputClosed else {
            return context.fireUserInboundEventTriggered(event)
        }
        switch state {
        case .waiting: context.close(promise: nil)
        case .asking: isInputClosed = true
        case .decided: context.fireUserInboundEventTriggered(event)
        }
    }
}
