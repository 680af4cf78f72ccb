import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import NIOWebSocket
import Synchronization

/// A connection that is asked for events by WebSocket (RFC 6455): what `/v1/events` answers, a message for each event.
struct EventSocket: Sendable {
    typealias Frames = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

    /// What clients send is small: nothing is asked for by message.
    private static let maxFrameBytes = 4_096

    private let frames: Frames
    private let response: Response

    /// What makes sockets of requests for them.
    ///
    /// - Parameters:
    ///   - answer: answers a request; one that is answered with anything but 200 is no socket's.
    ///   - take: what a socket becomes.
    static func upgrader<Result: Sendable>(
        _ answer: @escaping @Sendable (Request, any Channel) async throws -> Response,
        _ take: @escaping @Sendable (EventSocket) -> Result
    ) -> NIOTypedWebSocketServerUpgrader<Result> {
        let agreed = Mutex<Response?>(nil)
        return NIOTypedWebSocketServerUpgrader(
            maxFrameSize: maxFrameBytes,
            shouldUpgrade: { channel, head in
                channel.eventLoop.makeFutureWithTask { () async -> HTTPHeaders? in
                    guard let request = try? HTTPRequest(head, secure: false, splitCookie: false) else { return nil }
                    let response = try? await answer(Request(head: request, body: .init(buffer: ByteBuffer())), channel)
                    guard let response, response.status == .ok else { return nil }
                    agreed.withLock { $0 = response }
                    return HTTPHeaders()
                }
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    guard let response = agreed.withLock({ $0.take() }) else { throw ChannelError.alreadyClosed }
                    return take(
                        EventSocket(frames: try Frames(wrappingChannelSynchronously: channel), response: response))
                }
            })
    }

    /// Tells events until they end or the client goes.
    func run() async {
        try? await frames.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await response.body.write(MessageWriter(outbound: outbound)) }
                group.addTask { try await Self.listen(inbound, outbound) }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    /// Closes without a word.
    func refuse() async throws { try await frames.executeThenClose { _, _ in } }

    /// Answers what the protocol wants to be answered, until the client closes.
    private static func listen(
        _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>,
        _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>
    ) async throws {
        for try await frame in inbound {
            switch frame.opcode {
            case .ping: try await outbound.write(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData))
            case .connectionClose:
                return try await outbound.write(
                    WebSocketFrame(fin: true, opcode: .connectionClose, data: frame.unmaskedData))
            case .text, .binary, .continuation: return try await close(outbound, .policyViolation)
            case .pong: break
            default: return try await close(outbound, .protocolError)
            }
        }
    }

    fileprivate static func close(
        _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>, _ code: WebSocketErrorCode
    ) async throws {
        var data = ByteBuffer()
        data.write(webSocketErrorCode: code)
        try await outbound.write(WebSocketFrame(fin: true, opcode: .connectionClose, data: data))
    }
}

/// Makes a message of each piece of an answer, and a ping of an empty one.
private struct MessageWriter: ResponseBodyWriter {
    let outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>

    mutating func write(_ buffer: ByteBuffer) async throws {
        let opcode = buffer.readableBytes == 0 ? WebSocketOpcode.ping : .text
        try await outbound.write(WebSocketFrame(fin: true, opcode: opcode, data: buffer))
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        try await EventSocket.close(outbound, .goingAway)
    }
}
