// All that the command says. Names, reasons and errors come from peers and servers: nothing of them is obeyed by the
// terminal. What is numbers only, or made of text that is escaped already, goes out as `output`.
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
    FileHandle.standardError.write(Data("attune: \(printable(line))\n".utf8))
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
func output(_ bytes: [UInt8]) throws {
    try FileHandle.standardOutput.write(contentsOf: bytes)
}
