import ControlAPI
import Events
import Fleet
import Testing

@testable import Control
@testable import Gateway

@Suite struct FeedTests {
    private func query(_ change: (inout EventQuery) -> Void) -> EventQuery {
        var query = EventQuery()
        change(&query)
        return query
    }

    @Test func whatCannotBeAskedForIsRefusedAsOnOneMachine() throws {
        for query in [
            query { $0.types = ["tock"] }, query { $0.tickIntervalSeconds = 0 },
            query { $0.tickIntervalSeconds = .nan },
            query { $0.fields = ["mood"] }, query { $0.fields = Set((0..<65).map { "a\($0)" }) },
        ] {
            let problem = #expect(throws: Problem.self) { try RingFilter(query) }
            #expect(problem?.status == 422 && problem?.type.rawValue == "invalid_subscribe")
        }
        let filter = try RingFilter(
            query {
                $0.types = ["tick", "turn"]
                $0.fields = ["engagement.score"]
            })
        #expect(filter.types == [.tick, .turn] && filter.fields != nil)
    }

    @Test func aPlaceIsGivenBackWithTheClient() async throws {
        let hub = GatewayHub(ringMilliseconds: 1_000, maxClients: 1)
        #expect(throws: Problem.self) { try hub.admit() }
        hub.setConnected(true)
        hub.setReady()
        try hub.admit()
        var feed: GatewayFeed? = GatewayFeed(hub, session: "s", filter: RingFilter(), after: nil)
        let problem = #expect(throws: Problem.self) { try hub.admit() }
        #expect(problem?.status == 429)
        feed?.end()
        #expect(await feed?.next() == nil)
        feed = nil
        try hub.admit()
    }

    @Test func whoWaitsIsWokenByWhatItWaitsFor() async throws {
        let hub = GatewayHub(ringMilliseconds: 60_000, maxClients: 2)
        hub.setConnected(true)
        hub.setReady()
        try hub.admit()
        let feed = GatewayFeed(hub, session: "s", filter: RingFilter(), after: nil)
        let waiting = Task { await feed.next() }
        let started = Event(
            .sessionStarted(SessionStarted(noticeID: "n", policy: "standard")), session: "s", timeSeconds: 0)
        let fact = try #require(
            Fact(
                node: "n1", epoch: "e", term: 1, after: 0,
                line: started.line(sequence: 1, at: "2026-03-02T12:00:00.000Z")))
        hub.change { board, milliseconds, at in
            Set([board.take(fact, nowMilliseconds: milliseconds, at: at())].compactMap(\.self))
        }
        let lines = try #require(await waiting.value)
        #expect(lines.compactMap { EventLine($0.json).type } == ["hello", "snapshot"])
        #expect(lines.map(\.id) == ["e:1", "e:1"])
        hub.close()
        #expect(await feed.next() == nil)
    }

    /// Clients may ask for sessions of any name: who is gone leaves nothing behind, however the waiting ended.
    @Test func nothingIsLeftOfWhoWaited() async {
        let hub = GatewayHub(ringMilliseconds: 60_000, maxClients: 1)
        let position = RingPosition()
        await hub.wait("over", position, until: .max) { true }
        let cancelled = Task { await hub.wait("cancelled", position, until: .max) { false } }
        let due = Task { await hub.wait("due", position, until: 0) { false } }
        let later = Task { await hub.wait("later", position, until: .max) { false } }
        while hub.awaitedSessions < 3 { await Task.yield() }
        hub.keepHouse()
        await due.value
        #expect(hub.awaitedSessions == 2)
        cancelled.cancel()
        await cancelled.value
        #expect(hub.awaitedSessions == 1)
        hub.close()
        await later.value
        #expect(hub.awaitedSessions == 0)
    }
}
