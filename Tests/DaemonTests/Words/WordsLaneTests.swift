import Conversation
import Events
import Foundation
import Isolation
import Logging
import MediaTypes
import Pipeline
import Simulation
import Synchronization
import TestSupport
import Testing
import Text
import Timing

@testable import Daemon
@testable import Pipeline
@testable import Words

/// What is said on a source, on its way to the recogniser and back: a program that says the same of every unit stands
/// in for it.
@Suite(.waiting, .timeLimit(.minutes(30))) final class WordsLaneTests {
    private final class Log: Sendable {
        private let events = Mutex<[Event]>([])
        func add(_ event: Event) { events.withLock { $0.append(event) } }
        var all: [Event] { events.withLock { $0 } }
        var spans: [WordSpan] { all.compactMap { if case .words(let span) = $0.body { span } else { nil } } }
    }

    private let log = Log(), lines = LogMemory()
    private let clock = ManualClock()

    private func pool(_ mode: String) throws -> RecogniserPool {
        let folder = try #require(WorkerProgram.find()?.split(separator: "/").dropLast().joined(separator: "/"))
        let lines = lines
        return RecogniserPool(
            RecogniserModel(files: RecogniserFiles(folder: mode), program: "/\(folder)/faulty-worker"),
            logger: Logger(label: "test") { _ in lines })
    }

    private func session(
        _ pool: RecogniserPool, lanes: ConsentLanes = .words, makesPartials: Bool = false
    ) -> (LiveSession, SourceFeed) {
        var configuration = ConversationConfiguration()
        configuration.wordTexts = .live
        let log = log
        let counting = WordCounting(
            analyzer: TextAnalyzer(), trackers: .none, passesText: true, makesPartials: makesPartials)
        let session = LiveSession(
            id: "s", started: SessionStarted(noticeID: "n", policy: "standard"), configuration: configuration,
            detection: .builtIn, clock: clock.clock, words: (pool, counting)
        ) { event, _ in log.add(event) }
        session.activate()
        let feed = SourceFeed(session: session, pace: .hostClock)
        feed.join([SpeakerTrack(track: 0, name: "a", role: nil, consent: Consent(.granted, lanes: lanes))])
        return (session, feed)
    }

    /// A voice, from `start` to `end` seconds, in packets of 20 ms: pulses at 125 Hz, four times a second louder and
    /// softer.
    private func speak(_ feed: SourceFeed, from start: Double, to end: Double, level: Float = 0.5) {
        let packet = 320
        for place in stride(from: Int(start * 16_000), to: Int(end * 16_000), by: packet) {
            clock.move(toSeconds: Double(place + packet) / 16_000)
            let samples = (place..<place + packet).map { index -> Float in
                if level > 0, index % 128 < 8, index % 4_000 < 3_000 { return level }
                // Without a period, and without gaps: it is no buzz.
                let mixed = UInt32(truncatingIfNeeded: index) &* 0x9E37_79B9
                return Float(Int(((mixed ^ mixed >> 15) &* 0x85EB_CA6B) >> 24) % 101 - 50) * 1e-5
            }
            feed.media(track: 0, start: MediaTime(samples: Int64(place)), samples: samples.span)
        }
    }

    private func say(_ feed: SourceFeed, from start: Double) {
        speak(feed, from: start, to: start + 2)
        speak(feed, from: start + 2, to: start + 4, level: 0)
    }

    @Test func whatIsSaidIsTold() async throws {
        let pool = try pool("text What did you say?")
        let (session, feed) = session(pool)
        speak(feed, from: 0, to: 1, level: 0)
        say(feed, from: 1)
        try await eventually { !log.spans.isEmpty }
        let span = try #require(log.spans.first)
        #expect(
            span.text == "What did you say?" && span.words == 4 && span.questions == 1 && span.writer == .recogniser)
        #expect(abs(span.startSeconds - 1) < 0.5 && abs(span.endSeconds - 3) < 0.5)
        #expect(span.times?.startsSeconds.count == 4)
        #expect(session.totals().speakers.first?.metrics?.captions?.words == 4)
        let counted = pool.statistics
        #expect(counted.decoded == 1 && counted.late == 0 && counted.failed == 0 && counted.state == .running)
        pool.stop()
    }

    /// What goes on is told and revised under one id, and counts once.
    @Test func whatIsBeingSaidIsToldBeforeItEnds() async throws {
        let pool = try pool("text What did you say?")
        let (session, feed) = session(pool, makesPartials: true)
        speak(feed, from: 0, to: 1, level: 0)
        try await eventually { pool.statistics.state == .running }
        speak(feed, from: 1, to: 3)
        try await eventually { log.spans.count == 1 }
        #expect(log.spans.first?.isFinal == false && log.spans.first?.revision == 0)
        #expect(session.totals().speakers.first?.metrics?.captions?.words == 4)
        speak(feed, from: 3, to: 5)
        try await eventually { log.spans.count >= 2 }
        speak(feed, from: 5, to: 7, level: 0)
        try await eventually { log.spans.last?.isFinal == true }
        #expect(Set(log.spans.map(\.id)) == ["w1"] && log.spans.map(\.revision) == Array(log.spans.indices))
        #expect(Set(log.spans.map(\.startSeconds)).count == 1)
        #expect(session.totals().speakers.first?.metrics?.captions?.words == 4)
        #expect(pool.statistics.decoded == 1 && pool.statistics.partials == log.spans.count - 1)
        pool.stop()
    }

    /// A recogniser that dies leaves nothing standing of what it had told.
    @Test func whatIsNotWrittenDownInTheEndIsTakenBack() async throws {
        let mark = "/tmp/attune-once-\(UInt64.random(in: 0 ... .max))"
        defer { unlink(mark) }
        let pool = try pool("once \(mark)")
        let (session, feed) = session(pool, makesPartials: true)
        speak(feed, from: 0, to: 1, level: 0)
        try await eventually { pool.statistics.state == .running }
        speak(feed, from: 1, to: 3)
        try await eventually { log.spans.count == 1 }
        speak(feed, from: 3, to: 3.2)
        speak(feed, from: 3.2, to: 5, level: 0)
        try await eventually { log.spans.last?.isFinal == true }
        #expect(log.spans.last.map { $0.id == "w1" && $0.words == 0 && $0.text == nil && $0.revision == 1 } == true)
        #expect(session.totals().speakers.first?.metrics?.captions?.words == 0)
        pool.stop()
    }

    @Test func consentToTheVoiceAloneStartsNoRecogniser() async throws {
        let pool = try pool("text never")
        let (session, feed) = session(pool, lanes: [])
        say(feed, from: 0)
        feed.finish(reason: "over")
        _ = session.end()
        #expect(log.spans.isEmpty && pool.statistics == RecogniserPool.Statistics())
    }

    /// Taken back in the middle of an utterance, nothing of it comes out, not even where words are given again at once.
    @Test func wordsTakenBackWhileSpeakingAreNotTold() async throws {
        let pool = try pool("text never")
        let (session, feed) = session(pool)
        speak(feed, from: 0, to: 1, level: 0)
        speak(feed, from: 1, to: 3)
        _ = session.update { $0.setConsent(name: "a", in: .words, isGranted: false) }
        speak(feed, from: 3, to: 3.02)
        _ = session.update { $0.setConsent(name: "a", in: .words, isGranted: true) }
        speak(feed, from: 3.02, to: 4)
        speak(feed, from: 4, to: 6, level: 0)
        feed.finish(reason: "over")
        _ = session.end()
        #expect(log.spans.isEmpty && pool.statistics.decoded == 0)
        pool.stop()
    }

    /// The recogniser has the unit already when it is taken back.
    @Test func wordsTakenBackWhileTheyAreWrittenDownAreNotTold() async throws {
        let release = FileManager.default.temporaryDirectory.appendingPathComponent("words-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: release) }
        let pool = try pool("held \(release)")
        let (session, feed) = session(pool)
        speak(feed, from: 0, to: 1, level: 0)
        say(feed, from: 1)
        try await eventually { pool.statistics.state == .running && pool.statistics.waiting == 0 }
        _ = session.update { $0.setConsent(name: "a", in: .words, isGranted: false) }
        _ = session.update { $0.setConsent(name: "a", in: .words, isGranted: true) }
        _ = FileManager.default.createFile(atPath: release, contents: nil)
        try await eventually { pool.statistics.withdrawn == 1 }
        #expect(log.spans.isEmpty && pool.statistics.decoded == 0)
        #expect(session.totals().speakers.first?.metrics?.captions == nil)
        pool.stop()
    }

    @Test(arguments: ["failed", "killed", "garbage-first", "other-slot", "unasked"])
    func aRecogniserThatFailsEndsNothing(mode: String) async throws {
        let pool = try pool(mode)
        let (session, feed) = session(pool)
        speak(feed, from: 0, to: 1, level: 0)
        say(feed, from: 1)
        try await eventually { pool.statistics.failures > 0 }
        say(feed, from: 5)
        #expect(log.all.contains { $0.body.typeName == "tick" })
        #expect(lines.text.contains { $0.contains("recogniser") || $0.contains("oops") }, "\(lines.text)")
        #expect((session.end()?.durationSeconds ?? 0) > 8)
        pool.stop()
    }

    @Test func withoutAModelNothingIsHeard() {
        let pool = RecogniserPool(nil, logger: RegistryBench.silent)
        let (session, feed) = session(pool)
        say(feed, from: 0)
        #expect(pool.statistics.state == .missing && !pool.isOn)
        #expect(session.end() != nil && log.spans.isEmpty)
    }
}
