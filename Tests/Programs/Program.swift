import CPlatform
public import Foundation
import Synchronization

/// A program that a test runs, in a process group of its own.
///
/// `Foundation.Process` learns of the end of a program by a socket that the program inherits, and waits for it on one
/// thread for all programs: where one of them closes what it has not opened, and lives on, no other is ever seen to end.
/// This one inherits three descriptors and no more, and whoever waits for it waits for it alone.
public final class Program: Sendable {
    /// What a standard descriptor of the program is.
    public enum Stream: Sendable {
        /// `/dev/null`.
        case nothing
        /// This process's own.
        case inherited
        /// A pipe to this process; see `input` and `output`.
        case pipe
        /// A file, which is made and emptied if it is written to.
        case file(String)
        /// Where the standard output goes; for the standard error.
        case output
    }

    /// What could not be done, and why.
    public struct Failure: Error, CustomStringConvertible {
        /// One line.
        public let description: String
    }

    /// Its number, which is another's some time after it was waited for.
    public let processIdentifier: Int32
    /// Where to write what it reads; nil without a pipe.
    public let input: FileHandle?
    /// Where to read what it writes; nil without a pipe.
    public let output: FileHandle?
    /// How it ended, as `waitpid` tells; nil while it runs.
    private let ended = Mutex<Int32?>(nil)

    /// Starts it.
    ///
    /// - Parameters:
    ///   - path: of the executable; a name without a slash is looked for in `PATH`.
    ///   - environment: all of it; nil for that of this process.
    ///   - folder: working directory; nil for that of this process.
    /// - Throws: `Failure` where a file cannot be opened or no process started.
    public init(
        _ path: String, _ arguments: [String] = [], environment: [String: String]? = nil, input: Stream = .nothing,
        output: Stream = .inherited, errors: Stream = .inherited, folder: String? = nil
    ) throws {
        let words = path.contains("/") ? [path] : ["/usr/bin/env", path]
        var ends = Ends()
        defer { ends.closeTheirs() }
        let theirs = [try ends.open(input, 0), try ends.open(output, 1)]
        let descriptors = theirs + [try ends.open(errors, 2, output: theirs[1])]
        let names = (environment ?? ProcessInfo.processInfo.environment).map { "\($0.key)=\($0.value)" }
        var pid: pid_t = 0
        let result = withStrings(words + arguments) { words in
            withStrings(names) { names in attune_spawn(words[0], words, names, descriptors, folder, &pid) }
        }
        guard result == 0 else {
            ends.closeOurs()
            throw Failure(description: "\(path): \(String(cString: strerror(-result)))")
        }
        processIdentifier = pid
        self.input = ends.ours[0].map { FileHandle(fileDescriptor: $0, closeOnDealloc: true) }
        self.output = ends.ours[1].map { FileHandle(fileDescriptor: $0, closeOnDealloc: true) }
    }

    deinit { _ = look() }

    /// Whether it has not ended.
    public var isRunning: Bool { look() == nil }

    /// Its exit code, or the number of the signal that ended it; traps while it runs.
    public var terminationStatus: Int32 {
        guard let status = look() else { preconditionFailure("\(processIdentifier) runs") }
        return status & 0x7f == 0 ? (status >> 8) & 0xff : status & 0x7f
    }

    /// Whether it ended by itself and not by a signal.
    public var hasExited: Bool { look().map { $0 & 0x7f == 0 } ?? false }

    /// Asks it to end.
    public func terminate() { signal(SIGTERM) }

    /// Ends it and what it has started.
    public func end() {
        if isRunning { kill(-processIdentifier, SIGKILL) }
        waitUntilExit()
    }

    /// Sends a signal, unless it has ended: its number may be another's by then.
    public func signal(_ number: Int32) {
        if isRunning { kill(processIdentifier, number) }
    }

    /// Waits for its end, for any number of threads.
    public func waitUntilExit() {
        // It stays what it is until all have seen it, and is buried under the lock.
        var information = siginfo_t()
        while isRunning {
            waitid(P_PID, id_t(processIdentifier), &information, WEXITED | WNOWAIT)
        }
    }

    /// All that it has yet to write, and then its end.
    public func readToEnd() throws -> Data {
        let data = try output?.readToEnd() ?? Data()
        waitUntilExit()
        return data
    }

    private func look() -> Int32? {
        ended.withLock { ended in
            var status: Int32 = 0
            if ended == nil, waitpid(processIdentifier, &status, WNOHANG) == processIdentifier { ended = status }
            return ended
        }
    }
}

/// The descriptors of a program that is about to start.
private struct Ends {
    /// Those of this process, by the number in the program.
    var ours: [Int32?] = [nil, nil, nil]
    private var theirs: [Int32] = []

    /// - Returns: what becomes `number` in the program.
    mutating func open(_ stream: Program.Stream, _ number: Int, output: Int32 = 1) throws -> Int32 {
        switch stream {
        case .inherited: return Int32(number)
        case .output: return output
        case .nothing: return try open("/dev/null", number)
        case .file(let path): return try open(path, number)
        case .pipe:
            var pipe: [Int32] = [-1, -1]
            guard Glibc.pipe(&pipe) == 0 else { throw failure("pipe") }
            ours[number] = pipe[number == 0 ? 1 : 0]
            theirs.append(pipe[number == 0 ? 0 : 1])
            return theirs.last ?? -1
        }
    }

    private mutating func open(_ path: String, _ number: Int) throws -> Int32 {
        let mode = number == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC
        let descriptor = Glibc.open(path, mode | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        theirs.append(descriptor)
        return descriptor
    }

    private func failure(_ name: String) -> Program.Failure {
        let why = String(cString: strerror(errno))
        closeOurs()
        return Program.Failure(description: "\(name): \(why)")
    }

    func closeTheirs() { for descriptor in theirs { close(descriptor) } }
    func closeOurs() { for descriptor in ours.compactMap({ $0 }) { close(descriptor) } }
}

private func withStrings<Result>(
    _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let pointers = texts.map { strdup($0) }
    defer { pointers.forEach { free($0) } }
    return body(pointers + [nil])
}
