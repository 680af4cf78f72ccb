import Conversation
import Events
import MediaTypes
import Pipeline
import Synchronization
import Simulation
import Testing
import Timing

@testable import Daemon

/// A sender with DTX that sends nothing is taken to be silent, so that nobody waits for it.
@Suite struct PresumedSilenceTests {
    private final class Log: Sendable {
        private let events = Mutex<[Event]>([])
        func add(_ event: Event) { events.withLock { $0.append(event) } }
        func all(_ type: String) -> [Event] { events.withLock { $0.filter { $0.body.typeName == type } } }
    }

    private let log = Log()
    private let clock = ManualClock()
    private let session: LiveSession
    private let feed: SourceFeed

    init() {
        let log = log
        session = LiveSession(
            id: "s", started: SessionStarted(noticeID: "n", policy: "standard"),
            configuration: ConversationConfiguration(), detection: .builtIn, clock: clock.clock
        ) { event, _ in log.add(event) }
        session.activate()
        feed = SourceFeed(session: session, pace: .hostClock)
        feed.join((0..<2).map { SpeakerTrack(track: $0, name: "p\($0)", role: nil, consent: .granted) })
    }

    /// A voice of a track from one second to another.
    private struct Stretch {
        var track: Int
        var start: Double, end: Double
        var sample: @Sendable (Int) -> Float = { _ in 0 }
    }

    /// Feeds packets as they come.
    private func send(_ stretches: [Stretch], packet: Int = AudioGrid.sampleRateHz / 50) {
        let end = MediaTime(seconds: stretches.map(\.end).max() ?? 0).samples
        for place in stride(from: 0, to: end, by: packet) {
            for stretch in stretches
            where place >= MediaTime(seconds: stretch.start).samples && place < MediaTime(seconds: stretch.end).samples
            {
                clock.move(toSeconds: Double(place + Int64(packet)) / Double(AudioGrid.sampleRateHz))
                let samples = (0..<packet).map { stretch.sample(Int(place) + $0) }
                feed.media(track: stretch.track, start: MediaTime(samples: place), samples: samples.span)
            }
        }
    }

    @Test func nobodyWaitsForAPause() {
        send([Stretch(track: 0, start: 0, end: 4.4), Stretch(track: 1, start: 0, end: 4)])
        let before = log.all("tick").count
        feed.presumeSilence(track: 1, nanoseconds: 700_000_000)
        #expect(log.all("tick").count == before + 2)
        // Again changes nothing, and neither does less.
        feed.presumeSilence(track: 1, nanoseconds: 700_000_000)
        feed.presumeSilence(track: 1, nanoseconds: 100_000_000)
        // What comes after all lies where it belongs: no media is missing or counted twice.
        send([Stretch(track: 0, start: 4.4, end: 8), Stretch(track: 1, start: 4.7, end: 8)])
        let totals = session.end()
        #expect(abs((totals?.durationSeconds ?? 0) - 8) < 0.5)
        #expect(log.all("gap").isEmpty)
    }

    /// A hold that its sender tells is no stall, however long nothing comes, and music on hold is not the speaker's.
    @Test func whatTheSenderSaysGoesBeforeWhatIsNoticed() throws {
        send([Stretch(track: 0, start: 0, end: 4), Stretch(track: 1, start: 0, end: 4)])
        feed.setAbsence(track: 1, .hold)
        for start in stride(from: 4.0, to: 6, by: 0.04) {
            // Music on hold, from 4.4 s on.
            send([Stretch(track: 0, start: start, end: start + 0.04)])
            if start >= 4.4 { send([Stretch(track: 1, start: start, end: start + 0.04)]) }
            feed.tend()
        }
        feed.suspend(track: 1, by: .stall)
        send([Stretch(track: 0, start: 6, end: 8)])
        feed.setAbsence(track: 1, nil)
        send([Stretch(track: 0, start: 8, end: 10), Stretch(track: 1, start: 8, end: 10)])
        let gaps = log.all("gap").compactMap { if case .gap(let gap) = $0.body { gap } else { nil } }
        #expect(gaps.map(\.why) == [.hold])
        #expect(gaps.allSatisfy { abs($0.fromSeconds - 4) < 0.05 && abs($0.toSeconds - 8) < 0.05 }, "\(gaps)")
    }

    /// What a sender without a connection misses is told so, however short the first packets are that come after it, and
    /// though some of what came before was still held back. What is lost later is just lost.
    @Test(arguments: [48, 80, 320, 960]) func whatALostConnectionMissesIsToldSo(packet: Int) {
        func both(_ start: Double, _ end: Double) -> [Stretch] {
            [Stretch(track: 0, start: start, end: end), Stretch(track: 1, start: start, end: end)]
        }
        send(both(0, 4), packet: packet)
        feed.suspend(track: 1, by: .reconnect)
        send(both(4, 4.06), packet: packet)
        for start in stride(from: 4.06, to: 6, by: 0.04) {
            send([Stretch(track: 0, start: start, end: start + 0.04)], packet: packet)
            feed.tend()
        }
        send(both(6.02, 7), packet: packet)
        send([Stretch(track: 0, start: 7, end: 8)], packet: packet)
        send(both(8, 9), packet: packet)
        _ = session.end()
        let gaps = log.all("gap").compactMap { if case .gap(let gap) = $0.body { gap } else { nil } }
        let long = gaps.filter { $0.toSeconds - $0.fromSeconds > 0.3 }
        #expect(long.map(\.why) == [.reconnect, .loss], "\(gaps)")
    }

    /// A file that is put on hold before its first media is read at its own pace all the same.
    @Test func aReaderOnHoldFromTheStartIsSlowed() {
        let reader = SourceFeed(session: session, pace: .reader)
        reader.join([SpeakerTrack(track: 0, name: "file", role: nil, consent: .granted)])
        reader.setAbsence(track: nil, .hold)
        let block = [Float](repeating: 0, count: 32_000)
        reader.media(track: 0, start: .zero, samples: block.span)
        #expect(reader.lead(of: MediaTime(seconds: 2)) == 2)
        clock.move(toSeconds: 2)
        #expect(reader.lead(of: MediaTime(seconds: 2)) == 0)
    }

    @Test func whoSpeaksIsNotTakenToBeSilent() throws {
        // Pulses at 125 Hz, four times a second louder and softer.
        let voice = { @Sendable (place: Int) -> Float in
            place % 128 < 8 && place % 4_000 < 3_000 ? 0.5 : Float((place &* 7_919) % 101 - 50) * 1e-5
        }
        send([
            Stretch(track: 0, start: 0, end: 4.4), Stretch(track: 1, start: 0, end: 2),
            Stretch(track: 1, start: 2, end: 4, sample: voice),
        ])
        try #require(log.all("speech.started").count == 1)
        let before = log.all("tick").count
        feed.presumeSilence(track: 1, nanoseconds: 700_000_000)
        #expect(log.all("tick").count == before)
        // Next to nothing for 100 ms: that it is over is not judged yet, but it is.
        send([Stretch(track: 1, start: 4, end: 4.1)])
        #expect(log.all("speech.ended").isEmpty)
        feed.presumeSilence(track: 1, nanoseconds: 700_000_000, isKnownToPause: false)
        #expect(log.all("tick").count == before + 2)
    }
}

@Suite struct CPUMeterTests {
    @Test func oneCallInSixteenIsTimedAndStandsForAll() {
        var meter = CPUMeter()
        var timed = 0
        for _ in 0..<16_000 {
            let began = meter.begin()
            if meter.weight > 0 { timed += 1 }
            meter.end(began)
        }
        #expect((900...1_100).contains(timed))
        #expect(meter.weight == 0 || meter.weight == 16)
        #expect(meter.nanoseconds > 0)
    }
}
