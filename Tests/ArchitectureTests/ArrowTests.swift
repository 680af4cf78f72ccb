import Foundation
import Testing

/// Which target may import which: the table of docs/architecture.md. What is not listed may not be imported.
@Suite struct ArrowTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static let allowed: [String: Set<String>] = table()

    private static func table() -> [String: Set<String>] {
        let text = try? String(contentsOf: root.appendingPathComponent("docs/architecture.md"), encoding: .utf8)
        var allowed: [String: Set<String>] = [:]
        for line in (text ?? "").split(separator: "\n") {
            // | `Target` | what it does | Import, Import |
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard line.hasPrefix("| `"), cells.count == 3 else { continue }
            let imports = cells[2].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            allowed[cells[0].trimmingCharacters(in: ["`"])] = Set(imports).subtracting(["–"])
        }
        return allowed
    }

    /// Functions that would make analysis depend on a clock.
    private static let clocks = ["clock_gettime", "gettimeofday", "DispatchTime", "ContinuousClock", "SuspendingClock"]

    private func swiftFiles(of target: String) throws -> [URL] {
        let folder = Self.root.appendingPathComponent("Sources/\(target)")
        let all = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        return all.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
    }

    @Test func everyTargetIsInTheTable() throws {
        #expect(Self.allowed.count > 20, "docs/architecture.md has no table of targets")
        let sources = Self.root.appendingPathComponent("Sources")
        for folder in try FileManager.default.contentsOfDirectory(atPath: sources.path) {
            let files = try swiftFiles(of: folder)
            if !files.isEmpty { #expect(Self.allowed[folder] != nil, "\(folder)") }
        }
    }

    @Test(arguments: allowed.keys.sorted())
    func importsAreThoseOfTheTable(target: String) throws {
        let allowed = try #require(Self.allowed[target])
        let files = try swiftFiles(of: target)
        #expect(!files.isEmpty)
        for file in files {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                guard let index = words.firstIndex(of: "import"), index <= 2, words.count > index + 1,
                    words[..<index].allSatisfy({
                        ["public", "internal", "private", "@preconcurrency", "@_exported"].contains($0)
                    })
                else { continue }
                let module = String(words[index + 1])
                #expect(allowed.contains(module), "\(file.lastPathComponent) imports \(module)")
            }
        }
    }

    @Test(arguments: ["Voice", "Text", "Conversation", "MediaTypes", "Events", "Schema", "RTP", "Timing"])
    func analysisLooksAtNoClock(target: String) throws {
        for file in try swiftFiles(of: target) {
            let text = try String(contentsOf: file, encoding: .utf8)
            for clock in Self.clocks { #expect(!text.contains(clock), "\(file.lastPathComponent) uses \(clock)") }
        }
    }

    @Test func nothingTrapsOnPurpose() throws {
        for target in Self.allowed.keys {
            for file in try swiftFiles(of: target) {
                let text = try String(contentsOf: file, encoding: .utf8)
                for trap in ["try!", "fatalError(", " as! ", "preconditionFailure("] {
                    #expect(!text.contains(trap), "\(file.lastPathComponent) has \(trap)")
                }
            }
        }
    }
}
