extension Settings {
    /// The bus of a fleet (docs/fleet.md).
    public struct Bus: Sendable, Equatable {
        /// Where the bus is.
        public struct Address: Sendable, Equatable {
            /// Name or address of the server, without brackets, and its port.
            public var host: String, port: Int
            /// Whether TLS is spoken.
            public var isSecure: Bool
        }

        /// Where the bus is; nil for none, and nothing of it runs.
        public var address: Address?
        /// Files with the JWT and the seed of a user, and with the certificates of those who may vouch for the server.
        public var credentials: String?, authorities: String?
        /// What this machine is called in the fleet; nil for the host's name.
        public var node: String?
        /// Where senders bring it calls; nil where nobody is told.
        public var nodeURL: String?

        /// The defaults.
        public init() {}
    }
}

extension SettingsValue {
    /// `nats://HOST[:PORT]` or `tls://HOST[:PORT]`; nothing for no bus.
    func optionalBusAddress() throws(ExpectedValue) -> Settings.Bus.Address? {
        guard let text = try optionalText() else { return nil }
        let expected = ExpectedValue(
            what: "an address such as nats://127.0.0.1:4222 or tls://bus.example.org, or nothing")
        guard let scheme = ["nats://", "tls://"].first(where: text.hasPrefix) else { throw expected }
        var host = String(text.dropFirst(scheme.count))
        var port = 4_222
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
            guard let number = UInt16(host[host.index(after: colon)...]), number > 0 else { throw expected }
            (port, host) = (Int(number), String(host[..<colon]))
        }
        guard Self.isHost(host) else { throw expected }
        if host.hasPrefix("[") { host = String(host.dropFirst().dropLast()) }
        return Settings.Bus.Address(host: host, port: port, isSecure: scheme == "tls://")
    }

    /// Letters, digits, `-` and `_`; nothing for the host's name.
    func optionalNodeName() throws(ExpectedValue) -> String? {
        guard let text = try optionalText() else { return nil }
        guard text.utf8.count <= 63,
            text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) })
        else { throw ExpectedValue(what: "1 to 63 letters, digits, '-' or '_', or nothing for the host's name") }
        return text
    }

    /// An address that senders are told.
    func optionalNodeURL() throws(ExpectedValue) -> String? {
        guard let text = try optionalText() else { return nil }
        guard text.contains("://"), text.utf8.count <= 255, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ExpectedValue(what: "an address such as wss://node-3.example.org, or nothing")
        }
        return text
    }
}

extension Settings {
    /// What is wrong with the keys of the bus together.
    func contradictionsOfBus() -> [(path: String, message: String)] {
        guard let address = bus.address else {
            return bus.credentials == nil && bus.authorities == nil
                ? [] : [("bus.url", "bus.credentials and bus.ca are for a bus, and there is none; give bus.url")]
        }
        let isLocal = ListenAddress(host: address.host, port: address.port).isLoopback || address.host == "localhost"
        guard isLocal || address.isSecure else {
            return [
                (
                    "bus.url",
                    "'\(address.host)' is another machine, and without TLS everybody between could read along; "
                        + "write tls://"
                )
            ]
        }
        return []
    }
}
