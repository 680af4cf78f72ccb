import Logging
import Settings
import Synchronization

/// What is logged and how, for all loggers; it may change at a reload.
final class LogRules: Sendable {
    private let rules: Mutex<Settings.Log>

    init(_ rules: Settings.Log) {
        self.rules = Mutex(rules)
    }

    /// A least severity for all, and the rest as it is by default.
    convenience init(_ name: String) {
        var rules = Settings.Log()
        rules.level = name
        self.init(rules)
    }

    var current: Settings.Log { rules.withLock { $0 } }

    /// The least severity that a subsystem tells.
    func level(of subsystem: String) -> Logger.Level {
        let name = rules.withLock { $0.levels[subsystem] ?? $0.level }
        return Logger.Level(rawValue: name) ?? .info
    }

    func set(_ rules: Settings.Log) { self.rules.withLock { $0 = rules } }
}
