import ArgumentParser
import AttuneClient
import ControlAPI
import Events
import Foundation
import Kit

/// Shows what there is to see without anything of one's own: no media, no configuration, no daemon.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Play a call of two into a daemon of its own, and show where to look.",
        discussion: """
            The voices are synthetic. The daemon has its sockets in a folder of its own and is gone at the end,
            with everything that it measured.
            """ + examples("attune demo", "attune demo --no-open"))

    @Flag(inversion: .prefixedNo, help: "Open the page in the browser, where there is a desktop.")
    var open = true

    func run() async throws {
        do {
            let call = try DemoCall.find()
            let daemon = try DemoDaemon()
            // Also where the command is told to end: its folder and its process are to be gone then.
            let interruption = Interruption()
            defer { daemon.end() }
            try await daemon.waitUntilReady()
            _ = try await daemon.control.attach(call.request)
            let url = try await daemon.control.issueToken(TokenRequest(session: call.request.session)).url
            try say("The call is on this page for its \(DemoCall.seconds) s (^C ends it):")
            try say(url)
            if open { openInBrowser(url) }
            if let totals = await interruption.orResult(of: { try? await daemon.totals(of: call.request.session) }) {
                try output(Array(TotalsText.text(of: totals).utf8))
            }
        } catch {
            throw fail(error)
        }
    }

    private func openInBrowser(_ url: String) {
        let environment = ProcessInfo.processInfo.environment
        guard environment["DISPLAY"] != nil || environment["WAYLAND_DISPLAY"] != nil else { return }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/xdg-open")
        process.arguments = [url]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        // Without such a program there is still the address.
        try? process.run()
    }
}

/// The call that comes with the program.
private struct DemoCall {
    /// How long it lasts, about.
    static let seconds = 90

    /// From the folder of the program: as it is installed, and as it lies beside a build.
    private static let places = ["../share/attune/demo", "../demo-call", "../../demo-call"]

    let request: AttachRequest

    static func find() throws -> DemoCall {
        guard let folder = programFolder(),
            let path = places.map({ (place: String) -> String in "\(folder)/\(place)/call.opus" })
                .first(where: { access($0, R_OK) == 0 })
        else {
            throw fail(
                "the call of the demo is not there; install it with 'make install', or run 'make demo'", code: 66)
        }
        let tracks = [("anna", "rep"), ("ben", "customer")].enumerated().map { number, who in
            AttachRequest.Track(track: number, speaker: who.0, role: who.1)
        }
        return DemoCall(
            request: AttachRequest(
                url: path, session: "demo", tracks: tracks, consent: "granted", noticeID: "demo"))
    }
}

/// `attuned` with everything in a folder of its own.
private final class DemoDaemon: Sendable {
    private let folder: String
    private let process = Process()
    let control: ControlClient

    /// How long it may take to start.
    private static let startSeconds = 30.0

    init() throws {
        guard let program = programFolder().map({ $0 + "/attuned" }), access(program, X_OK) == 0 else {
            throw fail("attuned is missing; install it beside attune", code: 69)
        }
        let place = FileManager.default.temporaryDirectory.path
        folder = place + "/attune-demo-\(UUID().uuidString)"
        guard mkdir(folder, 0o700) == 0 else {
            throw fail(
                "nothing can be put into \(place): \(String(cString: strerror(errno))); "
                    + "let TMPDIR name a folder that is there and may be written to", code: 73)
        }
        let configuration = """
            sockets:
              events: \(folder)/events.sock
              control: \(folder)/control.sock
              http: 127.0.0.1:0
            """
        control = ControlClient(path: folder + "/control.sock")
        do {
            try configuration.write(toFile: folder + "/attune.yaml", atomically: false, encoding: .utf8)
            try Data().write(to: URL(fileURLWithPath: folder + "/log"))
            let log = try FileHandle(forWritingTo: URL(fileURLWithPath: folder + "/log"))
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = ["--config", folder + "/attune.yaml"]
            process.standardOutput = log
            process.standardError = log
            try process.run()
        } catch {
            try? FileManager.default.removeItem(atPath: folder)
            throw fail("attuned cannot be started: \(error.localizedDescription)", code: 69)
        }
    }

    func waitUntilReady() async throws {
        let end = Date(timeIntervalSinceNow: Self.startSeconds)
        while (try? await control.health()) == nil {
            guard process.isRunning, Date() < end else {
                let log = (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? ""
                throw fail("attuned did not start: \(log.split(separator: "\n").last ?? "it said nothing")", code: 69)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// What was measured in a session, once it has ended; nil where the daemon ends before.
    func totals(of session: String) async throws -> SessionTotals? {
        let filter = EventFilter(sessions: [session], types: [EventKind.sessionEnded.rawValue])
        let stream = EventStream(path: folder + "/events.sock", filter: filter, reconnects: false)
        for try await element in stream {
            if case .line(let line) = element, case .sessionEnded(let ended) = line.event?.body { return ended.totals }
        }
        return nil
    }

    func end() {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// Whether somebody wants the command to end (SIGINT, SIGTERM, SIGHUP): it then ends in its own way.
private final class Interruption {
    private let signals: AsyncStream<Void>
    private let sources: [any DispatchSourceSignal]

    init() {
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self)
        self.signals = signals
        sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { continuation.yield() }
            source.resume()
            return source
        }
    }

    /// What `work` comes to; nil where the command is to end before.
    func orResult<Value: Sendable>(of work: @escaping @Sendable () async -> Value?) async -> Value? {
        await withTaskGroup(of: Value?.self) { group in
            group.addTask { await work() }
            group.addTask { [signals] in
                for await _ in signals { break }
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}
