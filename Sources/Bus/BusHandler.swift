import Foundation
import Kit
import NIOCore
import NIOSSL

/// What is said between the server's first line and the moment it has let the client in.
struct BusHandshake: Sendable {
    private struct Info: Decodable {
        var nonce: String?
        var tls_required: Bool?
        var headers: Bool?
    }

    private struct Connect: Encodable {
        var verbose = false, pedantic = false, echo = false, headers = true, no_responders = true
        var lang = "swift"
        var version = "1"
        var `protocol` = 1
        var tls_required: Bool
        var name: String
        var jwt: String?, sig: String?
    }

    private let configuration: BusConfiguration
    private let credentials: Credentials?
    private let tls: NIOSSLContext?

    init(_ configuration: BusConfiguration) throws(BusError) {
        self.configuration = configuration
        if let file = configuration.credentials { credentials = try Credentials(file: file) } else { credentials = nil }
        guard configuration.isSecure else {
            tls = nil
            return
        }
        var client = TLSConfiguration.makeClientConfiguration()
        client.minimumTLSVersion = .tlsv12
        if let file = configuration.authorities { client.trustRoots = .file(file) }
        do { tls = try NIOSSLContext(configuration: client) } catch {
            throw BusError(
                .file,
                "bus.ca: \(configuration.authorities ?? "the system's") holds no certificates in PEM form; check it")
        }
    }

    /// TLS towards the server; nil where none is spoken.
    func makeTLS() throws(BusError) -> NIOSSLClientHandler? {
        guard let tls else { return nil }
        let isAddress = (try? SocketAddress(ipAddress: configuration.host, port: 0)) != nil
        do { return try NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : configuration.host) } catch
        {
            throw BusError(.connection, "TLS to \(configuration.host) is not possible: \(error)")
        }
    }

    /// The answer to the server's first line.
    func answer(to info: [UInt8]) throws(BusError) -> [UInt8] {
        guard let info = try? JSONDecoder().decode(Info.self, from: Data(info)) else {
            throw BusError(.connection, "what answers is no NATS server; check bus.url")
        }
        guard info.headers == true else {
            throw BusError(.refused, "the NATS server is too old to know headers; install 2.9 or newer")
        }
        guard tls != nil || info.tls_required != true else {
            throw BusError(.refused, "the NATS server wants TLS; write tls:// into bus.url")
        }
        var connect = Connect(tls_required: tls != nil, name: configuration.name)
        if let credentials {
            guard let nonce = info.nonce, let signature = credentials.signature(of: nonce) else {
                throw BusError(
                    .refused, "the NATS server asks for no signature; take bus.credentials out, or give it users")
            }
            (connect.jwt, connect.sig) = (credentials.jwt, signature)
        }
        guard let json = try? JSONEncoder().encode(connect) else {
            throw BusError(.connection, "bus.url or bus.credentials can't be written as JSON; mend them")
        }
        return Array("CONNECT ".utf8) + json + Array("\r\nPING\r\n".utf8)
    }
}

/// The client's side of the protocol. Lives on the event loop of its connection.
final class BusHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    var connection: BusConnection?
    private let handshake: BusHandshake
    private var entered: EventLoopPromise<Void>?
    private var hasInfo = false
    private var parser = BusParser()
    private var unanswered = 0
    private var pings: RepeatedTask?
    private var reason: String?

    init(_ handshake: BusHandshake, _ entered: EventLoopPromise<Void>) {
        (self.handshake, self.entered) = (handshake, entered)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        parser.append(&bytes)
        do throws(BusError) {
            while let frame = try parser.next() { try take(frame, context) }
        } catch {
            fail(error, context)
        }
    }

    private func take(_ frame: BusFrame, _ context: ChannelHandlerContext) throws(BusError) {
        switch frame {
        case .message(let message): connection?.take(message)
        case .ping: write("PONG\r\n", context)
        case .pong:
            unanswered = 0
            enter(context)
        case .ok: break
        case .info(let info):
            // Later ones tell of changes in the cluster.
            guard !hasInfo else { return }
            hasInfo = true
            if let tls = try handshake.makeTLS() {
                do { try context.pipeline.syncOperations.addHandler(tls, position: .first) } catch {
                    throw BusError(.connection, "TLS is not possible: \(error)")
                }
            }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: try handshake.answer(to: info))), promise: nil)
        case .error(let text):
            // What it says of a single subject does not end the connection.
            guard !text.lowercased().hasPrefix("permissions violation") else {
                reason = text
                return
            }
            throw BusError(.refused, "the NATS server says: \(printable(text)); check bus.credentials and its log")
        }
    }

    private func enter(_ context: ChannelHandlerContext) {
        guard let promise = entered else { return }
        entered = nil
        promise.succeed()
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: eventLoop)
        let period = TimeAmount.seconds(BusConnection.pingSeconds)
        pings = eventLoop.scheduleRepeatedTask(initialDelay: period, delay: period) { _ in
            let (handler, context) = bound.value
            handler.ping(context)
        }
    }

    private func ping(_ context: ChannelHandlerContext) {
        guard unanswered < 3 else {
            return fail(BusError(.connection, "the NATS server is silent"), context)
        }
        unanswered += 1
        write("PING\r\n", context)
    }

    private func write(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { connection?.flush() }
        context.fireChannelWritabilityChanged()
    }

    private func fail(_ error: BusError, _ context: ChannelHandlerContext) {
        reason = reason ?? error.description
        entered?.fail(error)
        entered = nil
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(BusError(.connection, "the connection to the NATS server has failed: \(error)"), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        pings?.cancel()
        entered?.fail(BusError(.connection, reason ?? "the NATS server has ended the connection"))
        entered = nil
        connection?.end(reason)
        connection = nil
        context.fireChannelInactive()
    }
}
