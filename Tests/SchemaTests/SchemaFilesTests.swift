import Events
import Foundation
import Testing

@testable import Schema

/// The files of docs/schema against the code, in both directions.
@Suite struct SchemaFilesTests {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static let schemas = SchemaSet.events

    /// Files that are the schema of a type.
    private static let types = schemas.eventTypes.map { $0 + ".schema.json" }.sorted()

    @Test func theCodeCarriesTheFilesOfTheDocumentation() throws {
        let folder = Self.root.appendingPathComponent("docs/schema")
        let all = try #require(FileManager.default.enumerator(atPath: folder.path))
        let files = all.compactMap { $0 as? String }.filter { $0.hasSuffix(".schema.json") }
        #expect(files.sorted() == SchemaFiles.texts.keys.sorted(), "run 'make schemas'")
        for file in files {
            let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
            #expect(text == SchemaFiles.texts[file], "\(file): run 'make schemas'")
        }
        #expect(Self.schemas.documents.count == files.count, "every file is JSON")
    }

    @Test func everyTypeOfEventHasASchema() {
        #expect(Self.schemas.eventTypes == Set(EventKind.allCases.map(\.rawValue)))
    }

    @Test func everyKeywordIsOneThatIsChecked() {
        let known = SchemaSet.keywords.union(SchemaSet.annotations)
        for (file, document) in Self.schemas.documents {
            eachSchema(in: document) { schema in
                for keyword in schema.keys { #expect(known.contains(keyword), "\(file): \(keyword)") }
            }
        }
    }

    @Test func everySampleIsValid() {
        for line in Samples.lines {
            var validator = EventValidator()
            #expect(validator.violations(in: line) == [], "\(line)")
        }
        let totals = try? JSONReader.parse(Samples.totals.json())
        #expect(totals.map { Self.schemas.violations(of: $0, against: "totals.schema.json") } == [])
    }

    /// Nothing may be added to an event, at any depth, without its schema.
    @Test func anUnknownFieldIsAnErrorEverywhere() throws {
        for line in Samples.lines {
            let value = try JSONReader.parse(Array(line.utf8))
            let type = try #require(value.members?["type"])
            guard case .string(let name) = type else { continue }
            for changed in insertions(of: "extra_field", into: value, at: "") {
                let found = Self.schemas.violations(of: changed.value, against: name + ".schema.json")
                #expect(found.contains { $0.path.hasPrefix(changed.path) }, "\(name): \(changed.path)")
            }
        }
    }

    /// Every property that a schema names is in some sample, and every type has one.
    @Test func everyPropertyOfASchemaIsProduced() throws {
        var seen: [String: Set<String>] = [:]
        for line in Samples.lines {
            let value = try JSONReader.parse(Array(line.utf8))
            guard case .string(let type)? = value.members?["type"] else { continue }
            names(in: value, at: "", into: &seen[type + ".schema.json", default: []])
        }
        for file in Self.types {
            let document = try #require(Self.schemas.documents[file])
            var declared: Set<String> = []
            properties(of: document, file: file, at: "", into: &declared)
            let produced = try #require(seen[file], "no sample of \(file)")
            // Under an open key (a window, a speaker) the name stands for all.
            #expect(declared.subtracting(produced) == [], "\(file)")
        }
        #expect(seen.keys.sorted() == Self.types)
    }

    @Test func whatIsNotMeasuredHasNoField() {
        let forbidden = [
            "emotion", "mood", "anger", "angry", "joy", "happy", "sad", "fear", "disgust", "surprise", "stress",
            "gender", "sex", "age", "accent", "ethnic", "race", "identity", "voiceprint", "embedding", "personality",
            "rank", "percentile", "honesty", "deception",
        ]
        for (file, document) in Self.schemas.documents {
            eachSchema(in: document) { schema in
                for name in schema["properties"]?.members?.keys.sorted() ?? [] {
                    let words = name.split(separator: "_").map(String.init)
                    #expect(forbidden.allSatisfy { !words.contains($0) }, "\(file): \(name)")
                }
            }
        }
    }

    // MARK: Walking

    private func eachSchema(in schema: JSONValue, _ body: ([String: JSONValue]) -> Void) {
        guard let members = schema.members else { return }
        body(members)
        for keyword in ["additionalProperties", "else", "if", "items", "not", "then", "unevaluatedProperties"] {
            if let next = members[keyword] { eachSchema(in: next, body) }
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            for next in members[keyword]?.elements ?? [] { eachSchema(in: next, body) }
        }
        for keyword in ["properties", "$defs"] {
            for next in (members[keyword]?.members ?? [:]).values { eachSchema(in: next, body) }
        }
    }

    /// The paths of all properties below a schema, references followed.
    private func properties(of schema: JSONValue, file: String, at path: String, into paths: inout Set<String>) {
        guard let members = schema.members else { return }
        if case .string(let reference)? = members["$ref"] {
            let parts = reference.components(separatedBy: "#")
            let next = parts[0].isEmpty ? file : SchemaSet.resolve(parts[0], from: file)
            var target = Self.schemas.documents[next] ?? .null
            for key in parts.dropFirst().joined().split(separator: "/") {
                target = target.members?[String(key)] ?? .null
            }
            #expect(target != .null, "\(file): \(reference)")
            properties(of: target, file: next, at: path, into: &paths)
        }
        for (name, next) in members["properties"]?.members ?? [:] {
            paths.insert(path + "/" + name)
            properties(of: next, file: file, at: path + "/" + name, into: &paths)
        }
        for keyword in ["items", "additionalProperties"] {
            if let next = members[keyword] { properties(of: next, file: file, at: path + "/*", into: &paths) }
        }
        for keyword in ["then", "else"] {
            if let next = members[keyword] { properties(of: next, file: file, at: path, into: &paths) }
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            for next in members[keyword]?.elements ?? [] { properties(of: next, file: file, at: path, into: &paths) }
        }
    }

    /// The paths of all members of a value; members of `windows`, `speakers` and `trackers` are called `*`.
    private func names(in value: JSONValue, at path: String, into paths: inout Set<String>) {
        for element in value.elements ?? [] { names(in: element, at: path + "/*", into: &paths) }
        let isOpen = ["/windows", "/speakers", "/trackers"].contains(where: path.hasSuffix)
        for (name, member) in value.members ?? [:] {
            let next = path + "/" + (isOpen ? "*" : name)
            paths.insert(next)
            names(in: member, at: next, into: &paths)
        }
    }

    /// The value with one more member in each of its objects, and where the new member is.
    private func insertions(of name: String, into value: JSONValue, at path: String) -> [(
        value: JSONValue, path: String
    )] {
        if let elements = value.elements {
            return elements.enumerated().flatMap { index, element in
                insertions(of: name, into: element, at: path + "/\(index)").map { changed in
                    var copy = elements
                    copy[index] = changed.value
                    return (JSONValue.array(copy), changed.path)
                }
            }
        }
        // Trackers have the names that the configuration gives them.
        guard let members = value.members, !path.hasSuffix("/trackers") else { return [] }
        var results: [(JSONValue, String)] = []
        var more = members
        more[name] = .number(1)
        results.append((.object(more), path + "/" + name))
        for (key, member) in members {
            for changed in insertions(of: name, into: member, at: path + "/" + key) {
                var copy = members
                copy[key] = changed.value
                results.append((.object(copy), changed.path))
            }
        }
        return results
    }
}

extension JSONValue {
    var members: [String: JSONValue]? {
        if case .object(let members) = self { members } else { nil }
    }
}
