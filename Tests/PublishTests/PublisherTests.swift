import Events
import Foundation
import Programs
import Publish
import Synchronization
import Testing

@Suite(.serialized) struct PublisherTests {
    @Test func firstLinesOfAnEmptyDaemon() async throws {
        let manual = ManualClock()
        try await withPublisher(clock: manual.clock) { _, path in
            let client = try TestClient(path)
            let hello = try client.next()
            #expect(hello.type == "hello")
            #expect(hello.sequence == 0)
            #expect(hello.int("v") == wireVersion)
            #expect(hello.text("daemon") == "0.0.1")
            #expect(hello.text("epoch") == "e1")
            #expect(hello.text("policy") == "standard")
            #expect(hello.text("at") == "2023-11-14T22:30:00.000Z")
            let snapshot = try client.next()
            #expect(snapshot.type == "snapshot")
            #expect(snapshot.sequence == 0)
            #expect(snapshot.objects("sessions").isEmpty)
            #expect(snapshot.fields["more"] as? Bool == false)
        }
    }

    @Test func snapshotIsTheFoldOfTheEvents() async throws {
        try await withPublisher { publisher, path in
            for event in [
                startEvent(), sourceEvent("a", .live), joinEvent("ana"), joinEvent("ben"),
                tickEvent("ana", 1, score: 41),
                tickEvent("ana", 2, score: 42), leaveEvent("ben"), startEvent("s2"), endEvent("s2"),
            ] { publisher.publish(event) }
            let client = try TestClient(path)
            #expect(try client.next().sequence == 9)
            let snapshot = try client.next()
            #expect(snapshot.sequence == 9)
            let sessions = snapshot.objects("sessions")
            #expect(sessions.map { $0["session"] as? String } == ["s1"])
            #expect(sessions.first?["notice_id"] as? String == "n-1")
            let speakers = sessions.first?["speakers"] as? [[String: Any]] ?? []
            #expect(speakers.map { $0["speaker"] as? String } == ["ana"])
            let last = speakers.first?["last_tick"] as? [String: Any]
            #expect(last?["t"] as? Int == 2)
            #expect((last?["engagement"] as? [String: Any])?["score"] as? Int == 42)
            publisher.publish(turnEvent("ana", 3))
            #expect(try client.next().sequence == 10)
        }
    }

    /// Whenever a client comes, what it is told starts at the number of its hello and has no hole.
    @Test func contiguousForAllClientsWhileSeveralThreadsPublish() async throws {
        let threads = 4
        let eventsEach = 500
        let last = threads * eventsEach
        try await withPublisher { publisher, path in
            let collected = Mutex<[(hello: Int, snapshot: Int, live: [Int])]>([])
            let failures = Mutex<[String]>([])
            let done = DispatchGroup()
            for thread in 0..<threads {
                Thread.detachNewThread(in: done) {
                    for number in 0..<eventsEach {
                        publisher.publish(turnEvent("speaker\(thread)", Double(number)))
                    }
                }
            }
            for _ in 0..<12 {
                Thread.detachNewThread(in: done) {
                    do {
                        let client = try TestClient(path)
                        let (hello, snapshot) = (try client.next(), try client.next())
                        var live: [Int] = []
                        while (live.last ?? hello.sequence) < last { live.append(try client.next().sequence) }
                        collected.withLock { $0.append((hello.sequence, snapshot.sequence, live)) }
                    } catch {
                        failures.withLock { $0.append("\(error)") }
                    }
                }
            }
            await done.finished()
            #expect(failures.withLock { $0 } == [])
            for client in collected.withLock({ $0 }) {
                #expect(client.hello == client.snapshot)
                #expect(client.live == Array(client.hello + 1..<last + 1))
            }
            #expect(collected.withLock { $0.count } == 12)
            #expect(publisher.statistics.events == last)
            #expect(publisher.statistics.lost == 0)
        }
    }

    @Test func heartbeatsAreEventsOfTheirOwn() async throws {
        let manual = ManualClock()
        try await withPublisher(clock: manual.clock, configure: { $0.heartbeatSeconds = 10 }) {
            publisher, path in
            publisher.publish(startEvent())
            let client = try TestClient(path)
            _ = try client.lines { $0.type == "snapshot" }
            manual.advance(seconds: 10)
            let first = try client.next()
            #expect(first.type == "heartbeat")
            #expect(first.sequence == 2)
            #expect(first.int("sessions") == 1)
            #expect(first.int("subscribers") == 1)
            manual.advance(seconds: 10)
            #expect(try client.next().sequence == 3)
            #expect(publisher.statistics.events == 3)
        }
    }

    @Test func aClientThatSaysNothingMoreStillListens() async throws {
        try await withPublisher { publisher, path in
            let client = try TestClient(path)
            client.endInput()
            _ = try client.lines { $0.type == "snapshot" }
            for number in 0..<3 { publisher.publish(turnEvent("ana", Double(number))) }
            #expect(try client.lines { $0.sequence == 3 }.map(\.sequence) == [1, 2, 3])
        }
    }

    @Test func socatWithoutInputKeepsReceiving() async throws {
        let socat = "/usr/bin/socat"
        try #require(FileManager.default.isExecutableFile(atPath: socat), "socat must be installed")
        try await withPublisher { publisher, path in
            // -t: socat itself would leave that long after the end of its input.
            let process = try Program(socat, ["-t", "600", "-", "UNIX-CONNECT:\(path)"], output: .pipe)
            defer { process.end() }
            try await eventually("socat is connected") { publisher.statistics.clients == 1 }
            var text = ""
            for number in 1...3 {
                publisher.publish(turnEvent("ana", Double(number)))
                while !text.contains(#""seq":\#(number),"#) {
                    let part = try #require(process.output?.availableData)
                    try #require(!part.isEmpty, "socat ended")
                    text += String(decoding: part, as: UTF8.self)
                }
            }
        }
    }

    @Test func placesAreLimitedAndComeBack() async throws {
        try await withPublisher(configure: { $0.maxClients = 2 }) { publisher, path in
            let first = try TestClient(path)
            let second = try TestClient(path)
            _ = try (first.next(), second.next())
            let third = try TestClient(path)
            let refusal = try third.linesToEnd()
            #expect(refusal.map(\.type) == ["error"])
            #expect(refusal.first?.text("code") == "too_many_clients")
            first.close()
            try await eventually("the place is free again") { publisher.statistics.clients == 1 }
            #expect(try TestClient(path).next().type == "hello")
            #expect(publisher.statistics.refusedClients == 1)
        }
    }

    @Test func manyQuickVisitsLeaveNothing() async throws {
        try await withPublisher { publisher, path in
            let before = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            var visits = 0
            while visits < 1_000 {
                // A full backlog is no failure of the visit.
                guard let client = try? TestClient(path) else { continue }
                if visits.isMultiple(of: 3) { client.send(#"{"subscribe":{}}"#) }
                client.close()
                visits += 1
                if visits.isMultiple(of: 100) { publisher.publish(turnEvent("ana", 1)) }
            }
            try await eventually("everyone is gone") {
                publisher.publish(turnEvent("ana", 1))
                let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
                return publisher.statistics.clients == 0 && descriptors <= before + 2
            }
            #expect(try TestClient(path).next().type == "hello")
        }
    }

    @Test func stopLetsClientsTakeWhatIsLeftAndRemovesTheFile() async throws {
        try await withPublisher { publisher, path in
            let client = try TestClient(path)
            _ = try client.lines { $0.type == "snapshot" }
            for number in 0..<100 { publisher.publish(turnEvent("ana", Double(number))) }
            await publisher.stop()
            #expect(try client.linesToEnd().map(\.sequence) == Array(1...100))
            #expect(!FileManager.default.fileExists(atPath: path))
            publisher.publish(turnEvent("ana", 1))
            #expect(publisher.statistics.events == 100)
            await publisher.stop()
        }
    }

    @Test func stopDoesNotWaitForAClientThatDoesNotRead() async throws {
        try await withPublisher(configure: { $0.stopMilliseconds = 50 }) { publisher, path in
            let client = try TestClient(path)
            try await eventually("the client is in") { publisher.statistics.clients == 1 }
            for number in 0..<2_000 { publisher.publish(tickEvent("ana", Double(number))) }
            await publisher.stop()
            #expect(!FileManager.default.fileExists(atPath: path))
            _ = client
        }
    }

    @Test func stopWhileOthersPublishAndConnect() async throws {
        try await withPublisher { publisher, path in
            let isOver = Atomic<Bool>(false)
            let done = DispatchGroup()
            for _ in 0..<2 {
                Thread.detachNewThread(in: done) {
                    while !isOver.load(ordering: .relaxed) { publisher.publish(turnEvent("ana", 1)) }
                }
            }
            Thread.detachNewThread(in: done) {
                while !isOver.load(ordering: .relaxed) { _ = try? TestClient(path).line() }
            }
            try await eventually("it is busy") {
                publisher.statistics.events > 1_000 && publisher.statistics.admitted > 10
            }
            await publisher.stop()
            let events = publisher.statistics.events
            isOver.store(true, ordering: .relaxed)
            await done.finished()
            #expect(publisher.statistics.events == events)
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }
}

extension Thread {
    /// Runs `body` on a thread of its own as a member of `group`.
    static func detachNewThread(in group: DispatchGroup, _ body: @escaping @Sendable () -> Void) {
        group.enter()
        detachNewThread {
            body()
            group.leave()
        }
    }
}

extension DispatchGroup {
    /// Returns when all members have left, without blocking a thread.
    func finished() async {
        await withCheckedContinuation { continuation in
            notify(queue: .global()) { continuation.resume() }
        }
    }
}
