import Events
import Foundation
import Glibc
import Logging
import NIOCore
import NIOPosix
import Pipeline
import Publish
import Reports

/// What the process of the publisher has to do.
struct LoadPlan: Codable {
    /// Folder of the demo's call, whose ticks are published.
    var call: String
    var seconds: Int
    var clients: Int
    /// How many of them never read.
    var stalled: Int
    /// Whether each follows one session only, not all of them.
    var followsOne: Bool
}

/// What was measured.
struct Measured: Codable {
    var seconds = 0.0
    /// CPU time of the publisher's process over the time it took.
    var cpuPercent = 0.0
    /// The most that the publisher's process had resident, MB.
    var residentMegabytes = 0.0
    /// Bytes of a tick, mean.
    var lineBytes = 0.0
    var readers = ReaderFigures()
    /// Lines that subscribers who read should get.
    var expectedLines = 0
    /// The configured bound of what may wait for one subscriber, MB.
    var queueMegabytes = 0.0
}

/// A publisher in this process, with the ticks of a real call.
struct Load {
    static let sessions = 20
    static let speakers = 10
    static let ticksPerSecond = 5

    private static let eventsPerSecond = sessions * speakers * ticksPerSecond

    private let plan: LoadPlan
    private let ticks: [Event]
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("subscribers-\(getpid())")

    init(plan: LoadPlan) throws {
        self.plan = plan
        var ticks: [Event] = []
        let speakers = ["anna", "ben"].map { RecordedSpeaker(name: $0, media: "\(plan.call)/\($0).wav") }
        _ = try RecordingAnalysis.run(session: "s", speakers: speakers) { event in
            if case .tick = event.body { ticks.append(event) }
        }
        guard !ticks.isEmpty else { throw BenchmarkError(message: "no ticks in \(plan.call)") }
        self.ticks = ticks
    }

    /// Publishes for as long as planned.
    func run() async throws -> Measured {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("events.sock").path
        var configuration = PublisherConfiguration(
            socketPath: path, daemonVersion: "0", policy: "standard", epoch: "e")
        // Nothing but the events of the load, so that their numbers are known beforehand.
        configuration.heartbeatSeconds = 86_400
        var logger = Logger(label: "load")
        logger.logLevel = .error
        let group = MultiThreadedEventLoopGroup(numberOfThreads: min(System.coreCount, 4))
        let publisher = Publisher(
            configuration: configuration, eventLoopGroup: group, logger: logger)
        try await publisher.start()
        let result: Result<Measured, any Error>
        do {
            var measured = try await measure(publisher, path)
            measured.queueMegabytes = Double(configuration.clientQueueBytes) / 1e6
            result = .success(measured)
        } catch {
            result = .failure(error)
        }
        await publisher.stop()
        try await group.shutdownGracefully()
        return try result.get()
    }

    private func measure(_ publisher: Publisher, _ path: String) async throws -> Measured {
        let opening = open(publisher)
        let events = plan.seconds * Self.eventsPerSecond
        let creations = try Creations(
            path: folder.appendingPathComponent("creations").path, count: opening + events + 1)
        let readers = try Helper(
            "read",
            ReaderPlan(
                socket: path, creations: creations.path, events: creations.count, clients: plan.clients,
                stalled: plan.stalled, sessions: plan.followsOne ? (0..<Self.sessions).map { "s\($0)" } : nil))
        while publisher.statistics.subscribes < plan.clients {
            guard readers.isRunning else { throw BenchmarkError(message: "the readers have ended") }
            try await Task.sleep(for: .milliseconds(20))
        }
        var measured = Measured()
        let cpu = cpuSeconds()
        let start = monotonicNanoseconds()
        publish(to: publisher, from: start, after: opening, creations)
        measured.seconds = Double(monotonicNanoseconds() - start) / 1e9
        measured.cpuPercent = 100 * (cpuSeconds() - cpu) / measured.seconds
        // What is under way may still arrive.
        try await Task.sleep(for: .seconds(1))
        measured.readers = try readers.figures()
        measured.residentMegabytes = residentMegabytes()
        measured.lineBytes = Double(publisher.statistics.encodedBytes) / Double(opening + events)
        measured.expectedLines = (plan.clients - plan.stalled) * events / (plan.followsOne ? Self.sessions : 1)
        return measured
    }

    /// Starts the sessions; returns the number of events for that.
    private func open(_ publisher: Publisher) -> Int {
        for session in 0..<Self.sessions {
            publisher.publish(
                Event(.sessionStarted(SessionStarted(noticeID: nil, policy: "standard")), session: "s\(session)"))
            for speaker in 0..<Self.speakers {
                publisher.publish(
                    Event(
                        .speakerJoined(SpeakerJoined(role: nil, consent: .granted)), session: "s\(session)",
                        speaker: "p\(speaker)"))
            }
        }
        return Self.sessions * (1 + Self.speakers)
    }

    /// The speakers of a session tick together, the sessions one after the other.
    private func publish(to publisher: Publisher, from start: Int64, after opening: Int, _ creations: Creations) {
        let bursts = plan.seconds * Self.sessions * Self.ticksPerSecond
        let interval = Int64(plan.seconds) * 1_000_000_000 / Int64(bursts)
        var sequence = opening
        for burst in 0..<bursts {
            sleep(until: start + Int64(burst) * interval)
            for speaker in 0..<Self.speakers {
                var event = ticks[(burst + speaker) % ticks.count]
                event.session = "s\(burst % Self.sessions)"
                event.speaker = "p\(speaker)"
                event.timeSeconds = Double(burst / Self.sessions) / Double(Self.ticksPerSecond)
                sequence += 1
                publisher.publish(event, arrivedNanoseconds: creations.note(sequence))
            }
        }
    }
}

/// CPU seconds of this process so far.
private func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func monotonicNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Sleeps on this thread, so that nothing else delays it.
private func sleep(until nanoseconds: Int64) {
    var time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
}

/// The most that was resident, MB.
private func residentMegabytes() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_maxrss) * 1024 / 1e6
}
