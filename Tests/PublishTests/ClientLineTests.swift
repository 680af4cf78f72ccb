import Events
import Foundation
import Publish
import Testing

@testable import Publish

@Suite(.serialized) struct ClientLineTests {
    @Test(arguments: [
        (#"{"subscribe":{}}"#, Subscription()),
        (
            #"{"subscribe":{"sessions":["a"],"speakers":["b"],"types":["tick","turn"],"tick_interval_s":5}}"#,
            Subscription(
                sessions: ["a"], speakers: ["b"], types: [.tick, .turn], tickIntervalSeconds: 5)
        ),
        (#"{"subscribe":{"sessions":[],"speakers":[],"types":[]}}"# + "\r", Subscription()),
    ])
    func subscribes(_ line: String, _ expected: Subscription) throws {
        #expect(try ClientCommand(line: Array(line.utf8)) == .subscribe(expected))
    }

    static let wrongLines: [(String, String)] = [
        ("", "invalid_json"), ("hello", "invalid_json"), ("GET / HTTP/1.1", "invalid_json"),
        (#"{"subscribe":{}"#, "invalid_json"),
        ("{}", "unknown_command"), ("[]", "unknown_command"), ("null", "unknown_command"),
        ("7", "unknown_command"),
        (#"{"publish":{}}"#, "unknown_command"), (#"{"subscribe":{},"resume":{}}"#, "unknown_command"),
        (#"{"subscribe":[]}"#, "invalid_subscribe"),
        (#"{"subscribe":{"session":["a"]}}"#, "invalid_subscribe"),
        (#"{"subscribe":{"sessions":"a"}}"#, "invalid_subscribe"),
        (#"{"subscribe":{"sessions":[1]}}"#, "invalid_subscribe"),
        (#"{"subscribe":{"types":["ticks"]}}"#, "invalid_subscribe"),
        (#"{"subscribe":{"tick_interval_s":0}}"#, "invalid_subscribe"),
        (#"{"subscribe":{"tick_interval_s":-1}}"#, "invalid_subscribe"),
        (#"{"subscribe":{"tick_interval_s":1e300}}"#, "invalid_subscribe"),
        (#"{"subscribe":{"tick_interval_s":"5"}}"#, "invalid_subscribe"),
        (#"{"resume":{}}"#, "invalid_resume"), (#"{"resume":7}"#, "invalid_resume"),
        (#"{"resume":{"epoch":"e1"}}"#, "invalid_resume"),
        (#"{"resume":{"epoch":"e1","seq":-1}}"#, "invalid_resume"),
        (#"{"resume":{"epoch":"e1","seq":1.5}}"#, "invalid_resume"),
        (#"{"resume":{"epoch":"e1","seq":1e30}}"#, "invalid_resume"),
        (#"{"resume":{"epoch":"e1","seq":"1"}}"#, "invalid_resume"),
        (#"{"resume":{"epoch":1,"seq":1}}"#, "invalid_resume"),
        (#"{"resume":{"epoch":"e1","seq":1,"x":1}}"#, "invalid_resume"),
        (#"{"resume":{"epoch":"e1","seq":99}}"#, "invalid_resume"),
    ]

    /// Each wrong line gets one answer that says what to send, a close, and nobody else notices.
    @Test func wrongLinesCloseTheirSenderOnly() async throws {
        try await withPublisher { publisher, path in
            let witness = try TestClient(path)
            _ = try witness.lines { $0.type == "snapshot" }
            var cases = Self.wrongLines.map { (Array(($0.0 + "\n").utf8), $0.1) }
            cases.append(([0xFF, 0xFE, 0x0A], "invalid_utf8"))
            cases.append(
                (
                    Array(#"{"resume":{"epoch":""#.utf8) + [0xC3, 0x28] + Array("\",\"seq\":1}}\n".utf8),
                    "invalid_utf8"
                ))
            cases.append((Array(repeating: 0x20, count: 4_097), "line_too_long"))
            cases.append((Array(repeating: 0x61, count: 1 << 20) + [0x0A], "line_too_long"))
            for (bytes, code) in cases {
                let client = try TestClient(path)
                client.send(bytes)
                let lines = try client.linesToEnd()
                let label = Comment(rawValue: String(decoding: bytes.prefix(80), as: UTF8.self))
                #expect(lines.last?.type == "error", label)
                #expect(lines.last?.text("code") == code, label)
                #expect((lines.last?.text("message").count ?? 0) > 20, label)
                #expect(lines.count { $0.type == "error" } == 1, label)
            }
            #expect(publisher.statistics.rejectedLines == cases.count)
            publisher.publish(turnEvent("ana", 1))
            #expect(try witness.lines { $0.isEvent }.map(\.type) == ["turn"])
        }
    }

    @Test func longestLineIsTaken() async throws {
        try await withPublisher { publisher, path in
            let client = try TestClient(path)
            _ = try client.lines { $0.type == "snapshot" }
            let line = #"{"subscribe":{"types":["turn"]}}"#
            client.send(line + String(repeating: " ", count: 4_096 - line.utf8.count))
            publisher.publish(turnEvent("ana", 1))
            #expect(try client.next().type == "turn")
        }
    }

    @Test func aLineMayComeInPiecesAndEndWithTheInput() async throws {
        try await withPublisher { publisher, path in
            let client = try TestClient(path)
            for byte in Array(#"{"resume":{"epoch":"e1","seq":0}}"#.utf8) { client.send([byte]) }
            client.endInput()
            // Only a line that was understood brings a second hello.
            #expect(try client.lines { $0.type == "snapshot" }.count == 2)
            #expect(try client.next().type == "hello")
            publisher.publish(turnEvent("ana", 1))
            #expect(try client.next().type == "turn")
        }
    }

    /// Publishes until the filter is seen to be in force, then what the test is about.
    private func subscribed(_ client: TestClient, _ line: String, from sequence: Int) throws {
        client.send(line)
        // The answer to the resume comes after the subscription has been read.
        client.send(#"{"resume":{"epoch":"e1","seq":\#(sequence)}}"#)
        _ = try client.next()
        _ = try client.lines { $0.type == "hello" }
    }

    @Test func filters() async throws {
        try await withPublisher { publisher, path in
            let bySpeaker = try TestClient(path)
            let bySession = try TestClient(path)
            let byType = try TestClient(path)
            try subscribed(bySpeaker, #"{"subscribe":{"speakers":["ana"]}}"#, from: 0)
            try subscribed(bySession, #"{"subscribe":{"sessions":["s2"]}}"#, from: 0)
            try subscribed(byType, #"{"subscribe":{"types":["turn","session.ended"]}}"#, from: 0)
            for event in [
                startEvent(), joinEvent("ana"), joinEvent("ben"), tickEvent("ana", 1), tickEvent("ben", 1),
                startEvent("s2"), tickEvent("ana", 1, session: "s2"), turnEvent("ben", 1), endEvent("s2"),
                endEvent("s1"),
            ] { publisher.publish(event) }
            #expect(try bySpeaker.lines { $0.sequence == 10 }.map(\.sequence) == [1, 2, 4, 6, 7, 9, 10])
            #expect(try bySession.lines { $0.sequence == 9 }.map(\.sequence) == [6, 7, 9])
            #expect(try byType.lines { $0.sequence == 10 }.map(\.sequence) == [8, 9, 10])
        }
    }

    @Test func ticksAreThinnedOutPerSpeaker() async throws {
        try await withPublisher { publisher, path in
            let client = try TestClient(path)
            try subscribed(client, #"{"subscribe":{"tick_interval_s":5}}"#, from: 0)
            for second in 1...20 {
                publisher.publish(tickEvent("ana", Double(second)))
                publisher.publish(tickEvent("ben", Double(second)))
            }
            publisher.publish(endEvent())
            let lines = try client.lines { $0.type == "session.ended" }
            #expect(tickTimes(of: "ana", lines) == [1, 5, 10, 15, 20])
            #expect(tickTimes(of: "ben", lines) == [1, 5, 10, 15, 20])
        }
    }

    private func tickTimes(of speaker: String, _ lines: [Line]) -> [Int] {
        lines.filter { $0.type == "tick" && $0.text("speaker") == speaker }.map { $0.int("t") }
    }

    /// A slow client with filters is told the number of what it would have got, no more and no less.
    @Test func filteredLossesAddUp() async throws {
        let count = 3_000
        try await withPublisher(configure: { $0.clientQueueBytes = 1 << 16 }) { publisher, path in
            let client = try TestClient(path)
            try subscribed(
                client, #"{"subscribe":{"speakers":["ana"],"tick_interval_s":2,"types":["tick","turn"]}}"#,
                from: 0)
            var wanted = 0
            for number in 1...count {
                publisher.publish(tickEvent("ana", Double(number)))
                publisher.publish(tickEvent("ben", Double(number)))
                if number == 1 || number.isMultiple(of: 2) { wanted += 1 }
            }
            publisher.publish(turnEvent("ana", 1))
            let lines = try client.lines { $0.type == "turn" }
            let announced = lines.reduce(0) { $0 + ($1.type == "lagged" ? $1.int("count") : 0) }
            let delivered = lines.count { $0.type == "tick" }
            #expect(announced > 0)
            #expect(delivered + announced == wanted)
            #expect(lines.last { $0.type == "tick" }?.int("t") == count)
            #expect(lines.allSatisfy { $0.text("speaker") != "ben" })
        }
    }

    @Test func resumesFromTheRing() async throws {
        try await withPublisher { publisher, path in
            for number in 1...20 { publisher.publish(turnEvent("ana", Double(number))) }
            let client = try TestClient(path)
            #expect(try client.lines { $0.type == "snapshot" }.map(\.sequence) == [20, 20])
            client.send(#"{"resume":{"epoch":"e1","seq":12}}"#)
            let lines = try client.lines { $0.sequence == 20 }
            #expect(lines.map(\.type) == ["hello"] + Array(repeating: "turn", count: 8))
            #expect(lines.map(\.sequence) == Array(12...20))
            publisher.publish(turnEvent("ana", 21))
            #expect(try client.next().sequence == 21)
        }
    }

    @Test func resumesWhatIsGoneWithLaggedAndSnapshot() async throws {
        let manual = ManualClock()
        try await withPublisher(clock: manual.clock, configure: { $0.ringSeconds = 60 }) { publisher, path in
            publisher.publish(startEvent())
            for number in 2...10 { publisher.publish(turnEvent("ana", Double(number))) }
            manual.advance(seconds: 61)
            for number in 11...15 { publisher.publish(turnEvent("ana", Double(number))) }
            let client = try TestClient(path)
            _ = try client.lines { $0.type == "snapshot" }
            client.send(#"{"resume":{"epoch":"e1","seq":4}}"#)
            let lines = try client.lines { $0.type == "snapshot" }
            #expect(
                lines.map(\.type) == ["hello", "lagged"] + Array(repeating: "turn", count: 5) + ["snapshot"])
            #expect(lines.map(\.sequence) == [4, 10, 11, 12, 13, 14, 15, 15])
            #expect(lines[1].int("from") == 5)
            #expect(lines[1].int("count") == 6)
            #expect(lines.last?.objects("sessions").count == 1)
        }
    }

    @Test func resumesAnotherEpochFromItsBeginning() async throws {
        try await withPublisher { publisher, path in
            for number in 1...3 { publisher.publish(turnEvent("ana", Double(number))) }
            let client = try TestClient(path)
            _ = try client.lines { $0.type == "snapshot" }
            client.send(#"{"resume":{"epoch":"e0","seq":777}}"#)
            let lines = try client.lines { $0.sequence == 3 }
            #expect(lines.map(\.sequence) == [0, 1, 2, 3])
        }
    }

    /// A client that asks again and again is told and closed; others have their events in time.
    @Test(arguments: [#"{"resume":{"epoch":"e1","seq":0}}"#, #"{"subscribe":{"types":["turn"]}}"#])
    func askingWithoutEndIsEnded(request: String) async throws {
        let manual = ManualClock()
        try await withPublisher(clock: manual.clock) { publisher, path in
            for number in 1...500 { publisher.publish(tickEvent("ana", Double(number))) }
            let client = try TestClient(path)
            // So few that the socket takes them all, whether anybody reads them or not.
            for _ in 0..<100 { client.send(request) }
            let error = try client.lines { $0.type == "error" }.last
            #expect(error?.text("code") == "too_many_commands")
            #expect(publisher.statistics.hurriedClients == 1)
            #expect(publisher.statistics.subscribes + publisher.statistics.resumes == 32)
            // Only what fits into the kernel's and the client's write buffer was ever handed over.
            #expect(publisher.statistics.deliveredBytes < 2 << 20)
            let other = try TestClient(path)
            _ = try other.lines { $0.type == "snapshot" }
            publisher.publish(turnEvent("ana", 1))
            #expect(try other.next().type == "turn")
        }
    }

    @Test func askingNowAndThenIsNot() async throws {
        let manual = ManualClock()
        try await withPublisher(clock: manual.clock) { publisher, path in
            let client = try TestClient(path)
            _ = try client.lines { $0.type == "snapshot" }
            for _ in 0..<200 {
                manual.advance(seconds: 1)
                client.send(#"{"resume":{"epoch":"e1","seq":0}}"#)
                _ = try client.lines { $0.type == "hello" }
            }
            #expect(publisher.statistics.hurriedClients == 0)
        }
    }
}
