import Glibc

/// The folder in which this program lies, as the kernel has it; nil where it does not say.
public func programFolder() -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0, let program = String(validating: buffer[..<count], as: UTF8.self),
        let slash = program.lastIndex(of: "/")
    else { return nil }
    return String(program[..<slash])
}
