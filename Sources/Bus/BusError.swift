/// Why something of the bus failed: one line that names the thing and the remedy.
public struct BusError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Kind: Sendable, Equatable {
        /// The connection can't be had, or has ended.
        case connection
        /// The server does not let this client in.
        case refused
        /// A file that the configuration names can't be used.
        case file
        /// The server answered with an error, whose code is that of JetStream; 0 where it has none.
        case server(Int)
    }

    /// The kind.
    public let kind: Kind
    /// The line.
    public let description: String

    /// A failure.
    public init(_ kind: Kind, _ description: String) { (self.kind, self.description) = (kind, description) }
}
