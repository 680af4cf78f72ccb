public import Events

/// Where a value breaks its schema.
public struct SchemaViolation: Sendable, Hashable, CustomStringConvertible {
    /// The offending field as a JSON pointer (RFC 6901); empty for the whole line.
    public var path: String
    /// What is wrong with it.
    public var problem: String

    /// Path and problem.
    public var description: String { "\(path.isEmpty ? "the line" : path) \(problem)" }
}

/// JSON Schemas (draft 2020-12) that refer to one another by file name, and the check of values against them.
///
/// The subset that the project's own schemas need: `$ref` within the set, the applicators and assertions of
/// `keywords`. Strings are not matched against patterns or formats.
public struct SchemaSet: Sendable {
    /// The schemas of the event socket, as they lie in docs/schema.
    public static let events = SchemaSet(texts: SchemaFiles.texts)

    /// Keywords that are checked.
    static let keywords: Set<String> = [
        "$ref", "additionalProperties", "allOf", "anyOf", "const", "else", "enum", "if", "items", "maxItems", "maximum",
        "minItems", "minimum", "not", "oneOf", "properties", "required", "then", "type", "unevaluatedProperties",
    ]
    /// Keywords that say something to people only.
    static let annotations: Set<String> = ["$comment", "$defs", "$schema", "description", "format", "title"]

    /// References that may follow one another.
    private static let deepest = 64

    /// Schemas by the path of their file below docs/schema.
    let documents: [String: JSONValue]

    /// Parses the texts of schema files; what is no JSON is as if it were not there, and what refers to it fails.
    init(texts: [String: String]) {
        documents = texts.compactMapValues { try? JSONReader.parse(Array($0.utf8)) }
    }

    /// Whether there is a schema file of this name.
    func contains(_ file: String) -> Bool {
        documents[file] != nil
    }

    /// Types of events that have a schema.
    var eventTypes: Set<String> {
        Set(
            documents.compactMap { file, schema in
                guard case .string(let type)? = schema["properties"]?["type"]?["const"] else { return nil }
                return file == type + ".schema.json" ? type : nil
            })
    }

    /// Checks a value against a schema.
    ///
    /// - Parameter file: name of the schema's file, such as `tick.schema.json`.
    /// - Returns: what is wrong, in the order of the paths; empty for a valid value.
    public func violations(of value: JSONValue, against file: String) -> [SchemaViolation] {
        evaluate(value, .object(["$ref": .string(file)]), Place(file: "")).violations
            .sorted { ($0.path, $0.problem) < ($1.path, $1.problem) }
    }

    /// Where the evaluation stands: in the schemas and in the value.
    private struct Place {
        var file: String
        var path = ""
        var depth = 0

        func step(_ key: String) -> Place {
            var place = self
            let escaped = key.replacing("~", with: "~0").replacing("/", with: "~1")
            place.path += "/" + escaped
            return place
        }
    }

    /// What is wrong, and which properties of an object a schema has looked at (for `unevaluatedProperties`).
    private struct Outcome {
        var violations: [SchemaViolation] = []
        var evaluated: Set<String> = []

        static func wrong(_ problem: String, _ place: Place) -> Outcome {
            Outcome(violations: [SchemaViolation(path: place.path, problem: problem)])
        }

        mutating func add(_ other: Outcome) {
            violations += other.violations
            evaluated.formUnion(other.evaluated)
        }
    }

    private func evaluate(_ value: JSONValue, _ schema: JSONValue, _ place: Place) -> Outcome {
        guard case .object(let keywords) = schema else {
            return schema == .bool(true) ? Outcome() : .wrong("is not allowed here", place)
        }
        var outcome = Outcome()
        if case .string(let reference)? = keywords["$ref"] { outcome.add(follow(reference, value, place)) }
        outcome.add(combine(value, keywords, place))
        outcome.add(assertions(value, keywords, place))
        switch value {
        case .object(let members): object(members, keywords, place, &outcome)
        case .array(let elements): array(elements, keywords, place, &outcome)
        case .null, .bool, .number, .string: break
        }
        return outcome
    }

    // MARK: References and combinations

    /// Evaluates `file`, `file#/pointer` or `#/pointer`; a file is named relative to the one that refers to it.
    private func follow(_ reference: String, _ value: JSONValue, _ place: Place) -> Outcome {
        guard place.depth < Self.deepest else { return .wrong("has a schema that refers to itself", place) }
        let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var next = place
        next.depth += 1
        if let name = parts.first, !name.isEmpty { next.file = Self.resolve(name, from: place.file) }
        var schema = documents[next.file]
        for key in parts.dropFirst().joined().split(separator: "/") {
            guard case .object(let members)? = schema else { break }
            schema = members[String(key)]
        }
        guard let schema else { return .wrong("has no schema \(reference)", place) }
        return evaluate(value, schema, next)
    }

    static func resolve(_ name: String, from file: String) -> String {
        var parts = file.split(separator: "/").dropLast()
        for part in name.split(separator: "/") {
            if part == ".." { parts = parts.dropLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    private func combine(_ value: JSONValue, _ keywords: [String: JSONValue], _ place: Place) -> Outcome {
        var outcome = Outcome()
        func all(_ keyword: String) -> [Outcome]? {
            guard case .array(let schemas)? = keywords[keyword] else { return nil }
            return schemas.map { evaluate(value, $0, place) }
        }
        all("allOf")?.forEach { outcome.add($0) }
        for (keyword, mostValid) in [("anyOf", Int.max), ("oneOf", 1)] {
            guard let alternatives = all(keyword) else { continue }
            let valid = alternatives.filter(\.violations.isEmpty)
            if valid.isEmpty {
                // The alternative that fails least says most.
                alternatives.min { $0.violations.count < $1.violations.count }.map { outcome.add($0) }
            } else if valid.count > mostValid {
                outcome.add(.wrong("fits more than one alternative", place))
            }
            valid.forEach { outcome.add($0) }
        }
        if let excluded = keywords["not"], evaluate(value, excluded, place).violations.isEmpty {
            outcome.add(.wrong("is not allowed here", place))
        }
        if let condition = keywords["if"] {
            let tested = evaluate(value, condition, place)
            if tested.violations.isEmpty { outcome.add(tested) }
            if let branch = keywords[tested.violations.isEmpty ? "then" : "else"] {
                outcome.add(evaluate(value, branch, place))
            }
        }
        return outcome
    }

    // MARK: Values

    private func assertions(_ value: JSONValue, _ keywords: [String: JSONValue], _ place: Place) -> Outcome {
        var outcome = Outcome()
        if let type = keywords["type"] {
            let names = type.elements ?? [type]
            if !names.contains(where: { value.isOf(type: $0) }) {
                outcome.add(.wrong("is not of type \(names.map(\.text).joined(separator: " or "))", place))
            }
        }
        if let constant = keywords["const"], value != constant {
            outcome.add(.wrong("is \(value.text), not \(constant.text)", place))
        }
        if let choices = keywords["enum"]?.elements, !choices.contains(value) {
            let names = choices.map(\.text).joined(separator: ", ")
            outcome.add(.wrong("is \(value.text), none of: \(names)", place))
        }
        if case .number(let number) = value {
            if case .number(let least)? = keywords["minimum"], number < least {
                outcome.add(.wrong("is \(value.text), below \(JSONValue.number(least).text)", place))
            }
            if case .number(let most)? = keywords["maximum"], number > most {
                outcome.add(.wrong("is \(value.text), over \(JSONValue.number(most).text)", place))
            }
        }
        return outcome
    }

    private func object(
        _ members: [String: JSONValue], _ keywords: [String: JSONValue], _ place: Place, _ outcome: inout Outcome
    ) {
        for case .string(let name) in keywords["required"]?.elements ?? [] where members[name] == nil {
            outcome.add(.wrong("is missing", place.step(name)))
        }
        var properties: [String: JSONValue] = [:]
        if case .object(let known)? = keywords["properties"] { properties = known }
        for (name, member) in members {
            let schema = properties[name] ?? keywords["additionalProperties"]
            guard let schema else { continue }
            outcome.evaluated.insert(name)
            outcome.violations += evaluate(member, schema, place.step(name)).violations
        }
        guard let rest = keywords["unevaluatedProperties"] else { return }
        for (name, member) in members where !outcome.evaluated.contains(name) {
            outcome.evaluated.insert(name)
            outcome.violations += evaluate(member, rest, place.step(name)).violations
        }
    }

    private func array(
        _ elements: [JSONValue], _ keywords: [String: JSONValue], _ place: Place, _ outcome: inout Outcome
    ) {
        if case .number(let least)? = keywords["minItems"], Double(elements.count) < least {
            outcome.add(.wrong("has fewer than \(Int(least)) elements", place))
        }
        if case .number(let most)? = keywords["maxItems"], Double(elements.count) > most {
            outcome.add(.wrong("has more than \(Int(most)) elements", place))
        }
        guard let schema = keywords["items"] else { return }
        for (index, element) in elements.enumerated() {
            outcome.violations += evaluate(element, schema, place.step(String(index))).violations
        }
    }
}

extension JSONValue {
    /// A member of an object; nil where there is none, and for other values.
    subscript(key: String) -> JSONValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    /// The elements of an array; nil for other values.
    var elements: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The value in short, for messages.
    fileprivate var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let value): Int(exactly: value).map(String.init) ?? String(value)
        case .string(let value): "'\(value.prefix(60))'"
        case .array: "an array"
        case .object: "an object"
        }
    }

    fileprivate func isOf(type: JSONValue) -> Bool {
        guard case .string(let name) = type else { return false }
        return switch self {
        case .null: name == "null"
        case .bool: name == "boolean"
        case .number(let value): name == "number" || name == "integer" && value == value.rounded()
        case .string: name == "string"
        case .array: name == "array"
        case .object: name == "object"
        }
    }
}
