import Events
import Foundation
import Schema
import Testing

@testable import attune

/// Lines that a daemon of version 1 of the format has sent, one file per type, held for ever: whoever reads
/// version 1 reads them. A line is never changed or removed; new fields get new lines.
@Suite struct GoldenLineTests {
    private static let folder = SchemaFilesTests.root.appendingPathComponent("Tests/golden/v\(wireVersion)")

    private static func lines(of type: String) throws -> [String] {
        try String(contentsOf: folder.appendingPathComponent(type + ".ndjson"), encoding: .utf8)
            .split(separator: "\n").map(String.init)
    }

    @Test func everyTypeHasLines() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(files) == Set(EventKind.allCases.map { $0.rawValue + ".ndjson" }))
    }

    @Test(arguments: EventKind.allCases)
    func theyAreStillValidAndRead(type: EventKind) throws {
        let lines = try Self.lines(of: type.rawValue)
        #expect(!lines.isEmpty)
        for line in lines {
            var validator = EventValidator()
            #expect(validator.violations(in: line) == [], "\(line)")
            let read = EventLine(Array(line.utf8))
            #expect(read.event?.body.kind == type, "\(line)")
            #expect(read.sequence != nil && read.at != nil)
            #expect(!read.summary.isEmpty)
        }
    }
}
