import Foundation
import Kit
import Settings

/// What a Zoom meeting's stream (RTMS) is reached by: the webhook's payload, and the app's secret.
struct ZoomCall: Sendable, Equatable {
    /// Begin of the location of one.
    static let scheme = "rtms:"

    /// Where the signalling is.
    var server: String
    /// The webhook's `meeting_uuid` and `rtms_stream_id`.
    var meeting: String, stream: String
    /// The app's client id, and what proves that it is asking.
    let signature: String

    /// Reads `rtms:wss://HOST/PATH?meeting_uuid=…&rtms_stream_id=…`.
    ///
    /// - Throws: `SourceFailure` naming what is wrong and the remedy.
    init(_ location: String, _ settings: Settings.Sources) throws(SourceFailure) {
        let parts = location.dropFirst(Self.scheme.count).split(separator: "?", maxSplits: 1)
        guard let server = parts.first, let url = URL(string: String(server)), let scheme = url.scheme,
            let host = url.host, !host.isEmpty
        else { throw Self.wrong("the location is not rtms:wss://HOST…?meeting_uuid=…&rtms_stream_id=…") }
        let isLoopback = host.hasPrefix("127.") || host == "localhost" || host == "::1"
        guard scheme == "wss" || scheme == "ws" && isLoopback else {
            throw Self.wrong("Zoom's servers are reached by wss:// alone; give the URL of the webhook")
        }
        var items: [(name: Substring, value: Substring)] = []
        for item in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            items.append((pair[0], pair.count > 1 ? pair[1] : ""))
        }
        func take(_ name: String) -> String? {
            guard let index = items.firstIndex(where: { $0.name == name }) else { return nil }
            return String(items.remove(at: index).value).removingPercentEncoding.flatMap { $0.isEmpty ? nil : $0 }
        }
        guard let meeting = take("meeting_uuid"), let stream = take("rtms_stream_id") else {
            throw Self.wrong("meeting_uuid or rtms_stream_id is missing; take both from the webhook's payload")
        }
        let rest = items.map { $0.name + "=" + $0.value }.joined(separator: "&")
        self.server = String(server) + (rest.isEmpty ? "" : "?" + rest)
        self.meeting = meeting
        self.stream = stream
        guard let client = settings.zoomClientID, let path = settings.zoomSecret else {
            throw Self.wrong("sources.zoom_client_id and sources.zoom_secret are not set; Zoom admits nobody without")
        }
        let secret: [UInt8]
        do throws(SecretFileProblem) { secret = try readSecretFile(path, atMost: 4_096) } catch {
            throw SourceFailure(
                kind: .unavailable,
                message: "sources.zoom_secret: \(path) cannot be read; check that it exists and is not open to others")
        }
        let key = Array(String(decoding: secret, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines).utf8)
        signature = hmacSHA256(Array("\(client),\(meeting),\(stream)".utf8), key: key)
    }

    private static func wrong(_ message: String) -> SourceFailure {
        SourceFailure(kind: .badInput, message: message)
    }

    /// What the log and events show of a location.
    static func shown(_ location: String) -> String {
        String(location.prefix { $0 != "?" })
    }
}
