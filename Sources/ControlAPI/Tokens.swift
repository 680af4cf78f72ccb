/// A request for a token with which a browser may come.
public struct TokenRequest: Codable, Sendable, Equatable {
    /// The only session that it shows; nil for all.
    public var session: String?
    /// Seconds for which it holds; nil for a day.
    public var ttlSeconds: Int?
    /// Whether it may say something of a session's people, too.
    public var write: Bool?

    enum CodingKeys: String, CodingKey {
        case session, write
        case ttlSeconds = "ttl_s"
    }

    /// A request.
    public init(session: String? = nil, ttlSeconds: Int? = nil, write: Bool? = nil) {
        self.session = session
        self.ttlSeconds = ttlSeconds
        self.write = write
    }
}

/// A token that was made. A secret.
public struct IssuedToken: Codable, Sendable, Equatable {
    /// The token.
    public var token: String
    /// When it ends, RFC 3339.
    public var expiresAt: String
    /// Address of the page, with the token in it.
    public var url: String

    enum CodingKeys: String, CodingKey {
        case token, url
        case expiresAt = "expires_at"
    }

    /// A token.
    public init(token: String, expiresAt: String, url: String) {
        self.token = token
        self.expiresAt = expiresAt
        self.url = url
    }
}

/// What became of the tokens that were made.
public struct RevokedTokens: Codable, Sendable, Equatable {
    /// How many were taken back.
    public var revoked: Int

    /// A count.
    public init(revoked: Int) {
        self.revoked = revoked
    }
}
