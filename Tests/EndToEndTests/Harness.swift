import Foundation
import Programs
import Schema
import Testing

/// Paths that the tests need.
enum Place {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let data = root.deletingLastPathComponent().appendingPathComponent("shared/data")
    static let hasData = FileManager.default.fileExists(atPath: data.appendingPathComponent("calls").path)
    static let demoCall = root.appendingPathComponent(".build/demo-call")
    static let hasDemoCall = FileManager.default.fileExists(
        atPath: demoCall.appendingPathComponent("timeline.csv").path)

    /// A built command, beside the running test executable.
    static func command(_ name: String) -> URL {
        let executable = URL(fileURLWithPath: CommandLine.arguments[0])
        let folder = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL ?? executable
        return folder.deletingLastPathComponent().appendingPathComponent(name)
    }
}

/// A folder that is removed with the object.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        // Short: the path of a Unix socket has 107 bytes.
        path = "/tmp/attune-test-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String, _ text: String) throws -> String {
        let path = path + "/" + name
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }
}

/// What a finished command left behind.
struct Finished: Sendable {
    var status: Int32
    var output: String
    var errors: String

    /// The standard error as its only line.
    var errorLine: String { errors.trimmingCharacters(in: .newlines) }
}

/// Runs a command to its end, with its outputs in files so that no pipe can fill up.
@discardableResult
func run(_ executable: URL, _ arguments: [String], environment: [String: String] = [:]) throws -> Finished {
    let folder = try TemporaryFolder()
    let process = try start(executable, arguments, environment: environment, logs: folder.path)
    process.waitUntilExit()
    return Finished(
        status: process.terminationStatus, output: try String(contentsOfFile: folder.path + "/out", encoding: .utf8),
        errors: try String(contentsOfFile: folder.path + "/err", encoding: .utf8))
}

/// Starts a command; `logs` gets its outputs as `out` and `err`.
func start(
    _ executable: URL, _ arguments: [String], environment: [String: String] = [:], logs: String
) throws -> Program {
    try Program(
        executable.path, arguments,
        environment: ProcessInfo.processInfo.environment.merging(environment) { _, new in new },
        output: .file(logs + "/out"), errors: .file(logs + "/err"))
}

let ffmpeg = URL(fileURLWithPath: "/usr/bin/env")

/// Starts FFmpeg as a sender.
func startSender(_ arguments: [String], logs: String) throws -> Program {
    try start(ffmpeg, ["ffmpeg", "-nostdin", "-loglevel", "error"] + arguments, logs: logs)
}

/// Waits until `condition` holds; fails after a time that only a hung program reaches.
func eventually(_ what: String, seconds: Double = 600, _ condition: () throws -> Bool) throws {
    let end = Date().addingTimeInterval(seconds)
    while try !condition() {
        try #require(Date() < end, "still waiting: \(what)")
        usleep(20_000)
    }
}

/// A daemon with sockets in a folder of its own; killed with the object.
final class RunningDaemon {
    let folder: TemporaryFolder
    let process: Program
    let config: String

    /// - Parameter wrapper: what starts the daemon's command, which follows as its last arguments, by becoming it.
    init(
        folder: TemporaryFolder? = nil, settings: String = "", through wrapper: [String] = [],
        environment: [String: String] = [:]
    ) throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        config = try folder.file("attune.yaml", Self.configuration(of: folder.path, settings))
        let words = wrapper + [Place.command("attuned").path, "--config", config]
        process = try start(
            URL(fileURLWithPath: "/usr/bin/env"), words, environment: environment, logs: folder.path)
        let log = folder.path + "/err"
        try eventually("attuned is ready") { [process] in
            let text = try String(contentsOfFile: log, encoding: .utf8)
            try #require(process.isRunning, "attuned ended: \(text)")
            return text.contains("is ready")
        }
    }

    /// A configuration whose sockets are in a folder; settings of these may come first.
    static func configuration(of folder: String, _ settings: String) -> String {
        // What is given up on a busy machine is another matter.
        "overload:\n  enabled: false\n"
            + "sockets:\n  events: \(folder)/events.sock\n  control: \(folder)/control.sock\n" + settings
    }

    deinit {
        process.signal(SIGKILL)
        process.waitUntilExit()
    }

    var log: String { (try? String(contentsOfFile: folder.path + "/err", encoding: .utf8)) ?? "" }
    var eventsPath: String { folder.path + "/events.sock" }
    var controlPath: String { folder.path + "/control.sock" }

    @discardableResult
    func attune(_ arguments: String...) throws -> Finished {
        try run(Place.command("attune"), arguments, environment: ["ATTUNE_RUNTIME_DIR": folder.path])
    }

    /// Attaches plain RTP on a free port.
    ///
    /// - Returns: the URL to send to.
    func attachRTP(session: String, speaker: String, consent: String = "granted") throws -> String {
        let answer = try attune(
            "attach", "rtp://127.0.0.1:0", "--session", session, "--speaker", speaker, "--consent", consent)
        try #require(answer.status == 0, "\(answer.errors)")
        return try #require(answer.output.split(whereSeparator: \.isWhitespace).last.map(String.init))
    }

    /// Ends the daemon as an operator would.
    ///
    /// - Returns: its exit status.
    func terminate() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }
}

/// A subscriber of the event socket that keeps every line, and expects each to be valid.
final class Subscriber {
    private let socket: Int32
    private var buffer: [UInt8] = []
    private(set) var lines: [[String: any Sendable]] = []
    private(set) var text = ""
    private(set) var isClosed = false
    private var validator = EventValidator()

    init(_ path: String, sending line: String? = nil) throws {
        socket = try connectUnix(path)
        if let line { try send(line) }
    }

    deinit { close(socket) }

    func send(_ line: String) throws {
        let bytes = Array((line + "\n").utf8)
        let sent = Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        try #require(sent == bytes.count)
    }

    /// Reads what there is; waits a little if there is nothing.
    func poll() throws {
        var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&descriptor, 1, 50) > 0 else { return }
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(socket, &chunk, chunk.count, Int32(MSG_DONTWAIT))
        guard count > 0 else {
            if count == 0 { isClosed = true }
            return
        }
        buffer += chunk[..<count]
        while let end = buffer.firstIndex(of: 0x0A) {
            let line = Data(buffer[..<end])
            buffer.removeSubrange(...end)
            text += String(decoding: line, as: UTF8.self) + "\n"
            let violations = validator.violations(in: String(decoding: line, as: UTF8.self))
            #expect(violations == [], "\(String(decoding: line, as: UTF8.self))")
            let object = try JSONSerialization.jsonObject(with: line)
            lines.append(try #require(object as? [String: any Sendable], "every line is a JSON object"))
        }
    }

    /// Reads until a line fulfils `condition`.
    @discardableResult
    func wait(
        for what: String, seconds: Double = 600, _ condition: ([String: any Sendable]) -> Bool
    ) throws -> [String: any Sendable] {
        var seen = 0
        let end = Date().addingTimeInterval(seconds)
        while true {
            while seen < lines.count {
                if condition(lines[seen]) { return lines[seen] }
                seen += 1
            }
            try #require(Date() < end && !isClosed, "no \(what) came; types: \(Set(lines.map(\.type)).sorted())")
            try poll()
        }
    }

    /// Live events: all lines but those that only say how this client stands.
    var events: [[String: any Sendable]] {
        lines.filter { !["hello", "snapshot", "lagged", "error"].contains($0.type) }
    }
}

extension RunningDaemon {
    /// The value of a metric without labels, now.
    func metric(_ name: String) throws -> Double {
        let text = try run(
            URL(fileURLWithPath: "/usr/bin/env"),
            ["curl", "-s", "--unix-socket", controlPath, "http://localhost/metrics"]
        ).output
        let line = try #require(text.split(separator: "\n").last { $0.hasPrefix(name + " ") })
        return try #require(line.split(separator: " ").last.flatMap { Double($0) })
    }
}

extension [String: any Sendable] {
    var type: String { self["type"] as? String ?? "" }
    var speaker: String? { self["speaker"] as? String }
    func number(_ key: String) -> Double? { (self[key] as? NSNumber)?.doubleValue }
}

/// Nobody listens on a socket.
struct NotListening: Error {
    let path: String
}

/// Connects to a Unix stream socket.
func connectUnix(_ path: String) throws -> Int32 {
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    try #require(descriptor >= 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    // Thrown, not recorded: who waits for a daemon tries again.
    guard result == 0 else {
        close(descriptor)
        throw NotListening(path: path)
    }
    return descriptor
}
