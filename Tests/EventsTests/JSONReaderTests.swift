import Foundation
import SeededNumbers
import Testing

@testable import Events

@Suite struct JSONReaderTests {
    @Test(arguments: [
        (#"{}"#, JSONValue.object([:])),
        (#" [ ] "#, .array([])),
        (
            #"[1,-0,0.5,1e2,-1.5E-1]"#,
            .array([.number(1), .number(0), .number(0.5), .number(100), .number(-0.15)])
        ),
        (#""a\"\\\/\b\f\n\r\tA\u00e9\uD83D\uDE00ü""#, .string("a\"\\/\u{08}\u{0C}\n\r\tAé😀ü")),
        (
            #"{"a":{"b":[true,false,null]}}"#,
            .object(["a": .object(["b": .array([.bool(true), .bool(false), .null])])])
        ),
        ("true\r", .bool(true)),
    ])
    func accepts(_ text: String, _ value: JSONValue) throws {
        #expect(try JSONReader.parse(Array(text.utf8)) == value)
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "[1,]", "[,1]", "[1 2]", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#,
        #"{"a":1 "b":2}"#,
        #"{"a":1,"a":2}"#, "01", "1.", ".5", "+1", "-", "1e", "1e+", "1e999", "NaN", "Infinity", "tru",
        "truex", "nul",
        #"""#, #""abc"#, #""\"#, #""\x""#, #""\u12""#, #""\u12g4""#, #""\uD800""#, #""\uD800\u0041""#,
        #""\uDC00""#,
        "\"a\nb\"", "\"\u{00}\"", "{} {}", "1 1", "'a'", "// x", "{\"a\":1}x",
        String(repeating: "[", count: 2000),
        String(repeating: "[", count: 17) + String(repeating: "]", count: 17),
        String(repeating: #"{"a":"#, count: 600),
    ])
    func refuses(_ text: String) {
        #expect(throws: JSONError.self) { try JSONReader.parse(Array(text.utf8)) }
    }

    @Test func saysWhere() {
        #expect(throws: JSONError(expected: "a comma or }", offset: 7)) {
            try JSONReader.parse(Array(#"{"a":1 "b":2}"#.utf8))
        }
    }

    /// Whatever bytes come, the reader ends, and what it takes is JSON to another parser too.
    @Test func mutatedLines() {
        let seeds = [
            #"{"subscribe":{"sessions":["a","b"],"speakers":[],"types":["tick"],"tick_interval_s":2.5e0}}"#,
            #"{"resume":{"epoch":"é😀\u00e9\uD83D\uDE00","seq":123456789}}"#,
            #"[[[{"a":null}]],-0.1E+2,true,false]"#,
        ].map { Array($0.utf8) }
        let alphabet = Array(#"{}[]":,\u0eE+-.tfn 09DdCc"#.utf8) + [0, 0x0A, 0x7F, 0x80, 0xC3, 0xED, 0xFF]
        var random = SeededRandom(seed: 7)
        var accepted = 0
        for round in 0..<60_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                guard !bytes.isEmpty else { break }
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.remove(at: index)
                case 1: bytes.insert(alphabet.randomElement(using: &random) ?? 0, at: index)
                case 2: bytes[index] = alphabet.randomElement(using: &random) ?? 0
                default: bytes.removeSubrange(index...)
                }
            }
            guard (try? JSONReader.parse(bytes)) != nil, String(validating: bytes, as: UTF8.self) != nil
            else { continue }
            accepted += 1
            let other = try? JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])
            #expect(other != nil, "\(String(decoding: bytes, as: UTF8.self))")
        }
        #expect(accepted > 1_000)
    }
}
