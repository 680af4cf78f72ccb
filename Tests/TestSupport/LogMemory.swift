package import Logging
import Synchronization

/// Keeps what is logged.
package final class LogMemory: LogHandler, Sendable {
    private let lines = Mutex<[String]>([])

    package init() {}

    package var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    package var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    package subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    package func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.message) \(event.metadata?.description ?? "")") }
    }

    /// Messages with their metadata, as they came.
    package var text: [String] { lines.withLock { $0 } }
}
