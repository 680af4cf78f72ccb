public import Events
import Foundation

/// Writes the events of a recording as NDJSON.
///
/// A recording has no wall clock: `at` counts from 1970-01-01T00:00:00.000Z by media time, so that the same
/// recording gives the same file.
public final class EventFile {
    private let handle: FileHandle
    private let path: String
    private var sequence = 0
    private var buffer: [UInt8] = []
    private var failure: (any Error)?

    /// Creates or replaces the file at `path`.
    public init(path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw EventFileError(path: path) }
        self.handle = handle
        self.path = path
    }

    /// Writes an event; a failure is thrown by `close()`.
    public func write(_ event: Event) {
        sequence += 1
        let at = rfc3339(Int64(((event.timeSeconds ?? 0) * 1000).rounded()))
        buffer += event.line(sequence: sequence, at: at) + [0x0A]
        if buffer.count >= 1 << 16 { flush() }
    }

    /// Writes what is left and closes the file.
    public func close() throws {
        flush()
        try handle.close()
        if failure != nil { throw EventFileError(path: path) }
    }

    private func flush() {
        do { try handle.write(contentsOf: buffer) } catch { failure = error }
        buffer.removeAll(keepingCapacity: true)
    }
}

/// The event file could not be written.
public struct EventFileError: Error, CustomStringConvertible {
    let path: String

    /// One line naming the file and the remedy.
    public var description: String { "cannot write \(path); check its directory, permissions and free space" }
}
