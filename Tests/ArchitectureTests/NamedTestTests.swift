import Foundation
import Testing

/// Tests that the docs on security name exist.
@Suite struct NamedTestTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The Swift files below a folder, by their path.
    private static func swiftFiles(below folder: String) -> [String: String] {
        var files: [String: String] = [:]
        let url = root.appendingPathComponent(folder)
        for case let file as String in FileManager.default.enumerator(atPath: url.path) ?? .init()
        where file.hasSuffix(".swift") {
            files[folder + "/" + file] = try? String(contentsOf: url.appendingPathComponent(file), encoding: .utf8)
        }
        return files
    }

    /// What stands between backticks in the last cells of the tables behind a heading.
    private static func names(in path: String, behind heading: String) throws -> [String] {
        let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
        let section = try #require(text.split(separator: heading, maxSplits: 1).last)
        let lines = section.split(separator: "\n").prefix { !$0.hasPrefix("## ") }
        let cells = lines.filter { $0.hasPrefix("| ") }.compactMap { $0.split(separator: "|").last }
        return cells.flatMap { $0.split(separator: "`", omittingEmptySubsequences: false).enumerated() }
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    @Test(arguments: [
        ("docs/threat-model.md", "## What each can do at most\n"),
        ("docs/reliability.md", "## Faults\n"),
        ("SECURITY.md", "## Tests that hold this\n"),
    ])
    func everyNamedTestExists(path: String, heading: String) throws {
        let files = Self.swiftFiles(below: "Tests")
        let makefile = try String(contentsOf: Self.root.appendingPathComponent("Makefile"), encoding: .utf8)
        let names = try Self.names(in: path, behind: heading)
        #expect(names.count > 10)
        for name in names {
            if name.hasPrefix("make ") {
                #expect(makefile.contains("\n\(name.split(separator: " ")[1]):"), "\(path): \(name)")
            } else if name.contains("/") || name.hasSuffix(".swift") {
                let isFile = FileManager.default.fileExists(atPath: Self.root.appendingPathComponent(name).path)
                #expect(isFile || files.keys.contains { $0.hasSuffix("/" + name) }, "\(path): \(name)")
            } else if name.contains(where: \.isUppercase), name.allSatisfy({ $0.isLetter || $0.isNumber }) {
                #expect(files.values.contains { $0.contains("func \(name)(") } || isFolder(name), "\(path): \(name)")
            }
        }
    }

    private func isFolder(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: Self.root.appendingPathComponent(name).path)
            || FileManager.default.fileExists(atPath: Self.root.appendingPathComponent("docs/\(name)").path)
    }
}
