import CPlatform
import Yams

/// What a value should have been, and is not.
struct ExpectedValue: Error {
    let what: String
}

/// A value of the configuration file on its way into a typed setting.
struct SettingsValue {
    let node: Node

    private var isEmpty: Bool {
        node.scalar.map { $0.string.isEmpty || $0.string == "~" || $0.string == "null" } ?? false
    }

    func text() throws(ExpectedValue) -> String {
        guard let text = node.scalar?.string, !text.isEmpty, !text.contains("\n") else {
            throw ExpectedValue(what: "a text of one line")
        }
        return text
    }

    func optionalText() throws(ExpectedValue) -> String? {
        isEmpty ? nil : try text()
    }

    /// A path that fits into the address of a Unix socket.
    func path() throws(ExpectedValue) -> String {
        guard let path = node.scalar?.string, path.hasPrefix("/"), path.utf8.count <= 107 else {
            throw ExpectedValue(what: "an absolute path of at most 107 bytes")
        }
        return path
    }

    func optionalPath() throws(ExpectedValue) -> String? {
        isEmpty ? nil : try path()
    }

    /// An address of the loopback interface and a port, `127.0.0.1:9092` or `[::1]:9092`.
    func optionalLoopback() throws(ExpectedValue) -> Settings.LoopbackAddress? {
        if isEmpty { return nil }
        let text = node.scalar?.string ?? ""
        let hosts = ["127.0.0.1": "127.0.0.1", "[::1]": "::1"]
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            let host = hosts[String(text[..<colon])]
        else { throw ExpectedValue(what: "127.0.0.1:PORT or [::1]:PORT, or nothing") }
        return Settings.LoopbackAddress(host: host, port: Int(port))
    }

    func optionalFile() throws(ExpectedValue) -> String? {
        if isEmpty { return nil }
        guard let path = node.scalar?.string, path.hasPrefix("/"), !path.hasSuffix("/"), path.utf8.count <= 4_000,
            !path.utf8.contains(0)
        else { throw ExpectedValue(what: "an absolute path of a file, or nothing") }
        return path
    }

    func fileMode() throws(ExpectedValue) -> UInt32 {
        guard let text = node.scalar?.string, text.count >= 3, let mode = UInt32(text, radix: 8), mode <= 0o777 else {
            throw ExpectedValue(what: "an octal file mode in quotes, such as \"0660\"")
        }
        return mode
    }

    func choice(_ choices: [String]) throws(ExpectedValue) -> String {
        guard let text = node.scalar?.string, choices.contains(text) else {
            throw ExpectedValue(what: "one of " + choices.joined(separator: ", "))
        }
        return text
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ type: Choice.Type
    ) throws(ExpectedValue) -> Choice where Choice.RawValue == String {
        let text = try choice(type.allCases.map(\.rawValue))
        guard let choice = Choice(rawValue: text) else { throw ExpectedValue(what: "another value") }
        return choice
    }

    /// Networks such as `10.0.0.0/8`, and addresses; nothing for none.
    func networks() throws(ExpectedValue) -> [String] {
        let texts = try optionalTexts() ?? []
        guard texts.count <= 64, texts.allSatisfy({ attune_is_network($0) != 0 }) else {
            throw ExpectedValue(
                what: "a list of at most 64 networks or addresses such as 10.0.0.0/8, or nothing for none")
        }
        return texts
    }

    func flag() throws(ExpectedValue) -> Bool {
        switch node.scalar?.string {
        case "true": return true
        case "false": return false
        default: throw ExpectedValue(what: "true or false")
        }
    }

    func integer(_ range: ClosedRange<Int>) throws(ExpectedValue) -> Int {
        guard let value = node.scalar.flatMap({ Int($0.string) }), range.contains(value) else {
            throw ExpectedValue(what: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func number(_ range: ClosedRange<Double>) throws(ExpectedValue) -> Double {
        guard let value = node.scalar.flatMap({ Double($0.string) }), range.contains(value) else {
            throw ExpectedValue(what: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A time given in seconds, as a multiple of `step` milliseconds.
    func milliseconds(_ range: ClosedRange<Double>, step: Int = 1) throws(ExpectedValue) -> Int {
        guard let value = node.scalar.flatMap({ Double($0.string) }), range.contains(value) else {
            throw ExpectedValue(what: "seconds from \(range.lowerBound) to \(range.upperBound)")
        }
        return Int((value * 1000 / Double(step)).rounded()) * step
    }

    /// `[CONNECT, READ]` in seconds.
    func patience() throws(ExpectedValue) -> Settings.Patience {
        let expected = ExpectedValue(
            what: "seconds to connect (0.1 to 300) and without media (0.5 to 3600, or 0 for ever), such as [10, 30]")
        guard let sequence = node.sequence, sequence.count == 2,
            let connect = sequence[0].scalar.flatMap({ Double($0.string) }), (0.1...300).contains(connect),
            let read = sequence[1].scalar.flatMap({ Double($0.string) }), read == 0 || (0.5...3600).contains(read)
        else { throw expected }
        return Settings.Patience(
            connectMilliseconds: Int((connect * 1000).rounded()), readMilliseconds: Int((read * 1000).rounded()))
    }

    func windows() throws(ExpectedValue) -> [Int] {
        let expected = ExpectedValue(what: "a list of 1 to 8 ascending whole seconds from 1 to 3600")
        guard let sequence = node.sequence, (1...8).contains(sequence.count) else { throw expected }
        var windows: [Int] = []
        for element in sequence {
            guard let value = element.scalar.flatMap({ Int($0.string) }), (1...3600).contains(value),
                value > windows.last ?? 0
            else { throw expected }
            windows.append(value)
        }
        return windows
    }

    func optionalTexts() throws(ExpectedValue) -> [String]? {
        if isEmpty { return nil }
        let expected = ExpectedValue(what: "a list of names, or nothing for the built-in list")
        guard let sequence = node.sequence else { throw expected }
        var texts: [String] = []
        for element in sequence {
            guard let text = element.scalar?.string, !text.isEmpty else { throw expected }
            texts.append(text)
        }
        return texts
    }

    /// Least severities by subsystem; nothing for none.
    func logLevels() throws(ExpectedValue) -> [String: String] {
        if isEmpty { return [:] }
        let names = Settings.Log.subsystems, severities = Settings.Log.severities
        let expected = ExpectedValue(
            what: "a mapping such as {source: debug}, of \(names.joined(separator: ", ")) to "
                + severities.joined(separator: ", "))
        guard let mapping = node.mapping else { throw expected }
        var levels: [String: String] = [:]
        for (key, value) in mapping {
            guard let name = key.scalar?.string, names.contains(name), let level = value.scalar?.string,
                severities.contains(level)
            else { throw expected }
            levels[name] = level
        }
        return levels
    }

    /// Words or short phrases; an empty list is one.
    func phrases() throws(ExpectedValue) -> [String] {
        let expected = ExpectedValue(what: "a list of at most 200 words or phrases of 1 to 64 bytes, or [] for none")
        guard let sequence = node.sequence, sequence.count <= 200 else { throw expected }
        var phrases: [String] = []
        for element in sequence {
            guard let text = element.scalar?.string, (1...64).contains(text.utf8.count) else { throw expected }
            phrases.append(text)
        }
        return phrases
    }

    func optionalIDs(of whom: String) throws(ExpectedValue) -> [UInt32]? {
        if isEmpty { return nil }
        let expected = ExpectedValue(what: "a list of numeric \(whom) ids, or nothing for no list")
        guard let sequence = node.sequence else { throw expected }
        var ids: [UInt32] = []
        for element in sequence {
            guard let id = element.scalar.flatMap({ UInt32($0.string) }) else { throw expected }
            ids.append(id)
        }
        return ids
    }
}
