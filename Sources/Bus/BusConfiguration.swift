public import Settings

/// How the bus is reached.
public struct BusConfiguration: Sendable, Equatable {
    /// Name or address of the server, and its port.
    public var host: String, port: Int
    /// Whether TLS is spoken.
    public var isSecure: Bool
    /// File with the certificates of those who may vouch for the server, PEM; nil for the system's.
    public var authorities: String?
    /// File with the JWT of a user and its seed, as `nsc` writes it; nil for none.
    public var credentials: String?
    /// What the client is called in the server's lists.
    public var name: String

    /// Port of the server where none is said.
    public static let standardPort = 4_222

    /// A way to the bus.
    public init(
        host: String, port: Int = standardPort, isSecure: Bool = false, authorities: String? = nil,
        credentials: String? = nil, name: String
    ) {
        (self.host, self.port, self.isSecure) = (host, port, isSecure)
        (self.authorities, self.credentials, self.name) = (authorities, credentials, name)
    }
}

extension BusConfiguration {
    /// The bus that the settings name; nil for none.
    ///
    /// - Parameter role: what the client is, for the server's lists.
    public init?(_ settings: Settings.Bus, role: String) {
        guard let address = settings.address else { return nil }
        self.init(
            host: address.host, port: address.port, isSecure: address.isSecure, authorities: settings.authorities,
            credentials: settings.credentials, name: "attune-\(role)")
    }
}
