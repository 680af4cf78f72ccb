/// The location with what must not reach a log replaced by `***`: the user and password before the host, and
/// the values of query items that look like keys. Always one line of bounded length; a path stays as it is.
public func redactedLocation(_ url: String) -> String {
    let redacted = Secrets(in: url).redacted
    let line = String(redacted.prefix(Secrets.longestLine).map { $0.isControl ? "?" : $0 })
    return redacted.count > Secrets.longestLine ? line + "…" : line
}

/// A line of a library that may quote `url` or others, without their credentials.
func redactedText(_ line: String, mentioning url: String) -> String {
    var text = line.replacing(url, with: redactedLocation(url))
    for secret in Secrets(in: url).values {
        text = text.replacing(secret, with: "***")
    }
    // A redirect, a playlist or a tunnel may name addresses that we were never given.
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    return words.map { $0.contains("://") ? redactedLocation(String($0)) : String($0) }.joined(separator: " ")
}

/// A location taken apart into what may be shown and what may not.
private struct Secrets {
    /// Longer locations (`data:` URLs mostly) are cut in messages.
    static let longestLine = 300
    /// A query item whose name contains one of these is a credential.
    private static let names = [
        "token", "key", "pass", "pwd", "secret", "sig", "auth", "streamid", "credential", "jwt", "hmac",
        "policy",
        "session", "user",
    ]
    /// Shorter values are not looked for in other texts: they would hit ordinary words.
    private static let shortestValue = 3

    private(set) var redacted = ""
    private(set) var values: [String] = []

    init(in url: String) {
        guard let separator = url.firstRange(of: "://") else {
            redacted = url
            return
        }
        var rest = url[separator.upperBound...]
        redacted = String(url[..<separator.upperBound])
        if let at = Secrets.userInfoEnd(of: rest) {
            let userInfo = rest[..<at]
            keep(userInfo)
            if let colon = userInfo.firstIndex(of: ":") {
                keep(userInfo[..<colon])
                keep(userInfo[userInfo.index(after: colon)...])
            }
            redacted += "***"
            rest = rest[at...]
        }
        guard let query = rest.firstIndex(where: { $0 == "?" || $0 == "#" }) else {
            redacted += rest
            return
        }
        redacted += rest[..<query]
        addQuery(rest[query...])
    }

    /// Where the `@` is that ends user and password.
    private static func userInfoEnd(of rest: Substring) -> Substring.Index? {
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if let at = authority.lastIndex(of: "@") { return at }
        // A password with an unescaped separator cuts the authority short: what follows the colon is no port.
        guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") else { return nil }
        let port = authority[authority.index(after: colon)...]
        let isPort = !port.isEmpty && port.allSatisfy { $0.isASCII && $0.isNumber }
        return isPort ? nil : rest.lastIndex(of: "@")
    }

    private mutating func addQuery(_ query: Substring) {
        var item = query[...]
        while let first = item.first {
            redacted.append(first)
            item = item.dropFirst()
            let end = item.firstIndex { "?#&;".contains($0) } ?? item.endIndex
            addItem(item[..<end])
            item = item[end...]
        }
    }

    private mutating func addItem(_ item: Substring) {
        guard let equals = item.firstIndex(of: "=") else {
            redacted += item
            return
        }
        let value = item[item.index(after: equals)...]
        redacted += item[...equals]
        let name = item[..<equals].lowercased()
        if Secrets.names.contains(where: { name.contains($0) }) {
            keep(value)
            redacted += "***"
        } else if value.contains("://") {
            let nested = Secrets(in: String(value))
            values += nested.values
            redacted += nested.redacted
        } else {
            redacted += value
        }
    }

    private mutating func keep(_ value: Substring) {
        if value.count >= Secrets.shortestValue {
            values.append(String(value))
        }
    }
}

extension Character {
    fileprivate var isControl: Bool {
        unicodeScalars.contains {
            $0.value < 0x20 || $0.value == 0x7F || $0.properties.generalCategory == .control
        }
    }
}
