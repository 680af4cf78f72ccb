import ControlAPI
import Hummingbird
import NIOCore

/// `/v1/history`: what is kept of the ticks of a session.
enum HistoryRoute {
    static func add(to router: Router<ControlContext>, _ backend: any EventBackend) {
        router.get("/v1/history") { request, context in
            let wanted = try HistoryRequest(request)
            try context.access.require(session: wanted.session)
            return json(ByteBuffer(bytes: try await backend.history(wanted)), status: .ok)
        }
    }
}

extension HistoryRequest {
    private static let usage = "take session, since_s, fields and speaker (both as often as needed)"

    fileprivate init(_ request: Request) throws(Problem) {
        func malformed(_ detail: String) -> Problem {
            Problem(status: 400, type: .malformedRequest, detail: detail)
        }
        var session: String?
        var rest = HistoryRequest(session: "")
        for (name, value) in request.uri.queryParameters {
            let value = String(value)
            switch name {
            case "session": session = canonicalName(value)
            case "speaker": rest.speakers.insert(canonicalName(value))
            case "fields":
                for field in value.split(separator: ",").map(String.init) where !rest.fields.contains(field) {
                    rest.fields.append(field)
                }
            case "since_s":
                guard let seconds = Double(value), seconds.isFinite else {
                    throw malformed("since_s is '\(value)' and must be a number of seconds")
                }
                rest.sinceSeconds = seconds
            default: throw malformed("there is no parameter '\(name)'; \(Self.usage)")
            }
        }
        guard let session else { throw malformed("the session is missing; \(Self.usage)") }
        self = rest
        self.session = session
    }
}
