import Control
import ControlAPI
import Dialects
import Events
import Settings

/// How calls are declared that will come by WebSocket.
struct CallExpectation: Sendable {
    let calls: ExpectedCalls
    /// Where senders connect to: `ws://127.0.0.1:8481`.
    let address: String

    /// Declares a call.
    ///
    /// - Throws: `Problem` naming what is wrong and the remedy.
    func expect(_ wanted: ExpectRequest) throws(Problem) -> ExpectedCall {
        let ttl = wanted.ttlSeconds ?? ExpectedCalls.standardTTL
        guard ExpectedCalls.ttlRange.contains(ttl) else {
            throw Self.invalid(
                "ttl_s must be \(ExpectedCalls.ttlRange.lowerBound) to \(ExpectedCalls.ttlRange.upperBound) seconds; "
                    + "declare the call when it is about to come")
        }
        let connections = wanted.connections ?? 1
        guard ExpectedCalls.connectionRange.contains(connections),
            connections == 1 || connections == wanted.speakers.count
        else {
            throw Self.invalid(
                "connections must be 1, or the number of speakers where each comes by a connection of its own")
        }
        let tracks = wanted.speakers.enumerated().map { number, speaker in
            AttachRequest.Track(
                track: number, ssrc: speaker.source == "*" ? "*" : nil,
                cname: speaker.source == "*" ? nil : speaker.source, speaker: speaker.speaker, role: speaker.role,
                consent: speaker.consent)
        }
        let request = AttachRequest(
            url: "websocket:", session: wanted.session, tracks: tracks, consent: wanted.consent,
            noticeID: wanted.noticeID, priority: wanted.priority, voices: wanted.voices
        ).withCanonicalNames
        // What is wrong is told now, not to a sender who can do nothing about it.
        _ = try AttachValidation.tracks(of: request)
        let (token, expiry) = try calls.expect(request, connections: connections, seconds: ttl)
        var urls: [String: String] = [:]
        for dialect in Dialect.served { urls[dialect.rawValue] = "\(address)/\(dialect.rawValue)/\(token)" }
        return ExpectedCall(session: request.session, token: token, expiresAt: rfc3339(expiry), urls: urls)
    }

    private static func invalid(_ detail: String) -> Problem {
        Problem(status: 422, type: .invalidRequest, detail: detail)
    }
}
