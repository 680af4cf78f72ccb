/// What a sender says of its media: that none comes, and why, or that it comes again.
public struct SourceStateRequest: Codable, Sendable, Equatable {
    /// `hold`, `mute`, `pause` or `active`.
    public var state: String
    /// The track that it is said of; all of them where it is left out.
    public var track: Int?

    /// A request.
    public init(state: String, track: Int? = nil) {
        self.state = state
        self.track = track
    }
}
