import Foundation
public import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// One connection to the bus, from its begin to its end; whoever needs it opens another then.
///
/// Everything may be called from any thread. Handlers are called on the connection's event loop, one after the other,
/// and nothing more is read meanwhile: who is slow is waited for by the server.
public final class BusConnection: Sendable {
    /// Takes a message.
    public typealias Handler = @Sendable (BusMessage) -> Void

    /// Bytes that may wait to be sent.
    private static let maxPending = 16 << 20
    private static let openSeconds: Int64 = 5
    /// A server that answers nothing for three of these is gone.
    static let pingSeconds: Int64 = 2

    private struct State {
        var subscriptions: [Int: Handler] = [:]
        var requests: [Int: @Sendable (BusMessage?) -> Void] = [:]
        var made = 1
        var pending = ByteBuffer()
        var isFlushing = false
        var isClosed = false
        var reason: String?
    }

    private let channel: any Channel
    private let state = Mutex(State())
    private let inbox: String
    /// Done once the connection has ended.
    public let closed: EventLoopFuture<Void>

    private init(_ channel: any Channel) {
        self.channel = channel
        closed = channel.closeFuture
        inbox = "_INBOX." + String(UInt64.random(in: .min ... .max), radix: 36) + "."
    }

    /// Whether the files that a configuration names can be used, without a connection.
    public static func check(_ configuration: BusConfiguration) throws(BusError) {
        _ = try BusHandshake(configuration)
    }

    /// Opens a connection, and returns once the server has let the client in.
    public static func open(
        _ configuration: BusConfiguration, on eventLoop: any EventLoop
    ) async throws(BusError) -> BusConnection {
        let handshake = try BusHandshake(configuration)
        let entered = eventLoop.makePromise(of: Void.self)
        let handler = NIOLoopBoundBox.makeEmptyBox(valueType: BusHandler.self, eventLoop: eventLoop)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(.seconds(openSeconds))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let made = BusHandler(handshake, entered)
                    handler.value = made
                    try channel.pipeline.syncOperations.addHandler(made)
                }
            }
        let channel: any Channel
        do {
            channel = try await bootstrap.connect(host: configuration.host, port: configuration.port).get()
        } catch {
            entered.fail(error)
            throw BusError(
                .connection,
                "no NATS server answers on \(configuration.host):\(configuration.port) (\(reason(error))); "
                    + "check bus.url"
            )
        }
        let connection = BusConnection(channel)
        channel.eventLoop.execute { handler.value?.connection = connection }
        let limit = eventLoop.scheduleTask(in: .seconds(openSeconds)) {
            entered.fail(BusError(.connection, "the NATS server did not let this client in in time; check it"))
        }
        defer { limit.cancel() }
        do {
            try await entered.futureResult.get()
        } catch {
            channel.close(promise: nil)
            throw error as? BusError
                ?? BusError(.connection, "the NATS server has ended the connection: \(reason(error))")
        }
        connection.send("SUB \(connection.inbox)* 0\r\n")
        return connection
    }

    private static func reason(_ error: any Error) -> String {
        let text = (error as? NIOConnectionError)?.connectionErrors.first.map { "\($0.error)" } ?? "\(error)"
        return text.split(separator: "\n").first.map(String.init) ?? text
    }

    /// Whether it still stands.
    public var isOpen: Bool { state.withLock { !$0.isClosed } }

    /// Why it has ended, where that is known.
    public var endReason: String? { state.withLock { $0.reason } }

    /// Ends it; what was handed over before is sent first.
    public func close(because reason: String? = nil) {
        state.withLock { $0.reason = $0.reason ?? reason }
        channel.eventLoop.execute {
            self.flush()
            self.channel.close(promise: nil)
        }
    }

    // MARK: Messages

    /// Hands all messages on a subject to `handler`.
    public func subscribe(_ subject: String, _ handler: @escaping Handler) {
        let id = state.withLock { state in
            state.made += 1
            state.subscriptions[state.made] = handler
            return state.made
        }
        send("SUB \(subject) \(id)\r\n")
    }

    /// Sends a message; nobody says whether it arrives.
    ///
    /// - Returns: false where it could not even be sent: the connection has ended, or too much waits already.
    @discardableResult
    public func publish(
        _ payload: some Collection<UInt8>, to subject: String, headers: [(String, String)] = [], reply: String? = nil
    ) -> Bool {
        append { buffer in
            let reply = reply.map { " " + $0 } ?? ""
            if headers.isEmpty {
                buffer.writeString("PUB \(subject)\(reply) \(payload.count)\r\n")
            } else {
                let text = headers.reduce(into: "NATS/1.0\r\n") { $0 += "\($1.0): \($1.1)\r\n" } + "\r\n"
                buffer.writeString("HPUB \(subject)\(reply) \(text.utf8.count) \(text.utf8.count + payload.count)\r\n")
                buffer.writeString(text)
            }
            buffer.writeBytes(payload)
            buffer.writeStaticString("\r\n")
        }
    }

    /// Sends a message that is answered.
    ///
    /// - Parameter answer: called once, with nil where the connection ends before.
    public func request(
        _ payload: some Collection<UInt8>, to subject: String, headers: [(String, String)] = [],
        answer: @escaping @Sendable (BusMessage?) -> Void
    ) {
        let id: Int? = state.withLock { state in
            guard !state.isClosed else { return nil }
            state.made += 1
            state.requests[state.made] = answer
            return state.made
        }
        guard let id, publish(payload, to: subject, headers: headers, reply: inbox + String(id)) else {
            if let id { state.withLock { _ = $0.requests.removeValue(forKey: id) } }
            return answer(nil)
        }
    }

    /// Sends a message and waits for the answer.
    public func request(
        _ payload: some Collection<UInt8>, to subject: String, headers: [(String, String)] = [],
        withinSeconds seconds: Int64 = 5
    ) async throws(BusError) -> BusMessage {
        let promise = channel.eventLoop.makePromise(of: BusMessage?.self)
        let limit = channel.eventLoop.scheduleTask(in: .seconds(seconds)) { promise.succeed(nil) }
        request(payload, to: subject, headers: headers) { promise.succeed($0) }
        let message = (try? await promise.futureResult.get()) ?? nil
        limit.cancel()
        guard let message else { throw BusError(.connection, "the NATS server does not answer on \(subject)") }
        guard message.status != 503 else {
            throw BusError(.server(503), "nobody answers on \(subject); start the NATS server with JetStream (-js)")
        }
        return message
    }

    private func send(_ text: String) { append { $0.writeString(text) } }

    @discardableResult
    private func append(_ write: (inout ByteBuffer) -> Void) -> Bool {
        let (isTaken, isFirst) = state.withLock { state in
            guard !state.isClosed, state.pending.readableBytes < Self.maxPending else { return (false, false) }
            write(&state.pending)
            defer { state.isFlushing = true }
            return (true, !state.isFlushing)
        }
        if isFirst { channel.eventLoop.execute { self.flush() } }
        return isTaken
    }

    /// On the event loop: hands over what waits, where the connection takes it.
    func flush() {
        guard channel.isWritable else { return }
        let bytes = state.withLock { state in
            state.isFlushing = false
            defer { state.pending = ByteBuffer() }
            return state.pending
        }
        if bytes.readableBytes > 0 { channel.writeAndFlush(bytes, promise: nil) }
    }

    // MARK: Called by the handler, on the event loop

    func take(_ message: BusMessage) {
        guard message.subscription == 0 else {
            return state.withLock { $0.subscriptions[message.subscription] }?(message) ?? ()
        }
        guard let id = Int(message.subject.dropFirst(inbox.count)) else { return }
        state.withLock { $0.requests.removeValue(forKey: id) }?(message)
    }

    func end(_ reason: String?) {
        let requests = state.withLock { state in
            state.isClosed = true
            state.reason = state.reason ?? reason
            state.subscriptions = [:]
            defer { state.requests = [:] }
            return state.requests.values.map(\.self)
        }
        for answer in requests { answer(nil) }
    }
}
