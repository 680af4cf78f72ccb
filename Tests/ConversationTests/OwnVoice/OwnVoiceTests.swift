import Events
import MediaTypes
import SeededNumbers
import Testing

@testable import Conversation

/// Levels of a voice that speaks at known times: syllables of random length whose bands are each as loud as they
/// happen to be, over a noise of its own.
private struct ToyVoice {
    let hops: Int
    let spans: [Range<Int>]
    private(set) var db: [SIMD8<Float>]

    init(seed: UInt64, hops: Int, spans: [Range<Int>], peakDb: Float = -20, noiseDb: Float = -70) {
        (self.hops, self.spans) = (hops, spans)
        var random = SeededRandom(seed: seed)
        db = (0..<hops).map { _ in
            SIMD8<Float>(repeating: noiseDb) + SIMD8<Float>.random(in: -1.5...1.5, using: &random)
        }
        for span in spans {
            var hop = span.lowerBound
            while hop < span.upperBound {
                let length = Int.random(in: 8...26, using: &random)
                let loud = SIMD8<Float>(repeating: peakDb) + SIMD8<Float>.random(in: -24...0, using: &random)
                for step in 0..<length where hop + step < span.upperBound {
                    let place = abs(Float(step) / Float(length) - 0.4) / 0.6
                    db[hop + step] = pointwiseMax(db[hop + step], loud - 30 * place * place)
                }
                hop += length
            }
        }
    }

    /// What a microphone hears of this voice and, by a leak, of another.
    func hearing(_ other: ToyVoice, gainDb: Float, delay: Int) -> [SIMD8<Float>] {
        (0..<hops).map { hop in hop < delay ? db[hop] : pointwiseMax(db[hop], other.db[hop - delay] + gainDb) }
    }
}

/// A channel as the voice core tells it: levels, and speech wherever there is any voice.
private struct ToyChannel {
    var name: String
    var db: [SIMD8<Float>]
    var speech: [Range<Int>]
    var consent = ConsentState.granted
    var gainDb: Float = 0
}

@Suite struct OwnVoiceTests {
    private func play(_ channels: [ToyChannel], seconds: Int) -> (events: [Event], totals: SessionTotals) {
        var engine = SessionEngine(id: "s")
        let numbers = channels.map { engine.join(name: $0.name, role: nil, consent: $0.consent, at: 0) }
        for hop in 0..<seconds * 100 {
            for (channel, number) in zip(channels, numbers) {
                var record = HopRecord(
                    index: Int64(hop), levelDb: -30, speechProbability: 1, f0Hz: 0, voicingProbability: 0,
                    isSpeech: channel.speech.contains { $0.contains(hop) }, isLost: false)
                let ahead = hop + Int(HopRecord.levelLeadHops)
                if ahead < channel.db.count { record.levelsAhead = BandLevels(db: channel.db[ahead] + channel.gainDb) }
                engine.play(speaker: number, record)
            }
        }
        let totals = engine.finish()
        return (engine.takeEvents(), totals)
    }

    private func qualities(_ events: [Event], of name: String) -> [QualityChange] {
        events.compactMap { if case .quality(let change) = $0.body, $0.speaker == name { change } else { nil } }
    }

    private static let seconds = 60
    /// Turns of four seconds and a half, with half a second between.
    private static let turnsA = stride(from: 0, to: 6_000, by: 1_000).map { $0 + 20..<$0 + 470 }
    private static let turnsB = stride(from: 0, to: 6_000, by: 1_000).map { $0 + 520..<$0 + 970 }
    private let a = ToyVoice(seed: 1, hops: 6_000, spans: turnsA)
    private let b = ToyVoice(seed: 2, hops: 6_000, spans: turnsB)

    private func moved(_ spans: [Range<Int>], by hops: Int) -> [Range<Int>] {
        spans.map { $0.lowerBound + hops..<$0.upperBound + hops }
    }

    @Test(arguments: [(Float(-20), 8), (-20, 0), (-20, 40), (-10, 20)])
    func whatLeaksCountsAsNobodys(gainDb: Float, delay: Int) throws {
        let leaking = ToyChannel(
            name: "a", db: a.hearing(b, gainDb: gainDb, delay: delay),
            speech: Self.turnsA + moved(Self.turnsB, by: delay))
        let (events, totals) = play(
            [leaking, ToyChannel(name: "b", db: b.db, speech: Self.turnsB)], seconds: Self.seconds)
        let metrics = try #require(totals.speakers.first?.metrics)
        #expect(abs((metrics.talkRatio ?? 0) - 0.5) < 0.02)
        #expect((totals.overlapRatio ?? 1) < 0.02)
        #expect(totals.speakerChanges == 11)
        let told = try #require(qualities(events, of: "a").first)
        #expect(told.issues == [delay > 3 ? .echo : .crosstalk])
        let leak = try #require(told.leaks.first)
        #expect(leak.from == "b" && abs(leak.levelDb - Double(gainDb)) < 3)
        #expect(abs(leak.delayMilliseconds - delay * 10) <= 20)
        #expect(qualities(events, of: "b").isEmpty)
        // Events of speech follow what counts.
        let heard = events.filter { $0.body.typeName == "speech.ended" && $0.speaker == "a" }.count
        #expect((6...8).contains(heard))
    }

    @Test func theGainOfAChannelDoesNotMatter() throws {
        for (gainA, gainB) in [(Float(24), Float(0)), (-24, 0), (0, -24), (0, 24)] {
            let leaking = ToyChannel(
                name: "a", db: a.hearing(b, gainDb: -20, delay: 8), speech: Self.turnsA + moved(Self.turnsB, by: 8),
                gainDb: gainA)
            let totals = play(
                [leaking, ToyChannel(name: "b", db: b.db, speech: Self.turnsB, gainDb: gainB)], seconds: Self.seconds
            ).totals
            #expect(abs((totals.speakers[0].metrics?.talkRatio ?? 0) - 0.5) < 0.02, "\(gainA), \(gainB)")
        }
    }

    /// A path that is new and makes a voice louder is believed where the microphone makes its owner louder, too.
    @Test func aMicrophoneThatIsTurnedUpMayLeakLoudly() {
        let heard = [500..<700]
        let own = ToyVoice(seed: 1, hops: 6_000, spans: [20..<450])
        let other = ToyVoice(seed: 2, hops: 6_000, spans: heard)
        let shares = [Float(0), 30].map { gainDb in
            play(
                [
                    ToyChannel(
                        name: "a", db: own.hearing(other, gainDb: -12, delay: 8),
                        speech: own.spans + moved(heard, by: 8), gainDb: gainDb),
                    ToyChannel(name: "b", db: other.db, speech: heard),
                ], seconds: 12
            ).totals.speakers[0].metrics?.talkRatio ?? 0
        }
        #expect(abs(shares[0] - shares[1]) < 0.005, "\(shares)")
    }

    @Test func bothMayLeakIntoEachOther() {
        let totals = play(
            [
                ToyChannel(
                    name: "a", db: a.hearing(b, gainDb: -20, delay: 8), speech: Self.turnsA + moved(Self.turnsB, by: 8)),
                ToyChannel(
                    name: "b", db: b.hearing(a, gainDb: -20, delay: 8), speech: Self.turnsB + moved(Self.turnsA, by: 8)),
            ], seconds: Self.seconds
        ).totals
        #expect(abs((totals.speakers[0].metrics?.talkRatio ?? 0) - 0.5) < 0.02)
        #expect((totals.overlapRatio ?? 1) < 0.03)
    }

    @Test func whoSpeaksAtTheSameTimeIsKept() {
        // Both speak all the time, and one is heard in the other's microphone.
        let spans = stride(from: 0, to: 6_000, by: 500).map { $0 + 20..<$0 + 470 }
        let a = ToyVoice(seed: 3, hops: 6_000, spans: spans)
        let b = ToyVoice(seed: 4, hops: 6_000, spans: spans)
        let apart = play(
            [ToyChannel(name: "a", db: a.db, speech: spans), ToyChannel(name: "b", db: b.db, speech: spans)],
            seconds: Self.seconds
        ).totals
        #expect((apart.overlapRatio ?? 0) > 0.9)
        let leaking = play(
            [
                ToyChannel(name: "a", db: a.hearing(b, gainDb: -25, delay: 8), speech: spans),
                ToyChannel(name: "b", db: b.db, speech: spans),
            ], seconds: Self.seconds
        ).totals
        #expect((leaking.overlapRatio ?? 0) > 0.85)
    }

    /// The other's voice hides the own one in most bands: those in which it stands out tell.
    @Test func whoStandsOutInAFewBandsIsKept() throws {
        let all = [20..<5_900]
        let other = ToyVoice(seed: 7, hops: 6_000, spans: all)
        let words = stride(from: 3_000, to: 5_800, by: 400).map { $0..<$0 + 150 }
        let narrow = ToyVoice(seed: 8, hops: 6_000, spans: words, peakDb: -14).db.map {
            $0.replacing(with: SIMD8<Float>(repeating: -70), where: SIMD8<Int32>(0, 1, 2, 3, 4, 5, 6, 7) .>= 4)
        }
        let heard = narrow.indices.map { hop in
            hop < 8 ? narrow[hop] : pointwiseMax(narrow[hop], other.db[hop - 8] - 20)
        }
        let (_, totals) = play(
            [
                ToyChannel(name: "a", db: heard, speech: moved(all, by: 8)),
                ToyChannel(name: "b", db: other.db, speech: all),
            ], seconds: Self.seconds)
        let speech = try #require(totals.speakers.first?.metrics?.speechSeconds)
        #expect((7.5...16).contains(speech), "10.5 s of words")
    }

    @Test func aVoiceFarBelowTheUsualIsInTheBackground() throws {
        let faint = ToyVoice(seed: 5, hops: 6_000, spans: Self.turnsB, peakDb: -42)
        let channel = ToyChannel(
            name: "a", db: a.hearing(faint, gainDb: 0, delay: 0), speech: Self.turnsA + Self.turnsB)
        let (events, totals) = play([channel], seconds: Self.seconds)
        let speech = try #require(totals.speakers.first?.metrics?.speechSeconds)
        #expect(abs(speech - 27) < 0.5)
        #expect(qualities(events, of: "a").first?.issues == [.backgroundVoice])
        // Of a channel that only ever carries such a voice, it is the own.
        let alone = play([ToyChannel(name: "a", db: faint.db, speech: Self.turnsB)], seconds: Self.seconds).totals
        #expect(abs((alone.speakers.first?.metrics?.speechSeconds ?? 0) - 27) < 0.1)
    }

    /// A breath before the first word does not make what is heard later the usual level.
    @Test func whatComesFirstDoesNotSetTheUsualLevel() throws {
        let (breath, word, later) = (100..<120, 120..<270, 400..<3_000)
        let own = ToyVoice(seed: 6, hops: 6_000, spans: [word])
        let faint = ToyVoice(seed: 5, hops: 6_000, spans: [later], peakDb: -42)
        let channel = ToyChannel(
            name: "a", db: own.hearing(faint, gainDb: 0, delay: 0), speech: [breath, word, later])
        let (_, totals) = play([channel], seconds: Self.seconds)
        let speech = try #require(totals.speakers.first?.metrics?.speechSeconds)
        #expect(speech < 2.5)
    }

    @Test func ofWhomNothingMayBeMeasuredNothingIsTold() throws {
        // Without consent the levels of all bands are that of the whole.
        let level = b.db.map { SIMD8<Float>(repeating: $0.max()) }
        let leaking = ToyChannel(
            name: "a", db: a.hearing(b, gainDb: -20, delay: 8), speech: Self.turnsA + moved(Self.turnsB, by: 8))
        let (events, totals) = play(
            [leaking, ToyChannel(name: "b", db: level, speech: Self.turnsB, consent: .withheld)], seconds: Self.seconds)
        let speech = try #require(totals.speakers.first?.metrics?.speechSeconds)
        #expect(abs(speech - 27) < 2, "what leaks from them is taken out by level and timing")
        let told = try #require(qualities(events, of: "a").first)
        #expect(told.issues == [.echo] && told.leaks.isEmpty)
        #expect(qualities(events, of: "b").isEmpty)
    }

    @Test func whoTakesConsentBackIsForgotten() {
        var own = OwnVoice()
        own.addChannel()
        own.addChannel()
        let db = a.hearing(b, gainDb: -20, delay: 8)
        for hop in 0..<Int64(1_500) {
            for (channel, levels) in [db, b.db].enumerated() {
                var record = HopRecord.lost(index: hop)
                record.levelsAhead = BandLevels(db: levels[Int(hop + HopRecord.levelLeadHops)])
                own.push(record, channel: channel, hop: hop)
            }
            own.compare(hop: hop)
        }
        #expect(own.path(to: 0, from: 1)?.delayHops == 8)
        own.forget(channel: 1)
        #expect(own.path(to: 0, from: 1) == nil)
    }

    @Test func levelsKeepTheirRange() {
        #expect(BandLevels(db: .init(repeating: .nan)).isNone)
        #expect(BandLevels(db: .init(repeating: -.infinity)).isNone)
        #expect(BandLevels(db: .init(repeating: .infinity)).db == .init(repeating: 27.5))
        #expect(BandLevels(db: .init(repeating: -33.4)).db == .init(repeating: -33.5))
    }
}
