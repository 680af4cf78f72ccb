import Events
import Foundation
import Testing

/// What clients can ask ticks for against the schema of ticks.
@Suite struct TickFieldsTests {
    /// Every member that the schema has, with `NAME` for the name of a window.
    private func members(_ name: String, _ definitions: [String: [String: Any]], _ path: String) -> Set<String> {
        var found: Set<String> = []
        for (member, schema) in definitions[name]?["properties"] as? [String: [String: Any]] ?? [:] {
            let here = path.isEmpty ? member : "\(path).\(member)"
            found.insert(here)
            if let reference = schema["$ref"] as? String, reference.hasPrefix("#/$defs/") {
                found.formUnion(members(String(reference.dropFirst(8)), definitions, here))
            }
            if member == "windows" {
                found.insert("windows.NAME")
                found.formUnion(members("window", definitions, "windows.NAME"))
            }
        }
        return found
    }

    @Test func whatCanBeAskedForIsWhatTheSchemaHas() throws {
        let file = SchemaFilesTests.root.appendingPathComponent("docs/schema/tick.schema.json")
        let schema = try #require(
            try JSONSerialization.jsonObject(with: try Data(contentsOf: file)) as? [String: Any])
        let definitions = try #require(schema["$defs"] as? [String: [String: Any]])
        #expect(Set(TickFields.known) == members("tick", definitions, ""))
    }
}
