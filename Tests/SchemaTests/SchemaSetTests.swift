import Events
import Testing

@testable import Schema

/// The validator against what the standard says of each keyword.
@Suite struct SchemaSetTests {
    private func violations(_ schema: String, _ value: String) throws -> [String] {
        let set = SchemaSet(texts: ["a.schema.json": schema, "b/c.schema.json": #"{"$ref":"../a.schema.json"}"#])
        return set.violations(of: try JSONReader.parse(Array(value.utf8)), against: "a.schema.json").map(\.description)
    }

    @Test(arguments: [
        ("true", "1", true), ("false", "1", false), ("{}", "null", true),
        (#"{"type":"integer"}"#, "1", true), (#"{"type":"integer"}"#, "1.0", true),
        (#"{"type":"integer"}"#, "1.5", false), (#"{"type":"number"}"#, #""1""#, false),
        (#"{"type":["number","null"]}"#, "null", true), (#"{"type":["number","null"]}"#, "true", false),
        (#"{"type":"object"}"#, "[]", false), (#"{"type":"boolean"}"#, "false", true),
        (#"{"enum":["a",1]}"#, "1", true), (#"{"enum":["a",1]}"#, #""b""#, false),
        (#"{"const":{"a":[1]}}"#, #"{"a":[1]}"#, true), (#"{"const":1}"#, "2", false),
        (#"{"minimum":0,"maximum":1}"#, "1", true), (#"{"minimum":0}"#, "-1", false), (#"{"maximum":1}"#, "1.1", false),
        // Assertions about one type say nothing of another.
        (#"{"minimum":0}"#, #""x""#, true), (#"{"required":["a"]}"#, "1", true),
        (#"{"required":["a"]}"#, #"{"b":1}"#, false), (#"{"properties":{"a":false}}"#, #"{"a":1}"#, false),
        (#"{"properties":{"a":false}}"#, #"{}"#, true),
        (#"{"properties":{"a":true},"additionalProperties":false}"#, #"{"a":1}"#, true),
        (#"{"properties":{"a":true},"additionalProperties":false}"#, #"{"a":1,"b":1}"#, false),
        (#"{"additionalProperties":{"type":"null"}}"#, #"{"a":null,"b":1}"#, false),
        (#"{"items":{"type":"null"},"minItems":1,"maxItems":2}"#, "[null]", true),
        (#"{"items":{"type":"null"}}"#, "[null,1]", false), (#"{"minItems":1}"#, "[]", false),
        (#"{"maxItems":1}"#, "[1,2]", false), (#"{"not":{"type":"null"}}"#, "null", false),
        (#"{"not":{"type":"null"}}"#, "1", true), (#"{"allOf":[{"type":"number"},{"minimum":2}]}"#, "1", false),
        (#"{"anyOf":[{"type":"null"},{"minimum":2}]}"#, "3", true), (#"{"anyOf":[{"type":"null"}]}"#, "3", false),
        (#"{"oneOf":[{"minimum":1},{"minimum":2}]}"#, "1", true),
        (#"{"oneOf":[{"minimum":1},{"minimum":2}]}"#, "2", false),
        (#"{"if":{"type":"null"},"then":false,"else":true}"#, "null", false),
        (#"{"if":{"type":"null"},"then":true,"else":false}"#, "1", false), (#"{"if":{"type":"null"}}"#, "1", true),
        (##"{"$ref":"#/$defs/x","$defs":{"x":{"type":"null"}}}"##, "null", true),
        (##"{"$ref":"#/$defs/x","$defs":{"x":{"type":"null"}}}"##, "1", false),
        (##"{"$ref":"nowhere.schema.json"}"##, "1", false), (##"{"$ref":"#/$defs/nothing"}"##, "1", false),
        // References round and round end.
        (##"{"$ref":"#"}"##, "1", false), (##"{"$ref":"b/c.schema.json"}"##, "1", false),
        // What any subschema that holds has looked at is evaluated; what lies deeper is not.
        (#"{"allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false}"#, #"{"a":1}"#, true),
        (#"{"allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false}"#, #"{"b":1}"#, false),
        (
            ##"{"$ref":"#/$defs/x","unevaluatedProperties":false,"$defs":{"x":{"properties":{"a":true}}}}"##,
            ##"{"a":1}"##, true
        ),
        (
            #"{"if":{"properties":{"a":{"const":1}},"required":["a"]},"then":{"properties":{"b":true}},"unevaluatedProperties":false}"#,
            #"{"a":1,"b":1}"#, true
        ),
        (
            #"{"if":{"properties":{"a":{"const":1}},"required":["a"]},"then":{"properties":{"b":true}},"unevaluatedProperties":false}"#,
            #"{"a":2,"b":1}"#, false
        ),
        (#"{"properties":{"a":{"properties":{"b":true}}},"unevaluatedProperties":false}"#, #"{"a":{},"b":1}"#, false),
        (
            #"{"anyOf":[{"properties":{"a":{"const":1}}},{"properties":{"b":true}}],"unevaluatedProperties":false}"#,
            #"{"a":2,"b":1}"#, false
        ),
    ])
    func keywordsMeanWhatTheStandardSays(schema: String, value: String, isValid: Bool) throws {
        let found = try violations(schema, value)
        #expect(found.isEmpty == isValid, "\(found)")
    }

    @Test func theOffendingFieldIsNamed() throws {
        let schema = #"{"properties":{"a/b":{"items":{"properties":{"c":{"type":"null"}}}}},"required":["d"]}"#
        let found = try violations(schema, #"{"a/b":[{},{"c":1}]}"#)
        #expect(found.sorted() == ["/a~1b/1/c is not of type 'null'", "/d is missing"])
    }
}
