import Glibc
import Kit

/// Where `attuned-worker` is.
public enum WorkerProgram {
    /// Beside this program (as it is built), or in `../libexec/attune` from it (as it is installed); nil where it is in
    /// neither.
    public static func find() -> String? {
        guard let folder = programFolder() else { return nil }
        return ["\(folder)/attuned-worker", "\(folder)/../libexec/attune/attuned-worker"]
            .first { access($0, X_OK) == 0 }
    }
}
