/// A request that the daemon end once its calls have.
public struct DrainRequest: Codable, Sendable, Equatable {
    /// Seconds after which it ends all the same; nil waits for as long as it takes.
    public var timeoutSeconds: Int?

    enum CodingKeys: String, CodingKey {
        case timeoutSeconds = "timeout_s"
    }

    /// A request.
    public init(timeoutSeconds: Int? = nil) {
        self.timeoutSeconds = timeoutSeconds
    }
}

/// What is waited for.
public struct DrainSummary: Codable, Sendable, Equatable {
    /// Sessions of which media comes, or came a moment ago.
    public var sessions: Int

    /// A count.
    public init(sessions: Int) {
        self.sessions = sessions
    }
}
