import Foundation
import Programs
import Testing

/// A running `curl` on `/v1/events` and what it has received.
final class EventStreamClient {
    private let process: Program
    private let folder: TemporaryFolder

    init(_ daemon: RunningDaemon, query: String = "", lastID: String? = nil) throws {
        folder = try TemporaryFolder()
        let header = lastID.map { ["-H", "Last-Event-ID: \($0)"] } ?? []
        process = try start(
            URL(fileURLWithPath: "/usr/bin/env"),
            ["curl", "-sSN", "--unix-socket", daemon.controlPath] + header
                + ["http://localhost/v1/events\(query)"],
            logs: folder.path)
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    var isRunning: Bool { process.isRunning }

    /// Complete events: id and data.
    func events() throws -> [(id: String?, data: [String: any Sendable])] {
        let text = try String(contentsOfFile: folder.path + "/out", encoding: .utf8)
        return try text.components(separatedBy: "\n\n").dropLast().compactMap { block in
            let lines = block.split(separator: "\n")
            guard let data = lines.first(where: { $0.hasPrefix("data: ") }) else { return nil }
            let object = try JSONSerialization.jsonObject(with: Data(data.dropFirst(6).utf8))
            return (
                lines.first { $0.hasPrefix("id: ") }.map { String($0.dropFirst(4)) },
                try #require(object as? [String: any Sendable])
            )
        }
    }

    func types() throws -> [String] { try events().map(\.data.type) }
}
