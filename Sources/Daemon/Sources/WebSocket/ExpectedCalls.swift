import Control
import ControlAPI
import Kit
import Synchronization

/// The calls that were declared and have not come yet, by their tokens. Of a token only the SHA-256 is kept.
final class ExpectedCalls: Sendable {
    /// Calls at the same time.
    static let maxCalls = 4_096
    /// Seconds for which one may be expected, and is if nothing is said.
    static let ttlRange = 1...86_400, standardTTL = 900
    /// Connections of one call.
    static let connectionRange = 1...64

    /// A call as it is kept, also over a restart: without its token.
    struct Call: Codable, Equatable {
        let digest: [UInt8]
        var request: AttachRequest
        let connections: Int
        var left: Int
        let expiresAtMilliseconds: Int64
    }

    /// By the first bytes of the digest: how long a look-up takes tells nothing of a token, only of its SHA-256.
    private let calls = Mutex<[UInt64: Call]>([:])
    private let wallMilliseconds: @Sendable () -> Int64

    init(wallMilliseconds: @escaping @Sendable () -> Int64 = AccessTokens.systemMilliseconds) {
        self.wallMilliseconds = wallMilliseconds
    }

    /// Notes a call.
    ///
    /// - Returns: the token that admits its sender, and when that ends (milliseconds since 1970).
    /// - Throws: `too_many_tokens`.
    func expect(
        _ request: AttachRequest, connections: Int, seconds: Int
    ) throws(Problem) -> (token: String, expiresAtMilliseconds: Int64) {
        let token = try AccessTokens.randomToken()
        let digest = sha256Digest(Array(token.utf8))
        let now = wallMilliseconds()
        let expiry = now + Int64(seconds) * 1_000
        let isTaken = calls.withLock { calls in
            if calls.count >= Self.maxCalls { calls = calls.filter { $0.value.expiresAtMilliseconds > now } }
            guard calls.count < Self.maxCalls else { return false }
            calls[Self.key(digest)] = Call(
                digest: digest, request: request, connections: connections, left: connections,
                expiresAtMilliseconds: expiry)
            return true
        }
        guard isTaken else {
            throw Problem(
                status: 429, type: .tooManyTokens,
                detail: "\(Self.maxCalls) calls are expected already; take some back with DELETE /v1/expected")
        }
        return (token, expiry)
    }

    /// Admits one connection.
    ///
    /// - Parameter speaker: whom it brings, where a call has several connections; nil takes the next.
    /// - Returns: what it is to be attached as; nil where the token is unknown, used up or over.
    func admit(_ token: String, speaker: String?) -> AttachRequest? {
        let digest = sha256Digest(Array(token.utf8))
        let now = wallMilliseconds()
        return calls.withLock { calls in
            guard var call = calls[Self.key(digest)], AccessTokens.isSame(call.digest, digest) else { return nil }
            guard call.expiresAtMilliseconds > now else {
                calls[Self.key(digest)] = nil
                return nil
            }
            var request = call.request
            if call.connections > 1 {
                let place = speaker.map { name in request.tracks.firstIndex { $0.speaker == canonicalName(name) } } ?? 0
                guard let place, request.tracks.indices.contains(place) else { return nil }
                call.request.tracks.remove(at: place)
                request.tracks = [request.tracks[place]]
                request.tracks[0].track = 0
            }
            call.left -= 1
            calls[Self.key(digest)] = call.left > 0 ? call : nil
            return request
        }
    }

    /// Takes back the tokens of a session; nil for all.
    ///
    /// - Returns: how many there were.
    func revoke(session: String?) -> Int {
        calls.withLock { calls in
            let before = calls.count
            calls = calls.filter { session != nil && $0.value.request.session != session }
            return before - calls.count
        }
    }

    /// What is expected now.
    var all: [Call] {
        let now = wallMilliseconds()
        return calls.withLock { calls in calls.values.filter { $0.expiresAtMilliseconds > now } }
            .sorted {
                ($0.expiresAtMilliseconds, Self.key($0.digest)) < ($1.expiresAtMilliseconds, Self.key($1.digest))
            }
    }

    /// Expects what was expected before a restart, as far as it can be one.
    func restore(_ kept: [Call]) {
        let now = wallMilliseconds()
        let range = now...(now + Int64(Self.ttlRange.upperBound) * 1_000)
        calls.withLock { calls in
            for call in kept.prefix(Self.maxCalls)
            where range.contains(call.expiresAtMilliseconds) && call.digest.count == 32 && call.left > 0
                && (call.connections == 1 || call.left <= call.request.tracks.count)
            {
                calls[Self.key(call.digest)] = call
            }
        }
    }

    private static func key(_ digest: [UInt8]) -> UInt64 {
        digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
