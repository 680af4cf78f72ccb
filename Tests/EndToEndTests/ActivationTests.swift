import Foundation
import Programs
import TestSupport
import Testing

/// Sockets that a service manager opened and handed over.
@Suite(.waiting) struct ActivationTests {
    /// Does what systemd does: listens on the paths, and becomes the daemon with the sockets from descriptor 3 on.
    private static let manager = """
        import os, socket, sys
        names, *paths = sys.argv[1].split(",")
        sockets = [socket.socket(socket.AF_UNIX) for _ in paths]
        for listener, path in zip(sockets, paths):
            listener.bind(path)
            listener.listen()
        # By way of numbers that none of them has.
        for number, listener in enumerate(sockets):
            os.dup2(listener.fileno(), 64 + number)
        for number in range(len(paths)):
            os.dup2(64 + number, 3 + number)
            os.close(64 + number)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(paths)), LISTEN_FDNAMES=names)
        os.execv(sys.argv[2], sys.argv[2:])
        """

    private func startManager(_ folder: TemporaryFolder, names: String, _ sockets: [String]) throws -> (Program, String)
    {
        let config = try folder.file(
            "attune.yaml", "sockets:\n  events: \(folder.path)/events.sock\n  control: \(folder.path)/control.sock\n")
        let paths = sockets.map { "\(folder.path)/\($0)" }
        let process = try start(
            URL(fileURLWithPath: "/usr/bin/env"),
            ["python3", "-c", Self.manager, ([names] + paths).joined(separator: ","), Place.command("attuned").path]
                + ["--config", config], logs: folder.path)
        return (process, folder.path + "/err")
    }

    /// Whoever connects before the daemon is ready is served all the same; at the end the files stay, because they are
    /// the service manager's.
    @Test(arguments: [("", ["control.sock", "events.sock"]), ("events:control", ["e", "c"]), ("", ["events.sock"])])
    func theDaemonServesWhatItWasGiven(names: String, sockets: [String]) throws {
        let folder = try TemporaryFolder()
        let (process, log) = try startManager(folder, names: names, sockets)
        defer {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        let events = folder.path + "/" + (sockets.first { $0.hasPrefix("e") } ?? "")
        let control = folder.path + "/" + (sockets.first { $0.hasPrefix("c") } ?? "control.sock")
        try eventually("the events have a socket") { FileManager.default.fileExists(atPath: events) }
        // The manager listens right after it binds.
        var early: Subscriber?
        try eventually("it listens") {
            early = try? Subscriber(events)
            return early != nil
        }
        try #require(early).wait(for: "hello") { $0.type == "hello" }
        try eventually("it is ready") {
            let text = try String(contentsOfFile: log, encoding: .utf8)
            try #require(process.isRunning, "\(text)")
            return text.contains("is ready")
        }
        let health = try run(
            URL(fileURLWithPath: "/usr/bin/env"),
            ["curl", "-sS", "--unix-socket", control, "http://localhost/v1/health"])
        #expect(health.output.contains(#""status":"ok""#), "\(health.errors)")
        process.terminate()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        for socket in sockets { #expect(FileManager.default.fileExists(atPath: folder.path + "/" + socket)) }
        #expect(sockets.count == 2 || !FileManager.default.fileExists(atPath: control), "its own one is removed")
    }

    @Test(arguments: [
        (["other.sock"], "neither sockets.events nor sockets.control"),
        (["events.sock", "e2"], "two events sockets"),
    ])
    func whatIsNoSocketOfTheDaemonsIsRefused(sockets: [String], problem: String) throws {
        let folder = try TemporaryFolder()
        let (process, log) = try startManager(folder, names: sockets.count == 2 ? "events:events" : "", sockets)
        process.waitUntilExit()
        #expect(process.terminationStatus == 78)
        let text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(text.contains(problem) && text.split(separator: "\n").filter { $0.hasPrefix("attuned:") }.count == 1)
    }

    /// Meant for a process that started this one.
    @Test func anotherProcessIdentifierIsNotThisOne() throws {
        let folder = try TemporaryFolder()
        let config = try folder.file(
            "attune.yaml", "sockets:\n  events: \(folder.path)/events.sock\n  control: \(folder.path)/control.sock\n")
        let process = try start(
            Place.command("attuned"), ["--config", config],
            environment: ["LISTEN_PID": "1", "LISTEN_FDS": "1"], logs: folder.path)
        try eventually("it opens its own") {
            try String(contentsOfFile: folder.path + "/err", encoding: .utf8).contains("is ready")
        }
        process.terminate()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
