import Glibc

/// The file itself: where it may lie, and that nobody else may read it.
enum StoreFile {
    /// Whether a file at `path` could be made or opened; touches nothing.
    static func check(path: String) throws(StoreError) {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let folder = slash == path.startIndex ? "/" : String(path[..<slash])
        var info = stat()
        guard stat(folder, &info) == 0, info.st_mode & S_IFMT == S_IFDIR else {
            throw StoreError(
                "the folder \(folder) of store.path is missing; create it, let systemd create it (StateDirectory=), "
                    + "or set another path")
        }
        guard access(folder, W_OK | X_OK) == 0 else {
            let remedy =
                errno == EROFS ? "its file system is read-only; mount it to be written to" : "mend its permissions"
            throw StoreError("the folder \(folder) of store.path may not be written to; \(remedy)")
        }
        guard lstat(path, &info) == 0 else { return }
        guard info.st_mode & S_IFMT == S_IFREG else {
            throw StoreError("store.path \(path) is no regular file; move it away, or set another path")
        }
        guard access(path, R_OK | W_OK) == 0 else {
            throw StoreError("store.path \(path) may not be read and written; mend its permissions")
        }
    }

    /// Makes the file where it is missing, and its owner the only one who may read it; SQLite gives its log the same
    /// mode.
    static func make(path: String) throws(StoreError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError("cannot open store.path \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        guard fchmod(descriptor, 0o600) == 0 else {
            throw StoreError("cannot set the mode of store.path \(path): \(String(cString: strerror(errno)))")
        }
    }
}
