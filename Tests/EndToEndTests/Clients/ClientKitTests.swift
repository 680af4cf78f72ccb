import Foundation
import Programs
import TestSupport
import Testing

/// The clients of docs/clients.md against a daemon.
@Suite(.waiting) struct ClientKitTests {
    private static let folder = Place.root.appendingPathComponent("docs/clients")
    private static let commands = [
        ("ticks.sh", ["sh"]), ("ticks.py", ["python3"]), ("ticks.mjs", ["node"]), ("ticks.go", ["go"]),
        // Built with the package.
        ("ticks.swift", []),
    ]

    @Test func theDocumentHasTheFilesAsTheyAre() throws {
        let text = try String(
            contentsOf: Place.root.appendingPathComponent("docs/clients.md"), encoding: .utf8)
        // A page is too long to be read in the document; `make test-overlay` opens it.
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter { $0 != "ticks.html" }
        #expect(files.sorted() == Self.commands.map(\.0).sorted())
        for file in files {
            let code = try String(contentsOf: Self.folder.appendingPathComponent(file), encoding: .utf8)
            #expect(text.contains("\n\(code)```\n"), "\(file)")
        }
    }

    private func isInstalled(_ tools: [String]) throws -> Bool {
        for tool in tools where try run(URL(fileURLWithPath: "/usr/bin/which"), [tool]).status != 0 {
            print("skipped: \(tool) is not installed")
            return false
        }
        return true
    }

    /// Ticks come; and after the daemon was killed and started again, for all that come back by themselves.
    @Test(arguments: commands)
    func everyClientPrintsTicks(file: String, command: [String]) throws {
        guard try isInstalled(file == "ticks.sh" ? ["socat", "jq"] : command) else { return }
        let folder = try TemporaryFolder()
        var daemon: RunningDaemon? = try RunningDaemon(folder: folder)
        let logs = try TemporaryFolder()
        var words = command + [Self.folder.appendingPathComponent(file).path]
        if file == "ticks.go" {
            // `go run` would leave the client behind.
            let built = try run(
                URL(fileURLWithPath: "/usr/bin/env"), ["go", "build", "-o", logs.path + "/client", words[1]])
            try #require(built.status == 0, "\(built.errors)")
            words = [logs.path + "/client"]
        } else if file == "ticks.swift" {
            words = [Place.command("ticks").path]
        }
        let client = try start(
            URL(fileURLWithPath: "/usr/bin/env"), words + [folder.path + "/events.sock"], logs: logs.path)
        defer {
            kill(client.processIdentifier, SIGKILL)
            client.waitUntilExit()
        }
        try FileManager.default.createDirectory(atPath: logs.path + "/sender", withIntermediateDirectories: false)
        func output() throws -> String { try String(contentsOfFile: logs.path + "/out", encoding: .utf8) }

        for session in file == "ticks.sh" ? ["first"] : ["first", "second"] {
            let url = try #require(daemon).attachRTP(session: session, speaker: "ana")
            let sender = try startSender(
                ["-re", "-f", "lavfi", "-i", "sine=frequency=200:duration=60", "-c:a", "libopus", "-f", "rtp", url],
                logs: logs.path + "/sender")
            defer {
                kill(sender.processIdentifier, SIGKILL)
                sender.waitUntilExit()
            }
            try eventually("\(file) prints a tick of '\(session)'") {
                try output().contains("\(session) ana -")
            }
            let process = try #require(daemon).process
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            if session == "first" { daemon = try RunningDaemon(folder: folder) }
        }
    }
}
