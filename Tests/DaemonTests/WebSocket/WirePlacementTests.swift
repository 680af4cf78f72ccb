import Conversation
import Dialects
import Events
import Kit
import MediaTypes
import Pipeline
import RTP
import SeededNumbers
import Simulation
import Synchronization
import Testing

@testable import Daemon

/// Where media by WebSocket lies on the session's time line, whenever it comes: in simulated time.
@Suite struct WirePlacementTests {
    private final class Log: Sendable {
        private let events = Mutex<[Event]>([])
        func add(_ event: Event) { events.withLock { $0.append(event) } }
        var all: [Event] { events.withLock { $0 } }
    }

    /// What came of a call.
    private struct Heard {
        /// Begin and end of each stretch of speech, seconds.
        var speech: [(start: Double, end: Double)] = []
        /// Seconds of gaps.
        var missing = 0.0
        /// How far ahead media was at the most, seconds.
        var lead = 0.0
    }

    private static let seconds = 40.0
    private static let voice: SimulatedVoice = {
        var random = SeededRandom(seed: 11)
        return SimulatedVoice(seconds: seconds, &random)
    }()

    /// Plays the voice in messages of `pieces` × 20 ms.
    ///
    /// - Parameter arrival: when a message comes whose media ends after so many seconds.
    private func play(pieces: Int = 1, arrival: (Double) -> Double) throws -> Heard {
        let log = Log()
        let clock = ManualClock()
        let session = LiveSession(
            id: "s", started: SessionStarted(noticeID: "n", policy: "standard"),
            configuration: ConversationConfiguration(), detection: .builtIn, clock: clock.clock
        ) { event, _ in log.add(event) }
        session.activate()
        let reception = WireReception(
            dialect: .raw, tracks: [SpeakerTrack(track: 0, name: "ana", role: nil, consent: .granted)],
            session: session,
            monitor: SourceMonitor(
                id: "source-1", url: "websocket:raw", session: session, logger: RegistryBench.silent),
            limits: RTPReception.Limits(
                stallMilliseconds: 2_000, kilobitsPerSecond: 100_000, sources: 16, sendsReports: false,
                receiver: .init(), bufferBytes: 64 << 20), logger: RegistryBench.silent)
        reception.join()
        var reader = DialectReader(.raw, format: WireFormat(.s16le, rateHz: 16_000))
        var heard = Heard()
        var present = 0.0
        func pass(to seconds: Double) {
            while present + 0.04 < seconds {
                present += 0.04
                clock.move(toSeconds: present)
                reception.tend(nowNanoseconds: clock.nanoseconds)
                session.advance()
            }
            clock.move(toSeconds: seconds)
        }
        let length = 320 * pieces
        for start in stride(from: 0, to: Int(Self.seconds * 16_000) / length * length, by: length) {
            pass(to: arrival(Double(start + length) / 16_000))
            var message: [UInt8] = []
            for place in stride(from: start, to: start + length, by: 320) {
                for sample in Self.voice.frame(at: place) {
                    let bits = UInt16(bitPattern: sample)
                    message += [UInt8(bits & 0xFF), UInt8(bits >> 8)]
                }
            }
            guard case .media(let media) = try reader.take(message.span, isText: false) else { continue }
            let problem = reception.take(
                media, reader.voices, audio: reader.audio, arrivalNanoseconds: clock.nanoseconds)
            #expect(problem == nil)
            heard.lead = max(heard.lead, reception.leadSeconds)
        }
        pass(to: arrival(Self.seconds) + 2)
        reception.finish(reason: "over")
        _ = session.end()
        for event in log.all {
            if case .speechEnded(let speech) = event.body {
                heard.speech.append((speech.startSeconds, speech.endSeconds))
            }
            if case .gap(let gap) = event.body, gap.fromSeconds < Self.seconds {
                heard.missing += gap.toSeconds - gap.fromSeconds
            }
        }
        return heard
    }

    /// How far the speech lies from where it was, at the most.
    private func farthest(_ heard: Heard, _ right: Heard, shiftedBy shift: Double = 0) -> Double {
        guard heard.speech.count == right.speech.count else { return .infinity }
        return zip(heard.speech, right.speech).map { one, other in
            max(abs(one.start - other.start - shift), abs(one.end - other.end - shift))
        }.max() ?? 0
    }

    @Test func speechLiesWhereItWasSent() throws {
        let right = try play { $0 + 0.1 }
        #expect(right.speech.count > 4)
        #expect(right.missing == 0)
        // Later by as much as it comes later; in longer pieces; with jitter.
        let late = try play { $0 + 0.3 }
        #expect(farthest(late, right, shiftedBy: 0.2) <= 0.011)
        let long = try play(pieces: 5) { $0 + 0.1 }
        #expect(farthest(long, right) <= 0.011)
        var random = SeededRandom(seed: 3)
        var latest = 0.0
        let shaken = try play { end in
            latest = max(latest, end + 0.1 + Double.random(in: 0...0.08, using: &random))
            return latest
        }
        #expect(farthest(shaken, right) <= 0.05)
    }

    /// Two seconds of media in half a second, ahead of their time, and then nothing for a while.
    @Test func whatComesAheadInBurstsLiesWhereItBelongs() throws {
        let right = try play { $0 + 0.1 }
        let burst = try play { end in
            let start = ((end - 0.02) / 2).rounded(.down) * 2
            return start + 0.12 + (end - 0.02 - start) / 4
        }
        #expect(farthest(burst, right) <= 0.05)
        #expect(burst.missing == 0)
        #expect(burst.lead > 1.2 && burst.lead < 1.8)
    }

    /// Two seconds of media that were held up come in half a second, again and again: some of the first is too late.
    @Test func whatIsHeldUpIsPlacedLaterAndNotLost() throws {
        let right = try play { $0 + 0.1 }
        let held = try play { end in
            guard end > 4 else { return end + 0.1 }
            let start = ((end - 0.02) / 2).rounded(.down) * 2
            return start + 1.62 + (end - 0.02 - start) / 4
        }
        #expect(held.missing < 1.5)
        // The last stretch is as long as it was, and no later than it came.
        let (last, wanted) = (held.speech.last, right.speech.last)
        #expect(abs((last?.end ?? 0) - (last?.start ?? 0) - (wanted?.end ?? 0) + (wanted?.start ?? 0)) <= 0.05)
        let shift = (last?.start ?? 0) - (wanted?.start ?? 0)
        #expect(shift > 0.3 && shift < 1.5, "later by \(shift) s")
    }

    /// A hold-up that happens once moves nothing for good: the time is made up for while nobody speaks.
    @Test func aHoldUpThatPassesIsMadeUpFor() throws {
        let right = try play { $0 + 0.1 }
        let once = try play { end in end > 6 && end < 8 ? 7.6 + (end - 6) / 4 : max(end + 0.1, end > 8 ? 8.12 : 0) }
        #expect(once.missing < 1.5)
        let (last, wanted) = (once.speech.last, right.speech.last)
        #expect(abs((last?.start ?? 0) - (wanted?.start ?? 0)) <= 0.1, "\(once.speech) \(right.speech)")
    }

    /// A sender that pauses without saying so, and whose time does not go on meanwhile, was not held up.
    @Test func aPauseIsNoHoldUp() throws {
        let right = try play { $0 + 0.1 }
        let paused = try play { $0 > 20 ? $0 + 6.1 : $0 + 0.1 }
        let (last, wanted) = (paused.speech.last, right.speech.last)
        #expect(abs((last?.start ?? 0) - (wanted?.start ?? 0) - 6) <= 0.15, "\(paused.speech) \(right.speech)")
    }
}
