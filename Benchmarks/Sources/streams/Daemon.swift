import Foundation
import Pipeline
import Reports

/// The daemon under test, in a folder of its own.
final class Daemon {
    let child: Child
    private let folder: String
    private var control: String { folder + "/control.sock" }
    var events: String { folder + "/events.sock" }

    /// - Parameters:
    ///   - settings: more of the configuration, in YAML.
    ///   - core: the only processor that it may use; nil leaves it all.
    init(
        _ executable: String, detection: SpeechDetection, folder: String, settings: String = "sources: {max: 1024}",
        core: Int? = nil
    ) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let configuration = """
            sockets: {events: \(folder)/events.sock, control: \(folder)/control.sock}
            \(settings)
            voice: {vad_weights: \(detection.file ?? "")}
            """
        try configuration.write(toFile: folder + "/attune.yaml", atomically: true, encoding: .utf8)
        try Data().write(to: URL(fileURLWithPath: folder + "/log"))
        guard let log = FileHandle(forWritingAtPath: folder + "/log") else {
            throw BenchmarkError(message: "can't write to \(folder)")
        }
        let arguments = ["--config", folder + "/attune.yaml"]
        child =
            if let core {
                try Child("/usr/bin/taskset", ["-c", "\(core)", executable] + arguments, log: log)
            } else {
                try Child(executable, arguments, log: log)
            }
        for _ in 0..<200 {
            if (try? UnixSocket.request(control, "GET /v1/ready")) != nil { return }
            guard child.process.isRunning else { break }
            usleep(50_000)
        }
        child.stop()
        let said = (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? ""
        throw BenchmarkError(message: "attuned did not start: \(said)")
    }

    /// Attaches a stream as a source of its own and returns the port where it is received.
    func attach(session: String, speaker: String, priority: String = "normal") throws -> UInt16 {
        let answer = try UnixSocket.request(
            control, "POST /v1/sessions/\(session)/sources",
            body: """
                {"url": "rtp://127.0.0.1:0", "session": "\(session)", "consent": "granted", "notice_id": "benchmark",
                "tracks": [{"speaker": "\(speaker)"}], "priority": "\(priority)"}
                """)
        guard let match = answer.firstMatch(of: /rtp:\/\/127\.0\.0\.1:(\d+)/), let port = UInt16(match.1) else {
            throw BenchmarkError(message: "the daemon did not say where it receives: \(answer)")
        }
        return port
    }

    /// Its metrics by name (with labels).
    func metrics() throws -> [String: Double] {
        let text = try UnixSocket.request(control, "GET /metrics")
        return text.split(separator: "\n").reduce(into: [:]) { metrics, line in
            guard !line.hasPrefix("#"), let space = line.lastIndex(of: " ") else { return }
            metrics[String(line[..<space])] = Double(line[line.index(after: space)...])
        }
    }

    /// From the arrival of a packet to the line that it decides in the subscriber's socket: of 100 such lines 99 take
    /// no longer, ms.
    func latencyMilliseconds() throws -> Double {
        let text = try UnixSocket.request(control, "GET /v1/health")
        guard let match = text.firstMatch(of: /"p99_ms":([0-9.]+)/), let value = Double(match.1) else {
            throw BenchmarkError(message: "the daemon does not say how late its lines are: \(text)")
        }
        return value
    }

    func stop() {
        child.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }
}
