@testable import Control
import ControlAPI
import Events
import Foundation
import HTTPTypes
import Hummingbird
import Kit
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Requests to the control socket: bytes through the server's HTTP parser to its routes, with nothing behind them.
final class Requests: Sendable {
    static let shared = Requests()

    private let responder: RouterResponder<ControlContext>
    /// That for browsers, for who has a token.
    private let browsers: RouterResponder<ControlContext>
    private let channel = NIOAsyncTestingChannel()
    private let logger = Logger(label: "fuzz", factory: { _ in SwiftLogNoOpLogHandler() })

    private init() {
        responder = ControlServer.router(
            version: "0", backend: NoSessions(), store: NoStore(), status: NoStatus(), events: FewEvents(),
            tokens: NoTokens(), bodies: RequestBodies(seconds: 20)
        ).buildResponder()
        let tokens = AccessTokens()
        tokens.setFiled([AccessTokens.Filed("0123456789abcdef", AccessGrant(session: "s", mayWrite: true))])
        browsers = BrowserServer.router(
            configuration: BrowserConfiguration(hosts: ["x"], origins: ["https://x"]), tokens: tokens, version: "0",
            backend: NoSessions(), store: NoStore(), status: NoStatus(), events: FewEvents(),
            bodies: RequestBodies(seconds: 20), refusals: Refusals { _ in }
        ).buildResponder()
    }

    /// Answers all requests that `bytes` hold.
    func answer(_ bytes: [UInt8]) {
        for request in parse(bytes) {
            let done = DispatchSemaphore(value: 0)
            // The routes are asynchronous, the fuzzer is not.
            Task {
                await answer(request, responder)
                await answer(request, browsers)
                done.signal()
            }
            done.wait()
        }
    }

    private func parse(_ bytes: [UInt8]) -> [Request] {
        let channel = EmbeddedChannel()
        defer { _ = try? channel.finish() }
        var requests: [Request] = []
        do {
            try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: false)
            try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try channel.writeInbound(ByteBuffer(bytes: bytes))
        } catch {
            // What came before the error is answered.
        }
        var head: HTTPRequest?
        var body = ByteBuffer()
        while let part = try? channel.readInbound(as: HTTPRequestPart.self) {
            switch part {
            case .head(let request): (head, body) = (request, ByteBuffer())
            case .body(var part): body.writeBuffer(&part)
            case .end:
                if let head { requests.append(Request(head: head, body: RequestBody(buffer: body))) }
                head = nil
            }
        }
        return requests
    }

    private func answer(_ request: Request, _ responder: RouterResponder<ControlContext>) async {
        let context = ControlContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        let response: Response
        do {
            response = try await responder.respond(to: request, context: context)
        } catch {
            preconditionFailure("\(request.method) \(request.uri): \(error)")
        }
        let whole = WholeBody()
        try? await response.body.write(whole)
        precondition(response.status.code != 500, "\(request.method) \(request.uri): internal error")
        guard response.headers[.contentType]?.hasSuffix("json") ?? false else { return }
        guard let value = try? JSONReader.parse(whole.bytes) else {
            preconditionFailure("no JSON: \(String(decoding: whole.bytes, as: UTF8.self))")
        }
        guard response.status.code >= 400, response.headers[.contentType] == "application/problem+json" else { return }
        guard case .object(let problem) = value, problem["status"] == .number(Double(response.status.code)),
            case .string? = problem["type"], case .string? = problem["detail"]
        else { preconditionFailure("no problem details") }
    }
}

/// The body of an answer.
private final class WholeBody: ResponseBodyWriter {
    private(set) var bytes: [UInt8] = []

    func write(_ buffer: ByteBuffer) async throws { bytes.append(contentsOf: buffer.readableBytesView) }
    func finish(_ trailers: HTTPFields?) async throws {}
}
