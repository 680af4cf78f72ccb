import Foundation
import Testing

@testable import Events

@Suite struct JSONWriterTests {
    @Test(arguments: [
        (0.0, 3, "0"), (1.0, 0, "1"), (-1.5, 1, "-1.5"), (0.049, 1, "0"), (0.05, 1, "0.1"), (12.3456, 2, "12.35"),
        (1e11, 3, "100000000000"), (-0.0001, 2, "0"), (1000.001, 3, "1000.001"), (0.1, 6, "0.1"),
        (99.999, 2, "100"), (3.5, 0, "4"), (1.25, -4, "1"), (2.5, 99, "2.5"),
    ])
    func decimals(value: Double, places: Int, text: String) {
        var bytes: [UInt8] = []
        appendDecimal(value, decimals: places, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test func whatIsNoNumberIsNull() {
        var json = JSONWriter()
        json.array { json in
            for value in [Double.nan, .infinity, -.infinity, 1e13] { json.number(value, decimals: 2) }
            json.number(nil, decimals: 2)
        }
        #expect(String(decoding: json.bytes, as: UTF8.self) == "[null,null,null,null,null]")
    }

    @Test func textSurvivesTheRoundTrip() throws {
        let texts = ["", "plain", "\"quoted\" \\ /", "line\nfeed\r\ttab", "\u{1}\u{1F}\u{7F}", "Jürgen 🎧 ä", "\u{0}"]
        for text in texts {
            var json = JSONWriter()
            json.object { $0.field("k", text) }
            let value = try #require(
                JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: String])
            #expect(value["k"] == text)
        }
    }

    @Test func nestingAndCommas() throws {
        var json = JSONWriter()
        json.object { json in
            json.field("a", 1)
            json.object("b") { json in
                json.array("c") { json in
                    json.object { _ in }
                    json.number(1, decimals: 0)
                    json.string("x")
                }
                json.field("d", true)
            }
            json.field("e", nil as String?)
            json.field("f", nil as Int?)
            json.field("g", encoded: Array("[1]".utf8))
        }
        #expect(
            String(decoding: json.bytes, as: UTF8.self)
                == #"{"a":1,"b":{"c":[{},1,"x"],"d":true},"f":null,"g":[1]}"#)
    }

    @Test func theEnvelopeComesFirst() {
        let event = Event(
            .speechStarted(SpeechStarted(startSeconds: 1.25)), session: "s", speaker: "a", timeSeconds: 1.25)
        #expect(
            String(decoding: event.line(sequence: 7, at: "2026-01-01T00:00:00.000Z"), as: UTF8.self)
                == #"{"v":1,"type":"speech.started","seq":7,"session":"s","speaker":"a","t":1.25,"#
                + #""at":"2026-01-01T00:00:00.000Z","start_s":1.25}"#)
    }
}
