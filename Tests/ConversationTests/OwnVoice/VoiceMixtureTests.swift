import Events
import MediaTypes
import SeededNumbers
import Testing

@testable import Conversation

/// Whether a channel carries several voices, out of made-up hops.
@Suite struct VoiceMixtureTests {
    /// How somebody's voice sounds on average.
    private struct Voice {
        var f0Hz: Float
        /// Levels of the eight bands, dB.
        var bands: SIMD8<Float>
    }

    private static let low = Voice(f0Hz: 110, bands: SIMD8(-30, -32, -36, -40, -46, -50, -56, -62))
    private static let high = Voice(f0Hz: 215, bands: SIMD8(-34, -30, -30, -44, -42, -54, -52, -66))

    /// A call in which units of two seconds follow each other, each of one of the voices, with pauses between.
    private struct Call {
        var mixture = VoiceMixture()
        var random = SeededRandom(seed: 5)
        private var hop: Int64 = 0
        private(set) var records: [HopRecord] = []
        /// Levels of hops whose records are still to come.
        private var ahead: [Int64: BandLevels] = [:]

        mutating func say(_ voice: Voice, hops: Int64 = 200, isShared: Bool = false) {
            // From unit to unit people vary, as measured, by two semitones and some decibels.
            let shift = Float.random(in: -2...2, using: &random)
            var bands = voice.bands
            for band in 0..<8 { bands[band] += Float.random(in: -2...2, using: &random) }
            let first = hop
            for index in first..<first + hops { ahead[index] = BandLevels(db: bands) }
            for _ in 0..<hops { push(f0Hz: voice.f0Hz * Float(1 + 0.06 * shift), isShared: isShared) }
            for _ in 0..<40 { push(f0Hz: 0, isShared: false) }
        }

        private mutating func push(f0Hz: Float, isShared: Bool) {
            var record = HopRecord(
                index: hop, levelDb: -30, speechProbability: 1, f0Hz: f0Hz, voicingProbability: 1, isSpeech: f0Hz > 0,
                isLost: false)
            record.isShared = isShared
            record.levelsAhead = ahead.removeValue(forKey: hop + HopRecord.levelLeadHops) ?? .none
            records.append(record)
            mixture.push(record)
            hop += 1
        }
    }

    @Test func twoUnlikeVoicesInTurnAreSeveral() {
        var call = Call(), told: Int?
        for unit in 0..<40 {
            call.say(unit.isMultiple(of: 2) ? Self.low : Self.high)
            if told == nil, call.mixture.isSeveral { told = unit }
        }
        // Twelve seconds of each at the least.
        #expect((13...20).contains(told ?? 0))
        #expect(call.mixture.isSeveral)
        // Who goes on alone is one again, once the other one is long ago.
        for _ in 0..<60 { call.say(Self.low) }
        #expect(!call.mixture.isSeveral)
    }

    @Test(arguments: [false, true]) func oneVoiceIsNot(isHigh: Bool) {
        var call = Call()
        for _ in 0..<80 {
            call.say(isHigh ? Self.high : Self.low)
            #expect(!call.mixture.isSeveral)
        }
    }

    /// A change of the voice in the middle is a cold, or another room: two people come back to each other.
    @Test func aVoiceThatChangesOnceIsNot() {
        var call = Call()
        for unit in 0..<60 {
            call.say(unit < 30 ? Self.low : Self.high)
            #expect(!call.mixture.isSeveral)
        }
    }

    @Test func whatSomebodyElseSpeaksOverOrIsTooShortTellsNothing() {
        var shared = Call(), short = Call()
        for unit in 0..<60 {
            shared.say(unit.isMultiple(of: 2) ? Self.low : Self.high, isShared: true)
            short.say(unit.isMultiple(of: 2) ? Self.low : Self.high, hops: 35)
        }
        #expect(!shared.mixture.isSeveral)
        #expect(!short.mixture.isSeveral)
    }

    /// What becomes of it in a session; of somebody without consent nothing does.
    @Test(arguments: [ConsentState.granted, .withheld]) func itIsTold(consent: ConsentState) {
        var call = Call(), engine = SessionEngine(id: "s")
        let speaker = engine.join(name: "a", role: nil, consent: consent, at: 0)
        for unit in 0..<40 { call.say(unit.isMultiple(of: 2) ? Self.low : Self.high) }
        for record in call.records { engine.play(speaker: speaker, record) }
        _ = engine.finish()
        let issues = engine.takeEvents().compactMap { event -> [QualityChange.Issue]? in
            if case .quality(let change) = event.body { change.issues } else { nil }
        }
        #expect(issues == (consent == .granted ? [[.severalVoices]] : []))
    }
}
