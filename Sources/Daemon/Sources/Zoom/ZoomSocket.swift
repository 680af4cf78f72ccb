import Foundation
import Kit
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// One WebSocket to a server: texts in and out, pings answered. Confined to its event loop.
final class ZoomSocket: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// Longest message.
    private static let maxBytes = 1 << 20

    private let onText: (ByteBuffer) -> Void
    private let onEnd: () -> Void
    private var channel: (any Channel)?
    private var fragments: ByteBuffer?
    private var isOver = false

    private init(onText: @escaping (ByteBuffer) -> Void, onEnd: @escaping () -> Void) {
        self.onText = onText
        self.onEnd = onEnd
    }

    /// Connects; to be called on the loop.
    ///
    /// - Parameter onEnd: called once, also where there never was a connection.
    static func connect(
        _ address: String, on eventLoop: any EventLoop, onOpen: @escaping (ZoomSocket) -> Void,
        onText: @escaping (ByteBuffer) -> Void, onEnd: @escaping () -> Void
    ) {
        let socket = ZoomSocket(onText: onText, onEnd: onEnd)
        guard let url = URL(string: address), let host = url.host else { return socket.end() }
        let isSecure = url.scheme == "wss"
        let bound = NIOLoopBound((socket, onOpen), eventLoop: eventLoop)
        ClientBootstrap(group: eventLoop).connectTimeout(.seconds(10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if isSecure {
                        let context = try NIOSSLContext(configuration: .makeClientConfiguration())
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: host))
                    }
                    try Self.setUp(channel, url, host, bound)
                }
            }
            .connect(host: host, port: url.port ?? (isSecure ? 443 : 80))
            .whenFailure { _ in bound.value.0.end() }
    }

    private static func setUp(
        _ channel: any Channel, _ url: URL, _ host: String,
        _ bound: NIOLoopBound<(ZoomSocket, (ZoomSocket) -> Void)>
    ) throws {
        var path = url.path.isEmpty ? "/" : url.path
        if let query = url.query { path += "?" + query }
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: path,
            headers: ["host": url.port.map { "\(host):\($0)" } ?? host, "content-length": "0"])
        let upgrader = NIOWebSocketClientUpgrader(maxFrameSize: maxBytes, automaticErrorHandling: true) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                let (socket, onOpen) = bound.value
                socket.channel = channel
                try channel.pipeline.syncOperations.addHandler(socket)
                onOpen(socket)
            }
        }
        channel.closeFuture.whenComplete { _ in bound.value.0.end() }
        let asking = AskingHandler(head: head)
        let name = "asking"
        try channel.pipeline.syncOperations.addHTTPClientHandlers(
            withClientUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in context.pipeline.removeHandler(name: name, promise: nil) }
            ))
        try channel.pipeline.syncOperations.addHandler(asking, name: name)
    }

    func send(_ text: String) {
        guard !isOver, let channel, channel.isWritable else { return }
        channel.writeAndFlush(
            WebSocketFrame(fin: true, opcode: .text, maskKey: .random(), data: ByteBuffer(string: text))
        )
        .whenFailure { _ in channel.close(promise: nil) }
    }

    func close() {
        onceOver {}
        channel?.close(promise: nil)
    }

    private func end() { onceOver(onEnd) }

    private func onceOver(_ body: () -> Void) {
        guard !isOver else { return }
        isOver = true
        body()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text where frame.fin && fragments == nil: onText(frame.unmaskedData)
        case .text: fragments = frame.unmaskedData
        case .continuation:
            var rest = frame.unmaskedData
            guard var whole = fragments, whole.readableBytes + rest.readableBytes <= Self.maxBytes else {
                return context.close(promise: nil)
            }
            whole.writeBuffer(&rest)
            fragments = frame.fin ? nil : whole
            if frame.fin { onText(whole) }
        case .ping:
            let pong = WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
        case .connectionClose: context.close(promise: nil)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Sends the request for the upgrade; any other answer ends the connection.
    private final class AskingHandler: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPClientResponsePart
        typealias OutboundOut = HTTPClientRequestPart

        private let head: HTTPRequestHead

        init(head: HTTPRequestHead) { self.head = head }

        func channelActive(context: ChannelHandlerContext) {
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            context.fireChannelActive()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if case .end = unwrapInboundIn(data) { context.close(promise: nil) }
        }
    }
}
