import Events
import Foundation
import Publish
import Synchronization
import SeededNumbers
import Testing

/// What a client was told, added up.
struct Account {
    var delivered: [Int] = []
    var announced = 0
    var coalesced = 0

    /// Checks that lines come in order and that nothing is missing that was not announced.
    init(_ lines: [Line], after first: Int) throws {
        var told = first
        for line in lines {
            if line.type == "lagged" {
                #expect(line.int("from") == told + 1)
                #expect(line.int("to") == line.sequence)
                #expect(line.int("count") == line.int("to") - line.int("from") + 1)
                announced += line.int("count")
                coalesced += line.int("coalesced")
            } else if line.isEvent {
                #expect(line.sequence == told + 1)
                delivered.append(line.sequence)
            }
            told = line.sequence
        }
    }
}

@Suite(.serialized) struct SlowClientTests {
    private let speakers = ["ana", "ben", "cy"]

    /// Ticks of three speakers and every tenth event a turn.
    private func publish(_ count: Int, to publisher: Publisher) {
        for number in 1...count {
            let speaker = speakers[number % 3]
            let seconds = Double(number)
            publisher.publish(
                number.isMultiple(of: 10) ? turnEvent(speaker, seconds) : tickEvent(speaker, seconds))
        }
    }

    @Test func ticksCoalesceAndNothingElse() async throws {
        let count = 3_000
        try await withPublisher(configure: { $0.clientQueueBytes = 1 << 16 }) { publisher, path in
            let slow = try TestClient(path)
            _ = try slow.lines { $0.type == "snapshot" }
            publish(count, to: publisher)
            let lines = try slow.lines { $0.sequence == count }
            let account = try Account(lines, after: 0)
            #expect(account.delivered.count + account.announced == count)
            #expect(account.coalesced == account.announced)
            #expect(account.coalesced > count / 2)
            #expect(
                lines.filter { $0.type == "turn" }.map(\.sequence)
                    == Array(stride(from: 10, through: count, by: 10)))
            // The newest tick of each speaker arrives.
            for speaker in speakers {
                let newest = (1...count).last { !$0.isMultiple(of: 10) && speakers[$0 % 3] == speaker }
                #expect(lines.last { $0.type == "tick" && $0.text("speaker") == speaker }?.sequence == newest)
            }
            #expect(publisher.statistics.coalesced == account.coalesced)
            #expect(publisher.statistics.lost == 0)
        }
    }

    @Test func whatLeavesTheRingIsAnnouncedAndASnapshotFollows() async throws {
        let count = 3_000
        try await withPublisher(
            configure: {
                $0.clientQueueBytes = 1 << 16
                $0.ringBytes = 1 << 18
            }
        ) { publisher, path in
            publisher.publish(startEvent())
            publisher.publish(joinEvent("ana"))
            let slow = try TestClient(path)
            _ = try slow.lines { $0.type == "snapshot" }
            publish(count, to: publisher)
            let lines = try slow.lines { $0.type == "snapshot" }
            #expect(lines.last?.sequence == count + 2)
            let account = try Account(lines, after: 2)
            #expect(account.delivered.count + account.announced == count)
            #expect(account.announced > account.coalesced)
            #expect(publisher.statistics.coalesced == account.coalesced)
            #expect(publisher.statistics.lost == account.announced - account.coalesced)
            publisher.publish(turnEvent("ana", 1))
            #expect(try slow.next().sequence == count + 3)
        }
    }

    @Test func readersInStepsAddUpToo() async throws {
        let count = 4_000
        try await withPublisher(
            configure: {
                $0.clientQueueBytes = 1 << 16
                $0.ringBytes = 1 << 19
            }
        ) { publisher, path in
            let client = try TestClient(path)
            _ = try client.lines { $0.type == "snapshot" }
            let done = DispatchGroup()
            Thread.detachNewThread(in: done) { publish(count, to: publisher) }
            var lines: [Line] = []
            var random = SeededRandom(seed: 3)
            while (lines.last?.sequence ?? 0) < count {
                lines.append(try client.next())
                if Int.random(in: 0..<200, using: &random) == 0 { usleep(20_000) }
            }
            await done.finished()
            let account = try Account(lines, after: 0)
            #expect(account.delivered.count + account.announced == count)
        }
    }

    /// One client does not read at all: the others get everything, memory stays bounded, and it is closed.
    @Test func aClientThatDoesNotReadDisturbsNobodyAndIsClosed() async throws {
        let count = 3_000
        let manual = ManualClock()
        let log = LogMemory()
        try await withPublisher(
            clock: manual.clock, log: log,
            configure: {
                $0.ringBytes = 8 << 20
                $0.ringSeconds = 86_400
                $0.clientStallSeconds = 30
            }
        ) { publisher, path in
            let stalled = try (0..<5).map { _ in try TestClient(path) }
            let reader = try TestClient(path)
            _ = try reader.lines { $0.type == "snapshot" }
            try await eventually("all are in") { publisher.statistics.clients == 6 }
            var received: [Line] = []
            for number in 1...count {
                publisher.publish(turnEvent("ana", Double(number)))
                publisher.publish(tickEvent("ana", Double(number)))
                received += try reader.lines { $0.sequence == number * 2 }
            }
            let account = try Account(received, after: 0)
            #expect(account.delivered == Array(1...count * 2))
            #expect(publisher.statistics.ringBytes <= 8 << 20)
            // Five clients hold at most their write buffers and what the kernel holds.
            #expect(publisher.statistics.deliveredBytes < publisher.statistics.encodedBytes * 3)
            try await eventually("the stalled ones are closed") {
                manual.advance(seconds: 31)
                usleep(100_000)
                return publisher.statistics.stalledClients == 5
            }
            try await eventually("their places are free") { publisher.statistics.clients == 1 }
            publisher.publish(turnEvent("ana", 0))
            #expect(try reader.next().sequence == count * 2 + 1)
            try await eventually("it is logged once for all") {
                manual.advance(seconds: 2)
                return log.text.count { $0.contains("took nothing") } >= 1
            }
            _ = stalled
        }
    }

    @Test func memoryDoesNotGrowWithWhatIsPublished() async throws {
        try await withPublisher(
            configure: {
                $0.clientQueueBytes = 1 << 16
                $0.ringBytes = 1 << 20
            }
        ) { publisher, path in
            let stalled = try (0..<20).map { _ in try TestClient(path) }
            try await eventually("all are in") { publisher.statistics.clients == 20 }
            let url = String(repeating: "x", count: 20_000)
            func publishMegabytes() {
                for _ in 0..<1_000 { publisher.publish(sourceEvent("a", .live, url: url)) }
            }
            // What waits for a client lies in the ring, beside the write buffers, which end at a mark. (The memory of
            // the process says nothing: other tests run in it.)
            for _ in 0..<3 {
                publishMegabytes()
                #expect(publisher.statistics.ringBytes <= 1 << 20, "20 MB were published")
            }
            _ = stalled
        }
    }
}
