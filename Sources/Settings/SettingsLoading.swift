import Foundation
import Kit
import Yams

extension Settings {
    /// Largest configuration file that is read, in bytes.
    private static let maxFile = 1 << 20

    /// Loads and validates a configuration file.
    ///
    /// - Throws: `SettingsError` naming file, line, offence and remedy.
    public init(file: String) throws(SettingsError) {
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
        try self.init(yaml: text, file: file)
    }

    /// Reads and validates the text of a configuration file; `file` is its name in errors.
    public init(yaml text: String, file: String) throws(SettingsError) {
        self.init()
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw Self.syntaxError(error, file: file)
        }
        guard let root, root.scalar?.string.isEmpty != true else { return }
        var lines: [String: Int] = [:]
        try read(root, section: "", file: file, lines: &lines)
        if let (path, message) = contradiction() {
            throw SettingsError(file: file, line: lines[path], message: message)
        }
    }

    private mutating func read(
        _ node: Node, section: String, file: String, lines: inout [String: Int]
    ) throws(SettingsError) {
        guard let mapping = node.mapping else {
            let name = section.isEmpty ? "the file" : "'\(section)'"
            throw SettingsError(
                file: file, line: node.mark?.line, message: "\(name) must be a mapping of keys to values")
        }
        for (keyNode, value) in mapping {
            let line = keyNode.mark?.line
            let key = keyNode.scalar?.string ?? ""
            let path = section.isEmpty ? key : section + "." + key
            if lines.updateValue(line ?? 0, forKey: path) != nil {
                throw SettingsError(file: file, line: line, message: "'\(path)' is given twice; remove one")
            }
            if let known = SettingsKey.all.first(where: { $0.path == path }) {
                do {
                    try known.read(SettingsValue(node: value), &self)
                } catch let error as EntryError {
                    throw SettingsError(file: file, line: error.line ?? line, message: error.message)
                } catch {
                    let what = (error as? ExpectedValue)?.what ?? "something else"
                    throw SettingsError(
                        file: file, line: value.mark?.line ?? line,
                        message: "'\(path)' must be \(what), not \(Self.shown(value))")
                }
            } else if SettingsKey.all.contains(where: { $0.path.hasPrefix(path + ".") }) {
                try read(value, section: path, file: file, lines: &lines)
            } else {
                throw SettingsError(file: file, line: line, message: Self.unknown(key, section: section))
            }
        }
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
        return node.sequence != nil ? "a list" : "a mapping"
    }

    private static func syntaxError(_ error: any Error, file: String) -> SettingsError {
        let remedy = "; mend the YAML syntax there"
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return SettingsError(file: file, line: mark.line, message: problem + remedy)
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
