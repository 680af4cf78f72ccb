import Events
import MediaTypes
import Testing

@testable import Conversation

/// Speech in a track in which somebody else speaks at the same time: it counts as speech, and is measured no further.
@Suite struct SharedSpeechTests {
    /// The totals of 40 s of speech whose second half is shared, with a nucleus every 20 hops where it is not.
    private func totals(sharesSecondHalf: Bool) throws -> (
        speech: Double, rate: Double?, voiced: Double, level: Double?
    ) {
        var engine = SessionEngine(id: "s")
        let speaker = engine.join(name: "voice-1", role: nil, consent: .granted, at: 0)
        for hop in 0..<Int64(4_000) {
            let isShared = sharesSecondHalf && hop >= 2_000
            var record = HopRecord(
                index: hop, levelDb: isShared ? -5 : -20, speechProbability: 1, f0Hz: 120, voicingProbability: 1,
                isSpeech: true, isLost: false, isNucleus: hop % 20 == 0)
            record.isShared = isShared
            engine.advance(to: hop + 1)
            engine.push(speaker: speaker, record)
        }
        let measures = engine.speakers[speaker].measures
        let totals = engine.finish()
        let own = try #require(totals.speakers.first?.metrics)
        return (
            own.speechSeconds, own.articulationRate, own.voicedSeconds,
            measures.recent.metrics(isSpeaking: true).levelDb
        )
    }

    @Test func itCountsAsSpeechAndIsMeasuredNoFurther() throws {
        let alone = try totals(sharesSecondHalf: false), shared = try totals(sharesSecondHalf: true)
        #expect(alone.speech == shared.speech && shared.speech > 39)
        #expect(abs((shared.rate ?? 0) - 5) < 0.1 && abs((alone.rate ?? 0) - 5) < 0.1)
        #expect(abs(alone.voiced - 2 * shared.voiced) < 0.5)
        #expect(alone.level != nil && shared.level == nil)
    }
}
