import Foundation
import Kit
import Yams

extension Settings {
    /// Largest configuration file that is read, in bytes.
    private static let maxFile = 1 << 20

    /// Loads and validates a configuration file.
    ///
    /// - Parameter environment: variables that override keys of the file, such as `ATTUNE_STORE_PATH` for `store.path`.
    /// - Throws: `SettingsError` naming file, place, offence and remedy of everything that is wrong.
    public init(file: String, environment: [String: String] = [:]) throws(SettingsError) {
        try self.init(yaml: Self.text(of: file), file: file, environment: environment)
    }

    /// The text of a configuration file, within its bounds.
    static func text(of file: String) throws(SettingsError) -> String {
        guard let handle = FileHandle(forReadingAtPath: file),
            let data = try? handle.read(upToCount: Self.maxFile + 1)
        else {
            throw SettingsError(
                file: file, line: nil, message: "cannot be read; check that it exists and may be read")
        }
        guard data.count <= Self.maxFile else {
            throw SettingsError(file: file, line: nil, message: "is over 1 MiB; is this a configuration file?")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw SettingsError(file: file, line: nil, message: "is not UTF-8 text; save it as such")
        }
        return text
    }

    /// Reads and validates the text of a configuration file; `file` is its name in errors.
    public init(yaml text: String, file: String, environment: [String: String] = [:]) throws(SettingsError) {
        let reading = try SettingsReading(yaml: text, file: file, environment: environment)
        self = reading.settings
    }

    /// The defaults, with what the environment says.
    public init(environment: [String: String]) throws(SettingsError) {
        try self.init(yaml: "", file: "built-in defaults", environment: environment)
    }
}

/// A configuration on its way from texts to settings, and where each value has come from.
struct SettingsReading {
    private(set) var settings = Settings()
    /// Keys that were given: their value, and where.
    private(set) var given: [String: (value: Node, origin: SettingsOrigin)] = [:]

    private let file: String
    private var errors: [SettingsError] = []

    init(yaml text: String, file: String, environment: [String: String]) throws(SettingsError) {
        self.file = file
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw Self.syntaxError(error, file: file)
        }
        if let root, root.scalar?.string.isEmpty != true {
            var seen: Set<String> = []
            read(root, section: "", seen: &seen)
        }
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) { read(variable: name, value) }
        if errors.isEmpty {
            for (path, message) in settings.contradictions() { refuse(message, at: given[path]?.origin) }
        }
        guard var first = errors.first else { return }
        first.others = Array(errors.dropFirst())
        throw first
    }

    private mutating func refuse(_ message: String, at mark: Mark?) {
        errors.append(SettingsError(file: file, line: mark?.line, column: mark?.column, message: message))
    }

    private mutating func refuse(_ message: String, at origin: SettingsOrigin?) {
        switch origin {
        case .environment(let name): errors.append(SettingsError(file: name, line: nil, message: message))
        case .file(_, let line, let column):
            errors.append(SettingsError(file: file, line: line, column: column, message: message))
        case nil: errors.append(SettingsError(file: file, line: nil, message: message))
        }
    }

    private mutating func read(_ node: Node, section: String, seen: inout Set<String>) {
        guard let mapping = node.mapping else {
            let name = section.isEmpty ? "the file" : "'\(section)'"
            return refuse("\(name) must be a mapping of keys to values", at: node.mark)
        }
        for (keyNode, value) in mapping {
            let key = keyNode.scalar?.string ?? ""
            let path = section.isEmpty ? key : section + "." + key
            guard seen.insert(path).inserted else {
                refuse("'\(path)' is given twice; remove one", at: keyNode.mark)
                continue
            }
            if let known = SettingsKey.all.first(where: { $0.path == path }) {
                take(
                    known, value,
                    .file(file, line: keyNode.mark?.line ?? 0, column: keyNode.mark?.column ?? 0), keyNode.mark)
            } else if SettingsKey.all.contains(where: { $0.path.hasPrefix(path + ".") }) {
                read(value, section: path, seen: &seen)
            } else {
                refuse(Self.unknown(key, section: section), at: keyNode.mark)
            }
        }
    }

    /// A variable of the environment: `ATTUNE_`, the section, `_` and the key, in capitals. Those of no section are of
    /// something else.
    private mutating func read(variable name: String, _ text: String) {
        let words = name.split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false).map { $0.lowercased() }
        guard words.count == 3, name.hasPrefix("ATTUNE_"),
            SettingsKey.all.contains(where: { $0.path.hasPrefix(words[1] + ".") })
        else { return }
        let origin = SettingsOrigin.environment(name)
        guard let known = SettingsKey.all.first(where: { $0.path == words[1] + "." + words[2] }) else {
            return refuse(Self.unknown(words[2], section: words[1]), at: origin)
        }
        do {
            take(known, try Yams.compose(yaml: text) ?? Node(""), origin, nil)
        } catch {
            refuse(Self.syntaxError(error, file: name).message, at: origin)
        }
    }

    private mutating func take(_ known: SettingsKey, _ value: Node, _ origin: SettingsOrigin, _ mark: Mark?) {
        func place(_ entry: Mark?) -> Mark? { mark == nil ? nil : entry ?? value.mark ?? mark }
        do {
            try known.read(SettingsValue(node: value), &settings)
            given[known.path] = (value, origin)
        } catch let error as EntryErrors {
            for entry in error.all { refuse(entry.message, origin, place(entry.mark)) }
        } catch let error as EntryError {
            refuse(error.message, origin, place(error.mark))
        } catch {
            let expected = (error as? ExpectedValue)?.what ?? "something else"
            refuse("'\(known.path)' must be \(expected), not \(Self.shown(value))", origin, place(nil))
        }
    }

    private mutating func refuse(_ message: String, _ origin: SettingsOrigin, _ mark: Mark?) {
        if case .environment = origin { refuse(message, at: origin) } else { refuse(message, at: mark) }
    }

    private static func unknown(_ key: String, section: String) -> String {
        let prefix = section.isEmpty ? "" : section + "."
        let siblings = Set(
            SettingsKey.all.compactMap { known -> String? in
                guard known.path.hasPrefix(prefix) else { return nil }
                return known.path.dropFirst(prefix.count).split(separator: ".").first.map(String.init)
            })
        let place = section.isEmpty ? "" : " in '\(section)'"
        guard let nearest = nearestName(to: key, among: siblings) else {
            let names = siblings.sorted().joined(separator: ", ")
            return "unknown key '\(key)'\(place); known are \(names)"
        }
        return "unknown key '\(key)'\(place); did you mean '\(nearest)'?"
    }

    private static func shown(_ node: Node) -> String {
        if let scalar = node.scalar { return "'\(scalar.string.prefix(60))'" }
        guard let sequence = node.sequence else { return "a mapping" }
        let texts = sequence.map { $0.scalar?.string ?? "…" }
        return "[\(texts.joined(separator: ", ").prefix(60))]"
    }

    private static func syntaxError(_ error: any Error, file: String) -> SettingsError {
        let remedy = "; mend the YAML syntax there"
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return SettingsError(file: file, line: mark.line, column: mark.column, message: problem + remedy)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.joined(separator: ", ")
            return SettingsError(
                file: file, line: context.mark.line, message: "'\(names)' is given twice; remove one")
        default:
            let text = "\(error)".split(separator: "\n").first.map(String.init) ?? "not readable"
            return SettingsError(file: file, line: nil, message: text + remedy)
        }
    }
}
