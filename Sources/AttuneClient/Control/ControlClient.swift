// The types of the answers come along: a client needs one import.
@_exported public import ControlAPI
public import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Glibc

/// Why a command could not be carried out.
public enum ClientError: Error, CustomStringConvertible {
    /// Nobody listens on the socket.
    case daemonNotReachable(path: String, reason: String)
    /// The daemon refused.
    case refused(Problem)
    /// What came back is no answer of the daemon's.
    case unexpectedAnswer(String)

    /// One line: what is wrong and what to do.
    public var description: String {
        switch self {
        case .daemonNotReachable(let path, let reason):
            "no daemon answers on \(path) (\(reason)); start attuned, or name its socket"
        case .refused(let problem): problem.detail
        case .unexpectedAnswer(let text): "unexpected answer from the daemon: \(text)"
        }
    }
}

extension ClientError {
    /// What came back, as far as an error may quote it.
    fileprivate static func unexpectedAnswer(_ data: Data) -> ClientError {
        .unexpectedAnswer(String(decoding: data.prefix(200), as: UTF8.self))
    }
}

/// A client of the control socket: one connection per request.
public struct ControlClient: Sendable {
    private let path: String

    /// Longest answer; the report on a long stored session has some MiB.
    private static let maxBytes = 256 << 20

    /// A client of the daemon whose control socket lies at `path`.
    public init(path: String) {
        self.path = path
    }

    /// How the daemon does that answers.
    public func health() async throws -> Health {
        try decode(Health.self, try await send(.GET, "/v1/health", body: nil))
    }

    /// Attaches a source.
    public func attach(_ request: AttachRequest) async throws -> SourceSummary {
        let body = try JSONEncoder().encode(request)
        let answer = try await send(.POST, "/v1/sessions/\(escaped(request.session))/sources", body: body)
        return try decode(SourceSummary.self, answer)
    }

    /// Declares a call that a sender will bring by WebSocket.
    public func expect(_ request: ExpectRequest) async throws -> ExpectedCall {
        let body = try JSONEncoder().encode(request)
        let answer = try await send(.POST, "/v1/sessions/\(escaped(request.session))/expected", body: body)
        return try decode(ExpectedCall.self, answer)
    }

    /// Ends a session.
    ///
    /// - Returns: its totals as a JSON object.
    public func detach(session: String) async throws -> Data {
        try await send(.DELETE, "/v1/sessions/\(escaped(session))", body: nil)
    }

    /// Ends one source of a session.
    ///
    /// - Returns: the source as a JSON object, with the session's totals where that has ended with it.
    public func detach(session: String, source: String) async throws -> Data {
        try await send(.DELETE, "/v1/sessions/\(escaped(session))/sources/\(escaped(source))", body: nil)
    }

    /// Says for the sender of a source that no media comes (`hold`, `mute`, `pause`), or that it does (`active`).
    public func setState(session: String, source: String, to state: String, track: Int?) async throws {
        let body = try JSONEncoder().encode(SourceStateRequest(state: state, track: track))
        _ = try await send(.PUT, "/v1/sessions/\(escaped(session))/sources/\(escaped(source))/state", body: body)
    }

    /// Changes the consent of a speaker: `granted` (the voice), `withheld`, or lanes as in `voice,words,face`.
    ///
    /// - Parameter lanes: what alone `granted` or `withheld` is about, `words` and `face`; nil for all.
    public func setConsent(session: String, speaker: String, to state: String, lanes: [String]? = nil) async throws {
        let body = try JSONEncoder().encode(ConsentRequest(consent: state, lanes: lanes))
        let uri = "/v1/sessions/\(escaped(session))/speakers/\(escaped(speaker))/consent"
        _ = try await send(.PUT, uri, body: body)
    }

    /// Says what a speaker is called and in which role, and of a voice on a mixed track what that person agreed to.
    public func describe(session: String, speaker: String, _ request: SpeakerRequest) async throws {
        let body = try JSONEncoder().encode(request)
        _ = try await send(.PUT, "/v1/sessions/\(escaped(session))/speakers/\(escaped(speaker))", body: body)
    }

    /// Says what people make of a raised cue by its number, or of all cues of a rule by its name: `acknowledged`,
    /// `snoozed` for some seconds, `raised`.
    public func setCue(session: String, cue: String, to state: String, forSeconds: Double? = nil) async throws {
        let body = try JSONEncoder().encode(CueStateRequest(state: state, forSeconds: forSeconds))
        _ = try await send(.PUT, "/v1/sessions/\(escaped(session))/cues/\(escaped(cue))", body: body)
    }

    /// Hands over lines of captions.
    public func caption(session: String, _ lines: [CaptionRequest.Line]) async throws -> CaptionSummary {
        let body = try JSONEncoder().encode(CaptionRequest(lines: lines))
        let answer = try await send(.POST, "/v1/sessions/\(escaped(session))/captions", body: body)
        return try decode(CaptionSummary.self, answer)
    }

    /// The policy in force.
    public func policy() async throws -> PolicySummary {
        try decode(PolicySummary.self, try await send(.GET, "/v1/policy", body: nil))
    }

    /// Running sessions.
    public func sessions() async throws -> [SessionSummary] {
        try decode([SessionSummary].self, try await send(.GET, "/v1/sessions", body: nil))
    }

    /// Thinned ticks of a running session, from memory.
    ///
    /// - Parameters:
    ///   - sinceSeconds: nothing older than so many seconds of session time, 1 to 14,400.
    ///   - fields: names of values, such as `engagement.score`.
    /// - Throws: `ClientError.refused` where there is no such session (404), or nothing is kept (409).
    public func history(session: String, sinceSeconds: Int, fields: [String]) async throws -> History {
        let query = "session=\(escaped(session))&since_s=\(sinceSeconds)&fields=" + fields.joined(separator: ",")
        return try decode(History.self, try await send(.GET, "/v1/history?\(query)", body: nil))
    }

    /// Has the daemon take no new calls any more, and end once those that run have ended.
    ///
    /// - Parameter timeoutSeconds: after so long it ends all the same; nil for never.
    public func drain(timeoutSeconds: Int? = nil) async throws -> DrainSummary {
        let body = try JSONEncoder().encode(DrainRequest(timeoutSeconds: timeoutSeconds))
        return try decode(DrainSummary.self, try await send(.POST, "/v1/drain", body: body))
    }

    /// Stored sessions, the newest first.
    public func stored() async throws -> [StoredSummary] {
        try decode([StoredSummary].self, try await send(.GET, "/v1/stored", body: nil))
    }

    /// What is stored of a session.
    public func report(id: String) async throws -> StoredReport {
        let answer = try await send(.GET, "/v1/stored/\(escaped(id))", body: nil)
        guard let report = StoredReport(json: Array(answer)) else { throw ClientError.unexpectedAnswer(answer) }
        return report
    }

    /// Deletes a stored session.
    public func forget(id: String) async throws -> Forgotten {
        try decode(Forgotten.self, try await send(.DELETE, "/v1/stored/\(escaped(id))", body: nil))
    }

    /// Deletes everything that is stored of speakers of this name.
    public func forget(speaker: String) async throws -> Forgotten {
        try decode(Forgotten.self, try await send(.DELETE, "/v1/stored?speaker=\(escaped(speaker))", body: nil))
    }

    /// Makes a token with which a browser may come.
    public func issueToken(_ request: TokenRequest) async throws -> IssuedToken {
        let answer = try await send(.POST, "/v1/tokens", body: try JSONEncoder().encode(request))
        return try decode(IssuedToken.self, answer)
    }

    private func escaped(_ name: String) -> String {
        name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? name
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ data: Data) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw ClientError.unexpectedAnswer(data)
        }
    }

    private func send(_ method: HTTPMethod, _ uri: String, body: Data?) async throws -> Data {
        let (status, data) = try await exchange(method, uri, body: body)
        if (200..<300).contains(status.code) { return data }
        guard let problem = try? JSONDecoder().decode(Problem.self, from: data) else {
            throw ClientError.unexpectedAnswer("\(status)")
        }
        throw ClientError.refused(problem)
    }

    private func exchange(
        _ method: HTTPMethod, _ uri: String, body: Data?
    ) async throws -> (HTTPResponseStatus, Data) {
        let channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>
        do {
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(unixDomainSocketPath: path) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw ClientError.daemonNotReachable(path: path, reason: connectProblem(error))
        }
        return try await channel.executeThenClose { inbound, outbound in
            var head = HTTPRequestHead(version: .http1_1, method: method, uri: uri)
            head.headers.add(name: "host", value: "localhost")
            head.headers.add(name: "connection", value: "close")
            if let body {
                head.headers.add(name: "content-type", value: "application/json")
                head.headers.add(name: "content-length", value: "\(body.count)")
            }
            // In one piece: without a body the daemon may answer, and close, as soon as it has the head.
            let content = body.map { [HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: $0)))] } ?? []
            try await outbound.write(contentsOf: [.head(head)] + content + [.end(nil)])
            var status: HTTPResponseStatus?
            var data = Data()
            for try await part in inbound {
                switch part {
                case .head(let head): status = head.status
                case .body(let buffer):
                    data.append(contentsOf: buffer.readableBytesView)
                    guard data.count <= Self.maxBytes else {
                        throw ClientError.unexpectedAnswer("it has more than \(Self.maxBytes >> 20) MiB")
                    }
                case .end:
                    if let status { return (status, data) }
                }
            }
            throw ClientError.unexpectedAnswer("the connection was closed before an answer came")
        }
    }
}

/// A short text for a failed connect.
func connectProblem(_ error: any Error) -> String {
    if let error = error as? IOError { return String(cString: strerror(error.errnoCode)) }
    return "\(error)"
}
