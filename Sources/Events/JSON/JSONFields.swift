/// Why a line is no event that this version can read: the field that is not as it should be, and what it should be.
struct UnreadableEvent: Error, CustomStringConvertible {
    var field: String, expected: String

    var description: String { "'\(field)' must be \(expected)" }
}

/// The members of a JSON object on their way into a payload: the counterpart of `JSONWriter`.
///
/// A member that may be nil may be `null` or missing. Members that nobody asks for are skipped.
struct JSONFields {
    private let members: [String: JSONValue]

    /// No event has a number beyond this: who reads them can count and round without a look.
    private static let largest = 1e12

    init(_ members: [String: JSONValue]) { self.members = members }

    func has(_ name: String) -> Bool { members[name] != nil }

    func text(_ name: String) throws(UnreadableEvent) -> String {
        try required(name, "a text", optionalText(name))
    }

    func optionalText(_ name: String) throws(UnreadableEvent) -> String? {
        try optional(name, "a text") { value in if case .string(let text) = value { text } else { nil } }
    }

    func number(_ name: String) throws(UnreadableEvent) -> Double {
        try required(name, "a number", optionalNumber(name))
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(UnreadableEvent) -> Double {
        let value = try number(name)
        guard range.contains(value) else { throw Self.outOfRange(name, range) }
        return value
    }

    func optionalNumber(_ name: String, in range: ClosedRange<Double>) throws(UnreadableEvent) -> Double? {
        guard let value = try optionalNumber(name) else { return nil }
        guard range.contains(value) else { throw Self.outOfRange(name, range) }
        return value
    }

    static func outOfRange(_ name: String, _ range: ClosedRange<Double>) -> UnreadableEvent {
        UnreadableEvent(field: name, expected: "a number from \(Int(range.lowerBound)) to \(Int(range.upperBound))")
    }

    func optionalNumber(_ name: String) throws(UnreadableEvent) -> Double? {
        try optional(name, "a number within 1e12") { value in
            if case .number(let number) = value, number.magnitude <= Self.largest { number } else { nil }
        }
    }

    func integer(_ name: String) throws(UnreadableEvent) -> Int {
        try required(name, "a whole number", optionalInteger(name))
    }

    func optionalInteger(_ name: String) throws(UnreadableEvent) -> Int? {
        try optional(name, "a whole number within 1e12") { value in
            if case .number(let number) = value, number.magnitude <= Self.largest { Int(exactly: number) } else { nil }
        }
    }

    func flag(_ name: String) throws(UnreadableEvent) -> Bool {
        let flag = try optional(name, "true or false") { value in if case .bool(let flag) = value { flag } else { nil }
        }
        return try required(name, "true or false", flag)
    }

    func choice<Choice: RawRepresentable<String>>(_ name: String) throws(UnreadableEvent) -> Choice {
        try required(name, "a known word", Choice(rawValue: try text(name)))
    }

    func object(_ name: String) throws(UnreadableEvent) -> JSONFields {
        try required(name, "an object", optionalObject(name))
    }

    func optionalObject(_ name: String) throws(UnreadableEvent) -> JSONFields? {
        try optional(name, "an object") { value in
            if case .object(let members) = value { JSONFields(members) } else { nil }
        }
    }

    /// The elements of an array; none where it is missing.
    func array(_ name: String) throws(UnreadableEvent) -> [JSONValue] {
        try optional(name, "an array") { value in if case .array(let elements) = value { elements } else { nil } } ?? []
    }

    func texts(_ name: String) throws(UnreadableEvent) -> [String] {
        var texts: [String] = []
        for element in try array(name) {
            guard case .string(let text) = element else {
                throw UnreadableEvent(field: name, expected: "an array of texts")
            }
            texts.append(text)
        }
        return texts
    }

    func numbers(_ name: String) throws(UnreadableEvent) -> [Double] {
        var numbers: [Double] = []
        for element in try array(name) {
            guard case .number(let number) = element else {
                throw UnreadableEvent(field: name, expected: "an array of numbers")
            }
            numbers.append(number)
        }
        return numbers
    }

    func objects(_ name: String) throws(UnreadableEvent) -> [JSONFields] {
        var objects: [JSONFields] = []
        for element in try array(name) {
            guard case .object(let members) = element else {
                throw UnreadableEvent(field: name, expected: "an array of objects")
            }
            objects.append(JSONFields(members))
        }
        return objects
    }

    /// Members of an object of objects in the order of their names; none where it is missing.
    func objectsByName(_ name: String) throws(UnreadableEvent) -> [(name: String, fields: JSONFields)] {
        guard let all = try optionalObject(name) else { return [] }
        var objects: [(String, JSONFields)] = []
        for key in all.members.keys.sorted() { objects.append((key, try all.object(key))) }
        return objects
    }

    /// Members of an object of counts in the order of their names; nil where it is missing.
    func optionalCounts(_ name: String) throws(UnreadableEvent) -> [(name: String, count: Int)]? {
        guard let all = try optionalObject(name) else { return nil }
        var counts: [(String, Int)] = []
        for key in all.members.keys.sorted() { counts.append((key, try all.integer(key))) }
        return counts
    }

    private func optional<Value>(
        _ name: String, _ expected: String, _ read: (JSONValue) -> Value?
    ) throws(UnreadableEvent) -> Value? {
        guard let value = members[name], value != .null else { return nil }
        guard let value = read(value) else { throw UnreadableEvent(field: name, expected: expected) }
        return value
    }

    private func required<Value>(
        _ name: String, _ expected: String, _ value: Value?
    ) throws(UnreadableEvent) -> Value {
        guard let value else { throw UnreadableEvent(field: name, expected: expected) }
        return value
    }
}
