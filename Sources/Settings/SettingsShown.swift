import Yams

/// Where the value of a key comes from.
public enum SettingsOrigin: Sendable, Equatable, CustomStringConvertible {
    /// A place in a configuration file, counted from 1.
    case file(String, line: Int, column: Int)
    /// A variable of the environment.
    case environment(String)

    /// In one word or place.
    public var description: String {
        switch self {
        case .file(let file, let line, _): "\(file):\(line)"
        case .environment(let name): name
        }
    }
}

/// A key of the configuration as it is in force, to be shown.
public struct ShownSetting: Sendable, Equatable {
    /// Path of the key, such as `store.path`.
    public var path: String
    /// The key with its value as YAML, one line or more.
    public var yaml: [String]
    /// Where the value comes from; nil for the default.
    public var origin: SettingsOrigin?
}

extension Settings {
    /// Every key with the value that a daemon would have, and where that comes from.
    ///
    /// - Parameter file: the configuration file; nil for none.
    /// - Throws: what such a daemon would refuse.
    public static func shown(file: String?, environment: [String: String]) throws(SettingsError) -> [ShownSetting] {
        let text = if let file { try Self.text(of: file) } else { "" }
        let reading = try SettingsReading(
            yaml: text, file: file ?? "built-in defaults", environment: environment)
        let shipped = try SettingsReading(yaml: shippedValues, file: "shipped", environment: [:]).given.mapValues(
            \.value)
        return SettingsKey.all.map { known in
            let given = reading.given[known.path]
            let key = known.path.split(separator: ".").last.map(String.init) ?? known.path
            return ShownSetting(
                path: known.path, yaml: yaml(key, given?.value ?? shipped[known.path]), origin: given?.origin)
        }
    }

    private static func yaml(_ key: String, _ value: Node?) -> [String] {
        guard let value, value.scalar?.string.isEmpty != true else { return ["\(key):"] }
        let text = try? Yams.serialize(
            node: Node([(Node(key), value)]), width: -1, allowUnicode: true, sortKeys: false)
        return (text ?? "\(key):").split(separator: "\n").map(String.init)
    }
}
