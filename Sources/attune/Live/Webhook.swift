import Foundation

/// What Zoom's webhook says of a meeting's stream, as a location.
enum Webhook {
    private struct Body: Decodable {
        struct Payload: Decodable {
            var meeting_uuid: String
            var rtms_stream_id: String
            var server_urls: String
        }
        var payload: Payload
    }

    /// The location that `rtms:FILE` means, FILE having the body of the webhook `meeting.rtms_started`; nil where the
    /// location is another.
    static func location(_ url: String) throws -> String? {
        guard url.hasPrefix("rtms:"), !url.contains("://") else { return nil }
        let path = String(url.dropFirst(5))
        guard let data = FileManager.default.contents(atPath: path) else {
            throw fail("cannot read \(path); give the body of Zoom's webhook", code: 66)
        }
        guard let body = try? JSONDecoder().decode(Body.self, from: data) else {
            throw fail(
                "\(path) has no payload with meeting_uuid, rtms_stream_id and server_urls; give the body of "
                    + "meeting.rtms_started", code: 65)
        }
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        func escaped(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: allowed) ?? "" }
        let server = body.payload.server_urls.split(separator: ",").first.map(String.init) ?? ""
        return "rtms:\(server)\(server.contains("?") ? "&" : "?")meeting_uuid=\(escaped(body.payload.meeting_uuid))"
            + "&rtms_stream_id=\(escaped(body.payload.rtms_stream_id))"
    }
}
