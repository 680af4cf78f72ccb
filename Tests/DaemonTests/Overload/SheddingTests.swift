import Conversation
import Events
import Kit
import Logging
import MediaTypes
import Pipeline
import RTP
import Synchronization
import Simulation
import TestSupport
import Testing
import Timing

@testable import Daemon

/// What sessions are told of, and what becomes of tracks that are given up.
@Suite struct SheddingTests {
    final class Log: Sendable {
        private let events = Mutex<[Event]>([])
        func add(_ event: Event) { events.withLock { $0.append(event) } }
        var all: [Event] { events.withLock { $0 } }
        var degraded: [Degraded] {
            all.compactMap { if case .degraded(let degraded) = $0.body { degraded } else { nil } }
        }
        var recovered: [Recovered] {
            all.compactMap { if case .recovered(let recovered) = $0.body { recovered } else { nil } }
        }
        var gaps: [Gap] { all.compactMap { if case .gap(let gap) = $0.body { gap } else { nil } } }
    }

    private final class Track: SheddableTrack {
        let session: LiveSession
        let speakerName: String
        var isGivenUp = false
        init(_ session: LiveSession, _ name: String) {
            self.session = session
            speakerName = name
        }
    }

    private static func session(
        _ priority: SessionPriority = .normal, ordinal: Int = 0, to log: Log, clock: HostClock = .system
    ) -> LiveSession {
        let session = LiveSession(
            id: "s\(ordinal)", started: SessionStarted(noticeID: "n", policy: "standard"),
            configuration: ConversationConfiguration(), detection: .builtIn,
            shedding: SessionShedding(priority: priority, ordinal: ordinal), clock: clock
        ) { event, _ in log.add(event) }
        session.activate()
        return session
    }

    @Test func ticksAreThinnedAndNothingElse() {
        let shedding = SessionShedding(priority: .normal, tickSeconds: 0.5)
        let tick = { (time: Double) in
            Event(
                .tick(
                    Tick(
                        windows: [],
                        voice: VoiceMetrics(isSpeaking: false, levelDb: nil, relativeLevelDb: nil, f0Hz: nil),
                        engagement: .abstained(reason: .noBaseline), sentiment: nil,
                        baseline: Baseline(speechSeconds: 0, turns: 0, isReady: false),
                        audio: AudioQuality(lossPercent: 0))), session: "s", speaker: "p", timeSeconds: time)
        }
        let times = stride(from: 0.5, through: 6, by: 0.5)
        #expect(times.allSatisfy { shedding.admits(tick($0)) })
        shedding.set(.init(ticks: 3, level: 3), by: "a", nowNanoseconds: 0) { _ in }
        #expect(times.filter { shedding.admits(tick($0)) } == [2, 4, 6])
        #expect(shedding.admits(Event(.heartbeat(Heartbeat(sessions: 1, subscribers: 1)), timeSeconds: 0.5)))
        shedding.set(.init(), by: "a", nowNanoseconds: 0) { _ in }
        #expect(times.allSatisfy { shedding.admits(tick($0)) })
    }

    /// Two parts of the daemon shed: the strictest rhythm holds and the tracks of both, each change is told once.
    @Test func partsAreJoined() {
        let shedding = SessionShedding(priority: .low)
        let log = Log()
        func set(_ part: String, _ share: SessionShedding.Share, at seconds: Int64) {
            shedding.set(share, by: part, nowNanoseconds: seconds * 1_000_000_000) { log.add(Event($0)) }
        }
        set("a", .init(ticks: 1, level: 1, load: 1.2), at: 1)
        set("a", .init(ticks: 1, level: 1, load: 1.3), at: 2)
        set("b", .init(ticks: 3, tracks: ["ben"], level: 4, load: 1.4, reason: .analysisBehind), at: 3)
        set("a", .init(), at: 4)
        #expect(log.degraded.map(\.what) == [.ticks, .ticks, .tracks])
        #expect(log.degraded.map(\.tickEvery) == [2, 4, nil])
        #expect(log.degraded.map(\.level) == [1, 4, 4] && log.degraded[2].speakers == ["ben"])
        #expect(log.degraded[2].reason == .analysisBehind)
        #expect(log.recovered.isEmpty)
        set("b", .init(), at: 8)
        #expect(
            log.recovered == [Recovered(what: .ticks, afterSeconds: 7), Recovered(what: .tracks, afterSeconds: 5)])
    }

    /// A part under twice the load, and then under none: whom it tells what, and the metrics.
    @Test func aPartTellsWhomItTouches() {
        let log = Log()
        let sessions = [
            Self.session(.high, ordinal: 1, to: log), Self.session(.normal, ordinal: 2, to: log),
            Self.session(.low, ordinal: 3, to: log),
        ]
        let tracks = sessions.flatMap { session in (0..<4).map { Track(session, "p\($0)") } }
        let board = LoadBoard()
        var part = LoadPart(
            name: "x", reason: .loopLate, target: 0.85, board: board,
            logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
        var now: Int64 = 0
        func step(_ share: Double, _ late: Double, times: Int) {
            for _ in 0..<times {
                let kept = Double(tracks.count { !$0.isGivenUp })
                part.step(
                    .init(share: share, lateSeconds: late, packetsPerSecond: 50 * kept * (late > 0 ? 0.5 : 1)),
                    tracks: tracks, sessions: sessions, nowNanoseconds: now)
                now += 250_000_000
            }
        }
        step(0.5, 0, times: 8)
        #expect(log.degraded.isEmpty && !part.isShedding)
        step(0.98, 0.2, times: 2)
        // 1 - 0.5 * 0.85 of twelve.
        #expect(tracks.map(\.isGivenUp) == (0..<12).map { $0 >= 5 })
        #expect(board.summary.tracks == 7 && board.summary.level == 4 && board.summary.load == 1.2)
        #expect(board.summary.degraded == [.ticks: 2, .tracks: 2])
        // The session of high priority is told nothing, because nothing is taken from it.
        #expect(!log.all.contains { $0.session == "s1" && $0.body.typeName == "degraded" })
        #expect(
            log.degraded.filter { $0.what == .tracks }.map(\.speakers) == [
                ["p1", "p2", "p3"], ["p0", "p1", "p2", "p3"],
            ])
        step(0.2, 0, times: 20)
        #expect(!part.isShedding && tracks.allSatisfy { !$0.isGivenUp })
        #expect(log.recovered.count == 4 && board.summary.tracks == 0)
    }

    /// Packets of a track that is given up are dropped undecoded, and what was missed is a gap that says why.
    @Test func packetsAreDroppedBeforeTheyAreDecoded() throws {
        let log = Log()
        let clock = ManualClock()
        let session = Self.session(to: log, clock: clock.clock)
        let speaker = RTPSpeaker(
            track: SpeakerTrack(track: 0, name: "ben", role: nil, consent: .granted),
            receiver: RTPReceiver(
                formats: [0: try #require(AudioFormat(codec: .pcmu, clockRateHz: 8_000, channels: 1))]),
            session: session)
        speaker.join()
        func send(_ range: Range<Int>) {
            for number in range {
                clock.move(toSeconds: Double(number + 1) / 50)
                let now = clock.nanoseconds
                let bytes = Self.packet(number)
                _ = speaker.receive(
                    bytes.span.bytes, as: DatagramContent(parsing: bytes.span.bytes),
                    RTPArrival(origin: 1, nowNanoseconds: now, timeWeight: 1))
                if number.isMultiple(of: 2) { _ = speaker.flush(nowNanoseconds: now) }
            }
        }
        send(0..<100)
        speaker.isGivenUp = true
        let received = speaker.receiver.statistics.packets
        send(100..<200)
        #expect(speaker.receiver.statistics.packets == received && speaker.shedPackets == 100)
        #expect(SourceLoad(of: speaker)[.overload] == 100)
        // The source is no stalled one.
        #expect(speaker.latestMediaNanoseconds == clock.nanoseconds)
        #expect(log.gaps.isEmpty)
        speaker.isGivenUp = false
        send(200..<300)
        let gap = try #require(log.gaps.first)
        #expect(log.gaps.count == 1 && gap.why == .overload)
        #expect(abs(gap.toSeconds - gap.fromSeconds - 2) < 0.3)
        // It leaves while it is given up: the rest is a gap too.
        speaker.isGivenUp = true
        send(300..<350)
        speaker.finish(reason: "detached")
        _ = session.end()
        #expect(log.gaps.count == 2 && log.gaps.allSatisfy { $0.why == .overload })
    }

    private static func packet(_ number: Int) -> [UInt8] {
        let timestamp = UInt32(number * 160)
        let header: [UInt8] =
            [0x80, 0, UInt8(number >> 8 & 255), UInt8(number & 255)]
            + (0..<4).map { UInt8(truncatingIfNeeded: timestamp >> (24 - 8 * UInt32($0))) } + [0, 0, 0, 9]
        return header + [UInt8](repeating: 0xFF, count: 160)
    }

    /// The same for an input with a thread of its own, whose samples are dropped before they are analysed. Whoever is
    /// kept is not kept waiting.
    @Test func blocksAreDroppedBeforeTheyAreAnalysed() throws {
        let log = Log()
        let clock = ManualClock()
        let session = Self.session(to: log, clock: clock.clock)
        let tracks = (0..<2).map { SpeakerTrack(track: $0, name: "p\($0)", role: nil, consent: .granted) }
        let gate = TrackGate(tracks: tracks, session: session)
        let feed = SourceFeed(session: session, pace: .live)
        feed.join(tracks)
        let block = [Float](repeating: 0, count: AudioGrid.sampleRateHz / 10)
        func read(_ range: Range<Int>) {
            for number in range {
                let start = MediaTime(samples: Int64(number * block.count))
                clock.move(toSeconds: Double(number + 1) / 10)
                for track in 0..<2 where gate.admits(track, start: start, count: block.count, into: feed) {
                    feed.media(track: track, start: start, samples: block.span)
                }
            }
        }
        // Nothing is given up before its place is known.
        gate.setGivenUp(1, true)
        #expect(gate.admits(1, start: .zero, count: 1, into: feed))
        gate.setGivenUp(1, false)
        read(0..<20)
        gate.setGivenUp(1, true)
        let ticks = log.all.count { $0.body.typeName == "tick" && $0.speaker == "p0" }
        read(20..<40)
        #expect(log.all.count { $0.body.typeName == "tick" && $0.speaker == "p0" } >= ticks + 2)
        gate.setGivenUp(0, true)
        read(40..<60)
        // What is given up passes at its own pace too.
        #expect(abs(gate.lead(of: feed)) < 0.2)
        gate.setGivenUp(0, false)
        gate.setGivenUp(1, false)
        read(60..<80)
        #expect(log.gaps.count == 2 && log.gaps.allSatisfy { $0.why == .overload })
        let lengths = log.gaps.map { $0.toSeconds - $0.fromSeconds }.sorted()
        #expect(lengths.count == 2 && abs(lengths[0] - 2) < 0.15 && abs(lengths[1] - 4) < 0.15)
    }
}
