import GRDB

/// Why something could not be stored, read or deleted.
public struct StoreError: Error, CustomStringConvertible {
    /// One line: what is wrong and what to do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    /// A failure of SQLite on the file at `path`.
    init(_ error: any Error, path: String) {
        guard let error = error as? DatabaseError else {
            self.init("cannot use the store \(path): \(error)")
            return
        }
        let remedy =
            switch error.resultCode {
            case .SQLITE_BUSY: "another process uses it; stop that, or name another file in store.path"
            case .SQLITE_NOTADB, .SQLITE_CORRUPT: "move it away, or name another file in store.path"
            case .SQLITE_FULL: "free some space on its disk"
            default: "check its permissions and its disk"
            }
        // Not the error's description: that repeats the statement.
        self.init("cannot use the store \(path): \(error.message ?? "\(error.resultCode)"); \(remedy)")
    }
}
