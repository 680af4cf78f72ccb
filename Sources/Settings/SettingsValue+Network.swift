import CPlatform
import Foundation

extension SettingsValue {
    /// Any numeric address and a port, `127.0.0.1:8480` or `[::]:8480`.
    func optionalListenAddress() throws(ExpectedValue) -> Settings.ListenAddress? {
        guard let text = try optionalText() else { return nil }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw Self.noAddress
        }
        var host = String(text[..<colon])
        let isVersion6 = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
        if isVersion6 { host = String(host.dropFirst().dropLast()) }
        guard host.contains(":") == isVersion6, !host.contains("/"), !host.contains("%"),
            attune_is_network(host) != 0
        else { throw Self.noAddress }
        return Settings.ListenAddress(host: host, port: Int(port))
    }

    /// Where a listener is reached from outside, `wss://calls.example.org`; nothing for its own address.
    func optionalWebSocketURL() throws(ExpectedValue) -> String? {
        guard let text = try optionalText() else { return nil }
        guard let scheme = ["wss://", "ws://"].first(where: text.hasPrefix), text.utf8.count <= 255,
            text.utf8.count > scheme.utf8.count, !text.contains("?"), !text.contains("#"), !text.contains(" "),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw ExpectedValue(what: "an address such as wss://calls.example.org, or nothing")
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private static let noAddress = ExpectedValue(
        what: "a numeric address and a port, such as 127.0.0.1:8480 or [::1]:8480, or nothing")

    /// Names or numeric addresses as they stand in a URL, without a port, in small letters; nothing for none.
    func hosts() throws(ExpectedValue) -> [String] {
        let texts = try optionalTexts() ?? []
        guard texts.count <= 64, texts.allSatisfy(Self.isHost) else {
            throw ExpectedValue(
                what: "a list of at most 64 host names without port, such as [studio.lan, 192.168.1.5], or nothing")
        }
        return texts.map { $0.lowercased() }
    }

    /// Origins of pages, `https://example.org` or `http://localhost:3000`; nothing for none.
    func origins() throws(ExpectedValue) -> [String] {
        let texts = try optionalTexts() ?? []
        guard texts.count <= 64, texts.allSatisfy(Self.isOrigin) else {
            throw ExpectedValue(
                what: "a list of at most 64 origins, such as [https://crm.example.org], each as a browser writes it: "
                    + "in small letters, without a path and without a wildcard; or nothing")
        }
        return texts
    }

    static func isHost(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        if text.hasPrefix("["), text.hasSuffix("]") {
            return text.contains(":") && text.dropFirst().dropLast().allSatisfy { $0.isHexDigit || ":.".contains($0) }
        }
        return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
    }

    private static func isOrigin(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix), text == text.lowercased() else {
            return false
        }
        var rest = text.dropFirst(scheme.count)
        if let colon = rest.lastIndex(of: ":"), !rest.hasSuffix("]") {
            guard UInt16(rest[rest.index(after: colon)...]) != nil else { return false }
            rest = rest[..<colon]
        }
        return isHost(String(rest))
    }
}
