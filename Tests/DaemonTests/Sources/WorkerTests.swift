import Events
import Foundation
import Isolation
import NIOPosix
import SeededNumbers
import Settings
import Simulation
import Synchronization
import TestSupport
import Testing

@testable import Daemon

/// Sources whose workers are killed, and what others notice of that: nothing.
@Suite(.waiting) struct WorkerTests {
    /// The processes of this name that this process started and that run.
    private static func workers(_ program: String) -> [pid_t] {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        let children = threads.flatMap { thread in
            ((try? kernelFile("/proc/self/task/\(thread)/children")) ?? "")
                .split(separator: " ").compactMap { pid_t($0) }
        }
        return children.filter { child in
            let name = try? String(contentsOfFile: "/proc/\(child)/comm", encoding: .utf8)
            return name == program + "\n"
        }
    }

    /// A station without end.
    private static func station() throws -> LoopbackServer {
        // Bare µ-law in an AU file whose header promises no length.
        let head: [UInt8] =
            Array(".snd".utf8) + [0, 0, 0, 24, 255, 255, 255, 255, 0, 0, 0, 1, 0, 0, 31, 64, 0, 0, 0, 1]
        return LoopbackServer { _, connection in
            connection.send(type: "audio/basic")
            connection.send(head)
            while connection.send([UInt8](repeating: 0x55, count: 4_000)) {}
        }
    }

    /// Runs one session in simulated time after the other until it is told to end.
    private final class Others: Sendable {
        private let isOver = Atomic<Bool>(false), isDone = Atomic<Bool>(false)
        private let results = Mutex<[Scenario.Result]>([])

        /// On a thread of its own: the common ones are taken by other tests for minutes.
        func start() {
            Thread.detachNewThread { [self] in
                repeat {
                    let result = Scenario.run(seed: 5)
                    results.withLock { $0.append(result) }
                } while !isOver.load(ordering: .relaxed)
                isDone.store(true, ordering: .releasing)
            }
        }

        /// Ends the last one.
        func finish() -> [Scenario.Result] {
            isOver.store(true, ordering: .relaxed)
            while !isDone.load(ordering: .acquiring) { usleep(5_000) }
            return results.withLock { $0 }
        }
    }

    /// Waits on the thread of the test.
    private func wait(until condition: () async -> Bool) async {
        while await !condition() { usleep(5_000) }
    }

    @Test(.timeLimit(.minutes(30))) func aHundredKilledWorkersDisturbNobody() async throws {
        let expected = Scenario.run(seed: 5)
        // A name of their own, so that no worker of another test is killed.
        let name = "chaos-\(UInt32.random(in: 0...999_999))"
        let program = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        try FileManager.default.createSymbolicLink(
            atPath: program.path, withDestinationPath: try #require(WorkerProgram.find()))
        defer { try? FileManager.default.removeItem(at: program) }
        let bench = try RegistryBench(worker: program.path) { settings in
            settings.sources.reconnectLeastMilliseconds = 100
            settings.sources.reconnectMostMilliseconds = 100
        }
        let stations = try (0..<4).map { _ in try Self.station() }
        for (number, station) in stations.enumerated() {
            try await bench.attach(
                "http://127.0.0.1:\(station.port)/x.au", session: "s\(number)", speaker: "p\(number)")
        }
        // Whoever is killed before it was ever open is refused instead.
        await wait { await bench.listedSources().count { $0["state"] == "live" } == 4 }
        // Another session goes its way meanwhile, in simulated time, so that one run can be compared with another.
        let others = Others()
        others.start()
        var random = SeededRandom(seed: 100)
        var killed = 0
        while killed < 100 {
            if let victim = Self.workers(name).randomElement(using: &random), kill(victim, SIGKILL) == 0 { killed += 1 }
            usleep(UInt32.random(in: 0...60_000, using: &random))
        }
        for result in others.finish() {
            #expect(result.digest == expected.digest && result.violations == expected.violations)
        }
        // All of them come back, and said why they were gone.
        await wait { await bench.listedSources().allSatisfy { $0["state"] == "live" } }
        let reasons = bench.events.compactMap { event -> String? in
            guard case .sourceReconnecting(let state) = event.body else { return nil }
            return state.reason
        }
        #expect(reasons.contains { $0.contains("ended by signal 9") })
        // Each is counted; who was dead already was killed again.
        let failed = await bench.registry.load().total[.failedWorkers]
        let told = UInt64(reasons.count { $0.contains("ended by signal 9") })
        #expect(told > 0 && (told...UInt64(killed)).contains(failed), "\(failed) of \(killed), \(told) told")
        for number in 0..<4 { _ = try await bench.registry.detach(session: "s\(number)") }
        #expect(bench.log.text.allSatisfy { !$0.contains("fatal") })
    }

    @Test func withoutAWorkerOthersCanBeAttached() async throws {
        let bench = try RegistryBench()
        let factory = SourceFactory(
            settings: Settings().sources, calls: bench.calls, eventLoopGroup: RegistryBench.group,
            logger: RegistryBench.silent,
            worker: nil)
        let order = SourceOrder(
            id: "source-1", tracks: [SpeakerTrack(track: 0, name: "a", role: nil, consent: .granted)],
            takesTracksApart: false, session: RegistryBench.session(),
            timer: RTPTimer(eventLoop: RegistryBench.group.next())
        ) {}
        #expect(throws: SourceFailure.self) { try factory.make(order, location: "/x.wav", streams: nil, key: nil) }
        let streams = try await factory.rtpStreams(at: "rtp://127.0.0.1:0")
        #expect(throws: Never.self) {
            _ = try factory.make(order, location: "rtp://127.0.0.1:0", streams: streams, key: nil)
        }
    }
}
