/// The location with what must not reach a log replaced by `***`: the user and password before the host, the values of
/// names that look like those of credentials, in the query and in the path (as cameras have them), the stream key of
/// RTMP, and most of the UUID of a call. Always one line of bounded length.
public func redactedLocation(_ url: String) -> String {
    let redacted = Secrets(in: url).redacted
    let line = String(redacted.prefix(Secrets.maxLine).map { $0.isControl ? "?" : $0 })
    return redacted.count > Secrets.maxLine ? line + "…" : line
}

/// A line of a library that may quote `url` or others, without their credentials.
func redactedText(_ line: String, mentioning url: String) -> String {
    var text = line.replacing(url, with: redactedLocation(url))
    for secret in Secrets(in: url).values {
        text = text.replacing(secret, with: "***")
    }
    // A redirect, a playlist or a tunnel may name addresses that we were never given.
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    return words.map { $0.contains("://") || $0.contains("=") ? redactedLocation(String($0)) : String($0) }
        .joined(separator: " ")
}

/// A location taken apart into what may be shown and what may not.
private struct Secrets {
    /// Longer locations (`data:` URLs mostly) are cut in messages.
    static let maxLine = 300
    /// A value whose name contains one of these is a credential.
    private static let names = [
        "token", "key", "pass", "pwd", "psw", "secret", "sig", "auth", "streamid", "credential", "jwt", "hmac",
        "policy",
        "session", "user", "usr", "login", "account", "playpath", "conn",
    ]
    /// What may stand before a name. In a query an underline is part of the name.
    private static let queryMarks = "?#&;", pathMarks = "/?#&;,_~ "
    /// Begin of the location of a call, and how many digits of its UUID tell calls apart.
    private static let call = "audiosocket:", callDigits = 8
    /// Shorter values are not looked for in other texts: they would hit ordinary words.
    private static let shortestValue = 3

    private(set) var redacted = ""
    private(set) var values: [String] = []

    init(in url: String) {
        guard let separator = url.firstRange(of: "://") else {
            if url.lowercased().hasPrefix(Secrets.call) {
                let shown = url.prefix(Secrets.call.count + Secrets.callDigits)
                keep(url[shown.endIndex...])
                redacted = shown + "***"
            } else {
                addPairs(url[...], marks: Secrets.pathMarks)
            }
            return
        }
        // The scheme; or, in a text that names a location, what stands before it.
        addPairs(url[..<separator.lowerBound], marks: Secrets.pathMarks)
        redacted += "://"
        let scheme = redacted.lowercased()
        var rest = url[separator.upperBound...]
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
        let authority = rest.prefix { !"/?#".contains($0) }
        redacted += authority
        rest = rest[authority.endIndex...]
        let path = rest.prefix { $0 != "?" && $0 != "#" }
        if let nested = Secrets.nestedLocation(in: path) {
            // A proxy or a tunnel, which has the rest of the text to itself.
            redacted += path[..<nested]
            add(Secrets(in: String(rest[nested...])))
            return
        }
        if scheme.contains("rtmp") { addStreamKey(path) } else { addPairs(path, marks: Secrets.pathMarks) }
        addPairs(rest[path.endIndex...], marks: Secrets.queryMarks)
    }

    private mutating func add(_ nested: Secrets) {
        values += nested.values
        redacted += nested.redacted
    }

    /// Where a location within a path begins.
    private static func nestedLocation(in path: Substring) -> Substring.Index? {
        guard let separator = path.firstRange(of: "://") else { return nil }
        let before = path[..<separator.lowerBound]
        return before.lastIndex { !($0.isLetter || $0.isNumber || "+.-".contains($0)) }.map(path.index(after:))
            ?? path.startIndex
    }

    /// The last part of an RTMP path is what lets one publish or play; options may follow after a space.
    private mutating func addStreamKey(_ text: Substring) {
        let path = text.prefix { $0 != " " }
        let options = text[path.endIndex...]
        let end = path.lastIndex { $0 != "/" }.map(path.index(after:)) ?? path.startIndex
        if end > path.startIndex {
            let begin = path[..<end].lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex
            addPairs(path[..<begin], marks: Secrets.pathMarks)
            keep(path[begin..<end])
            redacted += "***"
        }
        redacted += path[end...]
        addPairs(options, marks: " ")
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

    /// Adds a text in which values may stand behind names and `=`. A value goes on to the next mark before a name, so
    /// that one with a mark in it is hidden as a whole.
    private mutating func addPairs(_ text: Substring, marks: String) {
        var place = text.startIndex
        var isBehindMark = true
        while place < text.endIndex {
            guard isBehindMark, let begin = Secrets.valueBegin(of: text[place...], marks: marks) else {
                isBehindMark = marks.contains(text[place])
                redacted.append(text[place])
                place = text.index(after: place)
                continue
            }
            var end = begin
            while end < text.endIndex {
                let isMark = marks.contains(text[end])
                if isMark, Secrets.valueBegin(of: text[text.index(after: end)...], marks: marks) != nil { break }
                end = text.index(after: end)
            }
            redacted += text[place..<begin]
            addValue(text[begin..<end], name: text[place..<begin], marks: marks)
            place = end
            isBehindMark = false
        }
    }

    /// Where the value begins if the text begins with a name and `=`, which may be escaped.
    private static func valueBegin(of text: Substring, marks: String) -> Substring.Index? {
        let rest = text.drop { ($0.isLetter || $0.isNumber || "-._[]".contains($0)) && !marks.contains($0) }
        guard rest.startIndex > text.startIndex else { return nil }
        if rest.first == "=" { return rest.index(after: rest.startIndex) }
        let escaped = rest.prefix(3)
        return escaped.lowercased() == "%3d" ? escaped.endIndex : nil
    }

    private mutating func addValue(_ value: Substring, name: Substring, marks: String) {
        let name = name.lowercased()
        let escaped = value.lowercased()
        // An escaped location is not taken apart: with a user in it, it is hidden.
        let hidesUser = escaped.contains("%3a%2f%2f") && escaped.contains("%40")
        if Secrets.names.contains(where: { name.contains($0) }) || name.hasPrefix("pw=") || hidesUser {
            keep(value)
            redacted += "***"
        } else if value.contains("://") {
            add(Secrets(in: String(value)))
        } else if marks == Secrets.queryMarks {
            addPairs(value, marks: Secrets.pathMarks)
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
