import ControlAPI

/// What whoever asks may see and do.
struct Access: Sendable {
    /// The token by which that is so, as long as it holds.
    struct Lease: Sendable {
        let tokens: AccessTokens
        let id: Int
    }

    private let grant: AccessGrant
    private let lease: Lease?

    init(_ grant: AccessGrant, _ lease: Lease?) {
        self.grant = grant
        self.lease = lease
    }

    /// Everything, for ever.
    static let everything = Access(AccessGrant(mayWrite: true), nil)

    /// The only session that is shown; nil for all.
    var session: String? { grant.session }

    /// Whether more than looking is allowed.
    var mayWrite: Bool { grant.mayWrite }

    /// Whether it still holds.
    var holds: Bool { lease.map { $0.tokens.holds($0.id) } ?? true }

    /// Whether a session is shown.
    func allows(session: String) -> Bool { grant.session.map { $0 == session } ?? true }

    /// - Throws: `other_session` where the session is another one than that of the token.
    func require(session: String) throws(Problem) {
        guard !allows(session: session) else { return }
        throw Problem(
            status: 403, type: .otherSession,
            detail: "this token is for another session than '\(session)'; ask for one with 'attune overlay'")
    }

    /// - Throws: `other_session` where only one session is shown.
    func requireAll() throws(Problem) {
        guard grant.session != nil else { return }
        throw Problem(
            status: 403, type: .otherSession,
            detail: "this token is for one session, and this concerns all; ask for one with 'attune overlay'")
    }

    /// Runs `body`, and `end` as soon as the access ends meanwhile.
    func whileHolding<Result>(
        onEnd end: @escaping @Sendable () -> Void, _ body: () async throws -> Result
    ) async rethrows -> Result {
        guard let lease else { return try await body() }
        let watch = lease.tokens.watch(lease.id, end)
        defer { lease.tokens.callOff(lease.id, watch) }
        let expiry = lease.tokens.remaining(grant).map { milliseconds in
            // Whoever stays connected for longer than a month is looked at again with each event.
            Task {
                try await Task.sleep(for: .milliseconds(min(milliseconds, 2_592_000_000)))
                end()
            }
        }
        defer { expiry?.cancel() }
        return try await body()
    }
}
