// All that the command says. Names, reasons and errors come from peers and servers: nothing of them is obeyed by the
// terminal. What is numbers only, or made of text that is escaped already, goes out as `output`.
import ArgumentParser
import Foundation
import Kit

/// Says one line on standard output.
func say(_ line: String) throws {
    try output(Array("\(printable(line))\n".utf8))
}

/// Says one line of JSON on standard output.
func say(json line: some StringProtocol) throws {
    try output(Array("\(printableJSON(line))\n".utf8))
}

/// Says one line on standard error.
func warn(_ line: String) {
    // Where nobody listens there is nobody to tell.
    try? FileHandle.standardError.write(contentsOf: Data("attune: \(printable(line))\n".utf8))
}

/// Says what is odd about media.
func warn(odd: String) { warn("odd media: \(odd)") }

/// Writes a text to a file that is created or replaced.
func write(_ text: String, to path: String) throws {
    do {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    } catch {
        throw fail("cannot write \(path); check its directory, permissions and free space", code: 73)
    }
}

/// Writes bytes to standard output.
///
/// - Throws: the exit code to end with: success where whoever reads has had enough, as `head` has.
func output(_ bytes: [UInt8]) throws {
    do {
        try FileHandle.standardOutput.write(contentsOf: bytes)
    } catch {
        let reason = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        if reason?.domain == NSPOSIXErrorDomain, reason?.code == Int(EPIPE) { throw ExitCode.success }
        throw fail("cannot write to standard output; is its disk full?", code: 74)
    }
}

/// Ends the process once nobody reads standard output any more, although there is nothing to say.
func endWithTheReader() {
    Thread.detachNewThread {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        while poll(&output, 1, -1) < 0 && errno == EINTR {}
        // A pipe without a reader is an error; a file that can't be waited for is none.
        if output.revents & Int16(POLLERR) != 0 { exit(EXIT_SUCCESS) }
    }
}
