import ControlAPI
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// `/v1/events`: the events of the event socket as server-sent events (WHATWG HTML, section 9.2), or a piece of the
/// answer each, for a WebSocket.
enum EventRoute {
    static let path = "/v1/events"

    static func add(to router: Router<ControlContext>, _ backend: any EventBackend) {
        router.get(RouterPath(path)) { request, context in
            let (access, isSocket) = (context.access, context.isSocket)
            let feed = try await backend.events(try EventQuery(request).narrowed(to: access))
            return Response(
                status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
                body: ResponseBody { writer in
                    try await withTaskCancellationOrGracefulShutdownHandler {
                        try await access.whileHolding(onEnd: feed.end) {
                            while let lines = await feed.next(), access.holds {
                                if isSocket {
                                    try await writer.write(contentsOf: messages(of: lines))
                                } else {
                                    try await writer.write(text(of: lines))
                                }
                            }
                        }
                    } onCancelOrGracefulShutdown: {
                        feed.end()
                    }
                    try await writer.finish(nil)
                })
        }
    }

    /// An event each, or an empty one where there is none.
    private static func messages(of lines: [EventFeedLine]) -> [ByteBuffer] {
        lines.isEmpty ? [ByteBuffer()] : lines.map { ByteBuffer(bytes: $0.json) }
    }

    private static func text(of lines: [EventFeedLine]) -> ByteBuffer {
        guard !lines.isEmpty else { return ByteBuffer(string: ": nothing new\n\n") }
        var buffer = ByteBuffer()
        for line in lines {
            if let id = line.id { buffer.writeString("id: \(id)\n") }
            buffer.writeString("data: ")
            buffer.writeBytes(line.json)
            buffer.writeString("\n\n")
        }
        return buffer
    }
}

extension EventQuery {
    /// With nothing but what whoever asks may see.
    ///
    /// - Throws: `other_session` where something else is asked for.
    fileprivate func narrowed(to access: Access) throws -> EventQuery {
        for session in sessions { try access.require(session: session) }
        var query = self
        if let session = access.session { query.sessions = [session] }
        return query
    }

    private static let usage =
        "take session, speaker, type, fields (each as often as needed), tick_interval_s and last_event_id"

    fileprivate init(_ request: Request) throws {
        var lastID: (name: String, id: String)?
        for (name, value) in request.uri.queryParameters {
            let value = String(value)
            switch name {
            case "session": sessions.insert(canonicalName(value))
            case "speaker": speakers.insert(canonicalName(value))
            case "type": types.insert(value)
            case "tick_interval_s":
                guard let seconds = Double(value) else {
                    throw Problem(
                        status: 400, type: .malformedRequest,
                        detail: "tick_interval_s is '\(value)' and must be a number of seconds")
                }
                tickIntervalSeconds = seconds
            case "fields": fields.formUnion(value.split(separator: ",").map(String.init))
            case "last_event_id": lastID = ("last_event_id", value)
            default:
                throw Problem(
                    status: 400, type: .malformedRequest, detail: "there is no filter '\(name)'; \(Self.usage)")
            }
        }
        // A browser that comes back by itself knows better than the address that it was given.
        if let header = HTTPField.Name("Last-Event-ID"), let id = request.headers[header] {
            lastID = ("Last-Event-ID", id)
        }
        guard let (name, id) = lastID else { return }
        guard let colon = id.lastIndex(of: ":"), let sequence = Int(id[id.index(after: colon)...]), sequence >= 0 else {
            throw Problem(
                status: 400, type: .malformedRequest,
                detail: "\(name) is '\(id)'; send back an id of this daemon, EPOCH:SEQ")
        }
        last = (String(id[..<colon]), sequence)
    }
}
