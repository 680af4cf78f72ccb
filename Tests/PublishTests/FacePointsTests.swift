import Events
import Foundation
import Logging
import NIOCore
import Testing

@testable import Publish

/// Contours of faces: for who asks for them by name, the newest only, and kept nowhere. What lies there too long is gone,
/// so that the clock stands still wherever somebody is to get some.
@Suite struct FacePointsTests {
    private static let asking = #"{"subscribe":{"types":["face.points","turn"]}}"#

    private func points(_ speaker: String, _ seconds: Double, session: String = "s1") -> Event {
        let row = (0..<5).map { FacePoints.Point(x: 0.1 * Double($0), y: 0.5) }
        return Event(
            .facePoints(FacePoints(aspectRatio: 1.5, parts: [.nose: row])), session: session, speaker: speaker,
            timeSeconds: seconds)
    }

    private func core(_ clock: ManualClock = ManualClock()) -> PublisherCore {
        PublisherCore(
            configuration: PublisherConfiguration(
                socketPath: "-", daemonVersion: "0", policy: "standard", epoch: "e"),
            clock: clock.clock, logger: Logger(label: "test") { _ in LogMemory() })
    }

    /// A client that has been told its hello and snapshot.
    private func client(_ core: PublisherCore, _ subscription: Subscription) throws -> ClientPosition {
        var position = ClientPosition(try #require(core.admit(loop: nil)), core, subscription: subscription)
        while position.next() != nil {}
        return position
    }

    private func lines(_ position: inout ClientPosition) throws -> [Line] {
        var lines: [Line] = []
        while let line = position.next() {
            let object = try JSONSerialization.jsonObject(with: Data(line.readableBytesView))
            lines.append(Line(bytes: line.readableBytes, fields: try #require(object as? [String: Any])))
        }
        return lines
    }

    @Test func onlyWhoNamesThemGetsThem() async throws {
        try await withPublisher(clock: ManualClock().clock) { publisher, path in
            let asking = try TestClient(path), other = try TestClient(path), everything = try TestClient(path)
            for (client, line) in [
                (asking, Self.asking), (other, #"{"subscribe":{"types":["turn"]}}"#),
                (everything, #"{"subscribe":{}}"#),
            ] {
                client.send(line)
                client.send(#"{"resume":{"epoch":"e1","seq":0}}"#)
                _ = try client.lines { $0.type == "snapshot" }
                _ = try client.lines { $0.type == "hello" }
            }
            #expect(publisher.seeksPoints(of: "ana", in: "s1"))
            publisher.publish(turnEvent("ana", 1))
            publisher.publish(points("ana", 2))
            let drawn = try asking.lines { $0.type == "face.points" }
            #expect(drawn.map(\.type) == ["turn", "face.points"] && drawn.map(\.sequence) == [1, 1])
            let nose = try #require(drawn.last?.fields["nose"] as? [[Double]])
            #expect(nose == [[0, 0.5], [0.1, 0.5], [0.2, 0.5], [0.3, 0.5], [0.4, 0.5]])
            #expect(drawn.last?.text("speaker") == "ana" && drawn.last?.int("t") == 2)
            publisher.publish(turnEvent("ana", 3))
            for client in [other, everything] {
                #expect(try client.lines { $0.sequence == 2 }.map(\.type) == ["turn", "turn"])
            }
            // Who comes back, or comes anew, gets none of before.
            let late = try TestClient(path)
            for client in [asking, late] {
                client.send(Self.asking)
                client.send(#"{"resume":{"epoch":"e1","seq":0}}"#)
            }
            publisher.publish(turnEvent("ana", 4))
            #expect(try late.lines { $0.sequence == 3 && $0.type == "turn" }.allSatisfy { $0.type != "face.points" })
            _ = try asking.lines { $0.type == "hello" }
            #expect(try asking.lines { $0.sequence == 3 }.map(\.type) == ["turn", "turn", "turn"])
        }
    }

    @Test func whoHasGoneAsksForNothing() async throws {
        try await withPublisher { publisher, path in
            let client = try TestClient(path)
            client.send(#"{"subscribe":{"types":["face.points"],"sessions":["s1"],"speakers":["ana"]}}"#)
            try await eventually("the subscription") { publisher.seeksPoints(of: "ana", in: "s1") }
            #expect(!publisher.seeksPoints(of: "ben", in: "s1") && !publisher.seeksPoints(of: "ana", in: "s2"))
            client.close()
            try await eventually("the end") { !publisher.seeksPoints(of: "ana", in: "s1") }
        }
    }

    @Test func aReaderIsWokenByThem() async throws {
        try await withPublisher(clock: ManualClock().clock) { publisher, _ in
            let reader = try publisher.reader(types: ["face.points"])
            #expect(await reader.next()?.count == 2, "hello and snapshot")
            for second in 1...3 { #expect(await drawn(by: reader, Double(second), publisher) == ["face.points"]) }
        }
    }

    /// Types of the lines that a reader gets that waits.
    private func drawn(by reader: EventReader, _ seconds: Double, _ publisher: Publisher) async -> [String] {
        async let lines = reader.next()
        publisher.publish(points("ana", seconds))
        return await lines?.compactMap { EventLine($0.json).type } ?? []
    }

    /// Who has not asked costs nothing, and what nobody asked for lies nowhere.
    @Test func nothingIsTakenInForNobody() throws {
        let core = core()
        var plain = try client(core, Subscription())
        core.publish(points("ana", 1), arrivedNanoseconds: nil)
        #expect(core.points.count == 0 && core.sequence == 0 && core.statistics.ringEvents == 0)
        #expect(try lines(&plain).isEmpty)
    }

    @Test func theyHaveNoPlaceInTheOrderOfEvents() throws {
        let core = core()
        var asking = try client(core, Subscription(types: [.facePoints]))
        for second in 1...20 { core.publish(points("ana", Double(second)), arrivedNanoseconds: nil) }
        #expect(core.sequence == 0 && core.statistics.ringEvents == 0 && core.statistics.encodedBytes == 0)
        #expect(core.backlog(after: 0, limit: 10).entries.isEmpty)
        var cursor = JournalCursor(core, after: 0)
        #expect(cursor.next().isEmpty, "the bus of a fleet reads the same journal")
        #expect(try lines(&asking).count == 1)
    }

    @Test func whoIsSlowGetsTheNewestOfEach() throws {
        let core = core()
        var slow = try client(core, Subscription(types: [.facePoints]))
        for second in 1...10 {
            core.publish(points("ana", Double(second)), arrivedNanoseconds: nil)
            core.publish(points("ben", Double(second)), arrivedNanoseconds: nil)
        }
        let drawn = try lines(&slow)
        #expect(drawn.map { "\($0.text("speaker")) \($0.int("t"))" } == ["ana 10", "ben 10"])
        #expect(core.statistics.skippedPoints == 18)
        #expect(try lines(&slow).isEmpty)
        core.publish(points("ana", 11), arrivedNanoseconds: nil)
        #expect(try lines(&slow).map { $0.int("t") } == [11])
        #expect(core.statistics.skippedPoints == 18)
    }

    @Test(arguments: ["consent", "lane", "left", "ended", "role"])
    func whatIsTakenBackIsNotTold(how: String) throws {
        let core = core()
        core.publish(startEvent(), arrivedNanoseconds: nil)
        core.publish(joinEvent("ana"), arrivedNanoseconds: nil)
        var slow = try client(core, Subscription(types: [.facePoints]))
        core.publish(points("ana", 1), arrivedNanoseconds: nil)
        core.publish(points("ben", 1, session: "s2"), arrivedNanoseconds: nil)
        let lane = ConsentChange(state: .granted, previous: .granted, lanes: [], previousLanes: .face)
        let event: Event =
            switch how {
            case "consent": joinEvent("ana", consent: .withheld)
            case "lane": Event(.consent(lane), session: "s1", speaker: "ana")
            case "left": leaveEvent("ana")
            case "ended": endEvent()
            default:
                Event(.speakerJoined(SpeakerJoined(role: "employee", consent: .granted)), session: "s1", speaker: "ana")
            }
        core.publish(event, arrivedNanoseconds: nil)
        #expect(try lines(&slow).map { $0.text("speaker") } == ["ben"])
    }

    @Test func whatIsOldIsNotTold() throws {
        let clock = ManualClock()
        let core = core(clock)
        var slow = try client(core, Subscription(types: [.facePoints]))
        core.publish(points("ana", 1), arrivedNanoseconds: nil)
        clock.advance(seconds: 0.9)
        core.keepHouse()
        #expect(core.points.count == 1)
        clock.advance(seconds: 0.2)
        core.keepHouse()
        #expect(core.points.count == 0 && core.statistics.skippedPoints == 1)
        #expect(try lines(&slow).allSatisfy { $0.type != "face.points" })
    }

    @Test func aClientThatTakesNothingDelaysNobodyAndLosesNoEvent() async throws {
        try await withPublisher { publisher, path in
            let slow = try TestClient(path)
            slow.send(Self.asking)
            try await eventually("the subscription") { publisher.seeksPoints(of: "ana", in: "s1") }
            publishMany(to: publisher)
            check(try slow.lines { $0.type == "turn" && $0.sequence == 20 })
        }
    }

    private func publishMany(to publisher: Publisher) {
        for number in 1...20_000 {
            publisher.publish(points("ana", Double(number)))
            if number.isMultiple(of: 1_000) { publisher.publish(turnEvent("ana", Double(number))) }
        }
    }

    private func check(_ all: [Line]) {
        #expect(all.filter { $0.type == "turn" }.map(\.sequence) == Array(1...20))
        let drawn = all.filter { $0.type == "face.points" }.map { $0.int("t") }
        #expect(zip(drawn, drawn.dropFirst()).allSatisfy { $0 < $1 })
        #expect(!all.contains { $0.type == "lagged" })
    }
}
