import Events
import Foundation
import Logging
import NIOCore
import SeededNumbers
import Testing

@testable import Publish

/// Ticks with the members that a client asks for, and no others.
@Suite struct SlimTickTests {
    private func core() -> PublisherCore {
        PublisherCore(
            configuration: PublisherConfiguration(
                socketPath: "-", daemonVersion: "0", policy: "standard", epoch: "e"),
            clock: ManualClock().clock, logger: Logger(label: "test") { _ in LogMemory() })
    }

    private func position(_ core: PublisherCore, _ fields: Set<String>) throws -> ClientPosition {
        let fields = try Subscription.fields(named: fields)
        var position = ClientPosition(
            try #require(core.admit(loop: nil)), core, subscription: Subscription(fields: fields),
            slim: try core.slimTicks.shared(fields))
        while position.next() != nil {}
        return position
    }

    private func object(_ line: ByteBuffer?) throws -> [String: Any] {
        let line = try #require(line)
        let object = try JSONSerialization.jsonObject(with: Data(line.readableBytesView))
        return try #require(object as? [String: Any])
    }

    @Test func aSubscriberGetsWhatItAsksFor() async throws {
        try await withPublisher { publisher, path in
            let client = try TestClient(path)
            _ = try client.lines { $0.type == "snapshot" }
            client.send(#"{"subscribe":{"fields":["engagement.score","windows.30s.talk_ratio","voice"]}}"#)
            try await eventually("subscribed") { publisher.statistics.subscribes == 1 }
            let whole = try TestClient(path)
            _ = try whole.lines { $0.type == "snapshot" }
            publisher.publish(startEvent())
            publisher.publish(joinEvent("ana \"\\{}[]\u{e4}"))
            publisher.publish(tickEvent("ana \"\\{}[]\u{e4}", 1, score: 61.5))
            publisher.publish(turnEvent("ana \"\\{}[]\u{e4}", 1))
            let lines = try client.lines { $0.type == "turn" }
            let wholeLines = try whole.lines { $0.type == "turn" }
            #expect(lines.map(\.type) == wholeLines.map(\.type))
            for (slim, full) in zip(lines, wholeLines) where slim.type != "tick" {
                #expect(NSDictionary(dictionary: slim.fields) == NSDictionary(dictionary: full.fields))
            }
            let slim = try #require(lines.first { $0.type == "tick" })
            let full = try #require(wholeLines.first { $0.type == "tick" })
            #expect(
                Set(slim.fields.keys)
                    == ["v", "type", "seq", "session", "speaker", "t", "at", "engagement", "windows", "voice"])
            for key in ["v", "type", "seq", "session", "speaker", "t", "at"] {
                #expect("\(slim.fields[key] ?? "")" == "\(full.fields[key] ?? "")")
            }
            #expect(slim.fields["engagement"] as? [String: Double] == ["score": 61.5])
            #expect((slim.fields["voice"] as? [String: Any])?.count == (full.fields["voice"] as? [String: Any])?.count)
            let windows = try #require(slim.fields["windows"] as? [String: [String: Any]])
            #expect(windows.keys.sorted() == ["30s"] && windows["30s"]?.keys.sorted() == ["talk_ratio"])
            #expect(slim.bytes * 3 < full.bytes)
        }
    }

    @Test func aNameThatNoTickHasIsToldWithThoseThereAre() async throws {
        for fields in [
            #"["engagement.scores"]"#, #"["windows.5x.talk_ratio"]"#, #"["windows.NAME.talk_ratio"]"#, #"[""]"#,
            #"["."]"#, #"["engagement..score"]"#, #"["windows.0s"]"#, #"["type"]"#, #"["contributions"]"#,
        ] {
            let error = #expect(throws: ErrorLine.self) {
                try ClientCommand(line: Array(#"{"subscribe":{"fields":\#(fields)}}"#.utf8))
            }
            #expect(error?.code == "invalid_subscribe", "\(fields)")
            #expect(error?.message.contains("engagement.score, ") == true, "\(fields)")
        }
        for fields in [#""engagement""#, "1", "[1]", "null"] {
            #expect(throws: ErrorLine.self) {
                try ClientCommand(line: Array(#"{"subscribe":{"fields":\#(fields)}}"#.utf8))
            }
        }
        let many = Set((1...65).map { "windows.\($0)s" })
        #expect(throws: ErrorLine.self) { try Subscription.fields(named: many) }
        #expect(try Subscription.fields(named: []) == nil)
    }

    /// Whatever is asked for, what comes is the whole tick without the rest, byte by byte.
    @Test func whatIsCutIsTheTickWithoutTheRest() throws {
        var random = SeededRandom(seed: 1)
        let line = tickEvent("a\"\\\u{1b},{}[]", 12.5, score: 42).line(sequence: 7, at: "now")
        let paths =
            TickFields.known.filter { !$0.contains("NAME") }
            + TickFields.known.filter { $0.contains("NAME") }.map { $0.replacing("NAME", with: "120s") }
        let whole = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
        func value(_ path: String, _ object: [String: Any]) -> Any? {
            path.split(separator: ".").reduce(object as Any?) { ($0 as? [String: Any])?[String($1)] }
        }
        for _ in 0..<500 {
            let wanted = Set(
                (0..<Int.random(in: 1...6, using: &random)).compactMap { _ in
                    paths.randomElement(using: &random)
                })
            let cut = try TickFields(wanted).cut(line)
            let slim = try #require(try JSONSerialization.jsonObject(with: Data(cut)) as? [String: Any])
            for path in paths {
                let isWanted = wanted.contains { path == $0 || path.hasPrefix($0 + ".") }
                let isPart = wanted.contains { $0.hasPrefix(path + ".") }
                if isWanted {
                    let (one, other) = (value(path, slim), value(path, whole))
                    #expect(one as? NSObject == other as? NSObject, "\(path) of \(wanted)")
                } else if !isPart {
                    #expect(value(path, slim) == nil, "\(path) of \(wanted)")
                }
            }
        }
        #expect(try TickFields(Set(paths)).cut(line) == line)
    }

    /// Each tick is cut once for all who ask for the same, however they write it.
    @Test func whoAsksForTheSameSharesTheLine() throws {
        let core = core()
        core.publish(startEvent(), arrivedNanoseconds: nil)
        core.publish(joinEvent("ana"), arrivedNanoseconds: nil)
        var clients = try (0..<3).map { _ in try position(core, ["voice.speaking", "engagement.score"]) }
        var other = try position(core, ["engagement"])
        core.publish(tickEvent("ana", 1), arrivedNanoseconds: nil)
        var addresses: Set<UnsafeRawPointer> = []
        for index in clients.indices {
            let next = clients[index].next()
            let line = try #require(next)
            line.withUnsafeReadableBytes { _ = $0.baseAddress.map { addresses.insert($0) } }
            #expect(try object(line)["voice"] as? [String: Bool] == ["speaking": true])
        }
        #expect(addresses.count == 1)
        #expect(try object(other.next())["voice"] == nil)
    }

    @Test func setsOfFieldsAreBoundedAndComeBack() throws {
        let core = core()
        var held: [SlimTicks?] = []
        for number in 1...SlimTickSets.most {
            held.append(try core.slimTicks.shared(try TickFields(["windows.\(number)s"])))
        }
        let error = #expect(throws: ErrorLine.self) { try core.slimTicks.shared(try TickFields(["voice"])) }
        #expect(error?.code == "too_many_field_sets")
        #expect(try core.slimTicks.shared(try TickFields(["windows.3s"])) === held[2])
        held.removeLast()
        #expect(try core.slimTicks.shared(try TickFields(["voice"])) != nil)
    }

    /// Right 1: no slim tick outlives the consent.
    @Test func whatIsWithdrawnIsCutNoMore() throws {
        let core = core()
        core.publish(startEvent(), arrivedNanoseconds: nil)
        core.publish(joinEvent("ana"), arrivedNanoseconds: nil)
        var prompt = try position(core, ["engagement.score"])
        var late = try position(core, ["engagement.score"])
        core.publish(tickEvent("ana", 1), arrivedNanoseconds: nil)
        #expect(try object(prompt.next())["type"] as? String == "tick")
        core.publish(
            Event(.consent(ConsentChange(state: .withheld, previous: .granted)), session: "s1", speaker: "ana"),
            arrivedNanoseconds: nil)
        late.refresh()
        var types: [String] = []
        while let line = late.next() { types.append(try object(line)["type"] as? String ?? "") }
        #expect(types == ["lagged", "consent"])
    }
}
