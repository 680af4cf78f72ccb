import Foundation
import Programs
import Testing

/// How tests run programs.
@Suite struct ProgramTests {
    /// A program that closes what it has not opened holds nobody up but those who wait for it.
    @Test func oneThatClosesEverythingIsWaitedForAlone() throws {
        let one = try Program(
            "python3", ["-c", "import os, sys; os.closerange(3, 4096); print(flush=True); sys.stdin.read()"],
            input: .pipe, output: .pipe)
        defer { one.end() }
        try #require(one.output?.availableData == Data("\n".utf8))
        let other = try Program("true")
        other.waitUntilExit()
        #expect(other.hasExited && other.terminationStatus == 0)
        #expect(one.isRunning)
        try one.input?.close()
        one.waitUntilExit()
        #expect(one.hasExited && one.terminationStatus == 0)
    }

    @Test func itsEndIsTold() throws {
        let code = try Program("/bin/sh", ["-c", "exit 7"])
        code.waitUntilExit()
        #expect(code.hasExited && code.terminationStatus == 7)
        let killed = try Program("/bin/cat", input: .pipe, output: .nothing)
        killed.end()
        #expect(!killed.hasExited && killed.terminationStatus == SIGKILL)
        #expect(throws: Program.Failure.self) { try Program("/nowhere/program") }
    }

    @Test func thereIsOneWayToRunThem() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let files = FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil)
        for case let file as URL in try #require(files) where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            // The words of the rule itself are in two pieces.
            for word in ["= Process" + "()", "posix_" + "spawn("] {
                let isThere = text.contains(word)
                #expect(!isThere, "\(file.lastPathComponent): programs are run by `Program`")
            }
        }
    }
}
