import Conversation
import Events
import Kit
import NIOPosix
import Pipeline
import SeededNumbers
import Synchronization
import Testing

@testable import Daemon

@Suite struct BackoffTests {
    private func pauses(seed: UInt64, count: Int = 12) -> [Int] {
        var backoff = Backoff(
            minMilliseconds: 500, maxMilliseconds: 15_000, using: SeededRandom(seed: seed))
        return (0..<count).map { _ in backoff.next() }
    }

    @Test func boundsDoubleUpToTheMost() {
        for seed in 0..<200 as Range<UInt64> {
            for (index, pause) in pauses(seed: seed).enumerated() {
                #expect((500...min(15_000, 1_000 << index)).contains(pause), "pause \(index) of seed \(seed)")
            }
        }
        #expect((0..<50 as Range<UInt64>).contains { (pauses(seed: $0).max() ?? 0) > 10_000 })
    }

    @Test func sourcesLostTogetherComeBackApart() {
        let fourth = Set((0..<100 as Range<UInt64>).map { pauses(seed: $0)[3] })
        #expect(fourth.count > 90)
    }

    @Test func aSuccessBeginsAnew() {
        var backoff = Backoff(minMilliseconds: 100, maxMilliseconds: 10_000, using: SeededRandom(seed: 1))
        for _ in 0..<10 { _ = backoff.next() }
        backoff.reset()
        #expect(backoff.next() <= 200)
    }

    @Test func equalBoundsLeaveNothingToChance() {
        var backoff = Backoff(minMilliseconds: 300, maxMilliseconds: 300, using: SeededRandom(seed: 1))
        #expect((0..<5).allSatisfy { _ in backoff.next() == 300 })
    }
}

@Suite struct StallWatchTests {
    private final class Log: Sendable {
        private let types = Mutex<[String]>([])
        func add(_ event: Event) { types.withLock { $0.append(event.body.typeName) } }
        func count(_ type: String) -> Int { types.withLock { $0.filter { $0 == type }.count } }
    }

    /// The source's thread is stuck somewhere: nobody calls the watch.
    @Test(.timeLimit(.minutes(30))) func aSourceThatHangsIsStalledOnce() async throws {
        let log = Log()
        let session = LiveSession(
            id: "s", started: SessionStarted(noticeID: nil, policy: "standard"),
            configuration: ConversationConfiguration(), detection: .builtIn
        ) { event, _ in log.add(event) }
        session.activate()
        let monitor = SourceMonitor(id: "source-1", url: "x", session: session)
        let watch = StallWatch(stallMilliseconds: 50, monitor: monitor)
        watch.start(on: MultiThreadedEventLoopGroup.singleton.next())
        defer { watch.stop() }
        for round in 1...2 {
            watch.noteMedia()
            monitor.change(to: .live)
            while log.count("source.stalled") < round { try await Task.sleep(for: .milliseconds(5)) }
            #expect(monitor.state == .stalled)
        }
        // Media that lies an hour ahead is no stall, and neither is a source that is not live.
        watch.noteMedia(leadSeconds: 3_600)
        monitor.change(to: .live)
        try await Task.sleep(for: .milliseconds(200))
        #expect(monitor.state == .live)
        watch.noteMedia()
        monitor.change(to: .reconnecting)
        try await Task.sleep(for: .milliseconds(200))
        #expect(monitor.state == .reconnecting)
    }
}
