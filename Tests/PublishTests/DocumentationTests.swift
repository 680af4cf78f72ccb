import Events
import Foundation
import Schema
import Testing

@testable import Publish

/// The examples of docs/events.md are what clients are written after.
@Suite struct DocumentationTests {
    private static let document: String? = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try? String(contentsOf: root.appendingPathComponent("docs/events.md"), encoding: .utf8)
    }()

    private func lines(of language: String) throws -> [Substring] {
        let parts = try #require(Self.document, "docs/events.md is missing").components(separatedBy: "```")
        return parts.filter { $0.hasPrefix(language + "\n") }.flatMap {
            $0.split(separator: "\n").dropFirst()
        }
    }

    @Test func everyTypeHasAnExample() throws {
        let types = try lines(of: "json").map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let fields = try #require(object, "\(line)")
            #expect(fields["v"] as? Int == wireVersion)
            #expect(fields["seq"] is Int)
            #expect(fields["at"] is String)
            return fields["type"] as? String ?? ""
        }
        #expect(Set(types) == Set(EventKind.allCases.map(\.rawValue)))
    }

    @Test func theExamplesAreValid() throws {
        for line in try lines(of: "json") {
            var validator = EventValidator()
            #expect(validator.violations(in: String(line)) == [], "\(line)")
        }
    }

    @Test func commandsAreUnderstood() throws {
        let document = try #require(Self.document, "docs/events.md is missing")
        let commands = document.split(separator: "\n").filter { $0.hasPrefix(#"    {""#) }
        #expect(commands.count == 3)
        for command in commands { _ = try ClientCommand(line: Array(command.utf8)) }
    }

    @Test func limitsAreTheDefaults() throws {
        let document = try #require(Self.document, "docs/events.md is missing")
        let configuration = PublisherConfiguration(
            socketPath: "/run/a", daemonVersion: "0", policy: "standard", epoch: "e")
        let limits = [
            "More than \(configuration.clientQueueBytes / 1024) KiB behind",
            "\(Int(configuration.ringSeconds)) s and \(configuration.ringBytes >> 20) MiB at most",
            "at all for \(Int(configuration.clientStallSeconds)) s: closed",
            "comes every \(Int(configuration.heartbeatSeconds)) s",
            "at most \(configuration.clientLineBytes / 1024) KiB. Closing",
            "at most\n\(maxLineBytes / 1024) KiB with its line feed",
        ]
        for limit in limits { #expect(document.contains(limit), "\(limit)") }
    }
}
