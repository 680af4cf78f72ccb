import Conversation
import Diarisation
import Events
import Foundation
import Logging
import MediaTypes
import Pipeline
import Simulation
import Synchronization
import TestSupport
import Testing
import Timing

@testable import Daemon

/// A track with several voices, on its way to who tells them apart and back: a model that knows voices by how loud
/// their pulses are stands in for the networks.
@Suite(.waiting, .timeLimit(.minutes(30))) final class VoiceLaneTests {
    private final class Log: Sendable {
        private let events = Mutex<[Event]>([])
        func add(_ event: Event) { events.withLock { $0.append(event) } }
        var all: [Event] { events.withLock { $0 } }
        func kinds(of speaker: String) -> Set<String> {
            Set(all.filter { $0.speaker == speaker }.map(\.body.typeName))
        }
    }

    /// What a voice sounds like, as no other bytes in memory are.
    private static let planted: [UInt32] = [0x3D1B_5A77, 0x3D2C_6B81, 0x3D3D_7C93, 0x3D4E_8DA5]

    private final class ByLoudness: VoiceModel {
        /// In so many windows it takes both for one.
        private var mistaken: Int
        private var next: [Int] = []

        init(mistaken: Int = 0) { self.mistaken = mistaken }

        func states(in window: [Float]) -> [Float] {
            let isMistaken = mistaken > 0
            mistaken -= 1
            let frames = (0..<SpeakerFrame.count).map { frame -> Int? in
                let start = frame * SpeakerFrame.stepSamples + SpeakerFrame.firstSample
                var loudest: Float = 0
                for index in start..<min(window.count, start + SpeakerFrame.stepSamples) {
                    loudest = max(loudest, abs(window[index]))
                }
                return loudest < 0.1 ? nil : loudest > 0.3 || isMistaken ? 0 : 1
            }
            next = [0, 1].filter { voice in frames.count { $0 == voice } >= 50 }
            return frames.flatMap { voice -> [Float] in
                (0..<SpeakerFrame.classCount).map { $0 == voice.map { $0 + 1 } ?? 0 ? -0.01 : -8 }
            }
        }

        func embedding(of features: [Float]) -> [Float] {
            guard !next.isEmpty else { return [] }
            let voice = next.removeFirst()
            var vector = [Float](repeating: 0, count: 192)
            for (index, bits) in VoiceLaneTests.planted.enumerated() { vector[index] = Float(bitPattern: bits ^ 0x5A) }
            vector[10 + voice] = 0.99
            return vector
        }
    }

    private let log = Log(), lines = LogMemory()
    private let clock = ManualClock()

    private func pool(mistaken: Int = 0) -> VoicePool {
        let lines = lines
        return VoicePool({ ByLoudness(mistaken: mistaken) }, logger: Logger(label: "test") { _ in lines })
    }

    private func session(_ pool: VoicePool) -> (LiveSession, SourceFeed) {
        let log = log
        let session = LiveSession(
            id: "s", started: SessionStarted(noticeID: "n", policy: "standard"), configuration: .init(),
            detection: .builtIn, clock: clock.clock, voices: pool
        ) { event, _ in log.add(event) }
        session.activate()
        let feed = SourceFeed(session: session, pace: .hostClock)
        var track = SpeakerTrack(track: 0, name: "room", role: nil, consent: .granted)
        track.voices = VoicesWanted(count: nil)
        feed.join([track])
        return (session, feed)
    }

    /// Two people in turns of 4 s with a second between, one louder than the other.
    private func sound(_ places: Range<Int>) -> [Float] {
        places.map { index -> Float in
            let second = index / 16_000
            let level: Float = second % 5 == 4 ? 0 : second % 10 < 5 ? 0.5 : 0.2
            if index % 128 < 8, index % 4_000 < 3_000 { return level }
            return Float((index &* 7_919) % 101 - 50) * 1e-5
        }
    }

    /// They talk up to so many seconds; what was sent is heard before more comes.
    private func talk(_ feed: SourceFeed, _ pool: VoicePool, from start: Int, to end: Int) async throws {
        for second in start..<end {
            for packet in 0..<50 {
                let place = second * 16_000 + packet * 320
                clock.move(toSeconds: Double(place + 320) / 16_000)
                feed.media(
                    track: 0, start: MediaTime(samples: Int64(place)), samples: sound(place..<place + 320).span)
            }
            try await eventually { pool.statistics.heardSeconds > Double(second) + 0.9 }
        }
    }

    /// Some inputs bring two seconds at once: what is due of them does not wait for the rest, nor does silence.
    @Test func largeBlocksAreReleasedInPieces() {
        let pool = pool()
        let (session, _) = session(pool)
        let mixture = FedMixture(session, speaker: 0, voices: nil, pool: pool)
        mixture.hold(start: .zero, samples: [Float](repeating: 0, count: 32_768).span)
        mixture.holdSilence(start: MediaTime(samples: 32_768), count: 100_000)
        var end: Int64 = 0
        for sample in stride(from: Int64(0), through: 60_000, by: 700) {
            for due in mixture.release(until: sample) {
                #expect(due.start.samples == end)
                end = due.end
            }
            #expect(end <= sample && end > sample - 1_600)
        }
        mixture.close()
        pool.stop()
    }

    private func seconds(of speaker: String) -> Double {
        log.all.reduce(0) { sum, event in
            guard event.speaker == speaker, case .speechEnded(let ended) = event.body else { return sum }
            return sum + ended.endSeconds - ended.startSeconds
        }
    }

    @Test func voicesOfATrackBecomeSpeakers() async throws {
        let pool = pool()
        let (session, feed) = session(pool)
        try await talk(feed, pool, from: 0, to: 40)
        #expect(log.kinds(of: "voice-1") == ["speaker.joined", "voice.found", "speech.started", "speech.ended"])
        #expect(
            log.kinds(of: "room") == ["speaker.joined", "voices.counted"]
                && !log.all.contains { $0.speaker == "voice-3" })
        let joined = session.update {
            $0.nameVoice("voice-1", displayName: "Ana", role: nil, consent: .granted)
        }
        #expect(joined??.consent == .granted)
        try await talk(feed, pool, from: 40, to: 80)
        #expect(log.kinds(of: "voice-1").isSuperset(of: ["voice.named", "tick", "turn"]))
        #expect(!log.kinds(of: "voice-2").contains("tick"))
        let pitches = log.all.compactMap { event -> Double? in
            if event.speaker == "voice-1", case .tick(let tick) = event.body { tick.voice.f0Hz } else { nil }
        }
        #expect(!pitches.isEmpty && pitches.allSatisfy { abs($0 - 125) < 15 }, "\(pitches)")
        feed.finish(reason: "detached")
        // 8 turns of 4 s each.
        #expect(abs(seconds(of: "voice-1") - 32) < 4 && abs(seconds(of: "voice-2") - 32) < 4)
        #expect(session.load[.lateHops] == 0)
        pool.stop()
    }

    @Test func aNumberIsToldOnceItHasBeenSoForFiveSeconds() {
        var steady = SteadyVoiceNumber()
        let numbers = [1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 2, 2, 2, 2, 2, 2]
        let told = numbers.enumerated().compactMap { second, number in
            steady.take(VoiceNumber(number...number), at: Int64(second * 16_000)).map { [second, $0.range.lowerBound] }
        }
        #expect(told == [[8, 1], [15, 2]])
    }

    @Test func howManyVoicesThereAreIsTold() async throws {
        let pool = pool()
        let (_, feed) = session(pool)
        try await talk(feed, pool, from: 0, to: 40)
        let counts = log.all.compactMap { event -> (VoicesCounted, Double?)? in
            if case .voicesCounted(let count) = event.body { (count, event.timeSeconds) } else { nil }
        }
        let last = try #require(counts.last)
        #expect(last.0 == VoicesCounted(least: 2, most: 2) && last.0.voices == 2)
        // The second one begins at 5 s, of which the session knows four seconds later.
        let time = try #require(last.1)
        #expect((5...20).contains(time), "\(counts)")
        feed.finish(reason: "detached")
        pool.stop()
    }

    /// For twenty seconds the second one is taken for the first one; what of that is found out later is told anew.
    @Test func whatIsFoundOutLaterIsToldAnew() async throws {
        let pool = pool(mistaken: 20)
        let (_, feed) = session(pool)
        try await talk(feed, pool, from: 0, to: 40)
        var speech: [String: [ClosedRange<Double>]] = [:]
        var before: [String: [ClosedRange<Double>]] = [:]
        for event in log.all {
            guard let speaker = event.speaker else { continue }
            switch event.body {
            case .speechEnded(let ended):
                speech[speaker, default: []].append(ended.startSeconds...ended.endSeconds)
                before[speaker, default: []].append(ended.startSeconds...ended.endSeconds)
            case .speechRevised(let revised):
                speech[speaker, default: []].removeAll {
                    $0.lowerBound < revised.toSeconds && $0.upperBound > revised.fromSeconds
                }
                speech[speaker, default: []] += revised.speech.map { $0.startSeconds...$0.endSeconds }
            default: break
            }
        }
        func speaks(_ speaker: String, _ all: [String: [ClosedRange<Double>]]) -> Bool {
            all[speaker]?.contains { $0.contains(17) } == true
        }
        #expect(speaks("voice-1", before) && !speaks("voice-2", before), "\(before)")
        #expect(!speaks("voice-1", speech) && speaks("voice-2", speech), "\(speech)")
        feed.finish(reason: "detached")
        pool.stop()
    }

    @Test func whoTakesConsentBackIsNotKnownAnyMore() async throws {
        let pool = pool()
        let (session, feed) = session(pool)
        try await talk(feed, pool, from: 0, to: 30)
        for consent in [Consent.granted, .withheld] {
            _ = session.update { $0.nameVoice("voice-1", displayName: nil, role: nil, consent: consent) }
        }
        let told = log.all.count
        try await talk(feed, pool, from: 30, to: 60)
        let after = log.all.dropFirst(told)
        #expect(!after.contains { $0.speaker == "voice-1" && $0.body.kind.traits.contains(.measurement) })
        // Somebody who sounds like that is somebody new, of whom nobody has said anything.
        #expect(log.kinds(of: "voice-3").contains("voice.found") && !log.kinds(of: "voice-3").contains("tick"))
        feed.finish(reason: "detached")
        pool.stop()
    }

    /// What voices sound like is in memory while the track is there, and nowhere in it afterwards.
    @Test(.disabled(if: isSanitized, "a sanitizer's own memory can't be searched"))
    func nothingOfAVoiceIsLeftInMemory() async throws {
        let pool = pool()
        let (_, feed) = session(pool)
        try await talk(feed, pool, from: 0, to: 12)
        #expect(try Self.places(of: Self.planted) > 0, "the search finds nothing")
        feed.finish(reason: "detached")
        try await eventually { pool.statistics.tracks == 0 && pool.statistics.state == .idle }
        try await eventually { (try? Self.places(of: Self.planted)) == 0 }
        pool.stop()
    }

    /// How often a pattern, told with each value changed so that it is not found itself, lies in this process's memory.
    private static func places(of masked: [UInt32]) throws -> Int {
        let maps = try kernelFile("/proc/self/maps")
        let memory = open("/proc/self/mem", O_RDONLY)
        try #require(memory >= 0)
        defer { close(memory) }
        let size = 1 << 20
        let buffer = UnsafeMutablePointer<UInt32>.allocate(capacity: size / 4)
        defer {
            explicit_bzero(buffer, size)
            buffer.deallocate()
        }
        let own = UInt(bitPattern: buffer)
        var found = 0
        for line in maps.split(separator: "\n") where line.contains(" rw") {
            let ends = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard ends.count == 2 else { continue }
            var place = ends[0]
            while place < ends[1] {
                let wanted = min(size, Int(ends[1] - place))
                let count = pread(memory, buffer, wanted, off_t(place))
                // Others give memory back meanwhile: what comes behind that is still there.
                guard count > 0 else {
                    place += 4_096
                    continue
                }
                for index in 0..<max(0, count / 4 - masked.count) where buffer[index] == masked[0] ^ 0x5A {
                    let at = place + UInt(index * 4)
                    guard at < own || at >= own + UInt(size) else { continue }
                    if masked.indices.allSatisfy({ buffer[index + $0] == masked[$0] ^ 0x5A }) { found += 1 }
                }
                place += UInt(count)
            }
        }
        return found
    }

    @Test func withoutNetworksNothingIsSeparated() {
        let off = VoicePool(nil, logger: Logger(label: "test"))
        #expect(!off.isOn && off.statistics.state == .missing)
        struct Broken: Error {}
        let broken = VoicePool({ throw Broken() }, logger: Logger(label: "test"))
        #expect(broken.isOn)
        off.stop()
        broken.stop()
    }

    @Test func audioThatWaitsForTooLongIsGivenUpAndCounted() {
        let told = Mutex<[EventBody]>([])
        let stream = SeparatedStream(voices: nil) { body in told.withLock { $0.append(body) } }
        let second = [Float](repeating: 0, count: 16_000)
        var lost = 0
        for place in 0..<30 { lost += stream.put(start: MediaTime(seconds: Double(place)), samples: second) }
        #expect(lost >= 20 * 16_000 && stream.waitingSeconds <= 4)
        #expect(told.withLock { $0.count } == 1)
        if case .degraded(let degraded)? = told.withLock({ $0.first }) {
            #expect(degraded.what == .voices && degraded.reason == .voicesBehind)
        } else {
            Issue.record("no degraded")
        }
        for place in 30..<60 {
            #expect(stream.take() != nil)
            #expect(stream.put(start: MediaTime(seconds: Double(place)), samples: second) == 0)
        }
        #expect(told.withLock { $0.count } == 2)
        for number in 0..<20 {
            stream.put(
                VoicePicture(
                    startSample: 0, endSample: Int64(number), spans: [],
                    merges: [VoicePicture.Merge(voice: number + 1, into: 0)]))
        }
        let pictures = stream.takePictures()
        #expect(pictures.count == 8 && pictures.flatMap(\.merges).map(\.voice) == Array(1...20))
        stream.close()
        #expect(stream.take() == nil && stream.put(start: .zero, samples: second) == 0)
    }
}
