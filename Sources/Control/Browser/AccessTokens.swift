public import ControlAPI
import Foundation
import Glibc
import Kit
import Synchronization

/// What a token lets its bearer do.
public struct AccessGrant: Sendable, Hashable {
    /// The only session that is shown; nil for all.
    public var session: String?
    /// Whether more than looking is allowed.
    public var mayWrite: Bool
    /// When it ends, milliseconds since 1970; nil for never.
    public var expiresAtMilliseconds: Int64?

    /// A grant.
    public init(session: String? = nil, mayWrite: Bool = false, expiresAtMilliseconds: Int64? = nil) {
        self.session = session
        self.mayWrite = mayWrite
        self.expiresAtMilliseconds = expiresAtMilliseconds
    }
}

/// The tokens with which browsers come. Of each only the SHA-256 is kept.
public final class AccessTokens: Sendable {
    /// A token of a file, as far as it is kept.
    public struct Filed: Sendable, Hashable {
        /// SHA-256 of the token.
        public var digest: [UInt8]
        /// What it allows.
        public var grant: AccessGrant

        /// A token.
        public init(_ token: String, _ grant: AccessGrant) {
            digest = sha256Digest(Array(token.utf8))
            self.grant = grant
        }
    }

    /// Tokens that may be made and hold at the same time.
    public static let maxIssued = 256

    private struct Entry {
        let id: Int
        let digest: [UInt8]
        let grant: AccessGrant
        let isIssued: Bool
    }

    private struct State {
        var entries: [Entry] = []
        var made = 0
        /// What is to be done once a token does not hold any more, by the number of its entry.
        var watches: [Int: [Int: @Sendable () -> Void]] = [:]
        var watchesMade = 0

        mutating func add(_ digest: [UInt8], _ grant: AccessGrant, isIssued: Bool) {
            made += 1
            entries.append(Entry(id: made, digest: digest, grant: grant, isIssued: isIssued))
        }

        /// - Returns: what has to be done now that they are gone.
        mutating func remove(where isGone: (Entry) -> Bool) -> [@Sendable () -> Void] {
            let gone = entries.filter(isGone)
            entries.removeAll(where: isGone)
            return gone.flatMap { watches.removeValue(forKey: $0.id)?.values.map(\.self) ?? [] }
        }
    }

    private let state = Mutex(State())
    private let wallMilliseconds: @Sendable () -> Int64

    /// No tokens.
    ///
    /// - Parameter wallMilliseconds: the wall clock, milliseconds since 1970.
    public init(wallMilliseconds: @escaping @Sendable () -> Int64 = AccessTokens.systemMilliseconds) {
        self.wallMilliseconds = wallMilliseconds
    }

    /// The wall clock of the system.
    public static func systemMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Makes a token that holds for so long.
    ///
    /// - Throws: `too_many_tokens`.
    public func issue(
        session: String?, mayWrite: Bool, seconds: Int
    ) throws(Problem) -> (token: String, expiresAtMilliseconds: Int64) {
        let now = wallMilliseconds()
        let expiry = now + Int64(seconds) * 1_000
        let token = try Self.randomToken()
        let (isTaken, ended) = state.withLock { state in
            let ended = state.remove { $0.isIssued && Self.hasEnded($0.grant, now) }
            guard state.entries.count(where: \.isIssued) < Self.maxIssued else { return (false, ended) }
            state.add(
                sha256Digest(Array(token.utf8)),
                AccessGrant(session: session, mayWrite: mayWrite, expiresAtMilliseconds: expiry), isIssued: true)
            return (true, ended)
        }
        for end in ended { end() }
        guard isTaken else {
            throw Problem(
                status: 429, type: .tooManyTokens,
                detail: "\(Self.maxIssued) tokens hold already; take them back with DELETE /v1/tokens")
        }
        return (token, expiry)
    }

    /// Takes back all tokens that were made, not those of the file.
    ///
    /// - Returns: how many there were.
    public func revokeIssued() -> Int {
        let (count, ended) = state.withLock { state in
            (state.entries.count(where: \.isIssued), state.remove(where: \.isIssued))
        }
        for end in ended { end() }
        return count
    }

    /// Puts the tokens of a file in the place of those that it had before; what is the same in both goes on.
    ///
    /// - Returns: whether anything has changed.
    @discardableResult
    public func setFiled(_ filed: [Filed]) -> Bool {
        let wanted = Set(filed)
        let (hasChanged, ended) = state.withLock { state in
            func filed(_ entry: Entry) -> Filed { Filed(digest: entry.digest, grant: entry.grant) }
            let present = Set(state.entries.filter { !$0.isIssued }.map(filed))
            let ended = state.remove { !$0.isIssued && !wanted.contains(filed($0)) }
            for token in wanted.subtracting(present) { state.add(token.digest, token.grant, isIssued: false) }
            return (present != wanted, ended)
        }
        for end in ended { end() }
        return hasChanged
    }

    /// What a token allows; nil where it is none, or has ended.
    ///
    /// How long that takes depends on how many tokens there are, and on nothing that is in them: all are compared,
    /// by their digests, each to its end.
    func access(_ token: String) -> Access? {
        let digest = sha256Digest(Array(token.utf8))
        let found = state.withLock { state in
            var found: Entry?
            for entry in state.entries where Self.isSame(entry.digest, digest) { found = entry }
            return found
        }
        guard let found, !Self.hasEnded(found.grant, wallMilliseconds()) else { return nil }
        return Access(found.grant, Access.Lease(tokens: self, id: found.id))
    }

    /// Whether two digests are the same; how long that takes depends on nothing that is in them.
    public static func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func hasEnded(_ grant: AccessGrant, _ now: Int64) -> Bool {
        grant.expiresAtMilliseconds.map { $0 <= now } ?? false
    }

    /// Whether the token of an entry still holds.
    func holds(_ id: Int) -> Bool {
        let grant = state.withLock { state in state.entries.first { $0.id == id }?.grant }
        return grant.map { !Self.hasEnded($0, wallMilliseconds()) } ?? false
    }

    /// Has something done as soon as a token is taken back, or at once if it was already.
    ///
    /// - Returns: the number with which that is called off.
    func watch(_ id: Int, _ end: @escaping @Sendable () -> Void) -> Int {
        let number = state.withLock { state -> Int? in
            guard state.entries.contains(where: { $0.id == id }) else { return nil }
            state.watchesMade += 1
            state.watches[id, default: [:]][state.watchesMade] = end
            return state.watchesMade
        }
        if number == nil { end() }
        return number ?? 0
    }

    func callOff(_ id: Int, _ watch: Int) {
        state.withLock { state in
            state.watches[id]?[watch] = nil
            if state.watches[id]?.isEmpty ?? false { state.watches[id] = nil }
        }
    }

    /// Milliseconds until a grant ends; nil for never.
    func remaining(_ grant: AccessGrant) -> Int64? {
        grant.expiresAtMilliseconds.map { max(0, $0 - wallMilliseconds()) }
    }

    /// 256 bits of the kernel, as 43 characters that need no escape in a URL (RFC 4648, section 5).
    public static func randomToken() throws(Problem) -> String {
        guard let bytes = randomBytes(32) else {
            throw Problem(
                status: 503, type: .noRandomness, detail: "the system gave no random bytes; try again later")
        }
        return Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }
}

extension AccessTokens.Filed {
    fileprivate init(digest: [UInt8], grant: AccessGrant) {
        self.digest = digest
        self.grant = grant
    }
}
