import MediaTypes
import Testing

@testable import Diarisation

/// The way from audio to stretches of voices, with models that know voices by the values of their samples.
@Suite struct DiariserTests {
    /// Speaker 1 of a window is 0.5, speaker 2 -0.5, both at once 0.25; silence is 0.
    private static func states(of window: [Float], flipped: Bool = false) -> [Float] {
        (0..<SpeakerFrame.count).flatMap { frame -> [Float] in
            let sample = window[min(window.count - 1, frame * SpeakerFrame.stepSamples + 495)]
            let state = sample == 0 ? 0 : sample == 0.25 ? 4 : (sample > 0) != flipped ? 1 : 2
            return (0..<SpeakerFrame.classCount).map { $0 == state ? -0.01 : -8 }
        }
    }

    /// Numbers the speakers of every second window the other way round, and knows their voices.
    private final class TwoVoices: VoiceModel {
        private var windows = 0
        private var next: [[Float]] = []

        func states(in window: [Float]) -> [Float] {
            windows += 1
            let isFlipped = windows % 2 == 0
            let voices: [[Float]] = [0.5, -0.5].map { value in
                // Whether there is enough of it to be asked for.
                window.count { $0 == value } >= 16_000 ? (value > 0 ? [1, 0] : [0, 1]) : []
            }
            next = (isFlipped ? voices.reversed() : voices).filter { !$0.isEmpty }
            return DiariserTests.states(of: window, flipped: isFlipped)
        }

        func embedding(of features: [Float]) -> [Float] { next.isEmpty ? [] : next.removeFirst() }
    }

    /// A model in which who speaks in a window is one voice.
    private struct OneVoice: VoiceModel {
        func states(in window: [Float]) -> [Float] { DiariserTests.states(of: window) }
        func embedding(of features: [Float]) -> [Float] { [1, 0] }
    }

    private func hear<Model>(
        _ samples: [Float], at start: Int64 = 0, block: Int, _ diariser: inout Diariser<Model>
    ) {
        var place = 0
        while place < samples.count {
            let part = Array(samples[place..<min(samples.count, place + block)])
            diariser.hear(start: MediaTime(samples: start + Int64(place)), samples: part.span)
            place += block
        }
    }

    private func tone(_ seconds: Double, _ value: Float) -> [Float] {
        Array(repeating: value, count: Int(seconds * 16_000))
    }

    @Test(arguments: [160, 1_000, 40_000, 1_000_000]) func stretchesLieWhereTheVoiceIs(block: Int) throws {
        var diariser = Diariser(model: OneVoice())
        hear(tone(2, 0) + tone(5, 0.5) + tone(9, 0) + tone(6, 0.5) + tone(1, 0), block: block, &diariser)
        let spans = diariser.finish()
        try #require(spans.count == 2)
        for (span, (start, length)) in zip(spans, [(2.0, 5.0), (16.0, 6.0)]) {
            #expect(span.voice == 0)
            #expect(abs(span.startSeconds - start) < 0.03)
            #expect(abs(span.durationSeconds - length) < 0.05)
        }
    }

    @Test func voicesKeepTheirNumbersAcrossWindows() throws {
        var diariser = Diariser(model: TwoVoices())
        let talk = tone(4, -0.5) + tone(1, 0) + tone(6, 0.5) + tone(2, 0.25) + tone(5, -0.5) + tone(3, 0) + tone(4, 0.5)
        hear(talk, block: 1_600, &diariser)
        let spans = diariser.finish()
        let found = spans.map {
            (Int($0.startSeconds.rounded()), Int(($0.startSeconds + $0.durationSeconds).rounded()))
        }
        #expect(spans.map(\.name) == ["voice-1", "voice-2", "voice-1", "voice-2"])
        #expect(found.map(\.0) == [0, 5, 11, 21] && found.map(\.1) == [4, 13, 18, 25])
    }

    @Test func silenceHasNoVoices() {
        var diariser = Diariser(model: OneVoice())
        hear(tone(25, 0), block: 1_600, &diariser)
        #expect(diariser.finish() == [])
        var nothing = Diariser(model: OneVoice())
        #expect(nothing.finish() == [])
    }

    @Test func aLongHoleIsNotHeardAndCostsNothing() throws {
        var diariser = Diariser(model: OneVoice())
        hear(tone(3, 0.5), block: 1_600, &diariser)
        let later = Int64(16_000) * 3_600 * 1_000
        hear(tone(3, 0.5), at: later, block: 1_600, &diariser)
        // What is from before is left out, and what is not finite is silence.
        hear([.nan, .infinity], at: 0, block: 2, &diariser)
        let spans = diariser.finish()
        try #require(spans.count == 2)
        #expect(spans[1].startSample >= later && spans[1].endSample <= later + 48_000)
    }

    @Test func mediaBeforeTheStartIsLeftOut() {
        var diariser = Diariser(model: OneVoice())
        hear(tone(8, 0.5), at: -64_000, block: 1_600, &diariser)
        let spans = diariser.finish()
        #expect(spans.count == 1)
        #expect(spans.allSatisfy { $0.startSample >= 0 && $0.endSample <= 64_000 })
    }

    @Test func aModelThatFailsGivesNothing() {
        struct Failing: VoiceModel {
            func states(in window: [Float]) -> [Float] { [] }
            func embedding(of features: [Float]) -> [Float] { [] }
        }
        var diariser = Diariser(model: Failing())
        diariser.hear(start: .zero, samples: tone(20, 0.5).span)
        #expect(diariser.finish() == [])
    }
}
