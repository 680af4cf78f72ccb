import Events
import Testing

/// What a client reads is what the daemon wrote.
@Suite struct EventLineTests {
    @Test(arguments: Samples.events.indices)
    func everyFieldIsReadBack(index: Int) throws {
        let line = Samples.events[index].line(sequence: index, at: "2026-03-02T09:14:38.701Z")
        let read = EventLine(line)
        #expect(read.sequence == index && read.at == "2026-03-02T09:14:38.701Z")
        let event = try #require(read.event, "\(read.text)")
        // Speakers of totals come in the order of their names: the same object, not the same text.
        let again = event.line(sequence: index, at: "2026-03-02T09:14:38.701Z")
        #expect(try JSONReader.parse(again) == JSONReader.parse(line), "\(read.text)")
    }

    @Test func windowsComeNarrowestFirst() throws {
        let read = Samples.lines.compactMap { line -> [String]? in
            guard case .tick(let tick) = EventLine(Array(line.utf8)).event?.body else { return nil }
            return tick.windows.map(\.name)
        }
        #expect(read.contains(["10s", "30s", "120s", "session"]), "\(read)")
    }

    /// A later version may add types, fields and values: none of them ends a client.
    @Test(arguments: [
        (#"{"v":1,"type":"mood.swing","seq":7,"at":"x"}"#, "mood.swing", 7, false),
        (#"{"v":1,"type":"heartbeat","seq":7,"at":"x","sessions":1,"subscribers":2,"new":[1]}"#, "heartbeat", 7, true),
        (#"{"v":1,"type":"gap","seq":8,"at":"x","from_s":1,"to_s":2,"why":"sabotage"}"#, "gap", 8, false),
        (#"{"v":2,"type":"heartbeat","seq":9,"at":"x","sessions":1,"subscribers":2}"#, "heartbeat", 9, false),
    ])
    func whatIsUnknownIsNoEventButKeepsItsPlace(line: String, type: String, sequence: Int, isKnown: Bool) {
        let read = EventLine(Array(line.utf8))
        #expect(read.type == type && read.sequence == sequence && (read.event != nil) == isKnown)
    }

    @Test(arguments: ["", "no JSON", "[]", "{}", #"{"type":7,"seq":"x"}"#, #"{"seq":1e300}"#, "\u{FFFD}"])
    func whatIsNoLineIsHandedOverAllTheSame(text: String) {
        let read = EventLine(Array(text.utf8))
        #expect(read.event == nil && read.type == nil && read.sequence == nil && read.text == text)
    }

    @Test func damagedLinesAreReadOrNot() {
        // A small repeatable generator (Knuth's MMIX constants).
        var state: UInt64 = 7
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var unread = 0
        for sample in Samples.lines {
            for _ in 0..<200 {
                var line = Array(sample.utf8)
                for _ in 0..<3 { line[random(line.count)] = UInt8(random(256)) }
                if EventLine(line).event == nil { unread += 1 }
            }
        }
        #expect(unread > 0)
    }
}
