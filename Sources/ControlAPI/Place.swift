/// Asks where a call is to go, in a fleet.
public struct PlaceRequest: Codable, Sendable, Equatable {
    /// Name of its session.
    public var session: String

    /// A request.
    public init(session: String) { self.session = session }
}

/// Where a call goes.
public struct PlacedCall: Codable, Sendable, Equatable {
    /// Name of its session, and of the node.
    public var session: String, node: String
    /// Where its sender reaches the node; nil where the node does not say.
    public var url: String?
    /// Grows whenever the session goes to another node.
    public var term: Int

    /// A place.
    public init(session: String, node: String, url: String?, term: Int) {
        (self.session, self.node, self.url, self.term) = (session, node, url, term)
    }
}
