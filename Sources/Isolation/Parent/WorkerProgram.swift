import Glibc

/// Where `attuned-worker` is.
public enum WorkerProgram {
    /// Beside this program (as it is built), or in `../libexec/attune` from it (as it is installed); nil where it is in
    /// neither.
    public static func find() -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0, let program = String(validating: buffer[..<count], as: UTF8.self),
            let slash = program.lastIndex(of: "/")
        else { return nil }
        let folder = program[..<slash]
        return ["\(folder)/attuned-worker", "\(folder)/../libexec/attune/attuned-worker"]
            .first { access($0, X_OK) == 0 }
    }
}
